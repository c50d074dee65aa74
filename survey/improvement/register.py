"""The register of an agency's actions as a page shows it: each with what became of the figure it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import orm

from survey.models import Action, ActionState, Role
from survey.results.comparisons import changes_between
from survey.results.figures import OVERALL
from survey.results.league_table import IndexChange, change_of
from survey.results.page_data import RoundPage
from survey.results.queries import actions as action_queries
from survey.structure.queries import rounds as round_queries
from survey.web.context import now

ACTION_EDITORS = (Role.ADMIN, Role.MANAGER)
"""Who enters and alters actions: the head of the agency (and of those above it), and administrators."""
OPEN = (ActionState.PLANNED, ActionState.DOING)


@dataclass(frozen=True)
class Followed:
    """An action, and what became of the figure it is about."""

    action: Action
    title: str
    #: since the round it answers to; None while that is the round looked at, or an incomparable one
    change: IndexChange | None
    comparable: bool
    overdue: bool


def followed(session: orm.Session, page: RoundPage, agency: str) -> list[Followed]:
    """Return the agency's actions up to the round of the page, each with the change of its figure since."""
    today = round_queries.local_day(page.round, now())
    return [
        _follow(session, page, action, today)
        for action in action_queries.actions_of(session, agency)
        if action.round.opens_on <= page.round.opens_on
    ]


def _follow(session: orm.Session, page: RoundPage, action: Action, today: date) -> Followed:
    level, key = OVERALL if action.element is None else ("element", action.element)
    change, comparable = None, True
    if action.round_id != page.round.id:
        since = changes_between(session, page.results, action.round, services=("",))
        comparable = since.comparable
        change = change_of(since, action.agency.code, level, key) if comparable else None
    overdue = action.state in OPEN and action.due_on < today
    return Followed(action, page.label(level, key), change, comparable, overdue)
