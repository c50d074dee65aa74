"""The administration: a tree of agencies, the services they decide on, and what this installation is."""

from __future__ import annotations

import enum
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, Versioned, choice, intpk


class AgencyKind(enum.StrEnum):
    """What an agency is by law."""

    PROVINCE = "province"  # UBND tỉnh
    DEPARTMENT = "department"  # sở, ban, ngành
    DISTRICT = "district"  # UBND huyện, thành phố (until 30/6/2025)
    COMMUNE = "commune"  # UBND xã, phường
    CENTRE = "centre"  # trung tâm phục vụ hành chính công


class AgencyLevel(enum.StrEnum):
    """The tier of government."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


class Agency(Versioned, Base):
    """Cơ quan. Agencies merge and are renamed: they end by `valid_to` and point to their successor, never vanish."""

    __tablename__ = "agency"
    __table_args__ = (
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="valid_to_after_valid_from"),
        sa.CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_its_own_parent"),
        sa.CheckConstraint("successor_id IS NULL OR successor_id <> id", name="not_its_own_successor"),
        sa.CheckConstraint("successor_id IS NULL OR valid_to IS NOT NULL", name="successor_only_when_ended"),
        sa.CheckConstraint("length(name) > 0", name="name_not_empty"),
    )

    id: Mapped[intpk]
    #: stable code in files, exports and addresses, for example `so-noi-vu`
    code: Mapped[str] = mapped_column(sa.String(64), unique=True)
    #: the agency above it; the province has none
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agency.id"), index=True)
    kind: Mapped[AgencyKind] = mapped_column(choice(AgencyKind, "kind"))
    level: Mapped[AgencyLevel] = mapped_column(choice(AgencyLevel, "level"))
    #: Vietnamese name, NFC
    name: Mapped[str] = mapped_column(sa.String(200))
    #: English name for the switch; the Vietnamese one is shown when absent
    name_en: Mapped[str | None] = mapped_column(sa.String(200))
    valid_from: Mapped[date]
    #: first day on which it no longer exists
    valid_to: Mapped[date | None]
    #: the agency that took over
    successor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agency.id"))

    parent: Mapped[Agency | None] = orm.relationship(
        foreign_keys=[parent_id], remote_side="Agency.id", back_populates="children"
    )
    children: Mapped[list[Agency]] = orm.relationship(foreign_keys=[parent_id], back_populates="parent", order_by=code)


class FormerName(Base):
    """A name an agency had. `Agency.name` is the one it has now, or had when it ended."""

    __tablename__ = "agency_former_name"
    __table_args__ = (sa.CheckConstraint("length(name) > 0", name="name_not_empty"),)

    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"), primary_key=True)
    #: first day on which it had another name
    until: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    name_en: Mapped[str | None] = mapped_column(sa.String(200))


class AgencySuccessor(Base):
    """One of several agencies that took over from one that was split; `Agency.successor_id` is the chief of them."""

    __tablename__ = "agency_successor"
    __table_args__ = (sa.CheckConstraint("successor_id <> agency_id", name="not_its_own_successor"),)

    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"), primary_key=True)
    successor_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"), primary_key=True)


class Service(Versioned, Base):
    """Lĩnh vực: a field of administrative procedures, for example land or civil status."""

    __tablename__ = "service"
    __table_args__ = (sa.CheckConstraint("length(name) > 0", name="name_not_empty"),)

    id: Mapped[intpk]
    code: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200), unique=True)
    name_en: Mapped[str | None] = mapped_column(sa.String(200))
    #: false once it is no longer handled anywhere; old rounds keep it
    active: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    #: the agency that decides on it at counters that receive for several; null where that differs by counter
    deciding_agency_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agency.id"))

    deciding_agency: Mapped[Agency | None] = orm.relationship()


class ServiceFormerName(Base):
    """A name a service had. `Service.name` is the one it has now."""

    __tablename__ = "service_former_name"
    __table_args__ = (sa.CheckConstraint("length(name) > 0", name="name_not_empty"),)

    service_id: Mapped[int] = mapped_column(sa.ForeignKey("service.id"), primary_key=True)
    #: first day on which it had another name
    until: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    name_en: Mapped[str | None] = mapped_column(sa.String(200))


class Installation(Base):
    """The one row that says what this database is."""

    __tablename__ = "installation"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[intpk]
    #: true when the data are the demonstration province: every page then says "dữ liệu minh họa"
    is_demo: Mapped[bool] = mapped_column(default=False)
    #: true once it was started for real citizens: from then on every command and page refuses weak settings
    is_production: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    #: of the session key that all its servers have (`survey.core.session_key`); null before the first start
    key_fingerprint: Mapped[str | None] = mapped_column(sa.String(32))
    #: of the storage that they share (`survey.core.storage_mark`); null before the first start
    storage_mark: Mapped[str | None] = mapped_column(sa.String(32))
    created_at: Mapped[datetime]
