"""Rounds of the survey and the transactions they speak for."""

from __future__ import annotations

import enum
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, Versioned, choice, intpk
from survey.models.questionnaires import QuestionnaireVersion

USUAL_SECOND_PASS = 10
"""Every how many paper forms one is keyed in twice, unless a round says otherwise."""
USUAL_SPOT_CHECK = 10
"""Of how many forms of a pile another unit keys one in again, unless a round says otherwise."""
MOST_FORMS = 1000


class RoundState(enum.StrEnum):
    """The life of a round."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    PUBLISHED = "published"


class Round(Versioned, Base):
    """Đợt khảo sát. It takes answers while it is `open`, from its first local moment to its last."""

    __tablename__ = "round"
    __table_args__ = (
        sa.CheckConstraint("closes_on >= opens_on", name="closes_not_before_it_opens"),
        sa.CheckConstraint(
            "closes_on > opens_on OR opens_at IS NULL OR closes_at IS NULL OR closes_at > opens_at",
            name="closes_after_it_opens",
        ),
        sa.CheckConstraint("length(name) > 0", name="name_not_empty"),
        sa.CheckConstraint(f"second_pass BETWEEN 0 AND {MOST_FORMS}", name="second_pass_range"),
        sa.CheckConstraint(f"spot_check BETWEEN 0 AND {MOST_FORMS}", name="spot_check_range"),
    )

    id: Mapped[intpk]
    #: in addresses and files, for example `2026`
    code: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    name_en: Mapped[str | None] = mapped_column(sa.String(200))
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("questionnaire_version.id"))
    #: first local day
    opens_on: Mapped[date]
    #: last local day, inclusive
    closes_on: Mapped[date]
    #: local time on the first day from which it takes answers; null: from midnight
    opens_at: Mapped[time | None]
    #: local time on the last day from which it takes none any more; null: when the day is over
    closes_at: Mapped[time | None]
    #: IANA name of the zone in which the dates and times hold
    zone: Mapped[str] = mapped_column(sa.String(64), default="Asia/Ho_Chi_Minh")
    #: how the index is formed: see `scoring.scheme.Rules`, whose fields these are
    rules: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    #: every how many paper forms one is keyed in twice, 0 for none: settled at the opening, not by who keys in
    second_pass: Mapped[int] = mapped_column(default=USUAL_SECOND_PASS, server_default=sa.text(str(USUAL_SECOND_PASS)))
    #: of how many forms of a pile another unit keys one in again before it counts; 0: where an evaluator asks for it
    spot_check: Mapped[int] = mapped_column(default=0, server_default=sa.text("0"))
    #: where it is held: empty or null for everywhere, else one of `kinds`, `agencies` (codes) or `counters` (ids)
    scope: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True), default=dict)
    state: Mapped[RoundState] = mapped_column(choice(RoundState, "state"), default=RoundState.DRAFT)
    #: when a person closed it before `closes_on` was over; forms already open then have half an hour
    closed_at: Mapped[datetime | None]
    #: `live_stamp` of `survey.structure.queries.counted` when what unit roles see was settled; null: they see all
    settled: Mapped[list[int] | None] = mapped_column(sa.JSON(none_as_null=True))

    version: Mapped[QuestionnaireVersion] = orm.relationship()

    @property
    def begins(self) -> datetime:
        """The first instant at which it takes answers."""
        return datetime.combine(self.opens_on, self.opens_at or time(), ZoneInfo(self.zone))

    @property
    def ends(self) -> datetime:
        """The instant from which it takes none any more, unless a person closed it before."""
        if self.closes_at is None:
            return datetime.combine(self.closes_on + timedelta(days=1), time(), ZoneInfo(self.zone))
        return datetime.combine(self.closes_on, self.closes_at, ZoneInfo(self.zone))

    @property
    def last_day(self) -> date:
        """The last local day on which it took answers: `closes_on`, or the day on which a person closed it before."""
        if self.closed_at is None:
            return self.closes_on
        return min(self.closes_on, max(self.closed_at.astimezone(ZoneInfo(self.zone)).date(), self.opens_on))


class Population(Base):
    """N: the transactions of a service decided by an agency during a round."""

    __tablename__ = "population"
    __table_args__ = (sa.CheckConstraint("transactions >= 0", name="transactions_not_negative"),)

    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"), primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"), primary_key=True)
    service_id: Mapped[int] = mapped_column(sa.ForeignKey("service.id"), primary_key=True)
    transactions: Mapped[int]


class WeeklyCount(Base):
    """Transactions that an agency had in one week of a round: they bound the codes issued for the week."""

    __tablename__ = "weekly_count"
    __table_args__ = (sa.CheckConstraint("transactions >= 0", name="transactions_not_negative"),)

    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"), primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"), primary_key=True)
    #: its Monday
    week_on: Mapped[date] = mapped_column(primary_key=True)
    transactions: Mapped[int]


class Margin(Base):
    """Cơ cấu giao dịch: the transactions of one category of a variable, of an agency or, of the root, of all.

    Weights are calibrated to margins (`scoring.calibration`), by rules of the round.
    """

    __tablename__ = "margin"
    __table_args__ = (
        sa.CheckConstraint("transactions >= 0", name="transactions_not_negative"),
        sa.CheckConstraint("length(variable) > 0 AND length(category) > 0", name="names_not_empty"),
    )

    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"), primary_key=True)
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"), primary_key=True)
    #: code of a respondent question, `service`, or `month`
    variable: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    #: code of an option or a service, or a month like `2026-11`
    category: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    transactions: Mapped[int]
