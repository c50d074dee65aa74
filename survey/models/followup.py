"""What an agency does about its results: actions, their history and evidence, and requests for a plan."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, Versioned, choice, intpk
from survey.models.agencies import Agency
from survey.models.rounds import Round

MAX_EVIDENCE = 10 * 1024 * 1024
"""Bytes that a file of evidence may have."""


class ActionState(enum.StrEnum):
    """How far an action has come, as its agency says."""

    PLANNED = "planned"
    DOING = "doing"
    DONE = "done"
    DROPPED = "dropped"


class Cause(enum.StrEnum):
    """Why a figure is as it is, from a list, so that causes can be counted over all agencies."""

    STAFFING = "staffing"
    TRAINING = "training"
    ATTITUDE = "attitude"
    PROCEDURE = "procedure"
    COORDINATION = "coordination"
    SYSTEMS = "systems"
    FACILITIES = "facilities"
    GUIDANCE = "guidance"
    WORKLOAD = "workload"
    OVERSIGHT = "oversight"
    OTHER = "other"


class ActionStep(enum.StrEnum):
    """What was done to an action; each is an event that is never altered."""

    ENTERED = "entered"
    CHANGED = "changed"
    EXTENDED = "extended"
    NOTED = "noted"
    EVIDENCE = "evidence"
    DONE = "done"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    DROPPED = "dropped"


class PlanRequest(Base):
    """The province asks an agency for a plan about its results of a round, by a day, under a document's number."""

    __tablename__ = "plan_request"
    __table_args__ = (
        sa.CheckConstraint("length(document) > 0", name="document_not_empty"),
        sa.Index("ix_plan_request_agency_id_round_id", "agency_id", "round_id"),
    )

    id: Mapped[intpk]
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"))
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"))
    due_on: Mapped[date]
    #: number of the document, for example `123/UBND-KSTTHC`
    document: Mapped[str] = mapped_column(sa.String(100))
    #: what is asked for
    text: Mapped[str] = mapped_column(sa.String(1000))
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))

    round: Mapped[Round] = orm.relationship()
    agency: Mapped[Agency] = orm.relationship()


class Action(Versioned, Base):
    """Cải thiện: an action that answers to the results of a round. Responsible is a position, never a person's name.

    It is accepted by a second person (`accepted_at`) once its state is `done`. The row is what holds now; every former
    wording and due day stands in its events (`ActionEvent`).
    """

    __tablename__ = "agency_action"
    __table_args__ = (
        sa.CheckConstraint("length(what) > 0", name="what_not_empty"),
        sa.CheckConstraint("length(responsible) > 0", name="responsible_not_empty"),
        sa.CheckConstraint("state <> 'done' OR length(evidence) > 0", name="done_with_evidence"),
        sa.Index("ix_agency_action_agency_id_round_id", "agency_id", "round_id"),
    )

    id: Mapped[intpk]
    #: the round whose results it answers to
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"))
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"))
    #: code of the element it is to better; null: the overall index
    element: Mapped[str | None] = mapped_column(sa.String(64))
    #: code of the item it is to better; null: the element, or the overall index
    item: Mapped[str | None] = mapped_column(sa.String(64))
    #: what is done
    what: Mapped[str] = mapped_column(sa.String(1000))
    #: why the figure is as it is, as the agency sees it
    cause: Mapped[str | None] = mapped_column(sa.String(1000))
    #: values of `Cause`, in the order of the list
    causes: Mapped[list[str] | None] = mapped_column(sa.JSON)
    #: counter, service, channel or group where the weakness sits, in words
    place: Mapped[str] = mapped_column(sa.String(300), default="", server_default=sa.text("''"))
    #: the numbers that the action began from, see `survey.improvement.finding_record.Finding`
    figures: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    #: a position, for example `Trưởng bộ phận một cửa`
    responsible: Mapped[str] = mapped_column(sa.String(200))
    #: the unit or sub-unit that carries it out
    unit: Mapped[str] = mapped_column(sa.String(200), default="", server_default=sa.text("''"))
    #: units that help, parted by semicolons
    co_units: Mapped[str] = mapped_column(sa.String(500), default="", server_default=sa.text("''"))
    due_on: Mapped[date]
    #: the due day before any extension, from which overdue counts; null: `due_on` was never moved
    first_due_on: Mapped[date | None]
    state: Mapped[ActionState] = mapped_column(choice(ActionState, "state"), default=ActionState.PLANNED)
    #: what shows that it was done; due when the state is `done`
    evidence: Mapped[str] = mapped_column(sa.String(1000), default="")
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    updated_at: Mapped[datetime]
    #: when a second person accepted it; null before
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))

    round: Mapped[Round] = orm.relationship()
    agency: Mapped[Agency] = orm.relationship()

    @property
    def first_due(self) -> date:
        """The due day that overdue counts from."""
        return self.first_due_on or self.due_on

    @property
    def figure(self) -> tuple[str, str]:
        """Level and key of the figure it is about."""
        if self.item is not None:
            return ("item", self.item)
        return ("element", self.element) if self.element is not None else ("overall", "all")


class ActionEvent(Base):
    """One step in the life of an action, never altered: together they are its versions."""

    __tablename__ = "action_event"

    id: Mapped[intpk]
    action_id: Mapped[int] = mapped_column(sa.ForeignKey("agency_action.id"), index=True)
    step: Mapped[ActionStep] = mapped_column(choice(ActionStep, "step"))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    #: note, reason, remark or what shows it, as it was written
    text: Mapped[str] = mapped_column(sa.String(1000), default="", server_default=sa.text("''"))
    #: facts that the step changed, as they were and as they became
    before: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)


class ActionEvidence(Base):
    """A file that shows what was done. It leaves as an attachment alone, and is never shown within a page."""

    __tablename__ = "action_evidence"
    __table_args__ = (sa.CheckConstraint(f"length(data) BETWEEN 1 AND {MAX_EVIDENCE}", name="data_size"),)

    id: Mapped[intpk]
    action_id: Mapped[int] = mapped_column(sa.ForeignKey("agency_action.id"), index=True)
    #: as the person's computer called it, without folders
    name: Mapped[str] = mapped_column(sa.String(200))
    #: found by its content
    media_type: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int]
    #: SHA-256 of the bytes
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    data: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
