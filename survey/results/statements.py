"""Statements about figures: what pages and reports say of a difference, a change or a rank, and when it is true.

A statistician signs the conditions, a clerk reads the sentences. Each `Statement` has its condition in words and as a
predicate on the evidence. Those that answer one question stand together in a tuple: of each such set exactly one holds,
whatever the evidence. Callers ask `choose` and never decide themselves.

Intervals meant here are those that go with a verdict: simultaneous for all tests of their family (Sidak), or, where
verdicts allow a false discovery rate, for those selected (Benjamini & Yekutieli 2005); see `scoring.compare`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from flask_babel import gettext

from survey.web.messages import N_, translate

E = TypeVar("E", contravariant=True)


class Difference(Protocol):
    """A difference, in percentage points, known by the interval that goes with its verdict."""

    @property
    def lo(self) -> float:
        """The lower end; NaN where there is none."""

    @property
    def hi(self) -> float:
        """The upper end; NaN where there is none."""


class Ranked(Protocol):
    """The best and the worst rank that the data allow; None without a rank."""

    @property
    def low(self) -> int | None:
        """The best rank."""

    @property
    def high(self) -> int | None:
        """The worst rank."""


class Banded(Protocol):
    """A figure against what is expected of it."""

    @property
    def band(self) -> str:
        """`better`, `expected`, `worse`, or nothing where there is no expected range."""


class Judged(Protocol):
    """A figure against a target, see `scoring.targets.Judgement`."""

    @property
    def verdict(self) -> str:
        """The verdict."""

    @property
    def more(self) -> int | None:
        """How many more respondents would tell."""


class Signed(Protocol):
    """A point of a control chart."""

    @property
    def sign(self) -> str:
        """The name of its sign (`scoring.control_charts`), empty without one."""


class Steady(Protocol):
    """A control chart as a whole."""

    @property
    def points(self) -> int:
        """How many points it has."""

    @property
    def signs(self) -> int:
        """How many of them have a sign."""


class Assured(Protocol):
    """A control chart with a target."""

    @property
    def assurance(self) -> str:
        """What its limits say of the target (`scoring.control_charts.Assurance`)."""


class Searched(Protocol):
    """Places of an agency, each tested against the rest of it."""

    @property
    def tests(self) -> int:
        """How many places could be tested."""

    @property
    def found(self) -> int:
        """How many of them are worse."""


FEWEST_POINTS = 6
"""Points of a control chart from which limits are drawn."""


def _sign(name: str) -> Callable[[Signed], bool]:
    return lambda one: one.sign == name


@dataclass(frozen=True)
class MovedBetween:
    """A difference that comes without a row of a table."""

    lo: float = math.nan
    hi: float = math.nan


@dataclass(frozen=True)
class NoBand:
    """Where there is no expected range."""

    band: str = ""


@dataclass(frozen=True)
class RankRange:
    """Ranks that come without a row of a table."""

    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class Sentence:
    """A sentence that is true of a whole table, by the way its figures are made."""

    message: str
    #: why it is true, or when, in words for whoever reviews it
    condition: str

    def here(self, **values: object) -> str:
        """The sentence in the language of the request."""
        return str(gettext(self.message, **values)) if self.message else ""

    def text(self, language: str = "vi", **values: object) -> str:
        """The sentence in one language, for files."""
        sentence = translate(self.message, language) if self.message else ""
        return sentence % values if values else sentence


@dataclass(frozen=True)
class Statement(Sentence, Generic[E]):
    """A sentence, or word, of a set of which one holds."""

    code: str
    holds: Callable[[E], bool]


def choose(statements: Iterable[Statement[E]], evidence: E) -> Statement[E]:
    """The statement of a set that holds for the evidence; raises `ValueError` where none does."""
    for statement in statements:
        if statement.holds(evidence):
            return statement
    raise ValueError(f"no statement holds for {evidence!r}")


def _above(one: Difference) -> bool:
    return one.lo > 0


def _below(one: Difference) -> bool:
    return one.hi < 0


def _same(one: Difference) -> bool:
    return one.lo <= 0 <= one.hi


def _unknown(one: Difference) -> bool:
    return math.isnan(one.lo) or math.isnan(one.hi)


ABOVE = "the whole interval that goes with the verdict lies above 0"
BELOW = "the whole interval that goes with the verdict lies below 0"
SAME = "the interval that goes with the verdict holds 0"
UNKNOWN = "there is no interval: too few respondents, no standard error, or nothing to compare with"

CHANGE_WORDS: tuple[Statement[Difference], ...] = (
    Statement(N_("better"), ABOVE, "above", _above),
    Statement(N_("worse"), BELOW, "below", _below),
    Statement(N_("cannot be told from no change"), SAME, "same", _same),
    Statement(N_("cannot be told"), UNKNOWN, "unknown", _unknown),
)
"""A figure against the same figure of the round before, beside its number."""

MOVE_WORDS: tuple[Statement[Difference], ...] = (
    Statement(N_("up"), ABOVE, "above", _above),
    Statement(N_("down"), BELOW, "below", _below),
    Statement(N_("not clear"), SAME, "same", _same),
    Statement(N_("not clear"), UNKNOWN, "unknown", _unknown),
)
"""The same in a narrow column."""

CHANGE_UNKNOWN: Statement[Difference] = Statement(
    N_("Since %(before)s: too few data to speak of a change."), UNKNOWN, "unknown", _unknown
)
CHANGE_SENTENCES: tuple[Statement[Difference], ...] = (
    Statement(
        N_(
            "Since %(before)s (%(earlier)s), the index has risen by %(diff)s percentage points %(interval)s: more "
            "than sampling error accounts for."
        ),
        ABOVE,
        "above",
        _above,
    ),
    Statement(
        N_(
            "Since %(before)s (%(earlier)s), the index has fallen by %(diff)s percentage points %(interval)s: more "
            "than sampling error accounts for."
        ),
        BELOW,
        "below",
        _below,
    ),
    Statement(
        N_(
            "Since %(before)s (%(earlier)s), the index has moved by %(signed)s percentage points %(interval)s: the "
            "data do not tell whether it rose or fell."
        ),
        SAME,
        "same",
        _same,
    ),
    CHANGE_UNKNOWN,
)
"""The overall index against the round before, as a report says it."""

PUBLIC_CHANGE_SENTENCES: tuple[Statement[Difference], ...] = (
    Statement(N_("Better than in %(before)s."), ABOVE, "above", _above),
    Statement(N_("Worse than in %(before)s."), BELOW, "below", _below),
    Statement(N_("No difference from %(before)s can be told."), SAME, "same", _same),
    Statement(N_("Whether it is better than in %(before)s cannot be told."), UNKNOWN, "unknown", _unknown),
)
"""The overall index against the published round before, as everybody reads it on a card."""

SHORT_CONTRAST_WORDS: tuple[Statement[Difference], ...] = (
    Statement(N_("higher"), ABOVE, "above", _above),
    Statement(N_("lower"), BELOW, "below", _below),
    Statement("", SAME, "same", _same),
    Statement("", UNKNOWN, "unknown", _unknown),
)
"""A figure of an agency against that of all other agencies together, in a narrow cell of a report."""

CONTRAST_WORDS: tuple[Statement[Difference], ...] = (
    Statement(N_("significantly higher"), ABOVE, "above", _above),
    Statement(N_("significantly lower"), BELOW, "below", _below),
    Statement(N_("the data cannot tell"), SAME, "same", _same),
    Statement(N_("cannot be told"), UNKNOWN, "unknown", _unknown),
)
"""A figure of an agency against that of all other agencies together."""

ITEM_WORDS: tuple[Statement[Difference], ...] = (
    Statement(N_("better"), ABOVE, "above", _above),
    Statement(N_("worse"), BELOW, "below", _below),
    Statement(N_("cannot be told apart"), SAME, "same", _same),
    Statement(N_("cannot be told"), UNKNOWN, "unknown", _unknown),
)
"""A question's index at an agency against that of all other agencies together."""

