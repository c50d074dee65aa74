"""The API, for programs that were given a token."""

from survey.publication.api import receipts
from survey.publication.api.routes import blueprint

__all__ = ["blueprint", "receipts"]
