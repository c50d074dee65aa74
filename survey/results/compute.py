"""Computation of results: the one path from the database to figures, for pages, files, commands and the API.

Read once: the counted responses as distinct answers with their counts, and the transactions. Everything else is
`scoring`. Moments are cached between calls, and those of responses that came since are added to them
(`survey.results.aggregation`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy import orm

from scoring.clusters import CLUSTER, ClusterSums, cluster_sums
from scoring.disclosure import DisclosureRule
from scoring.moments import Moments, decode_bytes, enough_answers, merge, moments_from_patterns
from scoring.partition import Labelled, partition_sums
from scoring.scheme import DataError, Rules, Scheme
from scoring.table import TEST_ERRORS, score_table
from survey.core.cache import cached
from survey.core.errors import InputError
from survey.models import Round
from survey.questionnaires import Definition, from_canonical
from survey.results.aggregation import aggregate
from survey.results.headline_index import HeadlineIndices
from survey.results.queries import responses
from survey.results.queries.delta import Delta
from survey.results.queries.packed import packed_responses
from survey.structure.queries import rounds
from survey.structure.queries.counted import stamp
from survey.structure.queries.leagues import leagues_of
from survey.structure.queries.population import population as read_population
from survey.structure.queries.targets import targets

TOO_FEW_ANSWERS = "too_few_answers"
"""Reason of responses that answer a smaller share of the items than the round's rules ask for."""


@dataclass(frozen=True, eq=False)
class RoundResults:
    """A round's results, and what must be said beside them."""

    round: Round
    #: the questionnaire version the answers were given to
    definition: Definition
    #: the rules in force: the round's, but for what the caller asked to differ
    rules: Rules
    #: one row a figure; columns as `scoring.table.COLUMNS`
    table: pd.DataFrame
    #: responses counted
    responses: int
    #: responses not counted, by reason
    excluded: dict[str, int]
    #: N: transactions of the round, as far as they are known
    transactions: int
    #: counted responses by channel
    channels: dict[str, int]
    #: names what they were computed from: equal stamps, equal results; empty for what was frozen
    stamp: tuple[Hashable, ...] = ()
    #: the rows with `scoring.table.TEST_ERRORS`, for ranks and comparisons alone: no file and no hash has them. Of what
    #: was frozen, the overall rows of agencies; None where these were not kept
    tested: pd.DataFrame | None = None
    #: league of each agency by code; empty: all are one
    leagues: Mapping[str, str] = field(default_factory=dict)
    #: targets in percentage points by (agency, element); "" for the province and for the overall index
    targets: Mapping[tuple[str, str], float] = field(default_factory=dict)
    #: the hardened or calibrated indices of what was frozen, where the rules make them the headline
    headline: HeadlineIndices | None = None

    @property
    def scheme(self) -> Scheme:
        """What the index is made of under the round's rules."""
        return self.definition.scheme(self.rules)

    @property
    def disclosure(self) -> DisclosureRule:
        """What may be shown of groups, comments and trends of this round: the rule its table follows."""
        return DisclosureRule.of(self.rules)

    @property
    def response_rate(self) -> float | None:
        """Counted responses in percent of the transactions; None while these are not known."""
        return 100 * self.responses / self.transactions if self.transactions else None


