"""Breakdowns: figures by counter, by channel, and by what citizens said of themselves and their dossier.

A group is a domain: its figures keep the design of the whole sample (`scoring.estimate`), and which of them may be
shown is decided over all agencies and groups at once, so that neither the agency's other groups nor the group's other
agencies give a small one away. What the results tell of agencies and services as wholes is known, and never hidden
here: breakdowns by different things have nothing but that in common, so that none helps against another.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import orm

from scoring.attack import Attack, Lines
from scoring.clusters import CLUSTER
from scoring.disclosure import HIDDEN, SUPPRESSED, DisclosureRule, protect_table, sums_of
from scoring.moments import Moments
from scoring.scheme import Scheme
from scoring.table import score_table
from survey.core.cache import cached
from survey.questionnaires import Definition
from survey.questionnaires.definition import BLANK, UNKNOWN
from survey.results.compute import PLACES, RoundResults, Sums, round_sums, without_service
from survey.results.queries.responses import answer_key
from survey.structure.queries.population import population as read_population

CHANNEL, COUNTER = "kenh", "quay"
"""Codes of the two dimensions that no question asks for; others are codes of respondent questions."""
GROUP = "group"
KEYS = ("agency", "service", GROUP, "level", "key")
PLACE_KEYS = ("agency", "service", "level", "key")


@dataclass(frozen=True)
class Dimension:
    """A variable that responses are grouped by."""

    #: in addresses
    code: str
    #: what `survey.results.queries.responses` counts by
    key: str
    #: groups in the order of the questionnaire; empty: in the order of their codes
    order: tuple[str, ...] = ()
    #: whether services are separated as well
    by_service: bool = False

    @property
    def of_question(self) -> bool:
        """Whether a question of the form asks for it."""
        return self.code not in (CHANNEL, COUNTER)


def dimensions(definition: Definition) -> tuple[Dimension, ...]:
    """What the responses to a questionnaire can be broken down by, besides agency and service."""
    asked = definition.respondent.questions if definition.respondent else ()
    positions = {slot.code: position for position, slot in enumerate(definition.slots)}
    return (
        Dimension(CHANNEL, "channel"),
        Dimension(COUNTER, "counter_id", by_service=True),
        *(
            Dimension(question.code, answer_key(positions[question.code]), tuple(o.code for o in question.options))
            for question in asked
        ),
    )


def breakdown(session: orm.Session, results: RoundResults, dimension: Dimension, agency: str) -> pd.DataFrame:
    """One row a figure of an agency (or the province, "") and each of its groups: score columns and `group`.

    The rows of all groups together have `group` "". Declined and blank answers are one group, `BLANK`. For counters
    there are rows for each service too, and nothing for the province. Suppressed figures are without numbers.
    """
    return cached(
        session,
        ("breakdown", results.stamp, dimension, agency),
        lambda: _hide(_score(session, results, dimension, agency), hidden_figures(session, results, dimension, agency)),
    )


def group_sizes(
    session: orm.Session, results: RoundResults, dimension: Dimension, agency: str
) -> dict[str, int | None]:
    """The respondents of each group of an agency (or the province), None where they must not be shown.

    The numbers are those of `breakdown`; nothing else is worked out. Not for counters.
    """

    def make() -> dict[tuple[str, str], int | None]:
        hidden = hidden_figures(session, results, dimension, "")
        n = respondents(group_sums(session, results, dimension).moments, ("agency", GROUP), _alone(results))
        whole = n[(n["level"] == "overall") & (n["n"] > 0)]
        return {
            (a, group): None if (a, "", group, "overall", key) in hidden else int(count)
            for a, group, key, count in whole[["agency", GROUP, "key", "n"]].itertuples(index=False, name=None)
        }

    sizes = cached(session, ("group sizes", results.stamp, dimension), make)
    return {group: n for (a, group), n in sizes.items() if a == agency and group}


def group_sums(session: orm.Session, results: RoundResults, dimension: Dimension) -> Sums:
    """The sums of a round by agency, service and `group`."""
    scheme = results.scheme

    def grouped(keys: pd.DataFrame) -> pd.DataFrame:
        keys = keys.rename(columns={dimension.key: GROUP})
        return keys.assign(**{GROUP: keys[GROUP].replace(UNKNOWN, BLANK)}) if dimension.of_question else keys

    def make() -> Sums:
        found = round_sums(session, results.round, scheme, results.rules, (*PLACES, dimension.key))
        moments = replace(found.moments, keys=grouped(found.moments.keys)).collapse([*PLACES, GROUP])
        if found.clusters is None:
            return replace(found, moments=moments)
        clusters = replace(found.clusters, keys=grouped(found.clusters.keys)).collapse([*PLACES, GROUP, *CLUSTER])
        return replace(found, moments=moments, clusters=clusters)

    return cached(session, ("groups", results.stamp, dimension), make)


def _score(session: orm.Session, results: RoundResults, dimension: Dimension, agency: str) -> pd.DataFrame:
    """The figures, nothing hidden yet. An agency consists of whole strata, so its own part is enough for it.

    Where a response came elsewhere that part is the same, and so are its figures.
    """
    sums = group_sums(session, results, dimension)
    moments, clusters = sums.moments, sums.clusters
    population = read_population(session, results.round.id)
    everyone = population if len(population) else None
    if agency:
        moments = moments.select((moments.keys["agency"] == agency).to_numpy())
        everyone = None if everyone is None else population[population["agency"] == agency].reset_index(drop=True)
    if agency and clusters is not None:
        clusters = clusters.select((clusters.keys["agency"] == agency).to_numpy())
    by: tuple[str, ...] = (GROUP,)
    if agency:
        by = ("agency", "service", GROUP) if dimension.by_service else ("agency", GROUP)
    beside = results.table[results.table["agency"] == agency] if agency else results.table

    def make() -> pd.DataFrame:
        table = score_table(
            moments,
            moments.scheme,
            everyone,
            replace(results.rules, min_n=0),
            by=by,
            clusters=clusters,
            least=results.rules.min_n,
            beside=beside,
            without_service=without_service(results.rules),
        )
        return table[table["agency"] == agency].reset_index(drop=True)

    if not agency:
        return make()
    shown = beside.loc[beside["level"] == "overall", ["service", "status"]]
    key = (
        results.round.version_id,
        repr(results.rules),
        by,
        _content(moments.keys, moments.n, moments.counts, moments.reached, moments.cross),
        () if clusters is None else _content(clusters.keys, clusters.n, clusters.sums),
        "" if everyone is None else _digest(everyone),
        _digest(shown.assign(status=shown["status"] == SUPPRESSED)),
    )
    return cached(session, ("groups of", *key), make)


def _content(keys: pd.DataFrame, *numbers: NDArray[np.generic]) -> tuple[str, ...]:
    """Hashes of all that sums hold."""
    return _digest(keys), *(hashlib.sha256(np.ascontiguousarray(one).tobytes()).hexdigest() for one in numbers)


def hidden_figures(
    session: orm.Session, results: RoundResults, dimension: Dimension, agency: str
) -> frozenset[tuple[str, ...]]:
    """The `KEYS` of what `breakdown` must not show: of one agency for counters, else of all agencies."""
    part = agency if dimension.by_service else None

    def make() -> frozenset[tuple[str, ...]]:
        moments = group_sums(session, results, dimension).moments
        if part is not None:
            moments = moments.select((moments.keys["agency"] == part).to_numpy())
        by = ("service", GROUP) if part is not None else ("agency", GROUP)
        n = respondents(moments, by, _alone(results)).assign(**{name: part or "" for name in PLACES if name not in by})
        rule, table = DisclosureRule.of(results.rules), results.table
        if part is None:
            gone = hidden_groups(n, by, rule, moments.scheme, table)
        else:  # of one agency alone: a response elsewhere changes nothing of it
            table = table[(table["agency"] == part) & (table["status"] == SUPPRESSED)].reset_index(drop=True)
            key = ("hidden groups of", results.round.version_id, rule, by, _digest(n), _digest(table[list(PLACE_KEYS)]))
            gone = cached(session, key, lambda: hidden_groups(n, by, rule, moments.scheme, table))
        return frozenset(n.loc[gone, list(KEYS)].itertuples(index=False, name=None))

    return cached(session, ("hidden groups", results.stamp, dimension, part), make)


def _digest(table: pd.DataFrame) -> str:
    """A hash of all that a table says."""
    columns = repr([(str(name), table[name].tolist()) for name in table])
    return hashlib.sha256(columns.encode()).hexdigest()


def hidden_groups(
    n: pd.DataFrame, by: tuple[str, ...], rule: DisclosureRule, scheme: Scheme, table: pd.DataFrame
) -> NDArray[np.bool_]:
    """Which rows of `respondents` (with `PLACES` complete) must be hidden beside a round's results `table`.

    Groups of places whose own figure the results hide go in any case; the other totals are known from the results.
    Where it would cost groups of all places together, those of each place go: groups that are small in most agencies
    (late results without an apology, say) can then still be shown for the whole.
    """
    before = _hidden_before(n, table)
    known = (n[GROUP] == "").to_numpy() & ~before
    gone = protect_table(n, rule, by, scheme, known=known, gone=before)
    whole = (n[by[0]] == "").to_numpy()
    if not (gone & whole).any():
        return gone
    alone = np.zeros(len(n), dtype=np.bool_)
    part = n[whole].reset_index(drop=True)
    alone[whole] = protect_table(part, rule, (GROUP,), scheme, known=known[whole], gone=before[whole])
    figures = pd.MultiIndex.from_frame(n[["level", "key"]])
    lost = figures.isin(figures[gone & whole])
    group = (n[GROUP] != "").to_numpy()
    each = np.where(whole, alone, (n["n"] > 0).to_numpy())
    other = np.where(lost & group, each, gone)
    secret = other & (before | (n["n"] < rule.min_n).to_numpy())
    return other if _withstands(n, other, secret, by, rule.min_n) else gone


def _withstands(
    n: pd.DataFrame, hidden: NDArray[np.bool_], secret: NDArray[np.bool_], by: tuple[str, ...], least: int
) -> bool:
    """Say whether nothing secret can be worked out from what is shown; other hidden rows only cover for it.

    Secret is what is small, and what the results hide: there it covers for what is small.
    """
    for rows in n.groupby(["level", "key"], sort=False).indices.values():
        part, gone = n.iloc[rows].reset_index(drop=True), hidden[rows]
        apart = set(np.flatnonzero(part["warnings"] != ""))
        sums = [
            (total, parts if total in apart else [k for k in parts if k not in apart])
            for total, parts in sums_of(part[list(by)])
        ]
        size = part["n"].to_numpy(dtype=np.int64)
        attack = Attack(size, gone, Lines.read(sums))
        if not all(attack.wide(int(cell), least) for cell in np.flatnonzero(secret[rows])):
            return False
    return True


def _hidden_before(n: pd.DataFrame, table: pd.DataFrame) -> NDArray[np.bool_]:
    """The rows of places whose own figure the results hide already."""
    figure = list(PLACE_KEYS)
    gone = pd.MultiIndex.from_frame(table.loc[table["status"] == SUPPRESSED, figure])
    return np.asarray(pd.MultiIndex.from_frame(n[figure]).isin(gone), dtype=np.bool_) & (n["n"] > 0).to_numpy()


def _alone(results: RoundResults) -> frozenset[str]:
    """The agencies whose transactions are not known: they are in no wider figure."""
    table = results.table
    return frozenset(table.loc[table["warnings"].str.contains("no_population") & (table["agency"] != ""), "agency"])


def respondents(moments: Moments, by: tuple[str, ...], alone: frozenset[str] = frozenset()) -> pd.DataFrame:
    """How many respondents every figure has, for each combination of keys named or all together ("").

    Agencies `alone` are in no row of all agencies together, and carry the warning that says so.
    """
    scheme = moments.scheme
    counts = np.concatenate([moments.reached, moments.answered], axis=1)
    names = [*scheme.groups, *(("item", code) for code in scheme.codes)]
    wide = pd.DataFrame(counts).assign(**{name: moments.keys[name].to_numpy() for name in by})
    parts = []
    for columns in ((), *((name,) for name in by), by):
        inside = wide if "agency" in columns or "agency" not in by else wide[~wide["agency"].isin(alone)]
        if columns:
            rows = inside.groupby(list(columns), sort=True).sum(numeric_only=True).reset_index()
        else:
            rows = inside[list(range(len(names)))].sum().to_frame().T
        parts.append(rows.assign(**{name: "" for name in by if name not in columns}))
    every = pd.concat(parts, ignore_index=True)
    # A combination with "" stands for what no name is known of: it is nobody's part, the total has it.
    every = every.drop_duplicates(list(by), keep="first").reset_index(drop=True)
    long = every.melt(id_vars=list(by), value_vars=list(range(len(names))), var_name="figure", value_name="n")
    long["level"] = [names[k][0] for k in long["figure"]]
    long["key"] = [names[k][1] for k in long["figure"]]
    agency = long["agency"] if "agency" in by else pd.Series("", index=long.index)
    long["warnings"] = np.where(agency.isin(alone), "no_population", "")
    return long.drop(columns="figure")


def _hide(table: pd.DataFrame, hidden: frozenset[tuple[str, ...]]) -> pd.DataFrame:
    """The table without what is hidden."""
    place = list(table[list(KEYS)].itertuples(index=False, name=None))
    gone = np.array([row in hidden for row in place], dtype=bool)
    result = table.copy()
    for name in (name for name in ("n", *HIDDEN) if name in result):
        whole = result[name].dtype.kind in "iu"
        if whole:
            result[name] = result[name].astype("Int64")
        result.loc[gone, name] = pd.NA if whole else np.nan
    result.loc[gone, "status"] = SUPPRESSED
    result.loc[gone, ["interval", "warnings"]] = ""
    return result
