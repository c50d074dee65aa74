"""The accessibility statement of citizens' pages (WCAG 2.2 AA), with its evidence."""

from survey.collect.access.routes import blueprint

__all__ = ["blueprint"]
