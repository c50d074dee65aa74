"""Reading what opening a round would let citizens see, where and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Counter, CounterCode, Round
from survey.questionnaires import Definition
from survey.structure.queries import structure
from survey.structure.queries.rounds import definition_of


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
    #: other rounds that are not published and have days in common with it
    overlapping: Sequence[Round]


def round_summary(session: orm.Session, round_: Round) -> RoundSummary:
    """Return what a person should know before a round is opened."""
    reached = session.execute(
        sa.select(Counter.id, Counter.agency_id)
        .join(CounterCode, CounterCode.counter_id == Counter.id)
        .where(Counter.active.is_(True), CounterCode.revoked_at.is_(None))
    ).all()
    return RoundSummary(
        round_,
        definition_of(round_.version),
        len({counter for counter, _ in reached}),
        len({agency for _, agency in reached}),
        sum(row.transactions for row in structure.transactions(session, round_.id)),
        structure.overlapping(session, round_.opens_on, round_.closes_on, round_.id),
    )
