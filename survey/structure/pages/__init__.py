"""Keeping the structure: agencies, services, counters, rounds and their transactions, and imports of them."""

from survey.structure.pages import (
    agencies,
    agency_history,
    counter_list,
    counters,
    first_steps,
    imports,
    margins,
    opening,
    population,
    questionnaires,
    rounds,
    scope,
    services,
    targets,
    weekly_counts,
)
from survey.structure.pages.common import blueprint

__all__ = [
    "agencies",
    "agency_history",
    "blueprint",
    "counter_list",
    "counters",
    "first_steps",
    "imports",
    "margins",
    "opening",
    "population",
    "questionnaires",
    "rounds",
    "scope",
    "services",
    "targets",
    "weekly_counts",
]
