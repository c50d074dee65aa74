"""Charts of pages as files: SVG and PNG of what the page draws, with its stylesheet, and their numbers as CSV."""

from survey.files.charts.sending import init_app

__all__ = ["init_app"]
