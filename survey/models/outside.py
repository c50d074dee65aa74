"""Figures of other instruments: what the Ministry, the service index, the national portal and PAR INDEX say."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, choice
from survey.models.agencies import Agency


class Instrument(enum.StrEnum):
    """An instrument other than the province's own round."""

    SIPAS = "sipas"
    SERVICE_INDEX = "service_index"
    PORTAL = "portal"
    PAR = "par"


class OutsideFigure(Base):
    """Thước đo khác: the figure that an instrument gives of an agency in a year, as it was published."""

    __tablename__ = "outside_figure"
    __table_args__ = (
        sa.CheckConstraint("most > 0 AND value >= 0 AND value <= most", name="value_on_scale"),
        sa.CheckConstraint("n > 0", name="n_positive"),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name="year_plausible"),
        sa.CheckConstraint("length(source) > 0", name="source_not_empty"),
    )

    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    instrument: Mapped[Instrument] = mapped_column(choice(Instrument, "instrument"), primary_key=True)
    #: as published, on its own scale
    value: Mapped[float] = mapped_column(sa.Float)
    #: highest value of that scale
    most: Mapped[float] = mapped_column(sa.Float)
    #: people who answered or rated; None: not published
    n: Mapped[int | None]
    #: how they were asked, in words
    method: Mapped[str] = mapped_column(sa.String(300), default="")
    #: where it was published
    source: Mapped[str] = mapped_column(sa.String(500))
    entered_at: Mapped[datetime]
    entered_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))

    agency: Mapped[Agency] = orm.relationship()
