"""Pages of improvement: the board, one action, a new one, papers, and the province's requests for a plan."""

from survey.improvement.pages import action, board, calendar, files, mail, papers, plan, requests
from survey.improvement.pages.common import blueprint

__all__ = ["action", "blueprint", "board", "calendar", "files", "mail", "papers", "plan", "requests"]
