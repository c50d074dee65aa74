"""What a merger or a split touches, and which counters still carry the name of an office that is gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, Counter, Population, Round, RoundState
from survey.structure.queries.structure import past


@dataclass(frozen=True)
class RoundTransactions:
    """The transactions that a round knows of some agencies; they stay with these, whoever takes over."""

    round: Round
    transactions: int


def rounds_with_transactions(session: orm.Session, agency_ids: Collection[int]) -> list[RoundTransactions]:
    """The rounds that have not ended and know transactions of these agencies, the newest first."""
    total = sa.func.sum(Population.transactions)
    rows = session.execute(
        sa.select(Round, total)
        .join(Population, Population.round_id == Round.id)
        .where(Population.agency_id.in_(agency_ids), Round.state.in_((RoundState.DRAFT, RoundState.OPEN)))
        .group_by(Round.id)
        .order_by(Round.opens_on.desc(), Round.code)
    )
    return [RoundTransactions(round_, int(count)) for round_, count in rows]


def counters_with_old_names(session: orm.Session, agency: Agency) -> Sequence[Counter]:
    """The open counters of an agency whose names still say what it was called, or from whom it took over."""
    history = past(session, agency)
    former = [one.name for one in history.predecessors] + [one.name for one in history.names]
    old = {name.casefold() for name in former} - {agency.name.casefold()}
    counters = session.scalars(
        sa.select(Counter).where(Counter.agency_id == agency.id, Counter.active.is_(True)).order_by(Counter.code)
    )
    return [one for one in counters if any(name in one.name.casefold() for name in old)]
