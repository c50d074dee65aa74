"""What was worked out from the answers, kept while these have not changed.

The key must name everything a value was made of (see `survey.results.RoundResults.stamp`); then nothing ever has to be
thrown away because it is old, only because room is needed. Each server process keeps its own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import orm

T = TypeVar("T")

ROOM = 256
"""How many values are kept for one database; those not asked for longest give way."""

_kept: WeakKeyDictionary[sa.Engine, OrderedDict[Hashable, object]] = WeakKeyDictionary()
_lock = Lock()


def kept(session: orm.Session, key: Hashable, make: Callable[[], T]) -> T:
    """Return what `make` gave for this key before, or gives now.

    Two threads that ask at once may both make it; a value that is kept must therefore never be altered.
    """
    engine = session.get_bind().engine
    with _lock:
        values = _kept.setdefault(engine, OrderedDict())
        if key in values:
            values.move_to_end(key)
            return cast(T, values[key])
    made = make()
    with _lock:
        values[key] = made
        while len(values) > ROOM:
            values.popitem(last=False)
    return made
