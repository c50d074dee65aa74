"""Counted responses one by one, for files of anonymised microdata: little of each, stratum by stratum."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, Response, Service

CHUNK = 10_000
"""Rows the database hands over at a time."""

Row = tuple[str, str, str, str, datetime]


def response_rows(session: orm.Session, round_id: int, agency: str, service: str | None) -> Iterator[Row]:
    """Yield (service, answers, channel, language, submitted_at) of an agency's counted responses.

    `service`: those of one service ("": those without one); None: of all, unknown ones as "". Rows are read as they
    are needed.
    """
    query = (
        sa.select(Service.code, Response.answers, Response.channel, Response.language, Response.submitted_at)
        .select_from(Response)
        .join(Agency, Agency.id == Response.deciding_agency_id)
        .outerjoin(Service, Service.id == Response.service_id)
        .where(Response.round_id == round_id, Response.excluded.is_(None), Agency.code == agency)
        .execution_options(yield_per=CHUNK)
    )
    if service is not None:
        query = query.where(Service.code == service if service else Response.service_id.is_(None))
    for code, answers, channel, language, at in session.execute(query):
        yield code or "", answers, channel.value, language, at
