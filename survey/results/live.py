"""What unit roles see of an open round: agency totals over released responses, and nothing finer.

Sums alone: no weights, no intervals, no services, groups or counters. Each changes by whole blocks of people
(`survey.results.operations.release_responses`), so that no two looks tell what one of them answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import orm

from scoring.moments import moments_from_patterns
from scoring.scheme import DataError
from scoring.table import score_table
from survey.core.cache import cached
from survey.core.errors import InputError
from survey.models import Round, RoundState
from survey.questionnaires.canonical import from_canonical
from survey.results.compute import effective_rules
from survey.results.figures import PROVINCE
from survey.results.queries import live as queries
from survey.structure.queries import rounds

SHOWN = ("agency", "service", "level", "key", "n", "valid", "c1", "c2", "c3", "c4", "c5", "index")
"""Columns that are sums of answers, or quotients of such sums."""


@dataclass(frozen=True)
class LiveTotals:
    """Agency totals of an open round as its unit roles may see them."""

    round: Round
    #: the newest night's release; None before the first
    released_on: date | None
    #: columns as `scoring.table.COLUMNS`, those outside `SHOWN` empty
    table: pd.DataFrame


def is_live(round_: Round, visible: frozenset[str] | None) -> bool:
    """Say whether a reader with these visible agencies (None: an evaluator) sees released totals alone."""
    return visible is not None and round_.state is RoundState.OPEN


def live_totals(session: orm.Session, round_: Round, visible: frozenset[str]) -> LiveTotals:
    """Aggregate the released responses of a round by agency; rows of the visible agencies and of the province."""
    released_on, count = queries.release_stamp(session, round_.id)
    rules = effective_rules(round_)
    key = ("live", round_.id, round_.version_id, repr(rules), released_on, count)
    table = cached(session, key, lambda: _table(session, round_))
    return LiveTotals(round_, released_on, table[table["agency"].isin([PROVINCE, *visible])])


def _table(session: orm.Session, round_: Round) -> pd.DataFrame:
    rules = effective_rules(round_)
    scheme = from_canonical(rounds.get_version(session, round_.version_id).content).scheme(rules)
    found = queries.released_patterns(session, round_.id)
    keys = found.keys.assign(service="")
    moments = moments_from_patterns(found.answers, found.counts, keys, scheme, features=rules.features)
    try:
        table = score_table(moments, scheme, None, rules, by=("agency",), strata=("agency",))
    except DataError as error:
        raise InputError("Round %(code)s cannot be scored: %(why)s", code=round_.code, why=error) from error
    for name in table:
        if name not in SHOWN and pd.api.types.is_numeric_dtype(table[name]):
            table[name] = np.nan
    table["status"] = np.where(table["index"].notna(), "live", table["status"])
    table["warnings"] = ""
    return table
