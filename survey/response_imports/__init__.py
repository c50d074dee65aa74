"""Pages on which responses collected elsewhere are imported."""

from survey.response_imports import batches, files
from survey.response_imports.common import blueprint

__all__ = ["batches", "blueprint", "files"]
