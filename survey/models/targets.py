"""Targets of a round, and changes that people know of: what results are held against."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, intpk
from survey.models.agencies import Agency


class Target(Base):
    """Chỉ tiêu: the index that an agency is to reach in a round; that of the province's committee is the province's."""

    __tablename__ = "target"
    __table_args__ = (sa.CheckConstraint("value > 0 AND value <= 100", name="value_percent"),)

    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"), primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"), primary_key=True)
    #: code of an element; empty: the overall index
    element: Mapped[str] = mapped_column(sa.String(64), primary_key=True, default="")
    #: percentage points
    value: Mapped[float] = mapped_column(sa.Float)

    agency: Mapped[Agency] = orm.relationship()


class KnownChange(Base):
    """Known change: a person knows why figures may move (a moved office, new staff); control charts begin anew."""

    __tablename__ = "known_change"
    __table_args__ = (
        sa.CheckConstraint("length(reason) > 0", name="reason_not_empty"),
        sa.UniqueConstraint("agency_id", "on_day"),
    )

    id: Mapped[intpk]
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"))
    #: first local day of what is new
    on_day: Mapped[date]
    reason: Mapped[str] = mapped_column(sa.String(300))
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
