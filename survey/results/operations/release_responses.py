"""Nightly release: which responses of an open round count in what unit roles see.

`Response.live_since` is the whole state. Evaluators see every response at once; those who are judged see only what was
released, so that no two looks differ by a few people (`scoring.release`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy import orm

from scoring.release import block_size, releasable, withdrawable
from survey.models import Response, Round, RoundState
from survey.results.compute import effective_rules
from survey.results.operations.settle_closed import catch_up
from survey.structure.queries.rounds import definition_of

WITHDRAWALS_ON = 6
"""The day of the week (`date.weekday`) on whose night excluded responses leave: a Sunday, before which few answer."""
RATED = np.frombuffer(b"12345", dtype=np.uint8)
CHUNK = 500


@dataclass(frozen=True)
class Released:
    """What one night's release did."""

    #: responses that count in what unit roles see from now on
    added: int
    #: excluded ones that no longer do
    withdrawn: int


def release_responses(session: orm.Session, today: date) -> Released:
    """Release what may be released of every open round, agency by agency; a second run on a day adds nothing new.

    In a night of the week excluded responses leave; where any does, nothing comes: what the province has is a sum over
    agencies, and a step of it goes one way as well.
    """
    added = withdrawn = 0
    for round_ in session.scalars(sa.select(Round).where(Round.state == RoundState.OPEN)):
        catch_up(session, round_, today)
        size, width = block_size(effective_rules(round_).min_n), _items(round_)
        agencies = session.scalars(
            sa.select(Response.deciding_agency_id).where(Response.round_id == round_.id).distinct()
        ).all()
        leaving = agencies if today.weekday() == WITHDRAWALS_ON else ()
        gone = sum(_withdraw(session, round_, agency_id, size, width) for agency_id in leaving)
        withdrawn += gone
        if not gone:
            added += sum(_release(session, round_, agency_id, today, size, width) for agency_id in agencies)
    return Released(added, withdrawn)


def _release(session: orm.Session, round_: Round, agency_id: int, today: date, size: int, width: int) -> int:
    ids, answered = _answers(session, round_, agency_id, width, released=False)
    rating = np.flatnonzero(answered.sum(axis=1))
    ids, answered = [ids[k] for k in rating], answered[rating]
    chosen = ids[: releasable(answered, size)]
    _set(session, chosen, today)
    return len(chosen)


def _withdraw(session: orm.Session, round_: Round, agency_id: int, size: int, width: int) -> int:
    """Let responses leave that were excluded after they were released, once they are many enough in every item."""
    ids, answered = _answers(session, round_, agency_id, width, released=True)
    if not withdrawable(answered, size):
        return 0
    _set(session, ids, None)
    _join_blocks(session, round_, agency_id)
    return len(ids)


def _join_blocks(session: orm.Session, round_: Round, agency_id: int) -> None:
    """Join what is left of an agency into one block: a few of those that left were of each, and would show."""
    of_agency = (Response.round_id == round_.id, Response.deciding_agency_id == agency_id)
    newest = session.scalar(sa.select(sa.func.max(Response.live_since)).where(*of_agency))
    session.execute(
        sa.update(Response)
        .where(*of_agency, Response.live_since.is_not(None))
        .values(live_since=newest)
        .execution_options(synchronize_session=False)
    )


def _answers(
    session: orm.Session, round_: Round, agency_id: int, width: int, *, released: bool
) -> tuple[list[int], NDArray[np.bool_]]:
    """The ids of an agency's waiting responses (or of released ones that were excluded) and what they rated."""
    state = (
        (Response.live_since.is_not(None), Response.excluded.is_not(None))
        if released
        else (Response.live_since.is_(None), Response.excluded.is_(None))
    )
    rows = session.execute(
        sa.select(Response.id, sa.func.substr(Response.answers, 1, width))
        .where(Response.round_id == round_.id, Response.deciding_agency_id == agency_id, *state)
        .order_by(Response.id)
    ).all()
    letters = np.frombuffer("".join(row[1] for row in rows).encode("ascii"), dtype=np.uint8).reshape(-1, width)
    return [row[0] for row in rows], np.isin(letters, RATED)


def _set(session: orm.Session, ids: Sequence[int], day: date | None) -> None:
    for start in range(0, len(ids), CHUNK):
        session.execute(
            sa.update(Response)
            .where(Response.id.in_(ids[start : start + CHUNK]))
            .values(live_since=day)
            .execution_options(synchronize_session=False)
        )


def _items(round_: Round) -> int:
    """How many answers make the index, from the first on."""
    scheme = definition_of(round_.version).scheme(effective_rules(round_))
    return len(scheme.items)
