"""The index calibrated to what all transactions are made up of, beside the plain one.

Calibrated weights rest on groups whose counts no printed table explains (docs/methodology.md): whoever stands below an
evaluator reads no figure from here, but where a round names it as its headline and every cell of the adjustment could
itself be printed (`survey.results.headline`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
from sqlalchemy import orm

from scoring.calibration import Calibration, EmptyCategoryError, MarginTotals, calibrate
from scoring.clusters import ClusterSums
from scoring.moments import Moments
from scoring.scheme import DataError, Rules
from scoring.table import score_table
from scoring.weights import stratified
from survey.core.cache import cached
from survey.core.errors import InputError
from survey.questionnaires import Definition
from survey.results.compute import PLACES, RoundResults, round_sums, without_service
from survey.results.queries.responses import answer_key, month_key
from survey.structure.queries.margins import MONTH, SERVICE, margins
from survey.structure.queries.population import population as read_population


@dataclass(frozen=True, eq=False)
class Calibrated:
    """Calibrated figures, columns as `scoring.table.COLUMNS`, and how calibrating went."""

    table: pd.DataFrame
    calibration: Calibration
    #: whether every cell of the adjustment (place, and category of each margin) has nobody or `min_n` people
    tells_of_none: bool


def calibrated_results(session: orm.Session, results: RoundResults) -> Calibrated | None:
    """The figures of a round under its rules' calibration; None where the rules ask for none.

    `InputError` where a margin is missing, has a category nobody answered in, or cannot be used.
    """
    rules = results.rules
    if rules.calibration == "none":
        return None
    stored = [row for row in margins(session, results.round.id) if row.variable in rules.calibrate_by]
    key = tuple((row.agency.code if row.agency else "", row.variable, row.category, row.transactions) for row in stored)

    def make() -> Calibrated:
        wanted = in_order(rules, margins_of(pd.DataFrame(key, columns=["agency", "variable", "category", "N"])))
        names = {name: _key(results, name) for name in rules.calibrate_by if name != SERVICE}
        sums = round_sums(session, results.round, results.scheme, rules, (*PLACES, *names.values()))
        called = {column: name for name, column in names.items()}
        moments = replace(sums.moments, keys=sums.moments.keys.rename(columns=called))
        clusters = sums.clusters
        if clusters is not None:
            clusters = replace(clusters, keys=clusters.keys.rename(columns=called))
        return calibrated_table(moments, clusters, read_population(session, results.round.id), rules, wanted)

    return cached(session, ("calibrated", results.stamp, key), make)


def calibrated_table(
    moments: Moments,
    clusters: ClusterSums | None,
    population: pd.DataFrame,
    rules: Rules,
    wanted: Sequence[MarginTotals],
    *,
    by: Sequence[str] = PLACES,
    strata: Sequence[str] = PLACES,
) -> Calibrated:
    """Calibrated figures of moments whose keys have the variables of the margins; `InputError` where it cannot be."""
    rated = moments.rated()
    known = population if len(population) else None
    try:
        design = stratified(rated.keys, rated.n, known, rules, strata=strata, without_service=without_service(rules))
        found = calibrate(design, wanted, method=rules.calibration, trim_at=rules.calibration_limit)
        table = score_table(
            rated,
            rated.scheme,
            known,
            rules,
            by=by,
            strata=strata,
            design=found.design,
            clusters=clusters,
            without_service=without_service(rules),
        )
    except EmptyCategoryError as error:
        raise InputError(
            "Nobody who answered is in the category %(category)s of %(variable)s%(agency)s, which has transactions; "
            "join it with another in the table of margins",
            category=error.category,
            variable=error.variable,
            agency=f" ({error.agency})" if error.agency else "",
        ) from error
    except DataError as error:
        raise InputError("The weights cannot be calibrated: %(why)s", why=error) from error
    size = rated.n[rated.n > 0]
    return Calibrated(table, found, bool((size >= rules.min_n).all()))


def margins_of(rows: pd.DataFrame) -> list[MarginTotals]:
    """The margins of a table with the columns `agency` (empty: all), `variable`, `category` and `N`."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for agency, variable, category, n in rows[["agency", "variable", "category", "N"]].itertuples(index=False):
        found.setdefault((str(variable), str(agency)), {})[str(category)] = float(n)
    return [MarginTotals(variable, agency, totals) for (variable, agency), totals in found.items()]


def in_order(rules: Rules, given: Sequence[MarginTotals]) -> list[MarginTotals]:
    """The margins of the rules' variables, in the order of the rules; `InputError` for a variable without any."""
    found: list[MarginTotals] = []
    for name in rules.calibrate_by:
        own = [margin for margin in given if margin.variable == name]
        if not own:
            raise InputError("There is no margin of %(variable)s; give the make-up of the transactions", variable=name)
        found += sorted(own, key=lambda margin: margin.agency)
    return found


def _key(results: RoundResults, name: str) -> str:
    """What responses are counted by for a variable."""
    if name == MONTH:
        return month_key(results.round)
    position = question_position(results.definition, name)
    if position is None:
        raise InputError("The questionnaire asks nothing called %(variable)s", variable=name)
    return answer_key(position)


def question_position(definition: Definition, name: str) -> int | None:
    """Where the answers to a respondent question stand; None for no such question."""
    asked = {question.code for question in definition.respondent.questions} if definition.respondent else set()
    return next((k for k, slot in enumerate(definition.slots) if slot.code == name and name in asked), None)
