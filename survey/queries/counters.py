"""Reading where a citizen stands: the counter behind a code, and the round that takes an answer there."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Counter, CounterCode, ReceiptCode, Round, RoundState
from survey.text import parse_code

GRACE = timedelta(minutes=30)
"""A form opened while its round took answers is accepted for this long after the round's last day."""


CodeT = TypeVar("CodeT", CounterCode, ReceiptCode)


def find_code(session: orm.Session, typed: str) -> CounterCode | None:
    """Return the poster code a person scanned or typed, with its counter, agency, services and deciding agencies.

    Revoked codes are returned too (`revoked_at` says so), so that the page can tell the person what happened.
    """
    return _find(session, CounterCode, typed)


def find_receipt(session: orm.Session, typed: str) -> ReceiptCode | None:
    """Return the one-use code of a receipt, loaded likewise; used ones too."""
    return _find(session, ReceiptCode, typed)


def _find(session: orm.Session, table: type[CodeT], typed: str) -> CodeT | None:
    code = parse_code(typed)
    if code is None:
        return None
    counter = orm.joinedload(table.counter)
    rows = session.scalars(
        sa.select(table)
        .where(table.code == code)
        .options(
            counter.joinedload(Counter.agency),
            counter.joinedload(Counter.services),  # a handful each: one statement is cheaper than three
            counter.joinedload(Counter.deciding_agencies),
        )
    )
    return rows.unique().one_or_none()


def accepting_round(session: orm.Session, now: datetime, opened: datetime | None = None) -> Round | None:
    """Return the round that takes an answer at `now`, or None.

    A form `opened` within a round that has ended since is still taken for `GRACE` after the end of its last day;
    a round that was closed by hand takes nothing more. When two rounds are open the one that began last wins.
    """
    rounds = session.scalars(
        sa.select(Round)
        .where(Round.state == RoundState.OPEN)
        .options(orm.joinedload(Round.version))
        .order_by(Round.opens_on.desc(), Round.id.desc())
    ).all()
    for candidate in rounds:
        if _covers(candidate, now):
            return candidate
    for candidate in rounds:
        if opened is not None and _covers(candidate, opened) and now < _end(candidate) + GRACE:
            return candidate
    return None


def _covers(candidate: Round, instant: datetime) -> bool:
    """Say whether an instant falls on a local day of the round."""
    return candidate.opens_on <= instant.astimezone(ZoneInfo(candidate.zone)).date() <= candidate.closes_on


def _end(candidate: Round) -> datetime:
    """Return the first instant after the round's last local day."""
    return datetime.combine(candidate.closes_on + timedelta(days=1), time(), ZoneInfo(candidate.zone))
