"""Reading the audit log: newest first, cut by person, action, subject and days, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import AuditEvent, AuditSeal, User

PAGE = 50
COMMAND_LINE = "-"
"""In the place of a user name: what nobody signed in did. No account can be called so."""
STRANGERS = ("user.sign_in_failed", "user.code_failed", "user.passkey_failed", "access.slowed", "access.token_refused")
"""What people do who are not signed in."""
PROGRAMS = ("access.token_used",)
"""What programs do by the API."""
CHUNK = 1000
"""Events that are read at once where all are wanted."""
_FIRST, _LAST = date(2000, 1, 1), date(2999, 12, 31)


@dataclass(frozen=True)
class AuditFilter:
    """What is looked for; what is empty does not narrow."""

    #: who did it, `COMMAND_LINE` included
    username: str = ""
    #: one action (`user.created`), or all of a kind (`user.`)
    action: str = ""
    #: a part of what it was done to
    subject: str = ""
    #: local days, both included
    first_day: date | None = None
    last_day: date | None = None
    #: the page after the event of this number; 0: the newest
    before: int = 0


@dataclass(frozen=True)
class Line:
    """One event and who did it; nobody: the command line."""

    event: AuditEvent
    user: User | None

    @property
    def is_strangers(self) -> bool:
        """Whether somebody did it who was not signed in, rather than the command line."""
        return self.user is None and self.event.action in STRANGERS

    @property
    def is_program(self) -> bool:
        """Whether a program did it, by its token."""
        return self.event.action in PROGRAMS


def page(session: orm.Session, wanted: AuditFilter, zone: ZoneInfo, size: int = PAGE) -> tuple[list[Line], int | None]:
    """The newest events that are wanted, and the number the following page begins below; None: no more.

    A page is found by the number of an event, never by counting rows: the hundredth is as quick as the first, and
    events that are added meanwhile shift nothing.
    """
    query = (
        sa.select(AuditEvent, User)
        .outerjoin(User, User.id == AuditEvent.user_id)
        .where(*_conditions(wanted, zone))
        .order_by(AuditEvent.id.desc())
        .limit(size + 1)
    )
    found = [Line(event, user) for event, user in session.execute(query)]
    lines = found[:size]
    return lines, lines[-1].event.id if len(found) > size else None


def oldest_first(session: orm.Session, wanted: AuditFilter, zone: ZoneInfo, after: int) -> list[Line]:
    """Read the next events that are wanted, numbered higher than `after`, at most `CHUNK`."""
    query = (
        sa.select(AuditEvent, User)
        .outerjoin(User, User.id == AuditEvent.user_id)
        .where(AuditEvent.id > after, *_conditions(wanted, zone))
        .order_by(AuditEvent.id)
        .limit(CHUNK)
    )
    return [Line(event, user) for event, user in session.execute(query)]


def position_of(session: orm.Session, number: int) -> int:
    """The position in the hash chain of the event of a number; where none has it, of what comes before all later."""
    of_event = sa.select(AuditSeal.position)
    found = session.scalar(of_event.where(AuditSeal.event_id == number))
    if found is not None or number < 1:
        return found or 0
    later = session.scalar(sa.select(sa.func.min(AuditSeal.position)).where(AuditSeal.event_id > number))
    newest = session.scalar(sa.select(sa.func.max(AuditSeal.position)))
    return newest or 0 if later is None else later - 1


def sealed_after(session: orm.Session, wanted: AuditFilter, zone: ZoneInfo, after: int) -> list[tuple[int, Line]]:
    """The next wanted events of the hash chain beyond a position, at most `CHUNK`, each with its own.

    Sealing waits for sealing, so that positions become visible in their order; numbers of events do not (PostgreSQL).
    """
    query = (
        sa.select(AuditSeal.position, AuditEvent, User)
        .join(AuditEvent, AuditEvent.id == AuditSeal.event_id)
        .outerjoin(User, User.id == AuditEvent.user_id)
        .where(AuditSeal.position > after, *_conditions(wanted, zone))
        .order_by(AuditSeal.position)
        .limit(CHUNK)
    )
    return [(position, Line(event, user)) for position, event, user in session.execute(query)]


def of_subject(session: orm.Session, subject: str, since: datetime, most: int) -> list[Line]:
    """What was done to a subject since an instant, newest first."""
    query = (
        sa.select(AuditEvent, User)
        .outerjoin(User, User.id == AuditEvent.user_id)
        .where(AuditEvent.subject == subject, AuditEvent.at >= since)
        .order_by(AuditEvent.id.desc())
        .limit(most)
    )
    return [Line(event, user) for event, user in session.execute(query)]


def _conditions(wanted: AuditFilter, zone: ZoneInfo) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.before:
        conditions.append(AuditEvent.id < wanted.before)
    if wanted.username == COMMAND_LINE:
        conditions += [AuditEvent.user_id.is_(None), AuditEvent.action.not_in(STRANGERS + PROGRAMS)]
    elif wanted.username:
        conditions.append(User.username == wanted.username)
    if wanted.action.endswith("."):
        conditions.append(AuditEvent.action.startswith(wanted.action, autoescape=True))
    elif wanted.action:
        conditions.append(AuditEvent.action == wanted.action)
    if wanted.subject:
        conditions.append(sa.func.lower(AuditEvent.subject).contains(wanted.subject.lower(), autoescape=True))
    if wanted.first_day is not None:
        conditions.append(AuditEvent.at >= _midnight(wanted.first_day, zone))
    if wanted.last_day is not None:
        conditions.append(AuditEvent.at < _midnight(min(wanted.last_day, _LAST) + timedelta(days=1), zone))
    return conditions


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant a local day begins; days of other eras become the nearest that any zone can hold."""
    return datetime.combine(min(max(day, _FIRST), _LAST + timedelta(days=1)), time(), zone)
