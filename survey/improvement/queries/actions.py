"""The register of actions."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Action, Agency, Round


def actions_of(session: orm.Session, agency: str) -> Sequence[Action]:
    """Return the actions of an agency, whichever round they answer to: the next due first."""
    return session.scalars(
        sa.select(Action)
        .join(Action.agency)
        .where(Agency.code == agency)
        .options(orm.joinedload(Action.round), orm.joinedload(Action.agency))
        .order_by(Action.due_on, Action.id)
    ).all()


def find(session: orm.Session, number: int) -> Action | None:
    """Return an action."""
    return session.scalars(
        sa.select(Action)
        .where(Action.id == number)
        .options(orm.joinedload(Action.round), orm.joinedload(Action.agency))
    ).first()


def answered_by(session: orm.Session, round_id: int, agency_id: int) -> tuple[Round, Agency]:
    """Return the round and the agency that a new action is about."""
    return session.get_one(Round, round_id), session.get_one(Agency, agency_id)
