"""The counted responses of a round one by one, in columns, for the checks that look for doubtful ones."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, Comment, Response, Service
from survey.structure.queries.counted import counted

CHUNK = 20_000
COLUMNS = ("id", "answers", "key", "counter", "agency", "service", "channel", "time", "duration_s")


def read_counted_responses(session: orm.Session, round_id: int) -> pd.DataFrame:
    """The columns `COLUMNS` of a round's counted responses, in no order; agency and service by their codes.

    `time` is in UTC. Rows are read chunk by chunk as plain tuples, which takes half the time of the ORM's.
    """
    query = (
        sa.select(
            Response.id,
            Response.answers,
            Response.key,
            Response.counter_id,
            Response.deciding_agency_id,
            Response.service_id,
            sa.cast(Response.channel, sa.String),
            sa.type_coerce(Response.submitted_at, sa.DateTime(timezone=True)),  # pandas reads the zone for all at once
            Response.duration_s,
        )
        .where(Response.round_id == round_id, counted(session, round_id))
        .execution_options(yield_per=CHUNK)
    )
    columns: list[list[object]] = [[] for _ in COLUMNS]
    for chunk in session.connection().execute(query).partitions():
        for column, values in zip(columns, zip(*chunk, strict=True), strict=True):
            column.extend(values)
    frame = pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in zip(COLUMNS, columns, strict=True)})
    agencies = {row.id: row.code for row in session.execute(sa.select(Agency.id, Agency.code))}
    services = {row.id: row.code for row in session.execute(sa.select(Service.id, Service.code))}
    frame["agency"] = frame["agency"].map(agencies).astype(object)
    frame["service"] = frame["service"].map(services).fillna("").astype(object)
    frame["time"] = pd.to_datetime(frame["time"], utc=True)
    return frame


def read_comment_texts(session: orm.Session, round_id: int) -> list[str]:
    """The texts of a round's comments, hidden ones too: only how many repeat one another is ever shown."""
    return list(session.scalars(sa.select(Comment.text).where(Comment.round_id == round_id)))
