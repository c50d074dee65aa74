"""Reading what opening a round would let citizens see, where and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import CounterCode, Round
from survey.questionnaires import Definition
from survey.structure.queries import structure
from survey.structure.queries.overlaps import Overlap, find_overlaps
from survey.structure.queries.rounds import definition_of
from survey.structure.queries.scope import covered_counters


@dataclass(frozen=True)
class RoundSummary:
    """A round as it will be once it is open."""

    round: Round
    definition: Definition
    #: open counters with a code in force at which it will take answers
    counters: int
    #: their agencies
    agencies: int
    #: N in all; 0 while no transactions are given
    transactions: int
    #: open rounds that take answers at the same counters and days
    overlaps: Sequence[Overlap]


def round_summary(session: orm.Session, round_: Round) -> RoundSummary:
    """What a person should know before a round is opened."""
    coded = set(session.scalars(sa.select(CounterCode.counter_id).where(CounterCode.revoked_at.is_(None))))
    reached = [counter for counter in covered_counters(session, round_) if counter.id in coded]
    return RoundSummary(
        round_,
        definition_of(round_.version),
        len(reached),
        len({counter.agency_id for counter in reached}),
        sum(row.transactions for row in structure.transactions(session, round_.id)),
        find_overlaps(session, round_),
    )
