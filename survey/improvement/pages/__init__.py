"""Pages of improvement: the board, one action, a new one, and the province's requests for a plan."""

from survey.improvement.pages import action, board, files, plan, requests
from survey.improvement.pages.common import blueprint

__all__ = ["action", "blueprint", "board", "files", "plan", "requests"]
