"""The page that offers a round's files, and the files."""

from survey.files.downloads import print_order
from survey.files.downloads.routes import blueprint

__all__ = ["blueprint", "print_order"]
