"""What waits for a person, counted: actions, plans and cases; the numbers of the badge, the overview and the mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.queries import users
from survey.improvement.queries.cases import OPEN as OPEN_CASES
from survey.improvement.queries.cases import CaseScope, conditions
from survey.models import Action, ActionState, Agency, Case, CaseState, Population, Role, Round, RoundState, User

SOON = timedelta(days=7)
"""Days before a due day from which it is told by mail."""
OPEN = (ActionState.PLANNED, ActionState.DOING)
ENDED = (RoundState.CLOSED, RoundState.PUBLISHED)


@dataclass(frozen=True)
class Todo:
    """How much of each kind waits, of the agencies and cases that a person sees."""

    #: agencies without a plan for the newest round that ended
    no_plan: int = 0
    #: open actions due this month, and within `SOON`
    due: int = 0
    soon: int = 0
    overdue: int = 0
    #: actions reported as done that nobody accepted yet
    waiting: int = 0
    #: open cases past their day, and due within `SOON`
    cases_overdue: int = 0
    cases_soon: int = 0
    #: replies that wait for approval
    replies: int = 0
    #: whether the person accepts actions and approves replies
    province: bool = False

    @property
    def late(self) -> int:
        """Actions and cases that are past their day."""
        return self.overdue + self.cases_overdue

    @property
    def to_judge(self) -> int:
        """Actions and replies that wait for this person."""
        return self.waiting + self.replies if self.province else 0

    @property
    def improvement(self) -> int:
        """The badge of the board: what is overdue, and what waits for this person."""
        return self.overdue + (self.waiting if self.province else 0)

    @property
    def casework(self) -> int:
        """The badge of the cases."""
        return self.cases_overdue + (self.replies if self.province else 0)

    @property
    def urgent(self) -> bool:
        """Whether something is overdue, due within days, or waits for this person."""
        return bool(self.late or self.to_judge or self.soon or self.cases_soon)


def case_scope(session: orm.Session, person: User) -> CaseScope:
    """Which cases a person sees."""
    if person.role in {Role.ADMIN, Role.EVALUATOR}:
        return CaseScope(everything=True)
    if person.role is Role.STAFF:
        return CaseScope(handler_id=person.id)
    return CaseScope(visible=users.visible_agencies(session, person) or frozenset())


def todo(session: orm.Session, person: User, today: date) -> Todo:
    """What waits for a person, in two statements beside those that say what they see."""
    province = users.speaks_for_province(session, person)
    cases = _cases(session, case_scope(session, person), today)
    if person.role is Role.STAFF:
        return Todo(**cases)
    return Todo(**cases, **_actions(session, users.visible_agencies(session, person), today), province=province)


def _actions(session: orm.Session, visible: frozenset[str] | None, today: date) -> dict[str, Any]:
    still, first_due = Action.state.in_(OPEN), sa.func.coalesce(Action.first_due_on, Action.due_on)
    in_time = sa.and_(still, first_due >= today)
    begins = today.replace(day=1)
    ends = (begins + timedelta(days=31)).replace(day=1)
    counted = {
        "due": sa.and_(in_time, Action.due_on >= begins, Action.due_on < ends),
        "soon": sa.and_(in_time, Action.due_on >= today, Action.due_on <= today + SOON),
        "overdue": sa.and_(still, first_due < today),
        "waiting": sa.and_(Action.state == ActionState.DONE, Action.accepted_at.is_(None)),
    }
    query = sa.select(*(_sum(one).label(name) for name, one in counted.items()), _without_plan(visible))
    query = query.select_from(Action).join(Action.agency)
    if visible is not None:
        query = query.where(Agency.code.in_(visible))
    row = session.execute(query).one()
    return {name: int(value or 0) for name, value in zip((*counted, "no_plan"), row, strict=True)}


def _without_plan(visible: frozenset[str] | None) -> sa.ScalarSelect[int]:
    """How many agencies with transactions in the newest round that ended have no action for it."""
    newest = (
        sa.select(Round.id)
        .where(Round.state.in_(ENDED))
        .order_by(Round.opens_on.desc(), Round.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    judged = sa.select(Population.agency_id).where(Population.round_id == newest)
    planned = sa.select(Action.agency_id).where(Action.round_id == newest, Action.state != ActionState.DROPPED)
    one = orm.aliased(Agency)
    query = sa.select(sa.func.count(one.id)).where(one.id.in_(judged), one.valid_to.is_(None), one.id.not_in(planned))
    if visible is not None:
        query = query.where(one.code.in_(visible))
    return query.scalar_subquery()


def _cases(session: orm.Session, scope: CaseScope, today: date) -> dict[str, Any]:
    still = Case.state.in_(OPEN_CASES)
    counted = {
        "cases_overdue": sa.and_(still, Case.due_on < today),
        "cases_soon": sa.and_(still, Case.due_on >= today, Case.due_on <= today + SOON),
        "replies": Case.state == CaseState.REPLIED,
    }
    query = sa.select(*map(_sum, counted.values())).select_from(Case).join(Case.agency).where(*conditions(scope))
    row = session.execute(query).one()
    return {name: int(value or 0) for name, value in zip(counted, row, strict=True)}


def _sum(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))
