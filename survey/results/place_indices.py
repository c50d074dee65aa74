"""Indices of a place that was looked at: as it is, hardened, and without what the checks found, each with its interval.

The hardened index is made of the whole round (`scoring.hardening`), the one without some responses of the agency's own
strata alone. Both follow the round's rules. For evaluators: small groups are not protected here beyond these rules.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import orm

from scoring.detectors.rows import IMPORT, PAPER, RECEIPT
from survey.results.compute import RoundResults
from survey.results.figures import ShownFigure
from survey.results.page_data import PageFigures
from survey.results.place_tables import WEEK_DAYS, chosen_table, enough_answered, hardened_table
from survey.results.places import PlaceLook
from survey.structure.queries.population import population as read_population

Flags = NDArray[np.bool_]
LEFT_OUT = {
    "closed_run": "closed",
    "closed_share": "closed",
    "closed_open": "closed",
    "busy_run": "weeks",
    "paper_live": "paper",
    "import_live": "import",
    "receipt_wall": "receipt",
    "brought_share": "brought",
}
"""What an index "without" leaves out, by the check; the others point to no responses."""


def hardened_figures(session: orm.Session, results: RoundResults, look: PlaceLook) -> PageFigures:
    """The hardened figures of a round."""
    return PageFigures(hardened_table(session, results, look))


def index_without(
    session: orm.Session, results: RoundResults, look: PlaceLook, agency: str, left_out: Flags
) -> ShownFigure | None:
    """The overall index of an agency without some of the round's responses, (n,); None where nobody is left."""
    chosen = (look.rows.agency == look.agencies.index(agency)) & ~left_out & enough_answered(results, look)
    population = read_population(session, results.round.id)
    own = population[population["agency"] == agency].reset_index(drop=True)
    if not chosen.any():
        return None
    table = chosen_table(results, look, chosen, own if len(own) else None, hard=False)
    return PageFigures(table).overall(agency)


def responses_of(look: PlaceLook, agency: str, check: str) -> Flags | None:
    """The responses of an agency (n,) that a check points to; None where it points to none in particular."""
    rows, number = look.rows, look.agencies.index(agency)
    what = LEFT_OUT.get(check)
    if what is None:
        return None
    own = rows.agency == number
    if what == "weeks":
        run = look.findings.busy_run
        week = rows.day // WEEK_DAYS
        return np.asarray(own & (week >= run.begin[number]) & (week < run.end[number]))
    kinds: dict[str, Flags] = {
        "closed": rows.live & ~rows.open,
        "paper": rows.channel == PAPER,
        "import": rows.channel == IMPORT,
        "receipt": rows.channel == RECEIPT,
        "brought": (rows.channel == PAPER) | (rows.channel == IMPORT),
    }
    return np.asarray(own & kinds[what])
