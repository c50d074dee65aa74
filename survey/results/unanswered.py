"""What those who did not answer could change, in words, for pages and reports.

Every number follows from the index, its interval, the responses and the transactions that stand beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from scoring.nonresponse import BIASES, effective_size, tipping_point, worst_and_best
from survey.results.figures import ShownFigure
from survey.results.statements import Sentence
from survey.web.messages import N_

KNOWN = "the figure has an index, respondents n and transactions N with n < N"
HOLDS = Sentence(
    N_(
        "Of 100 transactions %(rate)s have a response. The index stays within its interval as long as those who did "
        "not answer are less satisfied by at most %(down)s points; whether they are, nobody knows."
    ),
    f"{KNOWN}, and an interval",
)
BOUNDS = Sentence(
    N_(
        "If everyone who did not answer were dissatisfied, %(low)s of 100 would be satisfied; if everyone were "
        "satisfied, %(high)s. Nothing that was collected rules either out."
    ),
    KNOWN,
)
EFFECTIVE = Sentence(
    N_(
        "If those who answer differ from everybody by %(bias)s points, these %(n)s responses tell as much as "
        "%(people)s people drawn at random."
    ),
    f"{KNOWN}, and an index between 0 and 100",
)


@dataclass(frozen=True)
class UnansweredWords:
    """The sentences, for templates."""

    holds: Sentence = HOLDS
    bounds: Sentence = BOUNDS
    effective: Sentence = EFFECTIVE


UNANSWERED = UnansweredWords()


@dataclass(frozen=True)
class Unanswered:
    """What is not known of one figure; points, and people."""

    #: responses of 100 transactions
    rate: float
    n: int
    worst: float
    best: float
    #: how many points less satisfied the others may be; None without an interval
    down: float | None
    #: (bias in points, people drawn at random who would tell as much)
    effective: tuple[tuple[int, float], ...]


def unanswered(figure: ShownFigure | None, statistic: str = "top2") -> Unanswered | None:
    """What is not known of a figure; None where it, or N, is not shown, or everybody answered."""
    if figure is None or not figure.exists or not figure.n or not figure.population > figure.n:
        return None
    n, population = float(figure.n), figure.population
    share = figure.index
    if statistic == "top2" and figure.valid and len(figure.counts) == 5:
        share = 100 * sum(figure.counts[3:]) / figure.valid
    worst, best = worst_and_best(share, n, population)
    down = tipping_point(figure.index - figure.lo, n, population) if isfinite(figure.lo) else None
    between = 0 < figure.index < 100
    effective = [(bias, effective_size(figure.index, bias, population)) for bias in BIASES] if between else []
    # more people than answered are told by no bias
    kept = tuple((bias, min(people, n)) for bias, people in effective)
    return Unanswered(figure.response_rate, figure.n, worst, best, down, kept)
