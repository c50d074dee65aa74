"""Reading where a citizen stands: the counter behind a code, and the round that takes an answer there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.db import UTCDateTime
from survey.core.text import parse_code
from survey.models import (
    Agency,
    AgencyEmblem,
    AgencyKind,
    Counter,
    CounterCode,
    InterviewTablet,
    QuestionnaireVersion,
    ReceiptCode,
    Round,
    RoundState,
)
from survey.structure.queries.rounds import takes_answers
from survey.structure.queries.scope import covers, narrowest_first

GRACE = timedelta(minutes=30)
"""A form opened while its round took answers is accepted for this long after the round's end."""

EMBLEM_MAX_BYTES = 8 * 1024
"""Size from which an emblem is left out of the form: it must not make a slow line wait."""

CodeT = TypeVar("CodeT", CounterCode, ReceiptCode, InterviewTablet)


def _statement(table: type[CodeT]) -> sa.Select[Any]:
    """The query of a code with what its page shows; made once, since every request of the form runs it."""
    counter = orm.joinedload(table.counter)
    named = (Agency.code, Agency.name, Agency.name_en, Agency.kind)
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
_TABLET = _statement(InterviewTablet)
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
    """The poster code a person scanned or typed, with its counter, agency, services and deciding agencies.

    Revoked codes are returned too (`revoked_at` says so), so that the page can tell the person what happened.
    """
    code = parse_code(typed)
    found: CounterCode | None = session.scalars(_COUNTER_CODE, {"code": code}).unique().one_or_none() if code else None
    return found


def find_receipt(session: orm.Session, typed: str) -> ReceiptCode | None:
    """The one-use code of a receipt, loaded likewise; used ones too."""
    code = parse_code(typed)
    found: ReceiptCode | None = session.scalars(_RECEIPT_CODE, {"code": code}).unique().one_or_none() if code else None
    return found


def find_tablet(session: orm.Session, typed: str) -> InterviewTablet | None:
    """The interviewer's tablet of an address, loaded likewise; revoked ones too."""
    code = parse_code(typed)
    found: InterviewTablet | None = session.scalars(_TABLET, {"code": code}).unique().one_or_none() if code else None
    return found


@dataclass(frozen=True)
class Province:
    """Who runs the survey: the agency at the root of the administration."""

    code: str
    name: str
    name_en: str | None
    #: whether it has an emblem that is small enough for a phone
    emblem: bool


def find_province(session: orm.Session) -> Province | None:
    """The province, without loading its emblem; None while no agency is one."""
    row = session.execute(
        sa.select(Agency.code, Agency.name, Agency.name_en, sa.func.length(AgencyEmblem.data))
        .outerjoin(AgencyEmblem, AgencyEmblem.agency_id == Agency.id)
        .where(Agency.kind == AgencyKind.PROVINCE, Agency.valid_to.is_(None))
        .order_by(Agency.id)
        .limit(1)
    ).first()
    return Province(row[0], row[1], row[2], 0 < (row[3] or 0) <= EMBLEM_MAX_BYTES) if row else None


def find_emblem(session: orm.Session) -> AgencyEmblem | None:
    """The province's emblem when it is small enough for a phone."""
    return session.scalars(
        sa.select(AgencyEmblem)
        .join(Agency, Agency.id == AgencyEmblem.agency_id)
        .where(
            Agency.kind == AgencyKind.PROVINCE,
            Agency.valid_to.is_(None),
            sa.func.length(AgencyEmblem.data) <= EMBLEM_MAX_BYTES,
        )
        .order_by(Agency.id)
    ).first()


def accepting_round(
    session: orm.Session, now: datetime, opened: datetime | None = None, *, counter: Counter | None = None
) -> Round | None:
    """The round that takes an answer at `now`, or None; its rules and its questionnaire's text on demand.

    A form `opened` while its round took answers belongs to that round, also when another has begun since; it is still
    taken for `GRACE` after the round's end: the hour or the midnight that was set, or the moment it was closed by
    hand. At a `counter` only rounds held there count, the narrowest first; of two of one width the one that began last
    wins.
    """
    rounds: Sequence[Round] = session.scalars(_ROUNDS, {"since": now - GRACE}).all()
    if counter is not None:
        rounds = narrowest_first(one for one in rounds if covers(one, counter))
    for candidate in rounds:
        if opened is not None and candidate.begins <= opened < _end(candidate) and now < _end(candidate) + GRACE:
            return candidate
    for candidate in rounds:
        if takes_answers(candidate, now):
            return candidate
    return None


def is_late(found: Round, now: datetime) -> bool:
    """Say whether an answer accepted at `now` came after the round's end; it is dated by when its form was opened."""
    return not takes_answers(found, now)


def late_until(found: Round) -> datetime:
    """The instant from which no form of a round can come in any more."""
    return _end(found) + GRACE


def round_of_form(session: orm.Session, now: datetime, opened: datetime | None, counter: Counter) -> Round | None:
    """The round a form belonged to, whatever became of it: the latest begun before it was opened (or `now`)."""
    rounds = session.scalars(
        sa.select(Round)
        .where(Round.state != RoundState.DRAFT)
        .options(orm.joinedload(Round.version))
        .order_by(Round.opens_on.desc(), Round.id.desc())
    )
    held = narrowest_first(one for one in rounds if one.begins <= (opened or now) and covers(one, counter))
    return max(held, key=lambda one: one.begins, default=None)


def _end(found: Round) -> datetime:
    """The first instant at which the round took no answers any more."""
    by_hand = found.closed_at if found.state is not RoundState.OPEN else None
    return min(found.ends, by_hand) if by_hand else found.ends
