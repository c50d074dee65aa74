"""Cases: what citizens report or suggest, how it is handled, and the working days by which its clock runs.

Nothing here leads to a rating: keys are random, days are local days without a time, and no column says from where the
sender came. What a person writes stands apart from answers, with its own readers and its own term.
"""

from __future__ import annotations

import enum
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, Versioned, choice
from survey.models.agencies import Agency
from survey.models.comments import RANDOM_ID, Theme, random_id
from survey.models.users import User

MAX_CASE = 4000
"""Characters a case may have."""


class CaseKind(enum.StrEnum):
    """What it is by law. Complaints and denunciations have laws and addresses of their own and are not handled here."""

    REPORT = "report"  # phản ánh
    SUGGESTION = "suggestion"  # kiến nghị
    COMPLAINT = "complaint"  # khiếu nại
    DENUNCIATION = "denunciation"  # tố cáo
    SPAM = "spam"


class CaseOrigin(enum.StrEnum):
    """How it came."""

    FORM = "form"
    COMMENT = "comment"
    PAPER = "paper"
    PHONE = "phone"


class CaseState(enum.StrEnum):
    """How far it has come."""

    NEW = "new"
    WORKING = "working"
    REPLIED = "replied"  # a reply waits for its approval
    CLOSED = "closed"


class CaseStep(enum.StrEnum):
    """What was done to a case."""

    RECEIVED = "received"
    CLASSED = "classed"
    RELEASED = "released"
    ASSIGNED = "assigned"
    HANDED_OVER = "handed_over"
    REPLIED = "replied"
    RETURNED = "returned"
    APPROVED = "approved"
    RATED = "rated"


class Case(Versioned, Base):
    """Phản ánh, kiến nghị: one case, found by its citizen through a code of which only the hash is stored."""

    __tablename__ = "case"
    __table_args__ = (
        sa.CheckConstraint(f"length(text) <= {MAX_CASE}", name="text_length"),
        sa.CheckConstraint("length(code_hash) = 64", name="code_hash_sha256"),
        sa.CheckConstraint("state <> 'closed' OR closed_on IS NOT NULL", name="closed_with_day"),
        sa.Index("ix_case_agency_id_state", "agency_id", "state"),
    )

    id: Mapped[int] = mapped_column(RANDOM_ID, primary_key=True, autoincrement=False, default=random_id)
    #: SHA-256 of the code that the citizen holds
    code_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    #: the agency that handles it now
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"))
    kind: Mapped[CaseKind] = mapped_column(choice(CaseKind, "kind"))
    origin: Mapped[CaseOrigin] = mapped_column(choice(CaseOrigin, "origin"))
    state: Mapped[CaseState] = mapped_column(choice(CaseState, "state"), default=CaseState.NEW)
    theme: Mapped[Theme | None] = mapped_column(choice(Theme, "theme"))
    #: as it was written; read by the handler and the approver alone, emptied some time after closing
    text: Mapped[str] = mapped_column(sa.Text)
    #: the same with what identifies anybody masked: lists and files have this
    masked: Mapped[str] = mapped_column(sa.Text)
    #: the masked text as `survey.core.text.searchable` has it
    search: Mapped[str] = mapped_column(sa.Text)
    #: it names an official or has a word of danger: evaluators read it first
    priority: Mapped[bool] = mapped_column(default=False)
    #: whether the agency may see it
    released: Mapped[bool] = mapped_column(default=True)
    received_on: Mapped[date]
    #: working day by which the reply is due, counted from the first receipt, whoever handles it
    due_on: Mapped[date]
    #: when it came to the agency that has it now, and by when that must hand it on if another is competent
    arrived_on: Mapped[date]
    forward_by: Mapped[date]
    #: the position that handles it, and the account that may read it
    owner: Mapped[str] = mapped_column(sa.String(200), default="")
    handler_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    reply: Mapped[str] = mapped_column(sa.Text, default="")
    replied_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    closed_on: Mapped[date | None]
    #: whether the citizen says that the reply helped, and why
    helped: Mapped[bool | None]
    helped_why: Mapped[str] = mapped_column(sa.String(1000), default="")

    agency: Mapped[Agency] = orm.relationship()
    handler: Mapped[User | None] = orm.relationship(foreign_keys=[handler_id])


class CaseEvent(Base):
    """One step of a case, by the local day."""

    __tablename__ = "case_event"
    __table_args__ = (sa.UniqueConstraint("case_id", "number"),)

    id: Mapped[int] = mapped_column(RANDOM_ID, primary_key=True, autoincrement=False, default=random_id)
    case_id: Mapped[int] = mapped_column(RANDOM_ID, sa.ForeignKey("case.id"))
    #: place in the case's own history
    number: Mapped[int]
    on: Mapped[date]
    step: Mapped[CaseStep] = mapped_column(choice(CaseStep, "step"))
    #: null: the citizen
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    text: Mapped[str] = mapped_column(sa.String(1000), default="")
    facts: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)


class CaseTerm(Base):
    """Working days within which a kind of case is answered, where they differ from the usual ones."""

    __tablename__ = "case_term"
    __table_args__ = (sa.CheckConstraint("days BETWEEN 1 AND 90", name="days_range"),)

    kind: Mapped[CaseKind] = mapped_column(choice(CaseKind, "kind"), primary_key=True)
    days: Mapped[int]


class WorkingDay(Base):
    """A day that differs from the calendar of public holidays: a day off, or a Saturday to make up for one."""

    __tablename__ = "working_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    works: Mapped[bool]
    name: Mapped[str] = mapped_column(sa.String(200), default="")
