"""Batched release of responses to readers who are judged by them: no release, and no pair of releases, tells of few.

Everything such a reader is shown of an open round is a sum over released responses. If each release adds 0 or at least
k answers to every sum, and at least k answers to every sum stay behind for the close, then every difference between two
looks, the final one included, is over at least k people. New responses alone are not enough: an item that many skip
moves by one answer while n moves by five (measured in docs/methodology.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Answered = NDArray[np.bool_]
Day = TypeVar("Day")

BLOCK = 5
"""The fewest people by which a number shown to those who are judged by the answers ever changes."""


def block_size(min_n: int) -> int:
    """The fewest people by which a number of a round changes for them: its `min_n`, at least `BLOCK`."""
    return max(BLOCK, min_n)


def round_down(count: int, block: int = BLOCK) -> int:
    """The largest multiple of a block that is not above a count: it moves by 0 or by whole blocks."""
    return count - count % block


def coarse_days(days: Sequence[tuple[Day, int]], before: int, block: int = BLOCK) -> list[tuple[Day, int]]:
    """(day, people) so that running totals are those of `days`, rounded down; days of no step are left out.

    `days`: (day, people), the oldest first; `before`: how many came before the first of them.
    """
    steps, total = [], before
    for day, count in days:
        step = round_down(total + count, block) - round_down(total, block)
        total += count
        if step:
            steps.append((day, step))
    return steps


def releasable(answered: Answered, k: int) -> int:
    """How many of the waiting responses may be released now: a prefix, or 0.

    `answered`: (waiting responses in the order in which they came, items); whether each item has a rating. A response
    without any rating must not be among them: it waits for the close. `k`: the fewest answers a release adds to, and
    leaves behind of, every item that any of them rated. Raises `ValueError` for k < 1 or a response that rated nothing.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    if answered.ndim != 2:
        raise ValueError("answered must have one row a response and one column an item")
    if not answered.any(axis=1).all():
        raise ValueError("a response that rated nothing cannot be released before the close")
    rated = answered[:, answered.any(axis=0)]
    if not rated.size:
        return 0
    before = np.cumsum(rated, axis=0)
    total = before[-1]
    # a prefix may go when every item has k answers in it and k behind it; the longest such prefix goes
    allowed = (before >= k).all(axis=1) & (total - before >= k).all(axis=1)
    positions = np.flatnonzero(allowed)
    return int(positions[-1]) + 1 if len(positions) else 0


def withdrawable(answered: Answered, k: int) -> bool:
    """Say whether released responses that were excluded since may leave what is shown: all of them at once, or none.

    `answered`: (those responses, items). They may when every item that any of them rated loses at least `k` answers.
    """
    counts = answered.sum(axis=0)
    return bool(len(answered)) and bool((counts[counts > 0] >= k).all()) and len(answered) >= k


def moves_many(answered: Answered, cells: Sequence[Sequence[object]], k: int) -> bool:
    """Say whether responses may come into, or leave, final figures together: they move no printed number by few.

    `answered`: (those responses, items); `cells`: for each way in which figures are split (by agency, by service and
    agency, by group …) the cell of every response. In each cell every item that any of them rated, and the people, must
    count at least `k`.
    """
    if not len(answered):
        return False
    rated = np.column_stack([answered, np.ones(len(answered), dtype=np.bool_)])
    for names in cells:
        number = {name: at for at, name in enumerate(dict.fromkeys(names))}
        counts = np.zeros((len(number), rated.shape[1]), dtype=np.int64)
        np.add.at(counts, [number[name] for name in names], rated)
        if (counts[counts > 0] < k).any():
            return False
    return True
