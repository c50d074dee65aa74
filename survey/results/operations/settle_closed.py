"""Nightly: let late changes of closed rounds reach what unit roles see, once they are many in every number of it.

Final figures are split by service, counter, channel and groups, so that a change must be many people in each of these
cells, and in each item there. An edition leaves out what is not (`late_are_few`).
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy import orm

from scoring.release import block_size, moves_many
from survey.models import Response, Round, RoundState, SettledOut
from survey.results.compute import effective_rules
from survey.structure.operations.settle_figures import settle_figures
from survey.structure.queries.counted import as_settled, waiting_stamp
from survey.structure.queries.rounds import definition_of

RATED = np.frombuffer(b"12345", dtype=np.uint8)
Late = list[tuple[Any, ...]]
"""Late responses: (id, deciding agency, service, counter, channel, packed answers)."""


def settle_closed(session: orm.Session) -> int:
    """Settle closed rounds whose late changes may be seen; return how many. A second run on a night does nothing more.

    Rounds that were closed by an earlier version of the software have nothing settled: they are, as they are.
    """
    done = 0
    for round_ in session.scalars(sa.select(Round).where(Round.state == RoundState.CLOSED)):
        if round_.settled is None or _may_move(session, round_):
            settle_figures(session, round_)
            done += 1
    return done


def catch_up(session: orm.Session, round_: Round, today: date) -> None:
    """Release what unit roles saw already of a round that was closed and opened again, and nothing else with it."""
    if round_.settled is None:
        return
    seen = as_settled(round_.id, tuple(round_.settled))
    of_round = Response.round_id == round_.id
    out = sa.select(SettledOut.response_id).where(SettledOut.round_id == round_.id)
    for chosen, day in (
        ((seen, Response.live_since.is_(None), Response.excluded.is_(None)), today),
        ((Response.id.in_(out), Response.excluded.is_not(None), Response.live_since.is_not(None)), None),
    ):
        session.execute(
            sa.update(Response)
            .where(of_round, *chosen)
            .values(live_since=day)
            .execution_options(synchronize_session=False)
        )


def late_are_few(session: orm.Session, round_: Round) -> bool:
    """Say whether responses came or went since units saw the figures, so few in some number that it would tell them."""
    return bool(waiting_stamp(session, round_.id)) and not _may_move(session, round_)


def _may_move(session: orm.Session, round_: Round) -> bool:
    """Say whether all that came and went since may be seen at once: many of either in every cell, and one way alone."""
    settled = waiting_stamp(session, round_.id)
    if not settled:
        return False
    before, now = as_settled(round_.id, settled), Response.excluded.is_(None)
    came = _responses(session, round_, sa.and_(now, sa.not_(before)))
    gone = _responses(session, round_, sa.and_(before, sa.not_(now)))
    if came and gone:
        return False
    items = _items(round_)
    late = came or gone
    letters = np.frombuffer("".join(row[5].ljust(items, ".")[:items] for row in late).encode("ascii"), dtype=np.uint8)
    k = block_size(effective_rules(round_).min_n)
    return moves_many(np.isin(letters.reshape(-1, items), RATED), _cells(late, items), k)


def _cells(late: Late, items: int) -> list[list[tuple[Any, ...]]]:
    """The cells of late responses: within their agency by service and counter, channel, and each further answer.

    What sums these, an agency or a service, moves by many where they do.
    """
    width = max((len(row[5]) for row in late), default=items)
    return [
        [row[1:4] for row in late],
        [(row[1], row[4]) for row in late],
        *[[(row[1], row[5][at : at + 1]) for row in late] for at in range(items, width)],
    ]


def _responses(session: orm.Session, round_: Round, chosen: sa.ColumnElement[bool]) -> Late:
    columns = (Response.deciding_agency_id, Response.service_id, Response.counter_id)
    channel = sa.cast(Response.channel, sa.String)
    query = sa.select(Response.id, *columns, channel, Response.answers)
    return [tuple(row) for row in session.execute(query.where(Response.round_id == round_.id, chosen))]


def _items(round_: Round) -> int:
    """How many answers make the index, from the first on."""
    scheme = definition_of(round_.version).scheme(effective_rules(round_))
    return len(scheme.items)
