"""Scan statistics over runs of weeks: the sums of all runs, and the run in which an agency stands out most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.detectors.rows import Floats, Whole

LONGEST, OUTSIDE = 20, 6
"""Weeks of the longest run, and weeks that must be left outside of any."""


@dataclass(frozen=True, eq=False)
class Runs:
    """All runs of neighbouring weeks, L of them."""

    #: (L,) first week, and the week after the last
    begin: Whole
    end: Whole

    @classmethod
    def of(cls, weeks: int) -> Runs:
        """The runs of 1 to 20 weeks that leave six outside; in a round under twelve weeks, half of it."""
        longest = min(LONGEST, max(weeks - OUTSIDE, weeks // 2))
        of_each = np.minimum(longest, weeks - np.arange(weeks))
        begin = np.repeat(np.arange(weeks), of_each)
        length = 1 + np.arange(len(begin)) - np.repeat(np.cumsum(of_each) - of_each, of_each)
        return cls(begin, begin + length)

    def sums(self, weekly: Floats) -> Floats:
        """Add up a value of each week (A, W) over every run: (A, L)."""
        before = np.concatenate([np.zeros((len(weekly), 1)), np.cumsum(weekly, axis=1)], axis=1)
        return np.asarray(before[:, self.end] - before[:, self.begin])

    def strongest(self, value: Floats, observed: Floats, expected: Floats) -> WeekRun:
        """Of each agency the run with the largest value, with what was seen and expected there: all (A, L)."""
        if not len(self.begin):
            nothing, none = np.zeros(len(value)), np.zeros(len(value), dtype=np.int64)
            return WeekRun(nothing, none, none, nothing, nothing)
        at = np.argmax(value, axis=1)
        rows = np.arange(len(value))
        return WeekRun(value[rows, at], self.begin[at], self.end[at], observed[rows, at], expected[rows, at])


@dataclass(frozen=True, eq=False)
class WeekRun:
    """The run of weeks in which each agency stands out most, all (A,)."""

    value: Floats
    #: first week, from 0, and the week after the last
    begin: Whole
    end: Whole
    #: responses seen and expected in it
    seen: Floats
    expected: Floats
