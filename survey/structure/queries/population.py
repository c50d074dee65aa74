"""Transactions: what the responses of a round stand for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd
import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.db import ONE_MOMENT
from survey.models import Agency, Population, Response, Service, WeeklyCount
from survey.structure.queries.counted import counted


def population(session: orm.Session, round_id: int) -> pd.DataFrame:
    """The transactions of a round as the scoring wants them: columns `agency`, `service`, `N`; not to be altered.

    A session of one moment reads them once.
    """
    if not session.info.get(ONE_MOMENT):
        return _read(session, round_id)
    known: dict[int, pd.DataFrame] = session.info.setdefault("population", {})
    if round_id not in known:
        known[round_id] = _read(session, round_id)
    return known[round_id]


def _read(session: orm.Session, round_id: int) -> pd.DataFrame:
    rows = session.execute(
        sa.select(Agency.code, Service.code, Population.transactions)
        .join(Agency, Agency.id == Population.agency_id)
        .join(Service, Service.id == Population.service_id)
        .where(Population.round_id == round_id)
        .order_by(Agency.code, Service.code)
    ).all()
    table = pd.DataFrame([tuple(row) for row in rows], columns=["agency", "service", "N"])
    return table.astype({"agency": object, "service": object, "N": "int64"})


def weekly_counts(session: orm.Session, round_id: int) -> list[tuple[Agency, date, int]]:
    """What is stored of a round's weeks: agency, Monday, transactions."""
    query = sa.select(Agency, WeeklyCount.week_on, WeeklyCount.transactions).join(
        WeeklyCount, WeeklyCount.agency_id == Agency.id
    )
    rows = session.execute(query.where(WeeklyCount.round_id == round_id).order_by(Agency.code, WeeklyCount.week_on))
    return [(row[0], row[1], row[2]) for row in rows]


@dataclass(frozen=True)
class Shortfall:
    """Plausibility warning: an agency's service with more responses than transactions, so that its N is wrong."""

    agency: str
    service: str
    transactions: int
    responses: int


def below_sample(session: orm.Session, round_id: int) -> list[Shortfall]:
    """Plausibility check: return where N is smaller than the number of counted responses."""
    count = sa.func.count(Response.id)
    rows = session.execute(
        sa.select(Agency.code, Service.code, Population.transactions, count)
        .select_from(Population)
        .join(Agency, Agency.id == Population.agency_id)
        .join(Service, Service.id == Population.service_id)
        .join(
            Response,
            sa.and_(
                Response.round_id == Population.round_id,
                Response.deciding_agency_id == Population.agency_id,
                Response.service_id == Population.service_id,
                counted(session, round_id),
            ),
        )
        .where(Population.round_id == round_id)
        .group_by(Agency.code, Service.code, Population.transactions)
        .having(count > Population.transactions)
        .order_by(Agency.code, Service.code)
    )
    return [Shortfall(*row) for row in rows]
