"""Pages of those who handle cases: the work list, one case, one taken down for a citizen, calendar and terms."""

from survey.improvement.casework import calendar, case, worklist
from survey.improvement.casework.common import blueprint

__all__ = ["blueprint", "calendar", "case", "worklist"]