def round_results(
    session: orm.Session,
    round_code: str,
    *,
    interval: str | None = None,
    min_n: int | None = None,
    rules: Rules | None = None,
) -> RoundResults:
    """The results of a round for the province, every agency and every service of each.

    `interval` (one of `scoring.scheme.INTERVALS`) and `min_n` stand in for the round's own, `rules` for all of them.
    Raises `InputError` for an unknown round, interval or rule.
    """
    round_ = rounds.by_code(session, round_code)
    definition = from_canonical(rounds.get_version(session, round_.version_id).content)
    rules = rules or effective_rules(round_, interval=interval, min_n=min_n)
    population = read_population(session, round_.id)
    stamp = _stamp(session, round_, rules, population)

    def score() -> tuple[pd.DataFrame, int, int, dict[str, int]]:
        scheme = definition.scheme(rules)
        sums = round_sums(session, round_, scheme, rules)
        tested = score_sums(sums, scheme, population, rules, tests=True)
        return tested, int(sums.moments.n.sum()), sums.too_few, _channels(session, round_.id)

    try:
        tested, counted, too_few, channels = cached(session, ("results", stamp), score)
    except DataError as error:
        raise InputError("Round %(code)s cannot be scored: %(why)s", code=round_code, why=error) from error
    return RoundResults(
        round=round_,
        definition=definition,
        rules=rules,
        table=tested.drop(columns=[name for name, _ in TEST_ERRORS]),
        responses=counted,
        excluded=responses.exclusions(session, round_.id) | ({TOO_FEW_ANSWERS: too_few} if too_few else {}),
        transactions=int(population["N"].sum()),
        channels=dict(channels),
        stamp=stamp,
        tested=tested,
        leagues=leagues_of(session, rules),
        targets=targets(session, round_.id),
    )


def results_stamp(session: orm.Session, round_: Round) -> tuple[Hashable, ...]:
    """`RoundResults.stamp` of a round's own rules, without computing them."""
    return _stamp(session, round_, effective_rules(round_), read_population(session, round_.id))


def _stamp(session: orm.Session, round_: Round, rules: Rules, population: pd.DataFrame) -> tuple[Hashable, ...]:
    """The cache key: it names everything the results of a round are computed from."""
    transactions = tuple(population.itertuples(index=False, name=None))
    rule = json.dumps(rules.to_mapping(), sort_keys=True)
    return (round_.id, round_.version_id, rule, stamp(session, round_.id), transactions)


def effective_rules(round_: Round, *, interval: str | None = None, min_n: int | None = None) -> Rules:
    """A round's scoring rules with what the caller asked to differ; `InputError` for values that cannot be."""
    try:
        rules = Rules.from_mapping(round_.rules)
        if interval is not None:
            rules = replace(rules, interval=interval)
        return rules if min_n is None else replace(rules, min_n=min_n)
    except DataError as error:
        raise InputError("The scoring rules cannot be used: %(why)s", why=error) from error


def without_service(rules: Rules) -> str | None:
    """The service code of responses that are spread over their agency's services; None: they are not.

    Rules stored before that (`definitions` 1) make such an agency one stratum, for ever.
    """
    return "" if rules.definitions > 1 else None


PLACES = ("agency", "service")


@dataclass(frozen=True, eq=False)
class Sums:
    """What is added up over the counted responses of a round."""

    moments: Moments
    #: the same responses by counter and day; None where the rules make every respondent a sampling unit
    clusters: ClusterSums | None
    #: responses with too few answers to count
    too_few: int

    def merge(self, other: Sums) -> Sums:
        """The sums of both together."""
        both = None
        if self.clusters is not None and other.clusters is not None:
            both = self.clusters.merge(other.clusters)
        return Sums(merge(self.moments, other.moments), both, self.too_few + other.too_few)


def round_sums(
    session: orm.Session,
    round_: Round,
    scheme: Scheme,
    rules: Rules,
    by: tuple[str, ...] = PLACES,
    *,
    relabel: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
) -> Sums:
    """The sums of a round by agency and service, and by counter and day where the rules say so.

    `by`: further keys after these two, see `survey.results.queries.responses.key_column`; `relabel`: gives these other
    names or labels before anything is added up, always the same for one `by`.
    """
    days = responses.cluster_keys(round_) if rules.clusters != "none" else ()
    kept = (len(scheme.items), rules.min_answered_share, rules.features, by, days, relabel is not None)
    name = ("sums", round_.version_id, *kept)
    label = relabel or (lambda keys: keys)

    def full() -> Sums:
        if by == PLACES:
            packed = packed_responses(session, round_, len(scheme.items), days)
            if packed is not None:
                return sums_of_rows(packed.answers, packed.keys, scheme, rules)
        patterns = responses.patterns(session, round_.id, (*by, *days))
        return _sums(patterns.answers, patterns.counts, label(patterns.keys), scheme, rules)

    def add_delta(before: Sums, delta: Delta) -> Sums:
        ones = np.ones(len(delta.answers), dtype=np.int64)
        return before.merge(_sums(delta.answers, ones, label(delta.keys), scheme, rules))

    return aggregate(session, round_.id, name, by=(*by, *days), full=full, merge=add_delta)


