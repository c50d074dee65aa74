"""Where an agency stands: against what is expected of it, since last month, and against its target.

What a head of a commune with forty answers reads first: three sentences, each with its condition in
`survey.results.statements`, and the numbers that a picture of each needs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from scoring.targets import Judgement, judge
from survey.results.compute import RoundResults
from survey.results.expected import ExpectedStanding, League
from survey.results.figures import ShownFigure
from survey.results.series import Series
from survey.results.statements import MONTH_SENTENCES, TARGET_SENTENCES, TARGET_WORDS, MovedBetween, choose

AXIS_LEFT, AXIS_RIGHT = 2.0, 98.0


@dataclass(frozen=True)
class SpanPicture:
    """A figure on an axis with a range and a line to hold it against; places in percent of the width."""

    bar_x: float
    bar_width: float
    dot: float
    line: float
    least: int
    most: int
    ticks: tuple[tuple[float, str], ...]


def span_picture(index: float, lo: float, hi: float, line: float) -> SpanPicture:
    """The picture of a figure, a range lo..hi and a line, on an axis that fits all of them."""
    least = max(0, 5 * math.floor((min(index, lo, line) - 1) / 5))
    most = max(min(100, 5 * math.ceil((max(index, hi, line) + 1) / 5)), least + 10)
    step = max(5, 5 * math.ceil((most - least) / 30))

    def across(value: float) -> float:
        return round(AXIS_LEFT + (AXIS_RIGHT - AXIS_LEFT) * (value - least) / (most - least), 2)

    return SpanPicture(
        bar_x=across(lo),
        bar_width=round(across(hi) - across(lo), 2),
        dot=across(index),
        line=across(line),
        least=least,
        most=most,
        ticks=tuple((across(t), str(t)) for t in range(-(-least // step) * step, most + 1, step)),
    )


@dataclass(frozen=True)
class MonthChange:
    """The two last months with answers; NaN where there is nothing to compare."""

    before: float = math.nan
    now: float = math.nan
    lo: float = math.nan
    hi: float = math.nan

    @property
    def diff(self) -> float:
        """The difference in percentage points."""
        return self.now - self.before

    def sentence(self, **words: str) -> str:
        """How the index moved."""
        return choose(MONTH_SENTENCES, MovedBetween(self.lo, self.hi)).here(**words)


def month_change(months: Series, league: League | None, confidence: float) -> MonthChange:
    """How an index moved between its two last months, in percentage points.

    The variance of a month is that of as many effective answers as its respondents are worth in the league.
    """
    if len(months.starts) < 2 or league is None or not math.isfinite(league.per_respondent):
        return MonthChange()
    (a, b), (m, n) = months.satisfied[-2:], months.valid[-2:]
    before, now = 100 * a / m, 100 * b / n
    share = 100 * (a + b) / (m + n)
    variance = sum(share * (100 - share) / (size * league.per_respondent) for size in months.n[-2:])
    reach = float(special.ndtri((1 + confidence) / 2)) * math.sqrt(variance)
    return MonthChange(before, now, now - before - reach, now - before + reach)


@dataclass(frozen=True)
class TargetStanding:
    """A target of an agency and what the data say of it."""

    #: code of the element; empty: the overall index
    element: str
    target: float
    figure: ShownFigure | None
    judgement: Judgement

    @property
    def word(self) -> str:
        """The verdict in a word."""
        return choose(TARGET_WORDS, self.judgement).here()

    @property
    def text(self) -> str:
        """The same in Vietnamese, for files."""
        return choose(TARGET_WORDS, self.judgement).text()

    def sentence(self, **words: str) -> str:
        """The verdict in a sentence."""
        return choose(TARGET_SENTENCES, self.judgement).here(**words)

    @property
    def picture(self) -> SpanPicture | None:
        """The interval against the target; None without one."""
        f = self.figure
        if f is None or not all(map(math.isfinite, (f.index, f.lo, f.hi))):
            return None
        return span_picture(f.index, f.lo, f.hi, self.target)


def target_standing(results: RoundResults, element: str, target: float, figure: ShownFigure | None) -> TargetStanding:
    """A target with what an agency's figure of the same element says of it."""
    if figure is None or figure.n is None:
        return TargetStanding(element, target, None, judge(math.nan, math.nan, math.nan, target, n=0))
    known = int(figure.population) if math.isfinite(figure.population) and figure.population > 0 else None
    verdict = judge(figure.index, figure.lo, figure.hi, target, n=figure.n, population=known, fpc=results.rules.fpc)
    return TargetStanding(element, target, figure, verdict)


@dataclass(frozen=True)
class AgencyStanding:
    """What is said first of an agency."""

    expected: tuple[League, ExpectedStanding] | None
    change: MonthChange
    #: the overall target first; none: nothing was set
    targets: Sequence[TargetStanding]

    @property
    def expected_picture(self) -> SpanPicture | None:
        """The expected range and the league's index; None without one."""
        if self.expected is None:
            return None
        league, standing = self.expected
        return span_picture(standing.index, standing.lo, standing.hi, league.centre)
