"""What evaluators decided on places that the checks asked them to look at again."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, choice, intpk


class PlaceOutcome(enum.StrEnum):
    """What became of a place that was looked at."""

    ASKED = "asked"
    EXPLAINED = "explained"
    TO_EXCLUDE = "to_exclude"


class PlaceDecision(Base):
    """A decision on an agency whose answers were looked at again, with its reason; the newest one holds.

    It excludes nothing: leaving responses out is an operation of its own, by two people.
    """

    __tablename__ = "place_decision"
    __table_args__ = (
        sa.CheckConstraint("length(reason) > 0", name="reason_not_empty"),
        sa.Index("ix_place_decision_round_id_agency_id", "round_id", "agency_id"),
    )

    id: Mapped[intpk]
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"))
    #: the deciding agency whose answers were looked at
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"))
    #: who decided
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    decided_at: Mapped[datetime]
    outcome: Mapped[PlaceOutcome] = mapped_column(choice(PlaceOutcome, "outcome"))
    reason: Mapped[str] = mapped_column(sa.String(1000))
