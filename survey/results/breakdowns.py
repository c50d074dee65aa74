"""Breakdowns: figures by counter, by channel, and by what citizens said of themselves and their dossier.

A group is a domain: its figures keep the design of the whole sample (`scoring.estimate`), and which of them may be
shown is decided over all agencies and groups at once, so that neither the agency's other groups nor the group's other
agencies give a small one away. What the results tell of agencies and services as wholes is known, and never hidden
here: breakdowns by different things have nothing but that in common, so that none helps against another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sqlalchemy import orm

from scoring.disclosure import HIDDEN, SUPPRESSED, DisclosureRule
from scoring.table import score_table
from survey.core.cache import cached
from survey.questionnaires import Definition
from survey.questionnaires.definition import BLANK, UNKNOWN
from survey.results.agency_part import agency_part
from survey.results.compute import PLACES, RoundResults, Sums, round_sums, without_service
from survey.results.group_sizes import GROUP, KEYS, GroupSizes
from survey.results.queries.responses import answer_key
from survey.structure.queries.population import population as read_population

CHANNEL, COUNTER = "kenh", "quay"
"""Codes of the two dimensions that no question asks for; others are codes of respondent questions."""


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
    own = agency != "" and dimension.by_service  # then what is hidden follows from the agency alone, as the figures do
    return cached(
        session,
        ("breakdown", dimension, *(agency_part(session, results, agency) if own else (results.stamp, agency))),
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
        found = GroupSizes.of(group_sums(session, results, dimension).moments, ("agency", GROUP), _alone(results))
        at = next(k for k, (level, _) in enumerate(found.figures) if level == "overall")
        key = found.figures[at]
        named = zip(found.keys["agency"], found.keys[GROUP], found.n[:, at].tolist(), strict=True)
        return {(a, group): None if (a, "", group, *key) in hidden else n for a, group, n in named if n}

    sizes = cached(session, ("group sizes", results.stamp, dimension), make)
    return {group: n for (a, group), n in sizes.items() if a == agency and group}


def group_sums(session: orm.Session, results: RoundResults, dimension: Dimension) -> Sums:
    """The sums of a round by agency, service and `group`."""

    def grouped(keys: pd.DataFrame) -> pd.DataFrame:
        keys = keys.rename(columns={dimension.key: GROUP})
        return keys.assign(**{GROUP: keys[GROUP].replace(UNKNOWN, BLANK)}) if dimension.of_question else keys

    by = (*PLACES, dimension.key)
    return round_sums(session, results.round, results.scheme, results.rules, by, relabel=grouped)


def _score(session: orm.Session, results: RoundResults, dimension: Dimension, agency: str) -> pd.DataFrame:
    """The figures, nothing hidden yet. An agency consists of whole strata, so its own part is enough for it."""

    def make() -> pd.DataFrame:
        sums = group_sums(session, results, dimension)
        moments, clusters, beside = sums.moments, sums.clusters, results.table
        population = read_population(session, results.round.id)
        everyone = population if len(population) else None
        by: tuple[str, ...] = (GROUP,)
        if agency:
            by = ("agency", "service", GROUP) if dimension.by_service else ("agency", GROUP)
            beside = beside[beside["agency"] == agency]
            moments = moments.select((moments.keys["agency"] == agency).to_numpy())
            everyone = None if everyone is None else population[population["agency"] == agency].reset_index(drop=True)
        if agency and clusters is not None:
            clusters = clusters.select((clusters.keys["agency"] == agency).to_numpy())
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
    return cached(session, ("groups of", dimension, *agency_part(session, results, agency)), make)


def hidden_figures(
    session: orm.Session, results: RoundResults, dimension: Dimension, agency: str
) -> frozenset[tuple[str, ...]]:
    """The `KEYS` of what `breakdown` must not show: of one agency for counters, else of all agencies."""
    part = agency if dimension.by_service else None

    def make() -> frozenset[tuple[str, ...]]:
        moments, table = group_sums(session, results, dimension).moments, results.table
        if part is not None:
            moments = moments.select((moments.keys["agency"] == part).to_numpy())
            table = table[table["agency"] == part]
        by = ("service", GROUP) if part is not None else ("agency", GROUP)
        sizes = GroupSizes.of(moments, by, _alone(results), place=part or "")
        return sizes.listed(sizes.hidden(DisclosureRule.of(results.rules), moments.scheme, table))

    key = (results.stamp,) if part is None else agency_part(session, results, part)
    return cached(session, ("hidden groups", dimension, *key), make)


def _alone(results: RoundResults) -> frozenset[str]:
    """The agencies whose transactions are not known: they are in no wider figure."""
    table = results.table
    return frozenset(table.loc[table["warnings"].str.contains("no_population") & (table["agency"] != ""), "agency"])


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
