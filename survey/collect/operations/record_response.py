"""Store one citizen's answers, once."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql, sqlite

from survey.core.db import Base
from survey.models import WAITING, Channel, Comment, Response
from survey.models.comments import week_of

_TABLE = Base.metadata.tables[Response.__tablename__]
# made once: every form that is sent runs them
_INSERT = {
    "sqlite": sqlite.insert(_TABLE).on_conflict_do_nothing(index_elements=["key"]).returning(_TABLE.c.id),
    "postgresql": postgresql.insert(_TABLE).on_conflict_do_nothing(index_elements=["key"]).returning(_TABLE.c.id),
}
_IS_RECORDED = sa.select(sa.exists().where(_TABLE.c.key == sa.bindparam("key")))


class Outcome(enum.StrEnum):
    """What became of a submission. The citizen is thanked either way."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"


@dataclass(frozen=True)
class Submission:
    """A validated form. Every id exists and belongs to the counter; `answers` is packed by the round's definition."""

    #: the form's idempotency key, 16 to 64 characters
    key: str
    round_id: int
    #: the round's zone: a comment is dated by the local week
    zone: str
    counter_id: int | None
    deciding_agency_id: int
    service_id: int | None
    channel: Channel
    language: str
    answers: str
    #: cleaned free text; empty for none
    comment: str = ""
    #: when the form was rendered, if that is known
    opened_at: datetime | None = None
    #: seconds the person took by their own clock
    duration_s: int | None = None
    #: the form came in the half hour after its round ended: it is dated by when it was opened
    late: bool = False
    #: why it is not to be counted, for example `honeypot`
    excluded: str | None = None
    #: when it was given, for answers that came on paper or in a file; else it is dated by when it came
    given_at: datetime | None = None
    #: the file or pile of paper forms it came in
    batch_id: int | None = None


def record_response(session: orm.Session, submission: Submission, now: datetime) -> Outcome:
    """Duplicate check by the form's idempotency key: insert the response and its comment unless the key is stored.

    The first submission of a key wins. The database's unique constraint decides, so two requests at the same instant
    cannot both win. The comment goes to its own table with the local week alone: nothing leads from it back to the
    response.
    """
    opened = submission.opened_at if submission.opened_at and submission.opened_at <= now else None
    dated = submission.given_at or (opened if submission.late and opened else now)
    if opened and opened > dated:  # a clock that was set back must not cost anybody their answers
        opened = None
    values = {
        "key": submission.key,
        "round_id": submission.round_id,
        "counter_id": submission.counter_id,
        "deciding_agency_id": submission.deciding_agency_id,
        "service_id": submission.service_id,
        "channel": submission.channel,
        "language": submission.language,
        "answers": submission.answers,
        "opened_at": opened,
        "submitted_at": dated,
        "duration_s": submission.duration_s,
        "excluded": submission.excluded,
        "batch_id": submission.batch_id,
    }
    statement = _INSERT[session.get_bind().dialect.name]
    stored = session.connection().execute(statement, values).first()
    if stored is None:
        return Outcome.DUPLICATE
    if submission.comment and submission.excluded in {None, WAITING}:
        session.add(
            Comment(
                round_id=submission.round_id,
                agency_id=submission.deciding_agency_id,
                text=submission.comment,
                received_week=week_of(dated.astimezone(ZoneInfo(submission.zone)).date()),
            )
        )
    return Outcome.ACCEPTED


def is_recorded(session: orm.Session, key: str) -> bool:
    """Say whether a form with this key has been stored already."""
    return session.connection().scalar(_IS_RECORDED, {"key": key}) or False
