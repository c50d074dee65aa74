"""What an agency does about its results; the next round shows whether it helped."""

from __future__ import annotations

import enum
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, Versioned, choice, intpk
from survey.models.agencies import Agency
from survey.models.rounds import Round


class ActionState(enum.StrEnum):
    """How far an action has come."""

    PLANNED = "planned"
    DOING = "doing"
    DONE = "done"
    DROPPED = "dropped"


class Action(Versioned, Base):
    """Cải thiện: an action that answers to the results of a round. Responsible is a position, never a person's name."""

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
    #: what is done
    what: Mapped[str] = mapped_column(sa.String(1000))
    #: why the figure is as it is, as the agency sees it
    cause: Mapped[str | None] = mapped_column(sa.String(1000))
    #: a position or unit, for example `Trưởng bộ phận một cửa`
    responsible: Mapped[str] = mapped_column(sa.String(200))
    due_on: Mapped[date]
    state: Mapped[ActionState] = mapped_column(choice(ActionState, "state"), default=ActionState.PLANNED)
    #: what shows that it was done; due when the state is `done`
    evidence: Mapped[str] = mapped_column(sa.String(1000), default="")
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    updated_at: Mapped[datetime]

    round: Mapped[Round] = orm.relationship()
    agency: Mapped[Agency] = orm.relationship()
