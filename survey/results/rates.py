"""Rates: how many in a hundred got their result late, on time or early, were apologised to, filed online or by post.

A rate is estimated as an index is, with the same strata, weights, clusters, intervals and rules of disclosure: who gave
the answer counts as one who is satisfied does, who gave another valid one as one who is not. An agency's services are
weighted by transactions where their own rate could be shown; the others are one stratum (`scoring.pooling`).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import orm

from scoring.clusters import CLUSTER, cluster_sums
from scoring.compare import changes
from scoring.disclosure import HIDDEN, SUPPRESSED
from scoring.moments import moments_from_patterns
from scoring.scheme import Item, Scheme
from scoring.table import score_table
from survey.core.cache import cached
from survey.core.errors import InputError
from survey.questionnaires import Definition
from survey.questionnaires.definition import BLANK, UNKNOWN
from survey.questionnaires.definition import HIDDEN as NOT_ASKED
from survey.results.breakdowns import dimensions, group_sizes
from survey.results.compute import PLACES, RoundResults, round_results, without_service
from survey.results.figures import ALL_SERVICES, Figures, ShownFigure
from survey.results.freshness import age, recent
from survey.results.queries import responses
from survey.structure.queries.population import population as read_population
from survey.structure.queries.rounds import find_rounds_before

NOT_YET = "n"
"""Answer to `timeliness` of whose result is not due yet: it enters no rate."""
SHOWN = {
    "timeliness": ("l", "o", "e"),
    "apology": ("y",),
    "filing": ("c", "o", "p"),
    "post_used": ("y",),
    "post_why_not": ("l", "d", "f", "h", "k", "o"),
    "post_satisfied": ("45",),
    "online_used": ("y",),
    "online_why_not": ("l", "d", "f", "h", "t", "k", "o"),
    "online_satisfied": ("45",),
}
"""Questions that give rates, and the answers whose share is told, in the order of pages and files; several letters:
those who gave any of these answers."""
OF_FORM = ("timeliness", "apology", "filing")
"""Questions whose answers say by themselves what they answer; beside another's the question is told as well."""
GIVEN, OTHER, NONE = "5", "1", "."


@dataclass(frozen=True)
class Rate:
    """A rate: the share of an answer, or of any of several, among the valid answers to a question."""

    question: str
    #: the answer's letter, or those of several answers
    option: str

    @property
    def key(self) -> str:
        """Its code in tables and files: `timeliness/l`."""
        return f"{self.question}/{self.option}"


def rates_of(definition: Definition) -> tuple[Rate, ...]:
    """The rates that a questionnaire gives; none where it asks for nothing of the kind."""
    asked = {question.code: question for question in (definition.respondent.questions if definition.respondent else ())}
    return tuple(
        Rate(code, option)
        for code, options in SHOWN.items()
        if code in asked
        for option in options
        if set(option) <= {one.code for one in asked[code].options}
    )


def rate_words(definition: Definition, rate: Rate, language: str) -> tuple[str, str]:
    """Question and answer in the words of the form; no question where the answer says by itself what it answers."""
    labels = definition.labels(rate.question)
    answer = ", ".join(labels[option].get(language) for option in rate.option)
    asked = definition.respondent.questions if definition.respondent and rate.question not in OF_FORM else ()
    return next((one.text.get(language) for one in asked if one.code == rate.question), ""), answer


def rate_table(session: orm.Session, results: RoundResults, *, limited: bool) -> pd.DataFrame:
    """One row a rate of the province and each agency, columns as `scoring.table.COLUMNS` (`key`: `Rate.key`).

    `limited`: for readers below evaluator. A rate tells how many gave an answer; where a breakdown hides how many these
    are, the question's rates of that place are hidden with it.
    """
    whole = cached(session, ("rates", results.stamp), lambda: _rates(session, results))
    return _as_breakdowns_show(session, results, whole) if limited else whole


