"""What is added up over the counted responses of a round, kept and carried on as responses come.

While a round takes answers every response makes the sums anew; reading all of them again for one more would take longer
with each. Answers are never edited, so that sums of those read and of those that came since are the sums of all. Where
anything else happened (see `survey.results.queries.newer`), all are read again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import orm

from survey.core.cache import recall, remember
from survey.results.queries import responses
from survey.results.queries.newer import Newer, Stamp, newer

T = TypeVar("T")

MOST = 20_000
"""Responses from which the database counts all again, by `GROUP BY`, sooner than these are read one by one."""


@dataclass(frozen=True, eq=False)
class _Sum(Generic[T]):
    stamp: Stamp
    value: T


def summed(
    session: orm.Session,
    round_id: int,
    made_of: tuple[Hashable, ...],
    *,
    by: Sequence[str],
    whole: Callable[[], T],
    more: Callable[[T, Newer], T],
) -> T:
    """Return what `whole` makes of all counted responses of a round, or `more` of what was kept and newer ones.

    `made_of` names what is added up and how, `by` what newer responses are told apart by. Neither function may alter
    what it is given.
    """
    key, now = ("sum", round_id, *made_of), responses.stamp(session, round_id)
    before: _Sum[T] | None = recall(session, key)
    if before is not None and before.stamp == now:
        return before.value
    came = None
    if before is not None and 0 <= now[0] - before.stamp[0] <= MOST:
        came = newer(session, round_id, before.stamp, now, by)
    value = whole() if before is None or came is None else more(before.value, came)
    remember(session, key, _Sum(now, value))
    return value