BAND_SENTENCES: tuple[Statement[Banded], ...] = (
    Statement(
        N_(
            "Better than expected: of 100 answers, %(index)s are satisfied; of an agency with as many "
            "responses, %(lo)s to %(hi)s are expected."
        ),
        "z above 1.96 standard errors that allow for the spread between the agencies of the league",
        "better",
        lambda one: one.band == "better",
    ),
    Statement(
        N_(
            "As expected: of 100 answers, %(index)s are satisfied; of an agency with as many responses, %(lo)s "
            "to %(hi)s are expected."
        ),
        "z within 1.96 such standard errors of the league's index",
        "expected",
        lambda one: one.band == "expected",
    ),
    Statement(
        N_(
            "Worse than expected: of 100 answers, %(index)s are satisfied; of an agency with as many responses, "
            "%(lo)s to %(hi)s are expected."
        ),
        "z below -1.96 such standard errors",
        "worse",
        lambda one: one.band == "worse",
    ),
    Statement(
        N_("What is to be expected cannot be told: too few agencies of its kind have enough responses."),
        "fewer than five agencies of the league have an index, or none a firm error",
        "none",
        lambda one: one.band not in ("better", "expected", "worse"),
    ),
)
"""Where an agency stands against the range expected of its league."""

TARGET_SENTENCES: tuple[Statement[Judged], ...] = (
    Statement(
        N_("The target of %(target)s is reached: all of the interval lies at it or above."),
        "the whole interval of the round's confidence lies at the target or above",
        "reached",
        lambda one: one.verdict == "reached",
    ),
    Statement(
        N_("The target of %(target)s is not reached: all of the interval lies below it."),
        "the whole interval of the round's confidence lies below the target",
        "not_reached",
        lambda one: one.verdict == "not_reached",
    ),
    Statement(
        N_(
            "Whether the target of %(target)s is reached cannot be told yet: about %(more)s more responses "
            "would tell, were the index to stay as it is."
        ),
        "the interval holds the target, and one of n + more respondents would not",
        "more",
        lambda one: one.verdict == "cannot_tell" and one.more is not None,
    ),
    Statement(
        N_("Whether the target of %(target)s is reached cannot be told: the index lies just at it."),
        "the interval holds the target, which is the index itself, so that no number of responses would tell",
        "at",
        lambda one: one.verdict == "cannot_tell" and one.more is None,
    ),
    Statement(
        N_("Whether the target of %(target)s is reached cannot be told: too few people answered."),
        "the figure or its interval does not exist",
        "no_interval",
        lambda one: one.verdict == "no_interval",
    ),
)
"""Whether a target is reached."""

