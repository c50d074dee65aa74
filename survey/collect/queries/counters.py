"""Reading where a citizen stands: the counter behind a code, and the round that takes an answer there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.db import UTCDateTime
from survey.core.text import parse_code
from survey.models import Agency, Counter, CounterCode, QuestionnaireVersion, ReceiptCode, Round, RoundState
from survey.structure.queries.rounds import takes_answers

GRACE = timedelta(minutes=30)
"""A form opened while its round took answers is accepted for this long after the round's end."""

CodeT = TypeVar("CodeT", CounterCode, ReceiptCode)


def _statement(table: type[CodeT]) -> sa.Select[Any]:
    """Return the query of a code with what its page shows; made once, since every request of the form runs it."""
    counter = orm.joinedload(table.counter)
    named = (Agency.code, Agency.name, Agency.name_en)
    return (
        sa.select(table)
        .where(table.code == sa.bindparam("code"))
        .options(
            counter.joinedload(Counter.agency).load_only(*named),
            counter.joinedload(Counter.services),  # a handful each: one statement is cheaper than three
            counter.joinedload(Counter.deciding_agencies).load_only(*named),
        )
    )


_COUNTER_CODE = _statement(CounterCode)
_RECEIPT_CODE = _statement(ReceiptCode)
_ROUNDS = (
    sa.select(Round)
    .where(
        (Round.state == RoundState.OPEN)
        | ((Round.state == RoundState.CLOSED) & (Round.closed_at > sa.bindparam("since", type_=UTCDateTime())))
    )
    .options(orm.defer(Round.rules), orm.joinedload(Round.version).load_only(QuestionnaireVersion.content_hash))
    .order_by(Round.opens_on.desc(), Round.id.desc())
)


def find_code(session: orm.Session, typed: str) -> CounterCode | None:
    """Return the poster code a person scanned or typed, with its counter, agency, services and deciding agencies.

    Revoked codes are returned too (`revoked_at` says so), so that the page can tell the person what happened.
    """
    code = parse_code(typed)
    found: CounterCode | None = session.scalars(_COUNTER_CODE, {"code": code}).unique().one_or_none() if code else None
    return found


def find_receipt(session: orm.Session, typed: str) -> ReceiptCode | None:
    """Return the one-use code of a receipt, loaded likewise; used ones too."""
    code = parse_code(typed)
    found: ReceiptCode | None = session.scalars(_RECEIPT_CODE, {"code": code}).unique().one_or_none() if code else None
    return found


def accepting_round(session: orm.Session, now: datetime, opened: datetime | None = None) -> Round | None:
    """Return the round that takes an answer at `now`, or None; its rules and its questionnaire's text on demand.

    A form `opened` while its round took answers is still taken for `GRACE` after the round's end: the hour or the
    midnight that was set, or the moment it was closed by hand. When two rounds are open the one that began last wins.
    """
    rounds = session.scalars(_ROUNDS, {"since": now - GRACE}).all()
    for candidate in rounds:
        if takes_answers(candidate, now):
            return candidate
    for candidate in rounds:
        if opened is not None and candidate.begins <= opened < _end(candidate) <= now < _end(candidate) + GRACE:
            return candidate
    return None


def is_late(found: Round, now: datetime) -> bool:
    """Say whether an answer accepted at `now` came after the round's end; it is dated by when its form was opened."""
    return not takes_answers(found, now)


def late_until(found: Round) -> datetime:
    """Return the instant from which no form of a round can come in any more."""
    return _end(found) + GRACE


def round_of_form(session: orm.Session, now: datetime, opened: datetime | None) -> Round | None:
    """Return the round a form belonged to, whatever became of it: the latest begun before it was opened (or `now`)."""
    rounds = session.scalars(
        sa.select(Round)
        .where(Round.state != RoundState.DRAFT)
        .options(orm.joinedload(Round.version))
        .order_by(Round.opens_on.desc(), Round.id.desc())
    )
    return next((one for one in rounds if one.begins <= (opened or now)), None)


def _end(found: Round) -> datetime:
    """Return the first instant at which the round took no answers any more."""
    by_hand = found.closed_at if found.state is not RoundState.OPEN else None
    return min(found.ends, by_hand) if by_hand else found.ends
