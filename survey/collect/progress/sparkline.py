"""A line of days: counts → coordinates of a small drawing. The same numbers stand beside it in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT, EDGE = 140, 28, 2


@dataclass(frozen=True)
class Sparkline:
    """One bar a day, in CSS pixels."""

    #: (x, y, width, height)
    bars: tuple[tuple[float, float, float, float], ...]
    first: date
    last: date
    #: the most on one day
    top: int
    total: int
    width: int = WIDTH
    height: int = HEIGHT


def sparkline(days: Mapping[date, int], first: date, last: date) -> Sparkline:
    """The drawing of the days from `first` to `last`; days without a response are gaps."""
    length = (last - first).days + 1
    counts = [days.get(first + timedelta(days=k), 0) for k in range(length)]
    top = max([*counts, 1])
    step = WIDTH / length
    room = HEIGHT - 2 * EDGE
    bars = tuple(
        (
            round(k * step, 2),
            round(HEIGHT - EDGE - room * n / top, 2),
            round(max(step - 1, 1), 2),
            round(room * n / top, 2),
        )
        for k, n in enumerate(counts)
        if n
    )
    return Sparkline(bars, first, last, max(counts), sum(counts))
