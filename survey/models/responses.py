"""One response is one row, and nothing in it identifies a person."""

from __future__ import annotations

import enum
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import DERIVED, Base, choice, intpk

WAITING = "waiting"
"""`Response.excluded` of what a unit brought, until an evaluator releases its batch."""


class Channel(enum.StrEnum):
    """How a response reached us."""

    QR = "qr"
    KIOSK = "kiosk"
    RECEIPT = "receipt"
    PAPER = "paper"
    PHONE = "phone"
    INTERVIEWER = "interviewer"
    ONLINE = "online"
    IMPORT = "import"


class Response(Base):
    """A citizen's answers. No address, no device, no name, not even hashed.

    `answers` has one character for each position of the round's questionnaire version (`AnswerSlot`):
    an answer's own code (`1`..`5`, or a respondent option's code), `x` for "không biết / không liên quan" or a
    declined question, `.` for left blank, `_` for not asked because its condition did not hold.
    """

    __tablename__ = "response"
    __table_args__ = (
        sa.CheckConstraint("length(key) BETWEEN 16 AND 64", name="key_length"),
        sa.CheckConstraint("length(answers) > 0", name="answers_not_empty"),
        sa.CheckConstraint("opened_at IS NULL OR opened_at <= submitted_at", name="opened_before_submitted"),
        sa.CheckConstraint("duration_s IS NULL OR duration_s >= 0", name="duration_not_negative"),
        sa.Index("ix_response_round_id_deciding_agency_id_service_id", "round_id", "deciding_agency_id", "service_id"),
        sa.Index("ix_response_counter_id_submitted_at", "counter_id", "submitted_at"),
        sa.Index(
            "ix_response_counted",
            *("round_id", "counter_id", "deciding_agency_id", "service_id", "submitted_at"),
            sqlite_where=sa.text("excluded IS NULL"),
            postgresql_where=sa.text("excluded IS NULL"),
        ),
        sa.Index(
            "ix_response_excluded",
            *("round_id", "excluded"),
            sqlite_where=sa.text("excluded IS NOT NULL"),
            postgresql_where=sa.text("excluded IS NOT NULL"),
        ),
    )

    id: Mapped[intpk]
    #: the rendered form's random idempotency key: the same key never makes a second row
    key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"))
    #: where the dossier was received; unknown for answers collected away from a counter
    counter_id: Mapped[int | None] = mapped_column(sa.ForeignKey("counter.id"))
    #: the agency that decides on the dossier: the one the answer is counted for
    deciding_agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"))
    #: the service field, when the counter has one alone or the citizen named it
    service_id: Mapped[int | None] = mapped_column(sa.ForeignKey("service.id"))
    channel: Mapped[Channel] = mapped_column(choice(Channel, "channel"))
    #: the language the form was answered in
    language: Mapped[str] = mapped_column(sa.String(16))
    #: packed answers, see the class
    answers: Mapped[str] = mapped_column(sa.String(200))
    #: when the form was rendered, by the server's signature; null when unknown
    opened_at: Mapped[datetime | None]
    #: when it was received; for a form taken in the half hour after its round's end, when it was opened
    submitted_at: Mapped[datetime]
    #: seconds from first touch to sending by the client's own clock: advisory
    duration_s: Mapped[int | None]
    #: why the response is not counted (for example `honeypot`); null when it is. Rows are never deleted for this
    excluded: Mapped[str | None] = mapped_column(sa.String(64))
    #: the file or pile of paper forms that brought it; null for answers given by citizens on our pages
    batch_id: Mapped[int | None] = mapped_column(sa.ForeignKey("import_batch.id"), index=True)
    #: local day since which it counts in what unit roles see of an open round; null: not yet (see `scoring.release`)
    live_since: Mapped[date | None]


class ResponseTally(Base):
    """How many responses of a round came, and the newest: triggers keep it, so that no page counts.

    On PostgreSQL a round has as many rows as writers left, which add up. On SQLite it has one at most, which counts
    the responses up to the highest `newest` of all rounds; those after it, of 1024 numbers at most, are counted.
    """

    __tablename__ = "response_tally"
    __table_args__ = {"info": {DERIVED: True}}  # noqa: RUF012 (SQLAlchemy reads it as it stands)

    id: Mapped[intpk]
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"), index=True)
    #: negative where more went than came
    responses: Mapped[int]
    #: the highest number of any of them, also of one that went; 0 where all went
    newest: Mapped[int]


class SettledOut(Base):
    """A response that did not count when what unit roles see of its closed round was settled, and why."""

    __tablename__ = "settled_out"

    response_id: Mapped[int] = mapped_column(sa.ForeignKey("response.id"), primary_key=True, autoincrement=False)
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"), index=True)
    #: its `Response.excluded` then
    reason: Mapped[str] = mapped_column(sa.String(64))
