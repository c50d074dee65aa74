"""Overlap check: open rounds that take answers at the same counters on the same days, and which one has them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import orm

from survey.models import Round, RoundState
from survey.structure.queries import structure
from survey.structure.queries.scope import covered_counters, covers, scope_width


@dataclass(frozen=True)
class Overlap:
    """Another open round, the counters both are held at, and the round that has the answers there."""

    other: Round
    counters: int
    winner: Round


def find_overlaps(session: orm.Session, round_: Round) -> list[Overlap]:
    """What opening a round would share with open ones; the narrower has the answers, else the later begun."""
    others = structure.overlapping(session, round_.opens_on, round_.closes_on, round_.id)
    running = [one for one in others if one.state is RoundState.OPEN]
    counters = covered_counters(session, round_) if running else []
    overlaps = []
    for other in running:
        shared = sum(covers(other, counter) for counter in counters)
        if shared:
            ranked = sorted((round_, other), key=lambda one: (-scope_width(one), one.opens_on, one.id))
            overlaps.append(Overlap(other, shared, ranked[-1]))
    return overlaps