def sums_of_rows(packed: NDArray[np.uint8], keys: Mapping[str, Labelled], scheme: Scheme, rules: Rules) -> Sums:
    """Sums of one row a response: (rows, at least items) packed answers; by counter and day where `keys` has these."""
    answers, too_few = decode_bytes(packed, scheme), 0
    if rules.min_answered_share > 0:
        enough = enough_answers(answers, scheme, rules.min_answered_share)
        too_few = int((~enough).sum())
        answers, keys = answers[enough], {name: column.select(enough) for name, column in keys.items()}
    moments, clusters = partition_sums(answers, keys, scheme, features=rules.features)
    return Sums(moments, clusters, too_few)


def score_chosen(session: orm.Session, results: RoundResults, chosen: sa.ColumnElement[bool]) -> pd.DataFrame:
    """Score other responses of a round than those that count, all read at once: the table as `round_results` has it."""
    round_, rules, scheme = results.round, results.rules, results.scheme
    days = responses.cluster_keys(round_) if rules.clusters != "none" else ()
    patterns = responses.grouped_patterns(session, round_.id, (*PLACES, *days), chosen)
    sums = _sums(patterns.answers, patterns.counts, patterns.keys, scheme, rules)
    return score_sums(sums, scheme, read_population(session, round_.id), rules, tests=False)


def score_sums(sums: Sums, scheme: Scheme, population: pd.DataFrame, rules: Rules, *, tests: bool) -> pd.DataFrame:
    """Score what was added up over a round: one row a figure; `tests`: with `scoring.table.TEST_ERRORS`."""
    return score_table(
        sums.moments,
        scheme,
        population if len(population) else None,
        rules,
        clusters=sums.clusters,
        tests=tests,
        without_service=without_service(rules),
    )


def _sums(answers: list[str], counts: NDArray[np.int64], keys: pd.DataFrame, scheme: Scheme, rules: Rules) -> Sums:
    """The sums of distinct answers; by counter and day where the keys end with `cluster_keys`."""
    too_few = 0
    if rules.min_answered_share > 0:
        given = np.array([sum(c in "12345" for c in text[: len(scheme.items)]) for text in answers], dtype=np.int64)
        enough = (given > 0) & (given >= rules.min_answered_share * len(scheme.items))
        too_few = int(counts[~enough].sum())
        answers = [text for text, counted in zip(answers, enough, strict=True) if counted]
        counts, keys = counts[enough], keys[enough].reset_index(drop=True)
    clusters = None
    if responses.CLUSTER in keys:
        own = dict(zip(keys.columns[-2:], CLUSTER, strict=True))
        clusters = cluster_sums(answers, counts, keys.rename(columns=own), scheme, features=rules.features)
        keys = keys[keys.columns[:-2]]
    moments = moments_from_patterns(answers, counts, keys, scheme, features=rules.features)
    return Sums(moments, clusters, too_few)


def _channels(session: orm.Session, round_id: int) -> dict[str, int]:
    """How many counted responses of a round came by each channel, the commonest first."""

    def add_delta(before: dict[str, int], delta: Delta) -> dict[str, int]:
        every = Counter(before) + Counter(delta.channels)
        return dict(sorted(every.items(), key=lambda pair: (-pair[1], pair[0])))

    full = partial(responses.channels, session, round_id)
    return aggregate(session, round_id, ("channels",), by=(), full=full, merge=add_delta)
