"""Diagnosis and rates of a round as the API sends them, to those who see the whole round."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import orm

from survey.publication.api.figures import result_rows
from survey.results.compute import RoundResults
from survey.results.figures import Figures
from survey.results.item_lines import item_lines
from survey.results.rates import rate_table
from survey.structure.queries.names import agencies


def diagnosis_rows(session: orm.Session, results: RoundResults, wanted: Sequence[str]) -> list[dict[str, Any]]:
    """One object an item that is among the worst or the best of a wanted agency ("": the province)."""
    figures, names = Figures(results.table), agencies(session, on=results.round.opens_on)
    rows = []
    for agency in wanted:
        vietnamese, english = (
            item_lines(session, results, figures, agency, language, names=names, limited=False)
            for language in ("vi", "en")
        )
        rows += [
            {"agency": agency, "key": one.key, "kind": one.kind, "vi": one.sentences, "en": other.sentences}
            for one, other in zip(vietnamese, english, strict=True)
        ]
    return rows


def rates_sent(session: orm.Session, results: RoundResults, wanted: Collection[str] | None) -> list[dict[str, Any]]:
    """One object a rate of the wanted agencies (None: of all and of the province)."""
    table = rate_table(session, results, limited=False)
    return result_rows(table if wanted is None else table[table["agency"].isin(wanted)], "top2")
