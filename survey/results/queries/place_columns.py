"""The counted responses of a round as columns of numbers, for the checks of places; and when counters are open.

Read chunk by chunk as plain tuples and kept as arrays: about sixty bytes a response.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy import orm

from survey.models import Agency, Channel, Counter, EntryBatch, Response, Service
from survey.structure.queries.counted import counted

CHUNK = 20_000
CHANNELS = tuple(Channel)
"""What the numbers in `PlaceColumns.channel` stand for."""
Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PlaceColumns:
    """n counted responses in columns, in no order."""

    #: codes of the deciding agencies and services that the numbers stand for; service 0 is ""
    agencies: tuple[str, ...]
    services: tuple[str, ...]
    agency: Whole
    service: Whole
    #: number of the counter, and of the pile of paper forms; 0 for none
    counter: Whole
    pile: Whole
    #: position in `CHANNELS`
    channel: Whole
    #: local day since 1970-01-01, and minutes since midnight
    day: Whole
    minute: Whole
    #: (n, positions) characters of the packed answers
    letters: NDArray[np.uint8]
    #: seconds, NaN unknown
    duration: NDArray[np.float64]
    #: whether the form carried the time at which this server opened it, by its signature
    signed: NDArray[np.bool_]


@dataclass(frozen=True)
class HoursOfCounter:
    """A counter's name and when it is open."""

    agency: str
    code: str
    name: str
    name_en: str | None
    opens_at: time
    lunch_from: time | None
    lunch_to: time | None
    closes_at: time
    weekdays: str


def read_place_columns(session: orm.Session, round_id: int, zone: str, positions: int) -> PlaceColumns:
    """The counted responses of a round, times by the clocks of a zone, so many positions of each answer."""
    query = (
        sa.select(
            Response.deciding_agency_id,
            sa.func.coalesce(Response.service_id, 0),
            sa.func.coalesce(Response.counter_id, 0),
            sa.func.coalesce(EntryBatch.batch_id, 0),
            sa.cast(Response.channel, sa.String),
            sa.type_coerce(Response.submitted_at, sa.DateTime(timezone=True)),
            Response.answers,
            Response.duration_s,
            Response.opened_at.is_not(None),
        )
        .outerjoin(EntryBatch, EntryBatch.batch_id == Response.batch_id)
        .where(Response.round_id == round_id, counted(session, round_id))
        .execution_options(yield_per=CHUNK)
    )
    parts = [_numbers(chunk, zone, positions) for chunk in session.connection().execute(query).partitions()]
    whole = [np.concatenate(column) for column in zip(*(parts or [_numbers([], zone, positions)]), strict=True)]
    agencies = {row.id: row.code for row in session.execute(sa.select(Agency.id, Agency.code))}
    services = {0: "", **{row.id: row.code for row in session.execute(sa.select(Service.id, Service.code))}}
    agency_ids, agency = np.unique(whole[0], return_inverse=True)
    service_ids, service = np.unique(whole[1], return_inverse=True)
    return PlaceColumns(
        tuple(agencies[int(i)] for i in agency_ids),
        tuple(services[int(i)] for i in service_ids),
        agency.astype(np.int64),
        service.astype(np.int64),
        *whole[2:],
    )


def read_opening_hours(session: orm.Session) -> dict[int, HoursOfCounter]:
    """The opening hours of all counters by their numbers."""
    rows = session.execute(
        sa.select(
            Counter.id,
            Agency.code,
            Counter.code,
            Counter.name,
            Counter.name_en,
            Counter.opens_at,
            Counter.lunch_from,
            Counter.lunch_to,
            Counter.closes_at,
            Counter.weekdays,
        )
        .join(Agency, Agency.id == Counter.agency_id)
        .order_by(Counter.id)
    )
    return {number: HoursOfCounter(*facts) for number, *facts in rows}


def _numbers(chunk: Sequence[Any], zone: str, positions: int) -> list[NDArray[Any]]:
    """A chunk of rows as columns of numbers."""
    columns = zip(*chunk, strict=True) if chunk else ((),) * 9
    agency, service, counter, pile, channel, at, answers, duration, signed = columns
    local = pd.to_datetime(pd.Series(at, dtype=object), utc=True).dt.tz_convert(zone).dt.tz_localize(None)
    seconds = local.to_numpy(dtype="datetime64[s]").astype(np.int64)
    text = "".join(each[:positions].ljust(positions, ".") for each in answers)
    number = {each.value: k for k, each in enumerate(CHANNELS)}
    return [
        *(np.array(column, dtype=np.int64) for column in (agency, service, counter, pile)),
        np.array([number[each] for each in channel], dtype=np.int64),
        seconds // 86_400,
        seconds % 86_400 // 60,
        np.frombuffer(text.encode("ascii"), dtype=np.uint8).reshape(len(chunk), positions),
        np.array([np.nan if each is None else each for each in duration], dtype=np.float64),
        np.array(signed, dtype=np.bool_),
    ]
