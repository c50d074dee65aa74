"""What was worked out from the answers, kept while these have not changed.

The key must name everything a value was made of (see `survey.results.compute.RoundResults.stamp`); then nothing ever
has to be thrown away because it is old, only because room is needed: while a round takes answers, every response makes
new keys, and what nobody asks for any more gives way. Each server process keeps its own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy import orm

T = TypeVar("T")

ROOM = 256 * 1024 * 1024
"""About how many bytes are kept for one database; what was not asked for longest gives way."""
_NOTHING = object()
_SAMPLE = 50
"""How many parts of a collection are weighed; the others are taken to weigh as much."""


@dataclass
class _Shelf:
    values: OrderedDict[Hashable, tuple[int, object]] = field(default_factory=OrderedDict)
    weight: int = 0

    def put(self, key: Hashable, value: object) -> None:
        """Keep a value, and let go of others while there is not enough room; the newest stays in any case."""
        weight = weigh(value)
        self.weight += weight - self.values.pop(key, (0, None))[0]
        self.values[key] = (weight, value)
        while self.weight > ROOM and len(self.values) > 1:
            self.weight -= self.values.popitem(last=False)[1][0]


_shelves: WeakKeyDictionary[sa.Engine, _Shelf] = WeakKeyDictionary()
_lock = Lock()


def kept(session: orm.Session, key: Hashable, make: Callable[[], T]) -> T:
    """Return what `make` gave for this key before, or gives now.

    Two threads that ask at once may both make it; a value that is kept must therefore never be altered.
    """
    found = recall(session, key, _NOTHING)
    if found is not _NOTHING:
        return cast(T, found)
    made = make()
    remember(session, key, made)
    return made


def recall(session: orm.Session, key: Hashable, default: object = None) -> Any:
    """Return what was last remembered under a key, or `default`.

    Where the key does not name all its value was made of, the value itself must tell whether it still holds.
    """
    engine = session.get_bind().engine
    with _lock:
        shelf = _shelves.setdefault(engine, _Shelf())
        if key not in shelf.values:
            return default
        shelf.values.move_to_end(key)
        return shelf.values[key][1]


def remember(session: orm.Session, key: Hashable, value: object) -> None:
    """Keep a value under a key in place of the one before; it must never be altered."""
    engine = session.get_bind().engine
    with _lock:
        _shelves.setdefault(engine, _Shelf()).put(key, value)


def weigh(value: Any) -> int:
    """Return about how many bytes a value takes, what it may come to hold (`Moments.within`) included."""
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
