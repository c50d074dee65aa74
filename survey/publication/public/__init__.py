"""Results for everyone: published rounds, without signing in."""

from survey.publication.public import files, routes
from survey.publication.public.common import blueprint

__all__ = ["blueprint", "files", "routes"]
