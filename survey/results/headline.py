"""The hardened index as a round's headline, with the plain one: read by whom, from responses or from an edition.

A round names its headline before it opens (rule `headline`). Ranks, bands, tests and elements are those of the plain
index. Evaluators read every hardened index, others those that tell of no small group of weeks or hours.
"""

from __future__ import annotations

from sqlalchemy import orm

from survey.results.compute import RoundResults
from survey.results.hardened import Hardened, HardenedIndex
from survey.results.place_tables import hardened_for_all, hardened_table
from survey.results.places import PlaceLook, look_at_places

HARDENED = "hardened"
"""The rule `headline` of rounds whose headline it is."""


def hardened_headline(session: orm.Session, results: RoundResults) -> Hardened | None:
    """The hardened indices of a round whose headline they are; None of any other."""
    if results.rules.headline != HARDENED:
        return None
    if results.hardened is not None:
        return results.hardened
    return hardened_indices(session, results, look_at_places(session, results))


def hardened_indices(session: orm.Session, results: RoundResults, look: PlaceLook) -> Hardened:
    """The hardened overall index of the province and of each agency that has one."""
    table = hardened_table(session, results, look)
    overall = table[(table["service"] == "") & (table["level"] == "overall") & table["index"].notna()]
    columns = (overall[name].tolist() for name in ("agency", "index", "lo", "hi"))
    figures = {
        str(agency): HardenedIndex(float(index), float(lo), float(hi))
        for agency, index, lo, hi in zip(*columns, strict=True)
    }
    return Hardened(figures, hardened_for_all(results, look))


def headline_for(session: orm.Session, results: RoundResults, *, limited: bool) -> dict[str, HardenedIndex] | None:
    """What a reader has of the hardened headline; None where the plain index is the headline.

    `limited`: a reader below evaluator, who has those alone that everyone may read.
    """
    found = hardened_headline(session, results)
    if found is None:
        return None
    return found.read_by_all() if limited else dict(found.figures)
