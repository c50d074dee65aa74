"""Where citizens hand in their papers, and the public codes on the posters there."""

from __future__ import annotations

from datetime import datetime, time

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, Versioned, intpk
from survey.core.text import CODE_LENGTH
from survey.models.agencies import Agency, Service

USUAL_HOURS = (time(7, 30), time(11, 30), time(13, 30), time(17, 0))
"""Opens, closes for lunch, opens again, closes: the hours of offices, where nothing else is said of a counter."""
USUAL_WEEKDAYS = "12345"
"""Monday to Friday."""


class Counter(Versioned, Base):
    """Quầy / điểm tiếp nhận of a receiving agency."""

    __tablename__ = "counter"
    __table_args__ = (
        sa.UniqueConstraint("agency_id", "code"),
        sa.UniqueConstraint("agency_id", "name"),
        sa.CheckConstraint("length(name) > 0", name="name_not_empty"),
    )

    id: Mapped[intpk]
    #: the agency that runs the counter (it may differ from the agency that decides)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"), index=True)
    #: stable within the agency, for example `Q1`
    code: Mapped[str] = mapped_column(sa.String(32))
    name: Mapped[str] = mapped_column(sa.String(200))
    name_en: Mapped[str | None] = mapped_column(sa.String(200))
    #: false once the counter is closed for good
    active: Mapped[bool] = mapped_column(default=True)
    #: true when its code is opened on a tablet that people share
    kiosk: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    #: local time at which it opens
    opens_at: Mapped[time] = mapped_column(default=USUAL_HOURS[0], server_default=sa.text("'07:30:00'"))
    #: local time at which it closes for lunch; null, like `lunch_to`: no lunch break
    lunch_from: Mapped[time | None] = mapped_column(default=USUAL_HOURS[1], server_default=sa.text("'11:30:00'"))
    #: local time at which it opens again
    lunch_to: Mapped[time | None] = mapped_column(default=USUAL_HOURS[2], server_default=sa.text("'13:30:00'"))
    #: local time at which it closes
    closes_at: Mapped[time] = mapped_column(default=USUAL_HOURS[3], server_default=sa.text("'17:00:00'"))
    #: weekdays on which it is open, `1` Monday to `7` Sunday, in order
    weekdays: Mapped[str] = mapped_column(sa.String(7), default=USUAL_WEEKDAYS, server_default=sa.text("'12345'"))

    agency: Mapped[Agency] = orm.relationship()
    codes: Mapped[list[CounterCode]] = orm.relationship(back_populates="counter", order_by="CounterCode.id")
    #: the services handled here; the form asks which one only when there are several
    services: Mapped[list[Service]] = orm.relationship(secondary="counter_service", order_by=Service.code)
    #: the agencies whose procedures are received here; empty means the receiving agency alone
    deciding_agencies: Mapped[list[Agency]] = orm.relationship(
        secondary="counter_deciding_agency", order_by=Agency.code
    )

    def decided_by(self, service_id: int | None) -> int | None:
        """The agency that decides on a service received here, where that follows from counter and service."""
        deciding = {agency.id for agency in self.deciding_agencies} or {self.agency_id}
        if len(deciding) == 1:
            return next(iter(deciding))
        decides = next((one.deciding_agency_id for one in self.services if one.id == service_id), None)
        return decides if decides in deciding else None


class CounterService(Base):
    """A service handled at a counter."""

    __tablename__ = "counter_service"

    counter_id: Mapped[int] = mapped_column(sa.ForeignKey("counter.id"), primary_key=True)
    service_id: Mapped[int] = mapped_column(sa.ForeignKey("service.id"), primary_key=True)


class CounterDecidingAgency(Base):
    """An agency that decides on dossiers received at a counter."""

    __tablename__ = "counter_deciding_agency"

    counter_id: Mapped[int] = mapped_column(sa.ForeignKey("counter.id"), primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"), primary_key=True)


class CounterCode(Base):
    """The public code on a counter's poster. A revoked code shows a friendly page and stores nothing."""

    __tablename__ = "counter_code"
    __table_args__ = (
        sa.CheckConstraint(f"length(code) = {CODE_LENGTH}", name="code_length"),
        sa.CheckConstraint("code = upper(code)", name="code_uppercase"),
        sa.CheckConstraint("revoked_at IS NULL OR revoked_at >= created_at", name="revoked_after_created"),
    )

    id: Mapped[intpk]
    #: drawn by `survey.core.text.new_code`
    code: Mapped[str] = mapped_column(sa.String(CODE_LENGTH), unique=True)
    counter_id: Mapped[int] = mapped_column(sa.ForeignKey("counter.id"), index=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    counter: Mapped[Counter] = orm.relationship(back_populates="codes")
