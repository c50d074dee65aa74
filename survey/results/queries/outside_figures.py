"""Figures of other instruments, with the agencies they are of."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, OutsideFigure, Round, RoundState


def outside_figures(session: orm.Session) -> Sequence[OutsideFigure]:
    """All figures of other instruments: the newest year first, then by agency and instrument."""
    query = sa.select(OutsideFigure).join(Agency).options(orm.contains_eager(OutsideFigure.agency))
    return session.scalars(query.order_by(OutsideFigure.year.desc(), Agency.code, OutsideFigure.instrument)).all()


def last_round_of(session: orm.Session, year: int) -> Round | None:
    """The round of a year that ended last; None where none was closed in it."""
    ended = (RoundState.CLOSED, RoundState.PUBLISHED)
    found = session.scalars(sa.select(Round).where(Round.state.in_(ended)).order_by(Round.closes_on.desc(), Round.id))
    return next((round_ for round_ in found if round_.last_day.year == year), None)
