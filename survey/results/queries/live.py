"""Released responses of an open round: what unit roles may see of it, counted in the database."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Response
from survey.results.queries.responses import Patterns, grouped_patterns


def release_stamp(session: orm.Session, round_id: int) -> tuple[date | None, int]:
    """The day of the newest release and how many responses are released: together they change with each."""
    newest, count = session.execute(
        sa.select(sa.func.max(Response.live_since), sa.func.count()).where(
            Response.round_id == round_id, Response.live_since.is_not(None)
        )
    ).one()
    return newest, int(count)


def released_patterns(session: orm.Session, round_id: int) -> Patterns:
    """The released responses of a round by deciding agency, excluded ones that have not left included."""
    return grouped_patterns(session, round_id, ("agency",), Response.live_since.is_not(None))
