"""Appendices of a round's documents: departments and communes apart, indices to two decimals."""

from __future__ import annotations

import math

from survey.core.numbers import NOTHING, fixed
from survey.files.documents.facts import DocumentFacts
from survey.files.reports import sentences
from survey.improvement.documents.layout import OfficeDocument
from survey.results.figures import ALL_SERVICES, ShownFigure
from survey.results.league_table import LeagueRow

DECIMALS = 2
HIDDEN = "không nêu"


def add_appendices(document: OfficeDocument, facts: DocumentFacts, belongs: str) -> None:
    """Add the appendices; `belongs` says which document they go with."""
    every = [code for code in facts.context.standings if code]
    for number, title, codes in zip(
        ("I", "II"),
        (
            "Chỉ số hài lòng của các sở, ban, ngành và trung tâm phục vụ hành chính công",
            "Chỉ số hài lòng của Ủy ban nhân dân các xã, phường",
        ),
        facts.communes(every),
        strict=True,
    ):
        if codes:
            document.appendix(number, title, belongs)
            _indices(document, facts, codes)


def _indices(document: OfficeDocument, facts: DocumentFacts, codes: list[str]) -> None:
    context = facts.context
    elements = context.definition.elements
    rows = []
    for number, code in enumerate(codes, 1):
        place = (str(number), context.agency_name(code))
        if code in facts.hidden:
            rows.append((*place, *[HIDDEN] * (4 + len(elements))))
            continue
        standing = context.standings[code]
        figures = [context.figures.find(code, ALL_SERVICES, "element", element.code) for element in elements]
        overall = (_index(standing.figure), _interval(standing.figure), rank_range(standing))
        rows.append((*place, sentences.whole(standing.figure.n), *overall, *map(_index, figures)))
    wide = 98 / max(1, len(elements))
    document.table(
        (
            *("STT", "Cơ quan", "Số phiếu", "Chỉ số (%)", f"Khoảng tin cậy {sentences.confidence(context)}"),
            "Khoảng hạng",
            *(element.title.get("vi") for element in elements),
        ),
        rows,
        (12, 55, 16, 18, 29, 19, *[wide] * len(elements)),
        size=11,
        numbers=(0, *range(2, 6 + len(elements))),
    )
    notes = [
        "Khoảng hạng: thứ hạng cao nhất và thấp nhất mà số liệu cho phép trong các cơ quan được xếp hạng cùng nhau; cơ "
        "quan có khoảng hạng chồng lên nhau thì chưa phân biệt được hơn kém."
    ]
    if facts.hidden.intersection(codes):
        notes.append(f"“{HIDDEN.capitalize()}”: quá ít người trả lời.")
    document.note(" ".join(notes))


def rank_range(standing: LeagueRow) -> str:
    """The ranks that an agency may hold."""
    if standing.low is None or standing.high is None:
        return NOTHING
    return str(standing.low) if standing.low == standing.high else f"{standing.low}–{standing.high}"


def _index(figure: ShownFigure | None) -> str:
    return NOTHING if figure is None else fixed(figure.index, DECIMALS)


def _interval(figure: ShownFigure) -> str:
    if not (math.isfinite(figure.lo) and math.isfinite(figure.hi)):
        return NOTHING
    return f"{fixed(figure.lo, DECIMALS)}–{fixed(figure.hi, DECIMALS)}"
