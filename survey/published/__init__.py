"""Results for everyone: published rounds, without signing in."""

from survey.published.routes import blueprint

__all__ = ["blueprint"]
