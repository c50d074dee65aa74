"""The page that offers a round's files, and the files."""

from survey.files.downloads.routes import blueprint

__all__ = ["blueprint"]
