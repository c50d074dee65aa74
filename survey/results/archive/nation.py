"""A nation from an archive: province by province, so that memory is that of the largest, with the nation on top.

Each province is scored by itself, exactly as its own archive would be; what it adds to the nation is a few thousand
numbers (`scoring.whole`). Provinces are independent pieces of work: one after the other, on the cores of this machine,
or on several machines (`survey.results.archive.distribute`) they give the same figures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from scoring.clusters import clustered
from scoring.disclosure import DisclosureRule, hide, protect_table
from scoring.pooling import pooled
from scoring.ranks import RANKED, rank_agencies
from scoring.scheme import DataError, Rules, figures
from scoring.table import score_table, whole_rows
from scoring.weights import stratified
from scoring.whole import PartTotals, part_totals, whole_estimates
from survey.core.errors import InputError
from survey.results.archive.read import Archive
from survey.results.archive.sums import sum_partitions
from survey.results.compute import Sums, without_service

PROVINCE = "province"
"""Column of a nation's table: the code of the province a row is of; empty for the nation."""
LEAGUE = "league"
"""Column of a nation's ranks: the kind of agencies that are ranked among each other."""
FOR_TESTS = ["se_test", "df_test", "bounded"]
RANKS = ["rank", "low", "high", "own_low", "own_high"]


class NationResults(NamedTuple):
    """A nation's table of figures, and the ranks of its agencies where they were asked for."""

    table: pd.DataFrame
    ranks: pd.DataFrame | None


@dataclass(frozen=True, eq=False)
class ProvinceResults:
    """A province's table, and what it adds to the nation."""

    code: str
    table: pd.DataFrame
    totals: PartTotals
    #: transactions, and those in strata with responses
    transactions: float
    answered: float
    responses: int


Runner = Callable[[Archive, list[str], Rules, bool], Iterable[ProvinceResults]]
"""How provinces are worked on: yields each province's results, in any order; True: with errors for ranks."""


def score_province(archive: Archive, code: str, rules: Rules, tests: bool = False) -> ProvinceResults:
    """Score one province of an archive. `InputError` names a partition that is damaged, and gives no figure of it."""
    agencies = {row["code"] for row in archive.table("agencies") if row["province"] == code}
    population = archive.population[archive.population["agency"].isin(agencies)].reset_index(drop=True)
    try:
        return _scored(
            code, sum_partitions(archive, archive.partitions(code), rules), population, archive, rules, tests
        )
    except DataError as error:
        raise InputError("Province %(code)s cannot be scored: %(why)s", code=code or '""', why=error) from error


def _scored(
    code: str, sums: Sums, population: pd.DataFrame, archive: Archive, rules: Rules, tests: bool
) -> ProvinceResults:
    scheme = archive.definition.scheme(rules)
    by_day = sums.clusters is not None and rules.clusters != "none"
    moments = sums.moments.rated() if rules.pooling or by_day else sums.moments
    known = population if len(population) else None
    spread = without_service(rules)
    design = stratified(moments.keys, moments.n, known, rules, without_service=spread)
    if sums.clusters is not None and by_day:
        design = clustered(design, sums.clusters, rules.min_n)
    table = score_table(moments, scheme, known, rules, design=design, without_service=spread, tests=tests)
    used = pooled(design, table) if rules.pooling and rules.min_n > 1 else design
    wanted = figures(scheme, rules)
    first = table.iloc[0]  # the province on the whole
    transactions = float(first["population"])
    return ProvinceResults(
        code,
        table,
        part_totals(moments, used, wanted, rules),
        transactions,
        transactions * float(first["coverage"]) / 100,
        int(moments.n.sum()),
    )


def one_by_one(archive: Archive, provinces: list[str], rules: Rules, tests: bool) -> Iterable[ProvinceResults]:
    """Work on one province after the other, in this process."""
    for code in provinces:
        yield score_province(archive, code, rules, tests)


