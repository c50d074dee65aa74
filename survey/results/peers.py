"""Whom to learn from: agencies of the same kind with similar services that surely do better at an item.

Only figures that results print are used: an agency's index of the item and its standard error, and the transactions (or
respondents) of the services that are shown. Each agency of the kind is tested against the one that asks, as independent
samples; all of them are one family (Holm 1979), so that at most in 5 of 100 such searches any name is named falsely.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy import special
from sqlalchemy import orm

from scoring.compare import holm
from scoring.disclosure import SUPPRESSED
from survey.core.cache import cached
from survey.results.compute import RoundResults
from survey.results.queries.accepted_actions import AcceptedAction, accepted_actions
from survey.structure.queries.leagues import agency_kinds

SURE = 0.05
SIMILAR = 0.5
"""Share of their transactions that two agencies have in common from which their services are called similar."""
MOST = 3


@dataclass(frozen=True)
class Peer:
    """An agency that does better at an item."""

    agency: str
    index: float
    n: int
    #: share of the services that both have in common, 0 to 1
    overlap: float
    #: what it did about the item or its element and was accepted, the newest first
    actions: tuple[AcceptedAction, ...] = ()

    @property
    def similar(self) -> bool:
        """Whether it has similar services."""
        return self.overlap >= SIMILAR


def peers(
    session: orm.Session, results: RoundResults, agency: str, items: Sequence[str], *, published_only: bool
) -> dict[str, tuple[Peer, ...]]:
    """For each of some items the agencies to learn from, at most `MOST`: those with similar services first.

    Among equals come those with accepted actions about it, then by index. `published_only`: of actions those alone that
    everybody may read.
    """
    kinds = cached(session, ("kinds", results.stamp), lambda: agency_kinds(session))
    better = {
        item: cached(session, ("peers", results.stamp, agency, item), partial(_better, results, kinds, agency, item))
        for item in items
    }
    named = {peer.agency for found in better.values() for peer in found}
    actions = accepted_actions(session, named, published_only=published_only) if named else ()
    element = {item.code: part.code for part in results.definition.elements for item in part.items}
    return {
        item: _chosen(found, [one for one in actions if _about(one, item, element.get(item))])
        for item, found in better.items()
    }


def overlap(table: pd.DataFrame, one: str, other: str) -> float:
    """The share of services that two agencies have in common: the sum of the smaller of both shares of each service.

    By transactions where they are known of every service that is shown, else by respondents.
    """
    shares = [_mix(table, agency) for agency in (one, other)]
    return sum(min(share, shares[1].get(service, 0.0)) for service, share in shares[0].items())


def _mix(table: pd.DataFrame, agency: str) -> dict[str, float]:
    rows = table[(table["agency"] == agency) & (table["service"] != "") & (table["level"] == "overall")]
    rows = rows[rows["status"] != SUPPRESSED]
    for name in ("population", "n"):
        sizes = rows[name].to_numpy(dtype=np.float64, na_value=np.nan)
        if len(sizes) and np.isfinite(sizes).all() and sizes.sum() > 0:
            return dict(zip(rows["service"].astype(str), (sizes / sizes.sum()).tolist(), strict=True))
    return {}


def _better(results: RoundResults, kinds: dict[str, str], agency: str, item: str) -> tuple[Peer, ...]:
    """The agencies of the same kind whose index of an item is surely higher, without their actions."""
    table = results.table if results.tested is None else results.tested
    rows = table[(table["service"] == "") & (table["level"] == "item") & (table["key"] == item)]
    rows = rows[(rows["agency"] != "") & (rows["status"] != SUPPRESSED)]
    error = "se_test" if "se_test" in rows else "se"
    names = rows["agency"].astype(str).tolist()
    index, se, n = (rows[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("index", error, "n"))
    if agency not in names or not math.isfinite(index[names.index(agency)]):
        return ()
    own = names.index(agency)
    usable = np.isfinite(index) & (se > 0) & (n >= max(results.rules.min_n_interval, 1))
    same_kind = np.array([kinds.get(name) == kinds.get(agency) and name != agency for name in names], dtype=bool)
    at = np.flatnonzero(usable & same_kind)
    if not usable[own] or not len(at):
        return ()
    z = (index[at] - index[own]) / np.hypot(se[at], se[own])
    adjusted = holm(2 * special.ndtr(-np.abs(z)))
    found = [
        Peer(names[k], float(index[k]), int(n[k]), overlap(results.table, agency, names[k]))
        for k, distance, p in zip(at, z, adjusted, strict=True)
        if distance > 0 and p <= SURE
    ]
    return tuple(sorted(found, key=lambda peer: (-peer.index, peer.agency)))


def _chosen(found: Sequence[Peer], actions: Sequence[AcceptedAction]) -> tuple[Peer, ...]:
    with_actions = [
        Peer(one.agency, one.index, one.n, one.overlap, tuple(a for a in actions if a.agency == one.agency))
        for one in found
    ]
    ordered = sorted(with_actions, key=lambda peer: (not peer.similar, not peer.actions, -peer.index, peer.agency))
    return tuple(ordered[:MOST])


def _about(action: AcceptedAction, item: str, element: str | None) -> bool:
    return action.item == item or (action.item is None and action.element is not None and action.element == element)
