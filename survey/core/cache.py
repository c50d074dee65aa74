"""LRU cache of what was computed from the answers: one per database and process, limited by bytes.

A key names everything its value was computed from (see `survey.results.compute.RoundResults.stamp`), so that no entry
is ever invalidated: while a round takes answers every response makes new keys, and the least recently used entries are
evicted when room is needed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable, Mapping
from itertools import islice
from threading import Lock
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
import sqlalchemy as sa
from cachetools import LRUCache
from sqlalchemy import orm

T = TypeVar("T")

MAX_BYTES = 256 * 1024 * 1024
"""About how many bytes are cached for one database."""
_MISSING = object()
_SAMPLE = 50
"""How many parts of a collection are weighed; the others are taken to weigh as much."""

_caches: WeakKeyDictionary[sa.Engine, LRUCache[Hashable, Any]] = WeakKeyDictionary()
_lock = Lock()


def cached(session: orm.Session, key: Hashable, compute: Callable[[], T]) -> T:
    """Memoize: return the cached value of a key, or compute and cache it.

    Two threads that ask at once may both compute it; a cached value must therefore never be altered.
    """
    with _lock:
        value = _cache_of(session).get(key, _MISSING)
    if value is _MISSING:
        value = compute()
        put(session, key, value)
    return cast(T, value)


def recent(session: orm.Session, key: Hashable, stamp: Hashable, compute: Callable[[], T], *, seconds: float) -> T:
    """Memoize with a time to live: the value of this stamp, or of another one that was computed `seconds` ago at most.

    `key`: what the value is about, without what it was computed from; that is the `stamp`.
    """
    found: tuple[Hashable, float, T] | None = get(session, key)
    if found is not None and (found[0] == stamp or time.monotonic() - found[1] < seconds):
        return found[2]
    value = compute()
    put(session, key, (stamp, time.monotonic(), value))
    return value


def age(session: orm.Session, key: Hashable, stamp: Hashable) -> float:
    """How many seconds old the value of `recent` is; 0 where it is of this stamp, and so of now, or there is none."""
    found: tuple[Hashable, float, object] | None = get(session, key)
    return 0.0 if found is None or found[0] == stamp else time.monotonic() - found[1]


def get(session: orm.Session, key: Hashable, default: object = None) -> Any:
    """Look up what was last cached under a key, or `default`.

    Where the key does not name all its value was computed from, the value itself must tell whether it is still valid.
    """
    with _lock:
        return _cache_of(session).get(key, default)


def put(session: orm.Session, key: Hashable, value: object) -> None:
    """Cache a value under a key, replacing the one before; it must never be altered.

    A value heavier than the whole cache evicts all others and is cached alone.
    """
    with _lock:
        _cache_of(session)[key] = value


def _cache_of(session: orm.Session) -> LRUCache[Hashable, Any]:
    engine = session.get_bind().engine
    if engine not in _caches:
        limit = MAX_BYTES
        _caches[engine] = LRUCache(limit, getsizeof=lambda value: min(weigh(value), limit))
    return _caches[engine]


def weigh(value: Any) -> int:
    """About how many bytes a value takes, what it may come to hold (`Moments.within`) included."""
    if isinstance(value, np.ndarray):
        return int(value.nbytes) * (8 if value.dtype == object else 1)
    if isinstance(value, pd.DataFrame):
        return 2 * int(value.memory_usage().sum())
    if isinstance(value, str | bytes):
        return 50 + len(value)
    if isinstance(value, Mapping):
        return 100 + _many(value.keys()) + _many(value.values())
    if isinstance(value, tuple | list | set | frozenset):
        return 100 + _many(value)
    parts = getattr(value, "__dict__", None)
    if parts:
        return 100 + sum(map(weigh, parts.values())) + weigh(parts.get("cross"))
    return 32


def _many(values: Collection[Any]) -> int:
    sample = list(islice(values, _SAMPLE))
    return sum(map(weigh, sample)) * len(values) // len(sample) if sample else 0
