"""Memoize with a time to live what reads or estimates a whole round beside its figures.

While a round takes answers every response makes new figures. What stands beside them and takes longer than they do is
computed every `FRESH` seconds at most, for evaluators; pages say of when it is where it is older. Figures of a round
that takes no answers, and all that unit roles see, are those of the responses that count.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import orm

from survey.accounts.queries.users import reads_settled
from survey.core import cache
from survey.models import RoundState
from survey.results.compute import RoundResults

T = TypeVar("T")
FRESH = 600.0


def recent(session: orm.Session, results: RoundResults, name: tuple[Hashable, ...], compute: Callable[[], T]) -> T:
    """Memoize a value of a round under a name: of its responses, or of those of at most `FRESH` seconds ago."""
    live = results.round.state is RoundState.OPEN and not reads_settled(session)
    return cache.recent(session, _key(session, results, name), results.stamp, compute, seconds=FRESH if live else 0.0)


def age(session: orm.Session, results: RoundResults, name: tuple[Hashable, ...]) -> timedelta | None:
    """How old a value is that `recent` gave; None where it is of the responses that count now."""
    seconds = cache.age(session, _key(session, results, name), results.stamp)
    return timedelta(seconds=seconds) if seconds else None


def _key(session: orm.Session, results: RoundResults, name: tuple[Hashable, ...]) -> tuple[Hashable, ...]:
    return (*name, results.round.id, repr(results.rules), reads_settled(session))
