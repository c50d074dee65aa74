"""Answers by agency and day, counted in the database: days of receipt, or of release for those who are judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Action, ActionEvent, ActionStep, Agency, Response
from survey.results.queries.responses import RELEASE_DAY, Patterns, grouped_patterns, patterns


def received(session: orm.Session, round_id: int, day_key: str) -> Patterns:
    """The counted responses of a round by deciding agency and local day of receipt."""
    return patterns(session, round_id, ("agency", day_key))


def released(session: orm.Session, round_id: int) -> Patterns:
    """The released responses of a round by deciding agency and the day of their block.

    With those that were excluded since and have not left: what was shown of a block stays as it was shown.
    """
    return grouped_patterns(session, round_id, ("agency", RELEASE_DAY), Response.live_since.is_not(None))


def done_actions(session: orm.Session, agency: str) -> Sequence[tuple[date, str]]:
    """Day and text of the actions of an agency that were done, the earliest first."""
    rows = session.execute(
        sa.select(sa.func.min(ActionEvent.at), Action.what)
        .join(Action, Action.id == ActionEvent.action_id)
        .join(Agency, Agency.id == Action.agency_id)
        .where(Agency.code == agency, ActionEvent.step == ActionStep.DONE)
        .group_by(Action.id, Action.what)
        .order_by(sa.func.min(ActionEvent.at), Action.id)
    )
    return [(at.date(), what) for at, what in rows]
