"""Rule of an exclusion: which responses of a round are meant, by agency, counter, batch, channel, days and hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.errors import InputError
from survey.models import Agency, Channel, Response, Round

EXCLUDED = "rule:"
"""`Response.excluded` of what a rule left out: this and the number of the withdrawal."""


@dataclass(frozen=True)
class ExclusionRule:
    """What responses have in common that are to be left out; what is None or empty does not narrow."""

    #: code of the deciding agency
    agency: str = ""
    counter_id: int | None = None
    batch_id: int | None = None
    channel: Channel | None = None
    #: local days, both included
    first: date | None = None
    last: date | None = None
    #: local hours: from the first (included) to the second (excluded), over midnight where that is the smaller
    from_hour: int | None = None
    to_hour: int | None = None

    def facts(self) -> dict[str, Any]:
        """The rule as it is stored: what narrows alone."""
        known = {name: value for name, value in asdict(self).items() if value not in (None, "")}
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in known.items()}

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> ExclusionRule:
        """A stored rule."""
        values = dict(facts)
        for name in ("first", "last"):
            if name in values:
                values[name] = date.fromisoformat(values[name])
        if "channel" in values:
            values["channel"] = Channel(values["channel"])
        return cls(**values)

    def checked(self) -> ExclusionRule:
        """The rule; `InputError` where it means a whole agency or round, or hours without their end."""
        if self.batch_id is None and (self.first is None or self.last is None):
            raise InputError(
                "Name a batch, or the first and the last day: a whole round is not left out", field="first"
            )
        if self.first is not None and self.last is not None and self.last < self.first:
            raise InputError("The last day is before the first", field="last")
        if (self.from_hour is None) != (self.to_hour is None):
            raise InputError("Name both hours, or none", field="to_hour")
        return self


def matches(session: orm.Session, round_: Round, rule: ExclusionRule) -> sa.ColumnElement[bool]:
    """The condition of the responses of a round that a rule means, counted or not."""
    zone = ZoneInfo(round_.zone)
    conditions = [Response.round_id == round_.id]
    if rule.agency:
        conditions.append(Response.deciding_agency_id.in_(sa.select(Agency.id).where(Agency.code == rule.agency)))
    if rule.counter_id is not None:
        conditions.append(Response.counter_id == rule.counter_id)
    if rule.batch_id is not None:
        conditions.append(Response.batch_id == rule.batch_id)
    if rule.channel is not None:
        conditions.append(Response.channel == rule.channel)
    if rule.first is not None:
        conditions.append(Response.submitted_at >= datetime.combine(rule.first, time(), zone))
    if rule.last is not None:
        conditions.append(Response.submitted_at < datetime.combine(rule.last + timedelta(days=1), time(), zone))
    if rule.from_hour is not None and rule.to_hour is not None:
        conditions.append(_within_hours(session, round_, rule.from_hour, rule.to_hour))
    return sa.and_(*conditions)


def _within_hours(session: orm.Session, round_: Round, first: int, end: int) -> sa.ColumnElement[bool]:
    """Whether a response came from one local hour to another, by the clocks of the round's first day."""
    offset = datetime.combine(round_.opens_on, time(12), ZoneInfo(round_.zone)).utcoffset() or timedelta()
    minutes = int(offset.total_seconds() // 60)
    if session.get_bind().dialect.name == "postgresql":
        utc = sa.func.timezone("UTC", Response.submitted_at)
        hour: sa.ColumnElement[Any] = sa.extract("hour", utc + sa.literal_column(f"interval '{minutes} minutes'"))
    else:
        hour = sa.cast(sa.func.strftime("%H", Response.submitted_at, f"{minutes:+d} minutes"), sa.Integer)
    if first <= end:
        return sa.and_(hour >= first, hour < end)
    return sa.or_(hour >= first, hour < end)
