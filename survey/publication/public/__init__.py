"""Results for everyone: published rounds, without signing in."""

from survey.publication.public.routes import blueprint

__all__ = ["blueprint"]
