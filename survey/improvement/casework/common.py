"""What the pages of casework share: the blueprint, and which cases a person may see and do what with.

Evaluators and administrators see all; managers those let go to their agencies; staff those assigned to them. The words
as they were written are read by the assigned handler and by whoever approves the reply alone, and each reading is
written down.
"""

from __future__ import annotations

import flask
from sqlalchemy import orm

from survey.accounts.queries import users
from survey.improvement.queries import cases
from survey.improvement.queries.cases import CaseScope
from survey.improvement.queries.todo import case_scope
from survey.models import Case, Role
from survey.web.context import user

blueprint = flask.Blueprint("casework", __name__, url_prefix="/xu-ly-phan-anh")

EVALUATORS = (Role.ADMIN, Role.EVALUATOR)
SORTERS = (Role.ADMIN, Role.EVALUATOR, Role.MANAGER)
"""Who classes, assigns and hands over."""
UNITS = (Role.MANAGER, Role.STAFF)
"""Who may be given a case to answer."""
PROVINCE = (Role.MANAGER,)
"""Who may approve replies, when the agency is the root: `is_province` says so."""


def scope(session: orm.Session) -> CaseScope:
    """Which cases this person sees."""
    return case_scope(session, user())


def case_of(session: orm.Session, number: int) -> Case:
    """A case that this person sees; 404 for any other."""
    return cases.find(session, scope(session), number) or flask.abort(404)


def is_province(session: orm.Session) -> bool:
    """Say whether this person approves replies."""
    return users.speaks_for_province(session, user())


def may_read(session: orm.Session, case: Case) -> bool:
    """Say whether this person may read what the citizen wrote: the handler, and the approver of a reply that waits."""
    return case.handler_id == user().id or (case.state == "replied" and is_province(session))
