"""Keeping the structure: agencies, services, counters, rounds and their transactions, and imports of them."""

from survey.structure import agencies, agency_history, counters, imports, population, rounds, services
from survey.structure.common import blueprint

__all__ = ["agencies", "agency_history", "blueprint", "counters", "imports", "population", "rounds", "services"]
