"""What is measured and by which rule: items in elements in aspects, and the rules that make an index of their answers.

An answer is one of 1..5; 0 stands for "no valid answer" (blank, "không biết / không liên quan", not asked). The index
of a set of answers is the share of 4 and 5 among its valid answers; another `Scale` has other answers and another
cut. How the indices of several items make one is the *composition* (the official formula is deduced from published
figures, not published, so it is a rule of the round):

- `pooled`: all answers of the level in one ratio (default);
- `mean_items`: the unweighted mean of the items' indices;
- `mean_elements`: elements pooled, then the unweighted mean of the elements;
- `custom`: elements pooled, then weighted by `element_weights` within the aspect, aspects by `aspect_weights`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from typing import Any

COMPOSITIONS = ("pooled", "mean_items", "mean_elements", "custom")
STATISTICS = ("top2", "score", "level1", "level2", "level3", "level4", "level5")
"""What can be reported on the scale 1..5; a longer scale has as many `level`s as answers."""
INTERVALS = ("auto", "jeffreys", "beta", "logit", "wilson", "t")
LONELY = ("adjust", "average", "certainty", "fail")
ROLLUPS = ("transactions", "equal", "given")
LEVELS = ("overall", "aspect", "element", "item")
CLUSTERS = ("none", "counter_day")
LEAGUES = ("kind", "list", "none")
EXPECTED_BY = ("services", "none")
HEADLINES = ("plain", "hardened", "calibrated")
CALIBRATIONS = ("none", "rake", "poststratify")
LETTERS = {"clear": "ABCDEFGHJKLMNPQRSTUWYZ", "all": "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
"""Letters of groups in rankings; `clear` are those that nobody reads as a digit or as a Roman number of a group."""
BEFORE = {
    "pooling": False, "clusters": "none", "fpc_in_tests": True, "definitions": 1, "leagues": "none",
    "expected_by": "none", "letters": "all",
}  # fmt: skip
"""What rules stored before these keys existed mean: editions are recomputed under them for ever."""


MAX_LEVELS = 15
"""Answers of the longest scale; moments keep an answer in four bits."""
DEFINITIONS = 2
"""Version of what the columns mean. 1, the editions before it: no `allowance` in intervals, thresholds on respondents
(not Kish's n), no clip near a census, `n_eff` p(1 - p)/Var of anything, `deff` the planner's, status `lonely_psu`."""

TOLERANCE = 1e-9
"""Percentage points up to which two figures are the same number: what rounding leaves must not be a difference."""


class DataError(ValueError):
    """Input that cannot be scored; the message names what is wrong and where."""


def nfc(text: str) -> str:
    """A key in composed form (Unicode NFC): "Sơn La" is one name however its letters were put together."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


@dataclass(frozen=True)
class Scale:
    """Answer scale: `levels` whole numbers from `first` up, of which those from `cut` up are "satisfied".

    Answers are kept as 1..levels, 0 being no valid answer; `first` and `cut` are in the numbers of the questionnaire
    (0..10 with the cut at 9 is `Scale(levels=11, cut=9, first=0)`). The mean score carries the lowest answer to 0 and
    the highest to 100. Raises `DataError` for fewer than 2 or more than 15 levels, or a cut that separates nothing.

    >>> Scale(levels=4, cut=3).satisfied
    (3, 4)
    """

    levels: int = 5
    cut: int = 4
    first: int = 1

    def __post_init__(self) -> None:
        if not 2 <= self.levels <= MAX_LEVELS:
            raise DataError(f"a scale has 2 to {MAX_LEVELS} levels, not {self.levels!r}")
        if not self.first < self.cut < self.first + self.levels:
            raise DataError(f"the cut must separate the answers {self.first}..{self.last}, not {self.cut!r}")

    @property
    def last(self) -> int:
        """The highest answer, in the numbers of the questionnaire."""
        return self.first + self.levels - 1

    @property
    def satisfied(self) -> tuple[int, ...]:
        """The answers that count as satisfied, as they are kept."""
        return tuple(range(self.cut - self.first + 1, self.levels + 1))


@dataclass(frozen=True)
class Item:
    """One question of the satisfaction scale. `aspect` is, for example, `policy` or `service`."""

    code: str
    element: str
    aspect: str = "service"


@dataclass(frozen=True)
class Scheme:
    """The items in the order of the answer columns. Elements belong to one aspect each."""

    items: tuple[Item, ...]
    scale: Scale = Scale()

    def __post_init__(self) -> None:
        if not self.items:
            raise DataError("a scheme needs at least one item")
        codes = [item.code for item in self.items]
        if len(set(codes)) < len(codes):
            raise DataError(f"item codes must differ: {sorted({c for c in codes if codes.count(c) > 1})}")
        homes: dict[str, str] = {}
        for item in self.items:
            if homes.setdefault(item.element, item.aspect) != item.aspect:
                raise DataError(
                    f"element {item.element!r} stands in two aspects: {homes[item.element]!r}, {item.aspect!r}"
                )

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Item codes in order."""
        return tuple(item.code for item in self.items)

    @cached_property
    def elements(self) -> tuple[str, ...]:
        """Element codes in order of first appearance."""
        return tuple(dict.fromkeys(item.element for item in self.items))

    @cached_property
    def aspects(self) -> tuple[str, ...]:
        """Aspect codes in order of first appearance."""
        return tuple(dict.fromkeys(item.aspect for item in self.items))

    @cached_property
    def aspect_of(self) -> dict[str, str]:
        """The aspect of each element."""
        return {item.element: item.aspect for item in self.items}

    @cached_property
    def levels(self) -> dict[tuple[str, str], tuple[int, ...]]:
        """Positions of the items of every (level, key): overall, aspects, elements, items, in this order.

        The key of the overall level is `all`.
        """
        found: dict[tuple[str, str], tuple[int, ...]] = {("overall", "all"): tuple(range(len(self.items)))}
        for aspect in self.aspects:
            found["aspect", aspect] = tuple(i for i, item in enumerate(self.items) if item.aspect == aspect)
        for element in self.elements:
            found["element", element] = tuple(i for i, item in enumerate(self.items) if item.element == element)
        for i, item in enumerate(self.items):
            found["item", item.code] = (i,)
        return found

    @cached_property
    def groups(self) -> dict[tuple[str, str], tuple[int, ...]]:
        """`levels` without the items: the sets for which respondents are counted apart from answers."""
        return {key: items for key, items in self.levels.items() if key[0] != "item"}


@dataclass(frozen=True)
class Rules:
    """How a round's answers become figures; stored with the round, printed with its results.

    Raises `DataError` for a value outside its choices.
    """

    #: how items make elements, aspects and the overall index: one of `COMPOSITIONS`
    composition: str = "pooled"
    #: weight of each element under `custom`; any positive scale
    element_weights: Mapping[str, float] = field(default_factory=dict)
    #: weight of each aspect under `custom`; empty: the overall index comes from the elements
    aspect_weights: Mapping[str, float] = field(default_factory=dict)
    #: when a part of a composition has no answers: weight the others up (and say so), or give no figure
    renormalise: bool = False
    #: what is reported: `top2` share of 4 and 5, `score` mean on 0..100, `level1`..`level5` share of one answer
    statistic: str = "top2"
    #: the province from its agencies: `transactions` (every response stands for N/n), `equal`, or `given`
    rollup: str = "transactions"
    #: weight of each agency when `rollup` is `given`; agencies not named do not enter
    agency_weights: Mapping[str, float] = field(default_factory=dict)
    #: one of `INTERVALS`; `auto` is the rule of `scoring.intervals.choose`
    interval: str = "auto"
    #: of every interval
    confidence: float = 0.95
    #: finite-population correction: the index describes this period's transactions, not a process behind them
    fpc: bool = True
    #: strata with one respondent (or cluster): `adjust` (conservative), `average`, `certainty`, `fail`
    lonely: str = "adjust"
    #: fewer respondents than this are never shown (disclosure)
    min_n: int = 5
    #: `auto` shows no interval, and no rank is given, below this many respondents
    min_n_interval: int = 30
    #: `auto` shows no interval as wide as this or wider, in percentage points
    max_width: float = 30.0
    #: a response counts when it answers at least this share of the items
    min_answered_share: float = 0.0
    #: a figure warns when strata with answers hold less than this share of the transactions
    min_coverage: float = 0.9
    #: a shown total treats all it hides as one stratum, and a hidden place is hidden whole (`scoring.pooling`)
    pooling: bool = True
    #: sampling units, where they are known: `counter_day` (a counter's day, or a paper pile), or `none`: respondents
    clusters: str = "counter_day"
    #: finite-population correction in tests of change, comparisons and ranks, which ask about the office as such
    fpc_in_tests: bool = False
    #: agencies that are ranked and compared together: those of one `kind` (departments, communes), those of a league of
    #: the `list` `league_of`, others by kind, or `none`: all
    leagues: str = "kind"
    #: under `list` the league of each agency by code, by its name: a region, or whatever an evaluator decided
    league_of: Mapping[str, str] = field(default_factory=dict)
    #: what is expected of an agency: of its mix of `services`, or `none`: the same of all in its league
    expected_by: str = "services"
    #: what evaluators see bands at the same mix of beside the plain ones, each agency raked to its league's: channel
    #: and respondent questions
    same_mix: Sequence[str] = ()
    #: which of `LETTERS` name the groups of agencies that cannot be told apart
    letters: str = "clear"
    #: the index that pages name first: `plain`, `hardened` (`scoring.hardening`) or `calibrated`
    #: (`scoring.calibration`); the plain one is always printed with it
    headline: str = "plain"
    #: a second index, calibrated to margins of all transactions beside the plain one (`scoring.calibration`)
    calibration: str = "none"
    #: variables of those margins, in the order in which they are fitted
    calibrate_by: Sequence[str] = ()
    #: no calibrated weight above so many times the respondents' median; 0: no limit
    calibration_limit: float = 0.0
    #: whether the question about the whole counts in the index as one more item, an element and aspect of its own
    overall_in_index: bool = False
    #: version of what the columns mean; stored rules without it mean 1, see `DEFINITIONS`
    definitions: int = DEFINITIONS

    def __post_init__(self) -> None:
        choices = {
            "composition": COMPOSITIONS,
            "statistic": (*STATISTICS, *(f"level{k}" for k in range(6, MAX_LEVELS + 1))),
            "rollup": ROLLUPS,
            "clusters": CLUSTERS,
            "leagues": LEAGUES,
            "expected_by": EXPECTED_BY,
            "letters": tuple(LETTERS),
            "headline": HEADLINES,
            "interval": INTERVALS,
            "lonely": LONELY,
            "calibration": CALIBRATIONS,
        }
        if self.definitions not in range(1, DEFINITIONS + 1):
            raise DataError(f"definitions must be 1 to {DEFINITIONS}, not {self.definitions!r}")
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise DataError(f"{name} must be one of {', '.join(allowed)}, not {getattr(self, name)!r}")
        if not 0.5 <= self.confidence < 1:
            raise DataError(f"confidence must lie in [0.5, 1), not {self.confidence!r}")
        for name in ("min_answered_share", "min_coverage"):
            if not 0 <= getattr(self, name) <= 1:
                raise DataError(f"{name} must lie in [0, 1], not {getattr(self, name)!r}")
        for name in ("pooling", "fpc_in_tests", "overall_in_index"):
            if not isinstance(getattr(self, name), bool):
                raise DataError(f"{name} must be true or false, not {getattr(self, name)!r}")
        for name in ("element_weights", "aspect_weights", "agency_weights"):
            _check_weights(name, getattr(self, name))
        self._check_composition()
        if self.rollup == "given" and not self.agency_weights:
            raise DataError("rollup 'given' needs agency_weights")
        object.__setattr__(self, "same_mix", _names("same_mix", self.same_mix))
        self._check_calibration()
        _check_leagues(self.leagues, self.league_of)

    def _check_calibration(self) -> None:
        object.__setattr__(self, "calibrate_by", _names("calibrate_by", self.calibrate_by))
        if (self.calibration == "none") != (not self.calibrate_by):
            raise DataError("calibration and calibrate_by go together: a method and its variables, or neither")
        if self.headline == "calibrated" and self.calibration == "none":
            raise DataError("headline calibrated needs a calibration")
        if self.calibration == "poststratify" and len(self.calibrate_by) > 1:
            raise DataError("post-stratification is by one variable; take calibration 'rake' for several")
        if self.calibration_limit != 0 and not 1 <= self.calibration_limit < float("inf"):
            raise DataError(f"calibration_limit must be 0 or at least 1, not {self.calibration_limit!r}")

    def _check_composition(self) -> None:
        if self.composition != "custom":
            return
        if not (self.element_weights or self.aspect_weights):
            raise DataError("composition 'custom' needs element_weights or aspect_weights")
        if self.overall_in_index:
            raise DataError("overall_in_index goes with every composition but 'custom', which weights elements alone")

    @property
    def features(self) -> tuple[str, ...]:
        """What moments must hold for figures under these rules, and for the comparison of items."""
        return tuple(dict.fromkeys(("top2", self.statistic)))

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Rules:
        """The rules *stored* as a mapping (JSON); a key that was unknown when it was stored means `BEFORE`."""
        return cls.new({**BEFORE, **mapping})

    @classmethod
    def new(cls, mapping: Mapping[str, Any]) -> Rules:
        """The rules of a new round or file from what was chosen; what is left out has today's default.

        Raises `DataError` for a rule that is unknown or outside its choices.
        """
        known = {f.name for f in fields(cls)}
        unknown = sorted(set(mapping) - known)
        if unknown:
            raise DataError(f"unknown scoring rule {unknown[0]!r}; known are {', '.join(sorted(known))}")
        return cls(**mapping)

    def to_mapping(self) -> dict[str, Any]:
        """Every rule as JSON-ready values; `from_mapping` reads it back."""
        return asdict(self) | {"calibrate_by": list(self.calibrate_by), "same_mix": list(self.same_mix)}


def _names(rule: str, given: Sequence[str]) -> tuple[str, ...]:
    """The variables that a rule names; `DataError` for what is no list of different names."""
    if isinstance(given, str) or not all(isinstance(name, str) and name for name in given):
        raise DataError(f"{rule} must be a list of variables, not {given!r}")
    if len(set(given)) < len(given):
        raise DataError(f"{rule} has a variable twice")
    return tuple(given)


def _check_leagues(leagues: str, league_of: Mapping[str, str]) -> None:
    if leagues == "list" and not league_of:
        raise DataError("leagues 'list' needs league_of")
    for code, league in league_of.items():
        if not (isinstance(league, str) and league.strip()):
            raise DataError(f"league_of: the league of {code!r} must have a name, not {league!r}")


def _check_weights(name: str, weights: Mapping[str, float]) -> None:
    for key, value in weights.items():
        if not (isinstance(value, int | float) and 0 <= value < float("inf")):
            raise DataError(f"{name}: the weight of {key!r} must be a number not below 0, not {value!r}")
    if weights and not sum(weights.values()) > 0:
        raise DataError(f"{name} must not all be 0")


@dataclass(frozen=True)
class Part:
    """A pooled ratio inside a composition: item positions, and its weight (the weights of a figure sum to 1)."""

    items: tuple[int, ...]
    weight: float


@dataclass(frozen=True)
class Figure:
    """One index: C = Σ weight · (numerators of the part's items) / (valid answers to them)."""

    level: str
    key: str
    parts: tuple[Part, ...]

    @cached_property
    def items(self) -> tuple[int, ...]:
        """Positions of every item with weight in the figure, in order."""
        return tuple(sorted({i for part in self.parts for i in part.items}))


def figures(scheme: Scheme, rules: Rules) -> tuple[Figure, ...]:
    """The figures of a scheme: overall, aspects, elements, items, in this order."""
    return tuple(figure(scheme, rules, level, key) for level, key in scheme.levels)


def figure(scheme: Scheme, rules: Rules, level: str, key: str) -> Figure:
    """One figure; `DataError` for a level or key the scheme does not have, or a weight that is missing."""
    if (level, key) not in scheme.levels:
        raise DataError(f"the questionnaire has no {level} {key!r}")
    items = scheme.levels[level, key]
    if level == "item" or rules.composition == "pooled":
        return Figure(level, key, (Part(items, 1.0),))
    if rules.composition == "mean_items":
        return Figure(level, key, _weighted(((i,), 1.0) for i in items))
    if level == "element":
        return Figure(level, key, (Part(items, 1.0),))
    if rules.composition == "mean_elements":
        return Figure(level, key, _weighted((scheme.levels["element", e], 1.0) for e in _elements(scheme, level, key)))
    return Figure(level, key, _custom(scheme, rules, level, key))


def _elements(scheme: Scheme, level: str, key: str) -> list[str]:
    """The elements of an aspect, or all of them."""
    return [e for e in scheme.elements if level == "overall" or scheme.aspect_of[e] == key]


def _custom(scheme: Scheme, rules: Rules, level: str, key: str) -> tuple[Part, ...]:
    """The parts of a custom composition of one aspect or of the whole."""
    if level == "overall" and rules.aspect_weights:
        shares = {a: _weight("aspect_weights", rules.aspect_weights, a) for a in scheme.aspects}
        total = sum(shares.values())
        parts = [
            (p.items, share / total * p.weight)
            for a, share in shares.items()
            for p in _custom(scheme, rules, "aspect", a)
        ]
        return _weighted(parts)
    if not rules.element_weights:
        return (Part(scheme.levels[level, key], 1.0),)
    elements = _elements(scheme, level, key)
    return _weighted(
        (scheme.levels["element", e], _weight("element_weights", rules.element_weights, e)) for e in elements
    )


def _weight(name: str, weights: Mapping[str, float], key: str) -> float:
    if key not in weights:
        raise DataError(f"{name} has no weight for {key!r}")
    return float(weights[key])


def _weighted(parts: Iterable[tuple[tuple[int, ...], float]]) -> tuple[Part, ...]:
    """Parts with weights scaled to sum 1; parts of weight 0 are left out."""
    kept = [(items, weight) for items, weight in parts if weight > 0]
    total = sum(weight for _, weight in kept)
    if not total > 0:
        raise DataError("the weights of a composition must not all be 0")
    return tuple(Part(items, weight / total) for items, weight in kept)
