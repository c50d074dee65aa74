"""Which responses of a round count for whom: for evaluators all that are not excluded, for unit roles what was settled.

When a round is closed, what those who are judged see of it is settled (`survey.structure.operations.settle_figures`).
What comes or goes afterwards, such as a file brought late, counts for evaluators at once. For the others it waits until
it moves every number by nothing or by many people: two looks with one late response between them would tell all of its
answers. An edition is such a look (`survey.publication.editions.freeze`); what comes after it waits for the next one.

Who reads is noted on the session by `survey.accounts.queries.users.visible_agencies`.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.queries.users import note_reading, reads_settled
from survey.core.db import ONE_MOMENT
from survey.models import Response, ResponseTally, Round, RoundState, SettledOut

ENDED = (RoundState.CLOSED, RoundState.PUBLISHED)
PRIME = 30011
MIXED = Response.id % PRIME
"""A part of a response's number, whose square tells sets of one sum apart: {1, 4} was excluded, now {2, 3} is."""


def live_stamp(session: orm.Session, round_id: int) -> tuple[int, ...]:
    """Numbers that change whenever the counted responses do: rows, newest id, and which are excluded.

    Answers are never edited, so that these tell whether moments worked out earlier still hold. Nothing is scanned:
    triggers keep the first two (`ResponseTally`), an index of their own has the few that do not count.
    """
    known: dict[int, tuple[int, ...]] = session.info.setdefault("stamps", {}) if session.info.get(ONE_MOMENT) else {}
    if round_id not in known:
        known[round_id] = _live_stamp(session, round_id)
    return known[round_id]


def _live_stamp(session: orm.Session, round_id: int) -> tuple[int, ...]:
    out = session.execute(  # few, and found by an index of their own
        sa.select(sa.func.count(), sa.func.sum(Response.id), sa.func.sum(MIXED * MIXED)).where(
            Response.round_id == round_id, Response.excluded.is_not(None)
        )
    ).one()
    return (*tallied(session, round_id), *(int(value or 0) for value in out))


def tallied(session: orm.Session, round_id: int) -> tuple[int, int]:
    """How many responses a round has, excluded ones too, and the highest number of any that it had."""
    tally = sa.select(sa.func.sum(ResponseTally.responses), sa.func.max(ResponseTally.newest))
    responses, newest = session.execute(tally.where(ResponseTally.round_id == round_id)).one()
    if session.get_bind().dialect.name == "postgresql":
        return int(responses or 0), int(newest or 0)
    edge = sa.select(sa.func.coalesce(sa.func.max(ResponseTally.newest), 0)).scalar_subquery()
    since = sa.select(sa.func.count(), sa.func.max(Response.id)).where(
        Response.id > edge,
        Response.round_id + 0 == round_id,  # a sum, so that SQLite seeks by the key and not by an index of the round
    )
    later = session.execute(since).one()
    return int(responses or 0) + later[0], max(int(newest or 0), later[1] or 0)


def stamp(session: orm.Session, round_id: int) -> tuple[int, ...]:
    """The stamp of the responses that count for who reads by this session: `live_stamp`, or the settled one."""
    return held(session, round_id) or live_stamp(session, round_id)


def counted(session: orm.Session, round_id: int) -> sa.ColumnElement[bool]:
    """The condition of a round's responses that count for who reads by this session."""
    settled = held(session, round_id)
    return as_settled(round_id, settled) if settled else Response.excluded.is_(None)


def counted_in(session: orm.Session, round_ids: Iterable[int]) -> sa.ColumnElement[bool]:
    """The condition of the responses of several rounds that count for who reads by this session."""
    waiting = {number: settled for number in round_ids if (settled := held(session, number))}
    others = sa.and_(Response.excluded.is_(None), Response.round_id.not_in(list(waiting)))
    seen = (sa.and_(Response.round_id == number, as_settled(number, at)) for number, at in waiting.items())
    return sa.or_(others, *seen) if waiting else Response.excluded.is_(None)


def as_settled(round_id: int, settled: tuple[int, ...]) -> sa.ColumnElement[bool]:
    """The condition of a round's responses that counted when it was settled."""
    out = sa.select(SettledOut.response_id).where(SettledOut.round_id == round_id)
    return sa.and_(Response.id <= settled[1], Response.id.not_in(out))


def held(session: orm.Session, round_id: int) -> tuple[int, ...]:
    """The settled stamp of a round, where this session reads for unit roles and something changed since; else ()."""
    if not reads_settled(session):
        note_reading(session)
        return ()
    known: dict[int, tuple[int, ...]] = session.info.setdefault("held", {})
    if round_id not in known:
        known[round_id] = waiting_stamp(session, round_id)
    return known[round_id]


def waiting_stamp(session: orm.Session, round_id: int) -> tuple[int, ...]:
    """The settled stamp of an ended round whose counted responses changed since; () where nothing waits."""
    state, settled = session.execute(sa.select(Round.state, Round.settled).where(Round.id == round_id)).one()
    if (
        state not in (RoundState.CLOSED, RoundState.PUBLISHED)
        or settled is None
        or tuple(settled) == live_stamp(session, round_id)
    ):
        return ()
    return tuple(settled)


def held_back(session: orm.Session, round_id: int) -> tuple[int, int]:
    """How many responses of an ended round came, and went, since what unit roles see was settled."""
    settled = waiting_stamp(session, round_id)
    if not settled:
        return 0, 0
    before, now = as_settled(round_id, settled), Response.excluded.is_(None)
    of_round = Response.round_id == round_id
    came = sa.select(sa.func.count()).select_from(Response).where(of_round, now, sa.not_(before))
    gone = sa.select(sa.func.count()).select_from(Response).where(of_round, before, sa.not_(now))
    return session.scalar(came) or 0, session.scalar(gone) or 0
