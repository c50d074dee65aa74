"""Ranks within a round and changes since the round before, from results that `survey.results` worked out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
import sqlalchemy as sa
from scipy.special import ndtri
from sqlalchemy import orm

from scoring.compare import changes
from scoring.ranks import rank_table, steady_variance
from survey.models import Round
from survey.results import RoundResults, round_results


@dataclass(frozen=True, eq=False)
class Changes:
    """What changed since an earlier round."""

    before: Round
    #: one row a figure, see `scoring.compare.changes`
    table: pd.DataFrame
    #: whether both rounds asked comparable questions; if not, a change may be one of the questions
    comparable: bool


def agency_ranks(results: RoundResults) -> pd.DataFrame:
    """Return the agencies' ranks by overall index, see `scoring.ranks.rank_table`.

    Agencies are disjoint strata, so their estimates are independent. The seed comes from the round's code: looking
    again never alters a rank. Agencies with fewer respondents than the round's rules ask for an interval have no rank.
    """
    table = results.table
    rows = table[(table["agency"] != "") & (table["service"] == "") & (table["level"] == "overall")]
    index, se, lo, hi = (rows[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("index", "se", "lo", "hi"))
    # Where everyone answered alike the estimated error 0 means nothing; the interval's reach stands in for it.
    reach = np.fmax(index - lo, hi - index) / ndtri((1 + results.rules.confidence) / 2)
    alike = (rows["status"] == "zero_variance").to_numpy()
    n = rows["n"].fillna(0).to_numpy(dtype=np.int64)
    variance = np.where(alike, reach, se) ** 2
    if results.rules.statistic != "score":
        variance = steady_variance(index, variance, n, scale=100, confidence=results.rules.confidence)
    return rank_table(
        list(rows["agency"]),
        index,
        variance,
        n,
        seed=int.from_bytes(hashlib.sha256(results.round.code.encode()).digest()[:8], "big"),
        min_n=results.rules.min_n_interval,
        confidence=results.rules.confidence,
    )


def changes_since_last_round(session: orm.Session, results: RoundResults) -> Changes | None:
    """Return the changes of every figure since the latest round that ended before this one began; None without one."""
    before = session.scalars(
        sa.select(Round)
        .where(Round.closes_on < results.round.opens_on)
        .order_by(Round.closes_on.desc(), Round.id.desc())
        .limit(1)
    ).first()
    if before is None:
        return None
    earlier = round_results(session, before.code)
    families = (results.definition.family, earlier.definition.family)
    confidence = results.rules.confidence
    table = changes(results.table, earlier.table, families=families, confidence=confidence)
    same_rule = results.rules.composition == earlier.rules.composition
    return Changes(before, table, families[0] == families[1] and same_rule)
