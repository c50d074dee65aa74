"""The counted responses of a round in columns of numbers, for the checks that look for doubtful ones; and its comments.

Read in parts of whole counters and kept as arrays of some eighty bytes a response: memory grows with the busiest
counter, and not with the round.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy import orm

from survey.models import Agency, Channel, Comment, Response, Service
from survey.structure.queries.counted import counted

CHUNK = 20_000
"""Responses of a part, unless one counter has more."""
CHANNELS = tuple(Channel)
"""What the numbers in `QualityColumns.channel` stand for."""
FAMILY = 12
"""How many of a form's 24 characters of key are those of its page's family."""
KEY_LENGTH = 24


@dataclass(frozen=True, eq=False)
class QualityColumns:
    """n counted responses in columns, in the order in which they came."""

    #: codes of the deciding agencies and services that the numbers stand for
    agencies: tuple[str, ...]
    services: tuple[str, ...]
    agency: NDArray[np.int32]
    service: NDArray[np.int32]
    #: number of the counter; 0 for none
    counter: NDArray[np.int32]
    #: position in `CHANNELS`
    channel: NDArray[np.uint8]
    #: local time
    time: NDArray[np.datetime64]
    #: seconds, NaN unknown
    duration: NDArray[np.float64]
    #: the page's part of a form's key; empty for other keys
    family: NDArray[np.bytes_]
    #: (n, positions) characters of the packed answers
    letters: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.time)

    def select(self, rows: NDArray[Any]) -> QualityColumns:
        """Some of the rows, or all in another order."""
        columns = ("agency", "service", "counter", "channel", "time", "duration", "family", "letters")
        return replace(self, **{name: getattr(self, name)[rows] for name in columns})


def read_response_columns(session: orm.Session, round_id: int, zone: str, positions: int) -> Iterator[QualityColumns]:
    """Yield the counted responses of a round, times by the clocks of a zone, so many positions of each answer.

    Responses of one counter are all in one part, in the order of time; those without a counter come in any parts. The
    first part is empty.
    """
    agencies = {row.id: row.code for row in session.execute(sa.select(Agency.id, Agency.code))}
    services = {0: "", **{row.id: row.code for row in session.execute(sa.select(Service.id, Service.code))}}
    of_round = (Response.round_id == round_id, counted(session, round_id))
    query = sa.select(
        Response.deciding_agency_id,
        sa.func.coalesce(Response.service_id, 0),
        sa.func.coalesce(Response.counter_id, 0),
        sa.cast(Response.channel, sa.String),
        sa.type_coerce(Response.submitted_at, sa.DateTime(timezone=True)),  # pandas reads the zone for all at once
        Response.duration_s,
        Response.key,
        Response.answers,
        Response.id,
    ).where(*of_round)
    yield _columns([], zone, positions, agencies, services)
    for first, last in _counter_ranges(session, of_round):
        rows = session.connection().execute(query.where(Response.counter_id.between(first, last))).all()
        yield _columns(rows, zone, positions, agencies, services)
    elsewhere = query.where(Response.counter_id.is_(None)).execution_options(yield_per=CHUNK)
    for chunk in session.connection().execute(elsewhere).partitions():
        yield _columns(chunk, zone, positions, agencies, services)


def _counter_ranges(session: orm.Session, of_round: tuple[sa.ColumnElement[bool], ...]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last number of counters that have about `CHUNK` responses together."""
    query = sa.select(Response.counter_id, sa.func.count()).where(*of_round, Response.counter_id.is_not(None))
    first, last, size = 0, 0, 0
    for row in session.execute(query.group_by(Response.counter_id).order_by(Response.counter_id)).all():
        counter, responses = row[0] or 0, row[1]
        if size and size + responses > CHUNK:
            yield first, last
            size = 0
        first, last, size = (first if size else counter), counter, size + responses
    if size:
        yield first, last


def count_counters(session: orm.Session, round_id: int, channels: Collection[Channel]) -> int:
    """Count the counters of a round that have counted responses by these channels."""
    query = sa.select(sa.func.count(sa.distinct(Response.counter_id))).where(Response.round_id == round_id)
    return session.scalar(query.where(counted(session, round_id), Response.channel.in_(channels))) or 0


def _columns(
    rows: Sequence[Any], zone: str, positions: int, agencies: dict[int, str], services: dict[int, str]
) -> QualityColumns:
    agency, service, *others, number = _numbers(rows, zone, positions)
    agency_ids, agency = np.unique(agency, return_inverse=True)
    service_ids, service = np.unique(service, return_inverse=True)
    columns = QualityColumns(
        tuple(agencies[int(i)] for i in agency_ids),
        tuple(services[int(i)] for i in service_ids),
        agency.astype(np.int32),
        service.astype(np.int32),
        *others,
    )
    return columns.select(np.lexsort((number, columns.time)))


def _numbers(chunk: Sequence[Any], zone: str, positions: int) -> list[NDArray[Any]]:
    """A chunk of rows as columns of numbers."""
    agency, service, counter, channel, at, seconds, key, answers, number = (
        zip(*chunk, strict=True) if chunk else ((),) * 9
    )
    local = pd.to_datetime(pd.Series(at, dtype=object), utc=True).dt.tz_convert(zone).dt.tz_localize(None)
    text = "".join(each[:positions].ljust(positions, ".") for each in answers)
    place = {each.value: k for k, each in enumerate(CHANNELS)}
    return [
        *(np.array(column, dtype=np.int32) for column in (agency, service, counter)),
        np.array([place[each] for each in channel], dtype=np.uint8),
        local.to_numpy(dtype="datetime64[ns]"),
        np.array([np.nan if each is None else each for each in seconds], dtype=np.float64),
        np.array([each[:FAMILY].encode() if len(each) == KEY_LENGTH else b"" for each in key], dtype=f"S{FAMILY}"),
        np.frombuffer(text.encode("ascii"), dtype=np.uint8).reshape(len(chunk), positions),
        np.array(number, dtype=np.int64),
    ]


def read_comment_texts(session: orm.Session, round_id: int) -> list[str]:
    """The texts of a round's comments, hidden ones too: only how many repeat one another is ever shown."""
    return list(session.scalars(sa.select(Comment.text).where(Comment.round_id == round_id)))