def rate_figures(session: orm.Session, results: RoundResults, *, limited: bool) -> Figures:
    """The rates as pages look figures up: level `item`, key `Rate.key`.

    They read every response: those of a round that takes answers may be some minutes old (`survey.results.freshness`).
    """
    return _recent_rates(session, results, limited=limited).figures


@dataclass(frozen=True, eq=False)
class _Rates:
    """The rates of a round as a table, and as pages look them up."""

    table: pd.DataFrame
    figures: Figures


def _recent_rates(session: orm.Session, results: RoundResults, *, limited: bool) -> _Rates:
    def make() -> _Rates:
        table = rate_table(session, results, limited=limited)
        return _Rates(table, Figures(table))

    return recent(session, results, ("rates", limited), make)


def rates_age(session: orm.Session, results: RoundResults, *, limited: bool) -> timedelta | None:
    """How old the rates are that pages show; None where they are of the responses that count now."""
    return age(session, results, ("rates", limited))


@dataclass(frozen=True)
class RateRow:
    """A rate of an agency with what it is held against."""

    rate: Rate
    figure: ShownFigure | None
    #: of the province
    province: ShownFigure | None
    #: of the round before that asked the same; None without one
    before: ShownFigure | None
    #: percentage points since the round before; NaN without a figure in both
    change: float = math.nan
    #: where the change lies: the rates of a place are one family of tests, whose intervals hold at once
    change_interval: tuple[float, float] = (math.nan, math.nan)
    #: whether the change is more than chance explains
    moved: bool = False


def rate_rows(session: orm.Session, results: RoundResults, agency: str, *, limited: bool) -> list[RateRow]:
    """The rates of an agency (or the province, "") with those of the province and of the round before."""
    found = _recent_rates(session, results, limited=limited)
    now, earlier = found.figures, _round_before(session, results)
    if earlier is None or not rates_of(earlier.definition):
        rates = rates_of(results.definition)
        return [RateRow(rate, find(now, agency, rate), find(now, "", rate), None) for rate in rates]
    former = _recent_rates(session, earlier, limited=limited)
    before = former.figures
    tested = changes(
        *(one.table[one.table["agency"] == agency] for one in (found, former)),
        confidence=results.rules.confidence,
        fpc=results.rules.fpc_in_tests,
        question="within",
    )
    by_rate = {str(row["key"]): row for row in tested.to_dict("records")}
    return [
        RateRow(
            rate,
            find(now, agency, rate),
            find(now, "", rate),
            find(before, agency, rate),
            *_change(by_rate.get(rate.key)),
        )
        for rate in rates_of(results.definition)
    ]


def _change(test: Mapping[Hashable, Any] | None) -> tuple[float, tuple[float, float], bool]:
    """Change, its interval and whether it is more than chance, of a row of `scoring.compare.changes`."""
    if test is None or pd.isna(test["p"]):
        return math.nan, (math.nan, math.nan), False
    interval = float(test["lo_family"]), float(test["hi_family"])
    return float(test["diff"]), interval, test["verdict"] in ("above", "below")


def find(figures: Figures, agency: str, rate: Rate) -> ShownFigure | None:
    """A rate among figures."""
    return figures.find(agency, ALL_SERVICES, "item", rate.key)


def _round_before(session: orm.Session, results: RoundResults) -> RoundResults | None:
    for before in find_rounds_before(session, results.round):
        try:
            return round_results(session, before.code)
        except InputError:  # a round that cannot be scored tells nothing
            continue
    return None


def _rates(session: orm.Session, results: RoundResults) -> pd.DataFrame:
    wanted = rates_of(results.definition)
    if not wanted:
        return (results.table if results.tested is None else results.tested).iloc[:0]
    population = read_population(session, results.round.id)
    found = _read(session, results, wanted)
    parts = [
        _scored(found, [rate for rate in wanted if rate.question == question], population, results)
        for question in dict.fromkeys(rate.question for rate in wanted)
    ]
    return pd.concat(parts, ignore_index=True)


