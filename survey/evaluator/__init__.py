"""Results for those who evaluate: rounds, agencies, elements, items, each figure with its uncertainty beside it."""

from survey.evaluator.routes import blueprint

__all__ = ["blueprint"]
