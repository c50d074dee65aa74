"""Pages on which responses collected elsewhere are imported."""

from survey.collect.imports import batches, files
from survey.collect.imports.common import blueprint

__all__ = ["batches", "blueprint", "files"]
