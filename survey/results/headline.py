"""The hardened or calibrated index as a round's headline, with the plain one: from responses or from an edition.

A round names its headline before it opens (rule `headline`). Ranks, bands, tests and elements are those of the plain
index. Evaluators read every index, others those that tell of no small group: of weeks or hours where it is hardened,
of any cell of the adjustment where it is calibrated.
"""

from __future__ import annotations

from sqlalchemy import orm

from survey.core.errors import InputError
from survey.results.calibrated import calibrated_results
from survey.results.compute import RoundResults
from survey.results.headline_index import HeadlineIndex, HeadlineIndices
from survey.results.place_tables import hardened_for_all, hardened_table
from survey.results.places import PlaceLook, look_at_places

PLAIN, HARDENED, CALIBRATED = "plain", "hardened", "calibrated"
"""The rule `headline` of rounds, by what it is."""


def headline_indices(session: orm.Session, results: RoundResults) -> HeadlineIndices | None:
    """The indices of a round whose headline they are; None where that is the plain one."""
    if results.rules.headline == PLAIN:
        return None
    if results.headline is not None:
        return results.headline
    if results.rules.headline == CALIBRATED:
        return calibrated_indices(session, results)
    return hardened_indices(session, results, look_at_places(session, results))


def hardened_indices(session: orm.Session, results: RoundResults, look: PlaceLook) -> HeadlineIndices:
    """The hardened overall index of the province and of each agency that has one."""
    return HeadlineIndices.of(hardened_table(session, results, look), hardened_for_all(results, look))


def calibrated_indices(session: orm.Session, results: RoundResults) -> HeadlineIndices:
    """The calibrated overall indices; none where a margin is missing or contradicts another, as its page says.

    The weights of one agency rest on how many of every other are in each category: everyone may have all or none.
    """
    try:
        found = calibrated_results(session, results)
    except InputError:
        found = None
    if found is None or not found.calibration.converged:
        return HeadlineIndices({}, frozenset())
    made = HeadlineIndices.of(found.table, frozenset())
    return HeadlineIndices(made.figures, frozenset(made.figures)) if found.tells_of_none else made


def headline_for(session: orm.Session, results: RoundResults, *, limited: bool) -> dict[str, HeadlineIndex] | None:
    """What a reader has of a headline that is not the plain index; None where it is.

    `limited`: a reader below evaluator, who has those alone that everyone may read.
    """
    found = headline_indices(session, results)
    if found is None:
        return None
    return found.read_by_all() if limited else dict(found.figures)
