"""The page of a file that the worker makes."""

from survey.files.job_pages.routes import blueprint

__all__ = ["blueprint"]