TARGET_WORDS: tuple[Statement[Judged], ...] = (
    Statement(N_("reached"), TARGET_SENTENCES[0].condition, "reached", TARGET_SENTENCES[0].holds),
    Statement(N_("not reached"), TARGET_SENTENCES[1].condition, "not_reached", TARGET_SENTENCES[1].holds),
    Statement(
        N_("cannot be told yet"),
        "the interval holds the target, or there is none to judge by",
        "unknown",
        lambda one: one.verdict in ("cannot_tell", "no_interval"),
    ),
)
"""The same beside a number."""

MONTH_SENTENCES: tuple[Statement[Difference], ...] = (
    Statement(
        N_("Up since last month: %(now)s after %(before)s, %(signed)s points %(interval)s."),
        "the interval of the difference of the two last months, each of its respondents with the league's common "
        "design effect, lies above 0",
        "above",
        _above,
    ),
    Statement(
        N_("Down since last month: %(now)s after %(before)s, %(signed)s points %(interval)s."),
        "the same interval lies below 0",
        "below",
        _below,
    ),
    Statement(
        N_(
            "No change to be told since last month: %(now)s after %(before)s, %(signed)s points %(interval)s; "
            "so much moves by chance."
        ),
        "the same interval holds 0",
        "same",
        _same,
    ),
    Statement(
        N_("How it moves since last month cannot be told yet: that takes answers of two months."),
        "fewer than two months with answers, or no firm error in the league",
        "unknown",
        _unknown,
    ),
)
"""How an agency's index moved between the two last months with answers, weighted by nothing."""

SIGN_WORDS: tuple[Statement[Signed], ...] = (
    Statement(N_("outside the limits"), "a point beyond three sigma of its centre line", "outside", _sign("outside")),
    Statement(N_("seven rise or fall in a row"), "seven neighbours rise, or fall, throughout", "trend", _sign("trend")),
    Statement(
        N_("two of three near a limit"),
        "two of three neighbours beyond two sigma on one side",
        "two_of_three",
        _sign("two_of_three"),
    ),
    Statement(N_("seven on one side of the middle"), "seven neighbours on one side of the centre", "run", _sign("run")),
    Statement("", "none of the four rules of the NHS's charts holds of the point", "none", _sign("")),
)
"""What a control chart says of one point."""

PROCESS_SENTENCES: tuple[Statement[Steady], ...] = (
    Statement(
        N_("The answers move no more than a steady office's do."),
        "no point of the chart has a sign of the four rules",
        "steady",
        lambda one: one.points >= FEWEST_POINTS and not one.signs,
    ),
    Statement(
        N_(
            "Something may have happened: marked points move more than a steady office's do. A sign asks; it proves "
            "nothing."
        ),
        "a point has a sign; of steady offices one in six shows some sign in two years (docs/methodology.md)",
        "signs",
        lambda one: one.points >= FEWEST_POINTS and one.signs > 0,
    ),
    Statement(
        N_("Limits are drawn once there are six points with answers."),
        "fewer than six points, whose moving ranges say too little of what is usual",
        "few",
        lambda one: one.points < FEWEST_POINTS,
    ),
)
"""Whether a series within a round is one steady process."""

