"""Four thermometers: the own round beside other instruments, and what would have to be true for two of them to hold.

Values stay on their own scales; the axis shows each in percent of the highest value of its scale, which is no
conversion of one into another: none is known that has a source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isfinite, nan

from scoring.checking import best_margin
from scoring.nonresponse import others_must_be
from survey.models import Instrument, OutsideFigure
from survey.results.charts import ChartRow, IntervalChart, interval_chart
from survey.results.figures import ShownFigure
from survey.results.statements import Sentence
from survey.web.formatters import number, whole
from survey.web.messages import N_
from survey.web.wording import INSTRUMENTS

OWN = N_("The province's own round")
ASKS_PEOPLE = (Instrument.SIPAS, Instrument.PORTAL)
"""Instruments that ask people how satisfied they are, as the own round does."""
BOTH = Sentence(
    N_(
        "For “%(one)s” (%(a)s) to hold for everybody and “%(two)s” (%(b)s) for the %(n)s who gave it, the others must "
        "be satisfied at %(must)s on the average."
    ),
    "both ask people, n of the second and the transactions of the own round are known, and the result is from 0 to 100",
)
NOT_BOTH = Sentence(
    N_(
        "“%(one)s” (%(a)s) cannot hold for everybody if “%(two)s” (%(b)s) holds for the %(n)s who gave it: the others "
        "would have to lie outside of 0 to 100. They asked other people, at another time, or otherwise."
    ),
    "both ask people, n and transactions are known, and the result is outside of 0 to 100",
)
UNKNOWN = Sentence(
    N_(
        "“%(one)s” (%(a)s) and “%(two)s” (%(b)s) differ by %(gap)s points. Both hold only if they asked other people, "
        "at another time, or otherwise; without the number of people nobody can say how different these must be."
    ),
    "both ask people; n or the transactions are not known",
)
ALIKE = Sentence(
    N_(
        "“%(one)s” (%(a)s) and “%(two)s” (%(b)s) differ by %(gap)s points, no more than chance explains: both can hold."
    ),
    "both ask people, and their 95 % intervals overlap",
)
NO_CONVERSION = Sentence(
    N_(
        "The satisfaction part of the service index comes from complaints and their handling, PAR INDEX from how "
        "administration is run. Neither asks the same question; no conversion into an index of satisfaction has a "
        "source."
    ),
    "one of these instruments is shown",
)


@dataclass(frozen=True)
class Thermometer:
    """One instrument of an agency and year."""

    name: str
    #: None for the own round
    instrument: Instrument | None
    value: float
    most: float
    n: int | None
    method: str
    source: str
    #: ends of its interval on the axis; NaN where n is not known
    lo: float = nan
    hi: float = nan

    @property
    def percent(self) -> float:
        """Place on the axis: percent of the highest value of its scale."""
        return 100 * self.value / self.most

    @property
    def asks_people(self) -> bool:
        """Whether it asks people how satisfied they are."""
        return self.instrument is None or self.instrument in ASKS_PEOPLE


@dataclass(frozen=True)
class Thermometers:
    """All instruments of an agency and year: their rows, the drawing, and what is said of pairs."""

    rows: Sequence[Thermometer]
    chart: IntervalChart
    sentences: Sequence[str]


def outside(figure: OutsideFigure) -> Thermometer:
    """A stored figure as a row; its interval is the best that so many people drawn at random could give."""
    percent = 100 * figure.value / figure.most
    margin = best_margin(percent, figure.n) if figure.n and figure.instrument in ASKS_PEOPLE else nan
    return Thermometer(
        INSTRUMENTS(figure.instrument.value),
        figure.instrument,
        figure.value,
        figure.most,
        figure.n,
        figure.method,
        figure.source,
        max(percent - margin, 0.0) if isfinite(margin) else nan,
        min(percent + margin, 100.0) if isfinite(margin) else nan,
    )


def own(figure: ShownFigure, name: str, source: str) -> Thermometer:
    """The own round's overall index as a row."""
    return Thermometer(name, None, figure.index, 100, figure.n, "", source, figure.lo, figure.hi)


def together(rows: Sequence[Thermometer], population: float) -> Thermometers:
    """The instruments of one agency and year on one axis; `population`: transactions of the own round, NaN unknown."""
    chart = interval_chart([ChartRow(row.name, row.percent, row.lo, row.hi) for row in rows])
    said = [_pair(one, two, population) for one, two in combinations([row for row in rows if row.asks_people], 2)]
    if any(not row.asks_people for row in rows):
        said.append(NO_CONVERSION.here())
    return Thermometers(rows, chart, said)


def _pair(one: Thermometer, two: Thermometer, population: float) -> str:
    gap = abs(one.percent - two.percent)
    values = {"one": one.name, "two": two.name, "a": number(one.percent), "b": number(two.percent), "gap": number(gap)}
    if isfinite(one.lo) and isfinite(two.lo) and max(one.lo, two.lo) <= min(one.hi, two.hi):
        return ALIKE.here(**values)
    if not two.n or not population > two.n:
        return UNKNOWN.here(**values)
    must = others_must_be(one.percent, two.percent, float(two.n), population)
    values |= {"n": whole(two.n), "must": number(must)}
    return (BOTH if 0 <= must <= 100 else NOT_BOTH).here(**values)
