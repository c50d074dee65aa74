"""Counted responses one by one, for files of anonymised microdata: little of each, stratum by stratum."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, EntryBatch, Response, Service
from survey.results.queries.responses import key_column
from survey.structure.queries.counted import counted

CHUNK = 10_000
"""Rows the database hands over at a time."""

Row = tuple[str, str, str, str, datetime, str, str]


def response_rows(
    session: orm.Session, round_id: int, agency: str, service: str | None, days: tuple[str, str] | None = None
) -> Iterator[Row]:
    """Yield (service, answers, channel, language, submitted_at, counter, day) of an agency's counted responses.

    `service`: those of one service ("": those without one); None: of all, unknown ones as "". `days`: the keys of
    sampling units (`survey.results.queries.responses.cluster_keys`); None: counter and day are "". Rows are read as
    they are needed.
    """
    unit = [key_column(session, name) for name in days] if days else [sa.literal_column("''")] * 2
    query = (
        sa.select(Service.code, Response.answers, Response.channel, Response.language, Response.submitted_at)
        .add_columns(unit[0].label("unit_counter"), unit[1].label("unit_day"))
        .select_from(Response)
        .join(Agency, Agency.id == Response.deciding_agency_id)
        .outerjoin(Service, Service.id == Response.service_id)
        .outerjoin(EntryBatch, EntryBatch.batch_id == Response.batch_id)
        .where(Response.round_id == round_id, counted(session, round_id), Agency.code == agency)
        .execution_options(yield_per=CHUNK)
    )
    if service is not None:
        query = query.where(Service.code == service if service else Response.service_id.is_(None))
    for code, answers, channel, language, at, counter, day in session.execute(query):
        yield code or "", answers, channel.value, language, at, counter, day
