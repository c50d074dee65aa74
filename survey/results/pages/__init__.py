"""Results for those who evaluate: rounds, agencies, elements, items, each figure with its uncertainty beside it."""

from survey.results.pages import (
    calibrated,
    control,
    exclusions,
    expected,
    groups,
    heat,
    method,
    moderation,
    places,
    plan,
    routes,
    same_mix,
    small_cells,
    strengths,
    table_check,
    thermometers,
    trend,
)
from survey.results.pages.pages import blueprint

__all__ = [
    "blueprint",
    "calibrated",
    "control",
    "exclusions",
    "expected",
    "groups",
    "heat",
    "method",
    "moderation",
    "places",
    "plan",
    "routes",
    "same_mix",
    "small_cells",
    "strengths",
    "table_check",
    "thermometers",
    "trend",
]
