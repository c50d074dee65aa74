"""The citizens' page of reports and suggestions: its own address, its own key, its own post; nothing of a rating."""

from survey.improvement.feedback.routes import blueprint

__all__ = ["blueprint"]