ASSURANCE_SENTENCES: tuple[Statement[Assured], ...] = (
    Statement(
        N_("As things are, every period reaches the target."),
        "the target lies below the lower limit of the latest part of the chart",
        "reaches",
        lambda one: one.assurance == "reaches",
    ),
    Statement(
        N_("As things are, every period misses the target: it takes a change to reach it."),
        "the target lies above the upper limit of the latest part of the chart",
        "misses",
        lambda one: one.assurance == "misses",
    ),
    Statement(
        N_("Hit and miss: the target lies within what is usual, so that chance decides which periods reach it."),
        "the target lies within the limits of the latest part of the chart",
        "hit_and_miss",
        lambda one: one.assurance == "hit_and_miss",
    ),
    Statement(
        N_("Whether the target is reached again and again is told once there are six points."),
        "a chart without limits, or without a target",
        "unknown",
        lambda one: one.assurance not in ("reaches", "misses", "hit_and_miss"),
    ),
)
"""Whether a process reaches its target from period to period."""

WHERE_SENTENCES: tuple[Statement[Searched], ...] = (
    Statement(
        N_("Here it is worse than in the rest of the agency:"),
        "of a place that is shown, the interval of its difference to the rest of the agency, adjusted over all places "
        "and items tested of the agency (Benjamini & Yekutieli 2005), lies below 0",
        "found",
        lambda one: one.found > 0,
    ),
    Statement(
        N_(
            "Of the counters, services, channels and groups that can be compared (%(tests)s), none can be told to be "
            "worse than the rest of the agency."
        ),
        "there are such intervals, and none lies below 0",
        "none",
        lambda one: one.found == 0 and one.tests > 0,
    ),
    Statement(
        N_(
            "Where in the agency it is worse cannot be told: too few people answered by counter, service, channel "
            "or group."
        ),
        "no place is shown that has a rest of as many people and a standard error",
        "unknown",
        lambda one: one.found == 0 and one.tests == 0,
    ),
)
"""At which places of an agency an item is worse than in the rest of it; the places follow."""

RANK_SENTENCES: tuple[Statement[Ranked], ...] = (
    Statement(
        N_("The agency has no rank: too few people answered."),
        "fewer respondents than the round's rules ask for, or no standard error",
        "none",
        lambda one: one.low is None or one.high is None,
    ),
    Statement(
        N_("Of %(ranked)s agencies ranked together, the data allow this one the rank %(low)s alone."),
        "simultaneous bounds of all differences leave one rank",
        "one",
        lambda one: one.low is not None and one.low == one.high,
    ),
    Statement(
        N_(
            "Of %(ranked)s agencies ranked together, the data allow this one the ranks %(low)s to %(high)s; within "
            "that range they do not tell which agency is better."
        ),
        "simultaneous bounds of all differences leave several ranks",
        "range",
        lambda one: one.low is not None and one.high is not None and one.low < one.high,
    ),
)
"""Where an agency stands among the others."""


INTERVAL = Sentence(
    N_(
        "In plain words: of 100 answers, about %(share)s were satisfied. The range in brackets is drawn so that, of "
        "100 surveys like this one, about %(confidence)s would hold the index of all transactions; it does not allow "
        "for who chooses to answer."
    ),
    "the figure has an interval of the round's confidence, whose coverage docs/methodology.md tables",
)
WEAK_PLACE = Sentence(
    N_("%(place)s: %(index)s satisfied, of %(n)s who answered."),
    "a place of the first of `WHERE_SENTENCES`; the index and the number are those that breakdowns show",
)
WEAK_PLACE_GAP = Sentence(
    N_("Difference to the rest of the agency: %(gap)s points %(interval)s."),
    "the interval that goes with the verdict; to evaluators alone, since it holds more than breakdowns show",
)
RANK_ALONE = Sentence(
    N_("The agency has no rank: there is no other of its kind to rank it among."),
    "its league has no second agency with enough respondents",
)
RANKS = Sentence(
    N_(
        "A rank range holds every rank that the data allow, for all agencies ranked together. Of agencies with a "
        "letter in common the data do not tell which is better."
    ),
    "ranges are simultaneous (Mogstad and others 2023); a letter joins agencies of which no pair is told apart",
)
RANKS_APART = Sentence(
    N_(
        "Agencies stand by their index; the <b>rank range</b> gives the best and the worst rank that the data allow. "
        "Of two agencies whose ranges do not overlap, the data tell which is better; where ranges overlap, the order "
        "of the two may be due to who happened to be asked."
    ),
    "disjoint ranges imply, by counting who is told above and below, an order that the simultaneous bounds support",
)
