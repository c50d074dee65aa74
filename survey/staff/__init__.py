"""Pages for the people at the counters: their own unit's codes and posters."""

from survey.staff.routes import blueprint

__all__ = ["blueprint"]
