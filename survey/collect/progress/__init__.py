"""How far a round has come, unit by unit, and what to do where it lags."""

from survey.collect.progress.routes import blueprint

__all__ = ["blueprint"]
