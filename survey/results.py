"""The one path from the database to results. Pages, files, the command line and the API all call it.

Read once: the counted responses as distinct answers with their counts, and the transactions. Everything else is
`scoring`. Moments are kept between calls while the responses they were made of have not changed.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy import orm

from scoring.moments import Moments, moments_from_patterns
from scoring.scheme import DataError, Rules, Scheme
from scoring.table import score_table
from survey.errors import InputError
from survey.models import QuestionnaireVersion, Round
from survey.queries import responses, rounds
from survey.queries.population import population as read_population
from survey.questionnaires import Definition, from_canonical

TOO_FEW_ANSWERS = "too_few_answers"
"""Reason of responses that answer a smaller share of the items than the round's rules ask for."""


@dataclass(frozen=True, eq=False)
class RoundResults:
    """A round's results, and what must be told beside them."""

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
    """Return the results of a round for the province, every agency and every service of each.

    `interval` (one of `scoring.scheme.INTERVALS`) and `min_n` stand in for the round's own, `rules` for all of them.
    Raises `InputError` for an unknown round, interval or rule.
    """
    round_ = rounds.by_code(session, round_code)
    definition = from_canonical(session.get_one(QuestionnaireVersion, round_.version_id).content)
    rules = rules or effective_rules(round_, interval=interval, min_n=min_n)
    found, too_few = round_moments(session, round_, definition.scheme(), rules.min_answered_share)
    population = read_population(session, round_.id)
    excluded = responses.exclusions(session, round_.id)
    if too_few:
        excluded[TOO_FEW_ANSWERS] = too_few
    try:
        table = score_table(found, definition.scheme(), population if len(population) else None, rules)
    except DataError as error:
        raise InputError("Round %(code)s cannot be scored: %(why)s", code=round_code, why=error) from error
    return RoundResults(
        round=round_,
        definition=definition,
        rules=rules,
        table=table,
        responses=int(found.n.sum()),
        excluded=excluded,
        transactions=int(population["N"].sum()),
        channels=responses.channels(session, round_.id),
    )


def effective_rules(round_: Round, *, interval: str | None = None, min_n: int | None = None) -> Rules:
    """Return a round's scoring rules with what the caller asked to differ; `InputError` for values that cannot be."""
    try:
        rules = Rules.from_mapping(round_.rules)
        if interval is not None:
            rules = replace(rules, interval=interval)
        return rules if min_n is None else replace(rules, min_n=min_n)
    except DataError as error:
        raise InputError("The scoring rules cannot be used: %(why)s", why=error) from error


_Key = tuple[int, int, float, tuple[str, ...], tuple[int, ...]]
_Kept = OrderedDict[_Key, tuple[Moments, int]]
_kept: WeakKeyDictionary[sa.Engine, _Kept] = WeakKeyDictionary()
_lock = Lock()
_KEPT = 32
PLACES = ("agency", "service")


def round_moments(
    session: orm.Session, round_: Round, scheme: Scheme, min_share: float, by: tuple[str, ...] = PLACES
) -> tuple[Moments, int]:
    """Return the moments of a round by agency and service, and how many responses had too few answers to count.

    `by`: further keys after these two, see `survey.queries.responses.key_column`.
    """
    engine = session.get_bind().engine
    key = (round_.id, round_.version_id, min_share, by, responses.stamp(session, round_.id))
    with _lock:
        kept = _kept.setdefault(engine, OrderedDict())
        if key in kept:
            kept.move_to_end(key)
            return kept[key]
    made = _make_moments(session, round_.id, scheme, min_share, by)
    with _lock:
        kept[key] = made
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    return made


def _make_moments(
    session: orm.Session, round_id: int, scheme: Scheme, min_share: float, by: tuple[str, ...]
) -> tuple[Moments, int]:
    counted = responses.patterns(session, round_id, by)
    answers, counts, keys, too_few = counted.answers, counted.counts, counted.keys, 0
    if min_share > 0:
        given = np.array([sum(c in "12345" for c in text) for text in answers], dtype=np.int64)
        enough = (given > 0) & (given >= min_share * len(scheme.items))
        too_few = int(counts[~enough].sum())
        answers = [text for text, kept in zip(answers, enough, strict=True) if kept]
        counts, keys = counts[enough], keys[enough].reset_index(drop=True)
    return moments_from_patterns(answers, counts, keys, scheme), too_few