def _scored(found: _Answers, wanted: Sequence[Rate], population: pd.DataFrame, results: RoundResults) -> pd.DataFrame:
    """The rates of one question. Apart from the others: a place too small for one is not hidden for all of them."""
    scheme = Scheme(tuple(Item(rate.key, rate.question) for rate in wanted))
    plain = {"composition": "pooled", "statistic": "top2", "min_answered_share": 0.0, "renormalise": False}
    rules = replace(results.rules, **plain, element_weights={}, aspect_weights={})  # type: ignore[arg-type]
    marks = [_marks(found.given[rate.question], rate) for rate in wanted]
    answers = ["".join(parts) for parts in zip(*marks, strict=True)]
    keys, clusters = found.keys, None
    if responses.CLUSTER in keys:
        own = dict(zip(keys.columns[-2:], CLUSTER, strict=True))
        clusters = cluster_sums(answers, found.counts, keys.rename(columns=own), scheme, features=rules.features)
        keys = keys[keys.columns[:-2]]
    table = score_table(
        moments_from_patterns(answers, found.counts, keys, scheme, features=rules.features),
        scheme,
        population if len(population) else None,
        rules,
        clusters=clusters,
        without_service=without_service(rules),
        tests=True,
    )
    return table[(table["level"] == "item") & (table["service"] == ALL_SERVICES)]


@dataclass(frozen=True, eq=False)
class _Answers:
    """What those who count answered to the questions, and how many gave the same."""

    counts: NDArray[np.int64]
    keys: pd.DataFrame
    given: dict[str, list[str]]


def _read(session: orm.Session, results: RoundResults, wanted: Sequence[Rate]) -> _Answers:
    positions = {slot.code: position for position, slot in enumerate(results.definition.slots)}
    questions = list(dict.fromkeys(rate.question for rate in wanted))
    asked = [responses.answer_key(positions[code]) for code in questions]
    days = responses.cluster_keys(results.round) if results.rules.clusters != "none" else ()
    found = responses.patterns(session, results.round.id, (*PLACES, *asked, *days))
    items, share = len(results.scheme.items), results.rules.min_answered_share
    enough = np.array([_counts(text[:items], items, share) for text in found.answers], dtype=bool)
    keys = found.keys[enough].reset_index(drop=True)
    given = {code: keys[key].tolist() for code, key in zip(questions, asked, strict=True)}
    return _Answers(found.counts[enough], keys.drop(columns=asked), given)


def _counts(answers: str, items: int, share: float) -> bool:
    """Whether a response has answers enough to count in the round's results."""
    given = sum(letter in "12345" for letter in answers)
    return share <= 0 or (given > 0 and given >= share * items)


def _marks(given: Sequence[str], rate: Rate) -> list[str]:
    none = {BLANK, UNKNOWN, NOT_ASKED, ""} | ({NOT_YET} if rate.question == "timeliness" else set())
    return [NONE if one in none else GIVEN if one in rate.option else OTHER for one in given]


def _as_breakdowns_show(session: orm.Session, results: RoundResults, table: pd.DataFrame) -> pd.DataFrame:
    """The table without the rates of a question at a place whose breakdown hides how many gave which answer."""
    by_code = {dimension.code: dimension for dimension in dimensions(results.definition)}
    gone = np.zeros(len(table), dtype=bool)
    questions = table["key"].str.partition("/")[0]
    for place, rows in table.groupby([table["agency"], questions], sort=False).indices.items():
        agency, question = str(place[0]), str(place[1])  # type: ignore[index]
        sizes = group_sizes(session, results, by_code[question], agency)
        gone[rows] = any(size is None for size in sizes.values())
    result = table.copy()
    for name in (name for name in ("n", *HIDDEN) if name in result):
        whole = result[name].dtype.kind in "iu" or str(result[name].dtype) == "Int64"
        if whole:
            result[name] = result[name].astype("Int64")
        result.loc[gone, name] = pd.NA if whole else np.nan
    result.loc[gone, "status"] = SUPPRESSED
    result.loc[gone, ["interval", "warnings"]] = ""
    return result