def nation_results(
    archive: Archive,
    rules: Rules,
    runner: Runner = one_by_one,
    progress: Callable[[int], object] | None = None,
    *,
    ranks: bool = False,
) -> NationResults:
    """Results of a nation: the nation's rows, then each province's, columns as `results` and `province`.

    `ranks`: also the ranks of agencies by overall index, among those of one kind in one province.
    """
    done: dict[str, ProvinceResults] = {}
    for result in runner(archive, archive.provinces, rules, ranks):
        done[result.code] = result
        if progress:
            progress(1)
    table = joined_table(archive, [done[code] for code in sorted(done)], rules)
    if not ranks:
        return NationResults(table, None)
    return NationResults(table.drop(columns=FOR_TESTS), league_ranks(archive, table, rules))


def league_ranks(archive: Archive, table: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Ranks within leagues from a nation's table with errors for tests: `province, league, agency, value, n, rank, …`.

    A league is a kind of agencies within a province (`scoring.ranks.rank_agencies`). What the table hides has no rank,
    nor has whoever is alone. The seed comes from the round's code: another run gives the same ranks.
    """
    kinds = {row["code"]: row["kind"] for row in archive.table("agencies")}
    rows = table[(table["agency"] != "") & (table["service"] == "") & (table["level"] == "overall")]
    seed = int.from_bytes(hashlib.sha256(archive.manifest.round["code"].encode()).digest()[:8], "big")
    found = [
        _one_league(part, rules, seed, {PROVINCE: str(province), LEAGUE: str(league)})
        for (province, league), part in rows.groupby([rows[PROVINCE], rows["agency"].map(kinds)], sort=True)
    ]
    if not found:
        raise InputError("The archive in %(folder)s names no agency to rank", folder=archive.folder)
    return pd.concat(found, ignore_index=True)


def _one_league(rows: pd.DataFrame, rules: Rules, seed: int, named: Mapping[str, str]) -> pd.DataFrame:
    ranks = rank_agencies(rows, rules, seed=seed)
    if (ranks["status"] == RANKED).sum() == 1:
        ranks[RANKS] = pd.NA
    for place, (column, value) in enumerate(named.items()):
        ranks.insert(place, column, value)
    return ranks


def joined_table(archive: Archive, provinces: list[ProvinceResults], rules: Rules) -> pd.DataFrame:
    """The nation's table from the provinces'; a province whose total must be hidden shows nothing."""
    if not provinces:
        raise InputError("The archive in %(folder)s has no responses that count", folder=archive.folder)
    scheme = archive.definition.scheme(rules)
    wanted = figures(scheme, rules)
    try:
        first, *others = [one.totals for one in provinces]
        found = whole_estimates(first.merge(*others), scheme, wanted, rules)
        transactions, answered = (
            float(np.sum([getattr(p, name) for p in provinces])) for name in ("transactions", "answered")
        )
        nation = whole_rows(found, wanted, rules, transactions, answered)
    except DataError as error:
        raise InputError("The nation cannot be scored: %(why)s", why=error) from error
    rule = DisclosureRule.of(rules)
    sizes = pd.concat(
        [_sizes("", first.merge(*others).n, transactions, nation)]
        + [_sizes(p.code or "-", p.totals.n, p.transactions, nation) for p in provinces],
        ignore_index=True,
    )
    hidden = protect_table(sizes, rule, ("agency",), scheme).reshape(len(provinces) + 1, len(wanted))
    tables = [hide(nation, hidden[0], rule).assign(**{PROVINCE: ""})]
    for province, gone in zip(provinces, hidden[1:], strict=True):
        rows = np.tile(gone, len(province.table) // len(wanted))
        tables.append(hide(province.table, rows, rule).assign(**{PROVINCE: province.code}))
    return pd.concat(tables, ignore_index=True)


def _sizes(code: str, n: np.ndarray, transactions: float, like: pd.DataFrame) -> pd.DataFrame:
    """Respondents of a place by figure, as `protect_table` reads them."""
    frame = like[["level", "key"]].assign(agency=code, service="", n=n, warnings="", population=transactions)
    return frame[["agency", "service", "level", "key", "n", "warnings", "population"]]
