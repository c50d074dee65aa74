"""Responses as the detectors of places read them: flat arrays, and sums over them by agency, week and day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scoring.funnel import robust_spread
from scoring.scheme import DataError

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

QR, KIOSK, RECEIPT, PAPER, IMPORT, OTHER = range(6)
"""Channels; the first three are live: a citizen answers at that moment on our own pages."""
WEEK = 7
MIN_AGENCIES = 20
"""Agencies that a comparison with the others needs."""
Measured = tuple[Floats, Floats]
"""A figure of each agency with its standard error, both (A,); NaN where an agency has none."""


@dataclass(frozen=True, eq=False)
class PlaceRows:
    """n counted responses of a round with A agencies and W weeks, every week from Monday to Sunday."""

    #: how many agencies there are
    agencies: int
    #: (n,) the deciding agency, 0..A-1
    agency: Whole
    #: (n,) local days since the Monday on or before the round's first day
    day: Whole
    #: (n,) whether it came within opening hours, see `scoring.detectors.hours.within_hours`
    open: Flags
    #: (n,) `QR` .. `OTHER`
    channel: Whole
    #: (n, items) 1..5 a level, -1 "do not know", 0 blank or not asked
    items: NDArray[np.int8]
    #: (items,) whether an item is put to everybody; the others make the block that many cannot answer
    main: Flags
    #: (n, questions about the respondent) 0 blank, -1 declined, k the k-th option
    respondent: NDArray[np.int8]
    #: (n,) seconds, NaN unknown
    duration: Floats
    #: (7 W,) which of the round's days were open, see `scoring.detectors.hours.open_days`
    open_days: Flags

    def __post_init__(self) -> None:
        n, days = len(self.agency), len(self.open_days)
        columns = (self.day, self.open, self.channel, self.items, self.respondent, self.duration)
        if any(len(column) != n for column in columns) or days % WEEK or not days:
            raise DataError("columns must have a row for each response, and days make whole weeks")
        if n and not (self.day.min() >= 0 and self.day.max() < days and self.agency.min() >= 0):
            raise DataError("a response lies outside of the round's days or agencies")
        if n and self.agency.max() >= self.agencies:
            raise DataError("a response is of an agency that is not there")

    @property
    def weeks(self) -> int:
        """W."""
        return len(self.open_days) // WEEK

    @cached_property
    def live(self) -> Flags:
        """(n,) whether it was given on our own pages."""
        return np.asarray(self.channel <= RECEIPT)

    @cached_property
    def score(self) -> Floats:
        """(n,) the person's mean over the items answered, 0..100; NaN for none."""
        given = self.items > 0
        number = given.sum(axis=1)
        total = np.where(given, self.items, 0).sum(axis=1, dtype=np.int64)
        mean = total / np.maximum(number, 1)
        return np.where(number > 0, (mean - 1) * 25, np.nan).astype(np.float64)

    @cached_property
    def scored(self) -> Flags:
        """(n,) whether it has a score."""
        return np.isfinite(self.score)

    @cached_property
    def open_week(self) -> Floats:
        """(W,) open days of each week."""
        return np.asarray(self.open_days.reshape(-1, WEEK).sum(axis=1), dtype=np.float64)

    @cached_property
    def size(self) -> Floats:
        """(A,) responses."""
        return self.count(slice(None))

    @cached_property
    def index(self) -> Floats:
        """(A,) mean score; NaN without answers."""
        n = self.count(self.scored)
        return np.where(n > 0, self.total(self.scored, self.score) / np.maximum(n, 1), np.nan)

    def count(self, chosen: Flags | slice) -> Floats:
        """Count the chosen responses of each agency: (A,)."""
        return np.bincount(self.agency[chosen], minlength=self.agencies).astype(np.float64)

    def total(self, chosen: Flags, value: Floats) -> Floats:
        """Add up a value (n,) over the chosen responses of each agency: (A,)."""
        sums = np.bincount(self.agency[chosen], weights=value[chosen], minlength=self.agencies)
        return sums.astype(np.float64)

    def by_day(self, chosen: Flags | slice, value: Floats | None = None) -> Floats:
        """Count the chosen responses, or add up their values, by agency and day: (A, 7 W)."""
        days = len(self.open_days)
        cell = self.agency[chosen] * days + self.day[chosen]
        weights = None if value is None else value[chosen]
        sums = np.bincount(cell, weights=weights, minlength=self.agencies * days)
        return sums.reshape(self.agencies, days).astype(np.float64)

    def share(self, chosen: Flags, among: Flags | slice = slice(None)) -> Measured:
        """The log odds of the chosen among the responses of each agency, half an answer added to either side."""
        x, n = self.count(chosen), self.count(among)
        known = n > 0
        rest = np.where(known, n - x, 0) + 0.5
        return np.where(known, np.log((x + 0.5) / rest), np.nan), np.sqrt(1 / (x + 0.5) + 1 / rest)


def by_week(days: Floats) -> Floats:
    """Add up the days of each week: (A, 7 W) to (A, W)."""
    return np.asarray(days.reshape(len(days), -1, WEEK).sum(axis=2))


def centred(measured: Measured, fallback: tuple[float, float] | None = None) -> tuple[float, float]:
    """Centre and spread of a figure over the agencies; `fallback`, or NaN, where too few have it.

    Without a fallback that takes `MIN_AGENCIES`; with one, eight.
    """
    known = int((np.isfinite(measured[0]) & np.isfinite(measured[1])).sum())
    if fallback is not None and known < FEW:
        return fallback
    if fallback is None and known < MIN_AGENCIES:
        return np.nan, np.nan
    return robust_spread(*measured)


FEW = 8
"""Agencies below which a contrast of channels is taken against a fixed spread instead of a learnt one."""


def distance(measured: Measured, centre: tuple[float, float]) -> Floats:
    """Each agency's funnel z: (y - m) / sqrt(s² + tau²), (A,); 0 for what is not known."""
    y, error = measured
    return np.nan_to_num((y - centre[0]) / np.sqrt(error**2 + centre[1] ** 2), nan=0.0, posinf=0.0, neginf=0.0)
