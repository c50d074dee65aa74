"""Responses as a few long texts: the database puts answers and keys of thousands of rows behind one another.

Every response is a record of as many characters as any other: the packed answers to the items, then two characters for
each key's number and ten for the day. A block of records comes as one value, which numpy takes apart, so that no
response becomes a row of Python. An aggregate in the table's own order needs no sorting: a sixth of the processor's
time of counting equal answers. Arrow drivers need less still, but read by a connection of their own, which sees another
moment than the session that found out what is counted (docs/scale.md has the figures).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy import orm

from scoring.partition import Labelled
from survey.models import Agency, EntryBatch, Response, Round, Service
from survey.results.queries.responses import CLUSTER_DAY, key_column
from survey.structure.queries.counted import as_settled, held

BLOCK = 100_000
"""Numbers of responses a text spans at most; a text of as many takes some 15 MB while it is taken apart."""
FIRST, BASE = 1024, 4096
"""A number is two characters: what is left of it divided by `BASE`, and how often that goes into it, from U+0400 on."""
MOST = BASE * BASE
DAY = 10
Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PackedResponses:
    """Counted responses of a round, one row each."""

    #: (rows, items) packed answers, a byte a character
    answers: NDArray[np.uint8]
    #: `agency` and `service`; then `counter` and `day` where these were asked for, as `cluster_keys` names them
    keys: Mapping[str, Labelled]


def packed_responses(session: orm.Session, round_: Round, items: int, days: Sequence[str]) -> PackedResponses | None:
    """Counted responses of a round with the answers to its first `items` questions; `days`: `cluster_keys`, or none.

    None where they do not fit into records: answers too short, or a number of `MOST` and above.
    """
    columns = [Response.deciding_agency_id, sa.func.coalesce(Response.service_id, 0)]
    if days:
        columns += [sa.func.coalesce(Response.counter_id, 0), sa.func.coalesce(EntryBatch.batch_id, 0)]
    bounds = _bounds(session, round_, columns)
    if bounds is None or bounds[2] < items or bounds[3] >= MOST:
        return None
    width = items + 2 * len(columns) + (DAY if days else 0)
    parts = [np.empty((0, width), dtype=np.uint16)]
    statement = _records(session, round_, items, columns, days)
    for start in range(bounds[0], bounds[1] + 1, BLOCK):
        text: str | None = session.scalar(statement, {"start": start, "stop": start + BLOCK})
        if text:
            parts.append(np.frombuffer(text.encode("utf-16-le"), dtype=np.uint16).reshape(-1, width))
    table = np.concatenate(parts)
    del parts
    answers = np.where(table[:, :items] < 256, table[:, :items], 0).astype(np.uint8)
    numbers = [_number(table[:, items + 2 * k : items + 2 * k + 2]) for k in range(len(columns))]
    keys = {
        "agency": _named(numbers[0], _codes(session, Agency)),
        "service": _named(numbers[1], {0: ""} | _codes(session, Service)),
    }
    if days:
        keys |= _units(numbers[2], numbers[3], table[:, -DAY:])
    return PackedResponses(answers, keys)


def _codes(session: orm.Session, table: type[Agency] | type[Service]) -> dict[int, str]:
    """Codes of agencies or services by number."""
    return {row[0]: row[1] for row in session.execute(sa.select(table.id, table.code))}


def _bounds(
    session: orm.Session, round_: Round, columns: Sequence[sa.SQLColumnExpression[int]]
) -> tuple[int, int, int, int] | None:
    """First and last number of a round's counted responses, their shortest answers and their largest key."""
    query = sa.select(
        sa.func.min(Response.id),
        sa.func.max(Response.id),
        sa.func.min(sa.func.length(Response.answers)),
        *(sa.func.max(column) for column in columns),
    )
    low, high, shortest, *largest = tuple(session.execute(_counted(session, query, round_)).one())
    return None if low is None else (int(low), int(high), int(shortest), max(int(value) for value in largest))


def _records(
    session: orm.Session, round_: Round, items: int, columns: Sequence[sa.SQLColumnExpression[int]], days: Sequence[str]
) -> sa.Select[Any]:
    """Records of the responses from number `:start` to below `:stop`, as one text."""
    server = session.get_bind().dialect.name == "postgresql"
    first: sa.ColumnElement[str] = sa.func.substr(Response.answers, 1, items)
    digits = [FIRST + digit for column in columns for digit in (column.op("%")(BASE), column.op("/")(BASE))]
    if server:
        join, record = sa.func.string_agg, reduce(sa.ColumnElement.concat, map(sa.func.chr, digits), first)
    else:
        join, record = sa.func.group_concat, first.concat(sa.func.char(*digits))
    if days:
        name = next(one for one in days if one.startswith(CLUSTER_DAY))
        record = record.concat(key_column(session, name.replace(CLUSTER_DAY, "day", 1)))
    query = _counted(session, sa.select(join(record, sa.literal_column("''"))), round_)
    found: sa.Select[Any] = query.where(Response.id >= sa.bindparam("start"), Response.id < sa.bindparam("stop"))
    return found


def _counted(session: orm.Session, query: Any, round_: Round) -> Any:
    """The responses that count for who reads, in the order of the table: by an index each row would be looked for."""
    settled = held(session, round_.id)
    counts = as_settled(round_.id, settled) if settled else Response.excluded.concat("").is_(None)
    joined = query.select_from(Response).outerjoin(EntryBatch, EntryBatch.batch_id == Response.batch_id)
    return joined.where(Response.round_id + 0 == round_.id, counts)


def _number(pair: NDArray[np.uint16]) -> Numbers:
    digits = pair.astype(np.int64) - FIRST
    return np.asarray(digits[:, 0] + BASE * digits[:, 1])


def _named(numbers: Numbers, names: Mapping[int, str]) -> Labelled:
    present, codes = np.unique(numbers, return_inverse=True)
    return Labelled.of(codes, [names[number] for number in present.tolist()])


def _units(counter: Numbers, pile: Numbers, days: NDArray[np.uint16]) -> dict[str, Labelled]:
    """Counter and day of the sampling units: a pile of forms has no day, nor has who came to no known counter."""
    own = np.where(pile > 0, -pile, counter)
    present, codes = np.unique(own, return_inverse=True)
    units = Labelled.of(codes, [f"p{-k}" if k < 0 else f"c{k}" if k else "" for k in present.tolist()])
    digit = days.astype(np.int64) - ord("0")
    date = digit[:, [0, 1, 2, 3, 5, 6, 8, 9]] @ 10 ** np.arange(7, -1, -1)
    there, at = np.unique(np.where(own > 0, date, 0), return_inverse=True)
    labels = [f"{k // 10000:04d}-{k // 100 % 100:02d}-{k % 100:02d}" if k else "" for k in there.tolist()]
    return {"counter": units, "day": Labelled.of(at, labels)}
