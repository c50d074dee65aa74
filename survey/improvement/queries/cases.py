"""Cases as lists, one by its number or its code, and how many were answered in time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.text import like_pattern
from survey.core.tokens import hash_token
from survey.models import (
    Agency,
    AgencyKind,
    Case,
    CaseEvent,
    CaseKind,
    CaseState,
    CaseTerm,
    Role,
    Theme,
    User,
    WorkingDay,
)
from survey.models.cases import CaseStep

OPEN = (CaseState.NEW, CaseState.WORKING, CaseState.REPLIED)
COUNTED = (CaseKind.REPORT, CaseKind.SUGGESTION)
"""Kinds whose replies are counted as in time or late."""


@dataclass(frozen=True)
class CaseScope:
    """Which cases a person may see: all; those let go to visible agencies; or those assigned to the account."""

    everything: bool = False
    visible: frozenset[str] = frozenset()
    handler_id: int | None = None


@dataclass(frozen=True)
class CaseFilter:
    """What a list asks for. `state`: of `CaseState`, or `overdue`, `priority`."""

    state: str = ""
    agency: str = ""
    theme: str = ""
    words: str = ""


@dataclass(frozen=True)
class CaseCounts:
    """How many cases wait for what."""

    unread: int
    priority: int
    waiting: int
    overdue: int
    open: int


@dataclass(frozen=True)
class CaseClock:
    """How an agency (or all together) kept the time."""

    agency: Agency | None
    in_time: int
    late: int
    open: int
    overdue: int

    @property
    def share(self) -> float | None:
        """Replies in time in percent of those that are in time, late or overdue; None without any."""
        due = self.in_time + self.late + self.overdue
        return 100 * self.in_time / due if due else None


def conditions(scope: CaseScope) -> list[sa.ColumnElement[bool]]:
    """What a case must be for a person to see it."""
    if scope.everything:
        return []
    if scope.handler_id is not None:
        return [Case.handler_id == scope.handler_id]
    return [Case.released.is_(True), Agency.code.in_(scope.visible)]


def find(session: orm.Session, scope: CaseScope, number: int) -> Case | None:
    """A case that a person may see."""
    return session.scalars(_select().where(Case.id == number, *conditions(scope))).first()


def by_code(session: orm.Session, code: str) -> Case | None:
    """The case of a code."""
    return session.scalars(_select().where(Case.code_hash == hash_token(code))).first()


def search(
    session: orm.Session, scope: CaseScope, asked: CaseFilter, today: date, *, limit: int, offset: int
) -> Sequence[Case]:
    """Cases, priority words on top, then the next due."""
    query = _select().where(*conditions(scope), *_asked(asked, today))
    open_first = sa.case((Case.state == CaseState.CLOSED, 1), else_=0)
    return session.scalars(
        query.order_by(open_first, Case.priority.desc(), Case.due_on, Case.id).limit(limit).offset(offset)
    ).all()


def count(session: orm.Session, scope: CaseScope, asked: CaseFilter, today: date) -> int:
    """How many cases a list has."""
    query = sa.select(sa.func.count(Case.id)).join(Case.agency).where(*conditions(scope), *_asked(asked, today))
    return session.scalar(query) or 0


def counts(session: orm.Session, scope: CaseScope, today: date) -> CaseCounts:
    """How many cases wait for what, in one statement."""
    still = Case.state.in_(OPEN)
    row = session.execute(
        sa.select(
            _sum(Case.state == CaseState.NEW),
            _sum(sa.and_(still, Case.released.is_(False))),
            _sum(Case.state == CaseState.REPLIED),
            _sum(sa.and_(still, Case.due_on < today)),
            _sum(still),
        )
        .select_from(Case)
        .join(Case.agency)
        .where(*conditions(scope))
    ).one()
    return CaseCounts(*(int(value or 0) for value in row))


def clocks(session: orm.Session, scope: CaseScope, today: date) -> list[CaseClock]:
    """By agency how many replies were in time, late, and how many are open or overdue; by name."""
    closed, still = Case.state == CaseState.CLOSED, Case.state.in_(OPEN)
    rows = session.execute(
        sa.select(
            Agency,
            _sum(sa.and_(closed, Case.closed_on <= Case.due_on)),
            _sum(sa.and_(closed, Case.closed_on > Case.due_on)),
            _sum(sa.and_(still, Case.due_on >= today)),
            _sum(sa.and_(still, Case.due_on < today)),
        )
        .select_from(Case)
        .join(Case.agency)
        .where(*conditions(scope), Case.kind.in_(COUNTED))
        .group_by(Agency.id)
        .order_by(Agency.name)
    )
    return [CaseClock(agency, *(int(value or 0) for value in numbers)) for agency, *numbers in rows]


def assigned(session: orm.Session, handler_id: int) -> list[tuple[int, date, date]]:
    """Number, due day and day of receipt of the open cases given to an account."""
    query = (
        sa.select(Case.id, Case.due_on, Case.received_on)
        .where(Case.handler_id == handler_id, Case.state.in_(OPEN))
        .order_by(Case.due_on, Case.id)
    )
    return [(number, due_on, received_on) for number, due_on, received_on in session.execute(query)]


def events(session: orm.Session, number: int) -> list[tuple[CaseEvent, str | None]]:
    """The history of a case, the newest first, each event with the name of who it was (None: the citizen)."""
    query = (
        sa.select(CaseEvent, User.display_name)
        .outerjoin(User, User.id == CaseEvent.by_id)
        .where(CaseEvent.case_id == number)
        .order_by(CaseEvent.number.desc())
    )
    return [(event, name) for event, name in session.execute(query)]


def last_remark(session: orm.Session, number: int) -> str:
    """Why the reply was sent back last; empty for never."""
    query = (
        sa.select(CaseEvent.text)
        .where(CaseEvent.case_id == number, CaseEvent.step == CaseStep.RETURNED)
        .order_by(CaseEvent.number.desc())
        .limit(1)
    )
    return session.scalar(query) or ""


def handlers(session: orm.Session, visible: Collection[str] | None) -> Sequence[User]:
    """The accounts of visible agencies (None: of all) that can be given a case, by name."""
    query = (
        sa.select(User)
        .join(User.agency)
        .where(User.active.is_(True), User.role.in_((Role.MANAGER, Role.STAFF)))
        .order_by(User.display_name, User.id)
        .options(orm.contains_eager(User.agency))
    )
    if visible is not None:
        query = query.where(Agency.code.in_(visible))
    return session.scalars(query).all()


def agencies(session: orm.Session) -> Sequence[Agency]:
    """The agencies that a case can be about: those that have not ended, the province first, by name."""
    province_first = sa.case((Agency.kind == AgencyKind.PROVINCE, 0), else_=1)
    return session.scalars(
        sa.select(Agency).where(Agency.valid_to.is_(None)).order_by(province_first, Agency.name, Agency.id)
    ).all()


def calendar_rows(session: orm.Session) -> tuple[dict[CaseKind, int], Sequence[WorkingDay]]:
    """The terms that were set, and the days that differ from the calendar, the latest first."""
    terms = {row.kind: row.days for row in session.scalars(sa.select(CaseTerm))}
    return terms, session.scalars(sa.select(WorkingDay).order_by(WorkingDay.day.desc())).all()


def _select() -> sa.Select[Case]:
    return sa.select(Case).join(Case.agency).options(orm.contains_eager(Case.agency), orm.joinedload(Case.handler))


def _sum(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _asked(asked: CaseFilter, today: date) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if asked.state == "overdue":
        found += [Case.state.in_(OPEN), Case.due_on < today]
    elif asked.state == "priority":
        found += [Case.state.in_(OPEN), Case.released.is_(False)]
    elif asked.state == "open":
        found.append(Case.state.in_(OPEN))
    elif asked.state:
        found.append(Case.state == CaseState(asked.state))
    if asked.agency:
        found.append(Agency.code == asked.agency)
    if asked.theme:
        found.append(Case.theme == Theme(asked.theme))
    if asked.words:
        found.append(Case.search.like(like_pattern(asked.words), escape="!"))
    return found
