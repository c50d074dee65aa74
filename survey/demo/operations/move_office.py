"""A known change of the demonstration: an office that moved within the newest round, marked with its reason."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.actor import Actor
from survey.demo.province import Move
from survey.models import Agency, Round, User
from survey.results.operations.mark_change import mark_change


def mark_move(session: orm.Session, round_: Round, move: Move, now: datetime) -> None:
    """Mark a move as the evaluator marks it: from its day on the office's chart has limits of its own."""
    moved = session.scalars(sa.select(Agency).where(Agency.code == move.agency)).one()
    evaluator = session.scalars(sa.select(User.id).where(User.username == "evaluator")).one()
    mark_change(session, moved, move.day(round_.opens_on), move.reason, actor=Actor(now, evaluator))
