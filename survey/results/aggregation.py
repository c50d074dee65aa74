"""Incremental aggregation: what is added up over the counted responses of a round, and continued as responses come.

While a round takes answers every response changes its aggregates; reading all of them again for one more would take
longer with each. Answers are never edited, so the aggregate of those read plus the delta of those that came since is
the aggregate of all. Where anything else happened (see `survey.results.queries.delta`), all are read again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import orm

from survey.core import cache
from survey.results.queries.delta import Delta, Stamp, read_delta
from survey.structure.queries.counted import held, stamp

T = TypeVar("T")

MAX_DELTA = 20_000
"""Responses from which the database aggregates all again, by `GROUP BY`, sooner than these are read one by one."""


@dataclass(frozen=True, eq=False)
class _Aggregate(Generic[T]):
    stamp: Stamp
    value: T


def aggregate(
    session: orm.Session,
    round_id: int,
    name: tuple[Hashable, ...],
    *,
    by: Sequence[str],
    full: Callable[[], T],
    merge: Callable[[T, Delta], T],
) -> T:
    """Aggregate all counted responses of a round: `full` reads all, `merge` adds the delta to the cached aggregate.

    `name` says what is aggregated and how, `by` what responses of a delta are grouped by. Neither function may alter
    what it is given.
    """
    key, now = ("aggregate", round_id, bool(held(session, round_id)), *name), stamp(session, round_id)
    before: _Aggregate[T] | None = cache.get(session, key)
    if before is not None and before.stamp == now:
        return before.value
    delta = None
    if before is not None and 0 <= now[0] - before.stamp[0] <= MAX_DELTA:
        delta = read_delta(session, round_id, before.stamp, now, by)
    value = full() if before is None or delta is None else merge(before.value, delta)
    cache.put(session, key, _Aggregate(now, value))
    return value
