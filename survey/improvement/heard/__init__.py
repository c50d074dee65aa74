"""'You said – we did': what agencies did after a published round, for everyone to read."""

from survey.improvement.heard.routes import blueprint

__all__ = ["blueprint"]
