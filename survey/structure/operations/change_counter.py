"""Add a counter with its public code, change what it handles, close it and open it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean, new_code
from survey.models import Agency, Counter, CounterCode, Service
from survey.models.counters import USUAL_HOURS, USUAL_WEEKDAYS
from survey.structure.operations.change_agency import check_code, check_name


@dataclass(frozen=True)
class CounterHours:
    """When a counter is open, by local time; the lunch break has both ends or none."""

    opens_at: time = USUAL_HOURS[0]
    lunch_from: time | None = USUAL_HOURS[1]
    lunch_to: time | None = USUAL_HOURS[2]
    closes_at: time = USUAL_HOURS[3]
    #: `1` Monday to `7` Sunday
    weekdays: str = USUAL_WEEKDAYS

    def __str__(self) -> str:
        """`7:30–11:30, 13:30–17:00` and the weekdays, for the audit log."""
        edges = [each for each in (self.opens_at, self.lunch_from, self.lunch_to, self.closes_at) if each is not None]
        parts = [f"{a:%H:%M}–{b:%H:%M}" for a, b in zip(edges[::2], edges[1::2], strict=True)]
        return f"{', '.join(parts)} ({self.weekdays})"

    def check(self) -> None:
        """Raise `InputError` for hours that do not follow one another."""
        if (self.lunch_from is None) != (self.lunch_to is None):
            field = "lunch_to" if self.lunch_to is None else "lunch_from"
            raise InputError("Give both ends of the lunch break, or none", field=field)
        edges = [each for each in (self.opens_at, self.lunch_from, self.lunch_to, self.closes_at) if each is not None]
        if edges != sorted(set(edges)):
            raise InputError("The opening hours must follow one another within a day", field="closes_at")
        if not self.weekdays or set(self.weekdays) - set("1234567"):
            raise InputError("Tick at least one day on which the counter is open", field="weekdays")


@dataclass(frozen=True)
class CounterFacts:
    """What a person says of a counter; services and deciding agencies are codes."""

    code: str
    name: str
    name_en: str = ""
    services: Sequence[str] = ()
    deciding: Sequence[str] = ()
    kiosk: bool = False
    hours: CounterHours = CounterHours()


def add_counter(session: orm.Session, agency: Agency, facts: CounterFacts, *, actor: Actor) -> Counter:
    """Add a counter with a random public code. `InputError` for a code or name its agency has, and unknown codes."""
    if _has_ended(agency, actor.now):
        raise InputError("%(name)s has ended; it cannot have a new counter", name=agency.name)
    counter = Counter(agency_id=agency.id, code="", name="")
    with session.no_autoflush:
        _apply(session, counter, facts, actor.now)
    counter.codes.append(CounterCode(code=new_code(), created_at=actor.now))
    session.add(counter)
    session.flush()
    audit.record(
        session,
        action="counter.created",
        subject=subject(counter, agency),
        actor=actor,
        after=audit_facts(counter),
    )
    return counter


def edit_counter(session: orm.Session, counter: Counter, facts: CounterFacts, *, actor: Actor) -> bool:
    """Update a counter; return whether anything changed. Its public code stays. Errors as `add_counter`."""
    before, called = audit_facts(counter), subject(counter, counter.agency)
    with session.no_autoflush:
        _apply(session, counter, facts, actor.now)
    session.flush()
    after = audit_facts(counter)
    if after == before:
        return False
    counter.touch()
    audit.record(session, action="counter.edited", subject=called, actor=actor, before=before, after=after)
    return True


def set_counter_active(session: orm.Session, counter: Counter, active: bool, *, actor: Actor) -> None:
    """Switch a counter off, whose posters then show the friendly page, or on; idempotent."""
    if counter.active is active:
        return
    counter.active = active
    audit.record(
        session,
        action="counter.opened" if active else "counter.closed",
        subject=subject(counter, counter.agency),
        actor=actor,
        before={"active": not active},
        after={"active": active},
    )


def subject(counter: Counter, agency: Agency) -> str:
    """The subject of a counter's audit events."""
    return f"counter:{agency.code}/{counter.code}"


def audit_facts(counter: Counter) -> dict[str, Any]:
    """The facts of a counter for an audit event."""
    return {
        "code": counter.code,
        "name": counter.name,
        "name_en": counter.name_en,
        "services": sorted(service.code for service in counter.services),
        "deciding_agencies": sorted(agency.code for agency in counter.deciding_agencies),
        "kiosk": bool(counter.kiosk),
        "opening_hours": str(hours_of(counter)),
    }


def hours_of(counter: Counter) -> CounterHours:
    """When a counter is open."""
    return CounterHours(**{each.name: getattr(counter, each.name) for each in fields(CounterHours)})


def _apply(session: orm.Session, counter: Counter, facts: CounterFacts, now: datetime) -> None:
    code, name = check_code(facts.code, 32), check_name(facts.name)
    others = session.execute(
        sa.select(Counter.code, Counter.name).where(
            Counter.agency_id == counter.agency_id, Counter.id != (counter.id or 0)
        )
    ).all()
    if any(code == taken for taken, _ in others):
        raise InputError("The unit has a counter with the code %(code)s already", field="code", code=code)
    if any(name.casefold() == taken.casefold() for _, taken in others):
        raise InputError("The unit has a counter called %(name)s already", field="name", name=name)
    counter.code, counter.name, counter.name_en = code, name, clean(facts.name_en)[:200] or None
    counter.services = _of_codes(session, "services", facts.services, list(counter.services), now)
    counter.deciding_agencies = _of_codes(session, "deciding", facts.deciding, list(counter.deciding_agencies), now)
    counter.kiosk = facts.kiosk
    facts.hours.check()
    for name, value in vars(facts.hours).items():
        setattr(counter, name, value)


def _of_codes(session: orm.Session, field: str, codes: Sequence[str], had: list[Any], now: datetime) -> list[Any]:
    """The rows of the codes in a field; what the counter had already may have ended since."""
    model: type[Any] = Service if field == "services" else Agency
    rows = {row.code: row for row in session.scalars(sa.select(model).where(model.code.in_(codes)))}
    for code in codes:
        row = rows.get(code)
        ended = row is not None and (_has_ended(row, now) if model is Agency else not row.active)
        if row is None or (ended and row not in had):
            raise InputError("%(code)s is not there, or no longer in use", field=field, code=code)
    return [rows[code] for code in sorted(set(codes))]


def _has_ended(agency: Agency, now: datetime) -> bool:
    return agency.valid_to is not None and agency.valid_to <= now.date()
