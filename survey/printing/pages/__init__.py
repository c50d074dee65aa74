"""Pages for the people at the counters: their own unit's codes, posters, receipt slips and paper forms."""

from survey.printing.pages import codes, emblems, interviews, issued, paper, printing, receipts, routes, slip_plans
from survey.printing.pages.scope import blueprint

__all__ = [
    "blueprint",
    "codes",
    "emblems",
    "interviews",
    "issued",
    "paper",
    "printing",
    "receipts",
    "routes",
    "slip_plans",
]
