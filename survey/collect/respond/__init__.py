"""The public pages: type a code, answer, be thanked. No cookie, no sign-in, no script needed."""

from survey.collect.respond import preview
from survey.collect.respond.routes import blueprint

__all__ = ["blueprint", "preview"]
