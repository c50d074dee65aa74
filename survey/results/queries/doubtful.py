"""The counted responses of a round in columns of numbers, for the checks that look for doubtful ones; and its comments.

Read chunk by chunk and kept as arrays: about eighty bytes a response, whatever it says.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def read_response_columns(session: orm.Session, round_id: int, zone: str, positions: int) -> QualityColumns:
    """The counted responses of a round, times by the clocks of a zone, so many positions of each answer."""
    query = (
        sa.select(
            Response.deciding_agency_id,
            sa.func.coalesce(Response.service_id, 0),
            sa.func.coalesce(Response.counter_id, 0),
            sa.cast(Response.channel, sa.String),
            sa.type_coerce(Response.submitted_at, sa.DateTime(timezone=True)),  # pandas reads the zone for all at once
            Response.duration_s,
            Response.key,
            Response.answers,
            Response.id,
        )
        .where(Response.round_id == round_id, counted(session, round_id))
        .execution_options(yield_per=CHUNK)
    )
    parts = [_numbers(chunk, zone, positions) for chunk in session.connection().execute(query).partitions()]
    columns = list(zip(*(parts or [_numbers([], zone, positions)]), strict=True))
    del parts
    whole = []
    while columns:  # one column after the other, so that little is held twice
        whole.append(np.concatenate(columns.pop(0)))
    agencies = {row.id: row.code for row in session.execute(sa.select(Agency.id, Agency.code))}
    services = {0: "", **{row.id: row.code for row in session.execute(sa.select(Service.id, Service.code))}}
    agency_ids, agency = np.unique(whole[0], return_inverse=True)
    service_ids, service = np.unique(whole[1], return_inverse=True)
    rows = QualityColumns(
        tuple(agencies[int(i)] for i in agency_ids),
        tuple(services[int(i)] for i in service_ids),
        agency.astype(np.int32),
        service.astype(np.int32),
        *whole[2:8],
    )
    return rows.select(np.lexsort((whole[8], rows.time)))


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
