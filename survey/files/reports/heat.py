"""Heat table: agencies down, elements across; an index is shaded and marked where it differs significantly.

Shade is never alone: an upward or downward triangle and a word stand in every shaded cell, so that a copy in grey tells
as much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reportlab.lib.colors import HexColor
from reportlab.platypus import CondPageBreak, Flowable

from survey.core.numbers import fixed
from survey.files.reports import sentences, words
from survey.files.reports.drawings import Contrasted, ShadeKey
from survey.files.reports.parts import Writer
from survey.files.reports.style import SHADES, WIDTH, Cell, Commands, ruled, text
from survey.results.diagnosis import LARGE, SURE, Contrast
from survey.results.figures import ALL_SERVICES, OVERALL

NAMES = 128.0
UNSURE = "same"


def heat(writer: Writer) -> list[Flowable]:
    """The index of every agency and element."""
    context, contrasts = writer.context, writer.context.contrasts
    elements = context.definition.elements
    across = [OVERALL, *(("element", element.code) for element in elements)]
    rows: list[list[Cell]] = [
        writer.heads((words.AGENCY, words.OVERALL, *(element.title.get("vi") for element in elements)))
    ]
    shown: list[list[Contrast | None]] = []
    wide = (WIDTH - NAMES) / len(across)
    for code in context.standings:
        name = writer.p(text(context.agency_name(code)), "cell" if code else "cell_bold")
        row: list[Cell] = [name]
        for level, key in across:
            figure = context.figures.find(code, ALL_SERVICES, level, key)
            value = fixed(figure.index) if figure else "–"
            grey = figure is None or figure.thin or not figure.exists
            row.append(Contrasted(value, contrasts.get((code, level, key)), wide - 6, grey=grey))
        rows.append(row)
        shown.append([contrasts.get((code, level, key)) for level, key in across])
    table = ruled(rows, [NAMES, *[wide] * len(across)], pad=1.4, under=shades(shown))
    return [
        CondPageBreak(160),
        writer.heading(words.MATRIX_HEADING),
        writer.p(words.MATRIX_LEAD),
        writer.caption(words.MATRIX_TABLE),
        *(shade_key(writer) if contrasts else []),
        table,
    ]


def shade_key(writer: Writer) -> list[Flowable]:
    """What the shades mean."""
    points = sentences.whole(LARGE)
    small, large = LARGE / 2, LARGE
    below, above = Contrast(-small, "below", -large, -1.0), Contrast(small, "above", 1.0, large)
    meant = [
        (replace(below, gap=-large), words.BY_POINTS.format(word=below.word.text(), points=points)),
        (below, below.word.text()),
        (above, above.word.text()),
        (replace(above, gap=large), words.BY_POINTS.format(word=above.word.text(), points=points)),
    ]
    note = words.MATRIX_NOTE.format(rate=sentences.whole(100 * SURE))
    return [writer.p(note, "note"), ShadeKey(meant, WIDTH)]


def shades(rows: Sequence[Sequence[Contrast | None]], first: int = 1) -> Commands:
    """The backgrounds of a table's cells, its first row and column left out; white lines part neighbours."""
    style: list[tuple[object, ...]] = []
    for y, row in enumerate(rows, first):
        for x, contrast in enumerate(row, 1):
            if contrast is not None and contrast.verdict != UNSURE:
                background = HexColor(SHADES[contrast.verdict, contrast.large])
                style.append(("BACKGROUND", (x, y), (x, y), background))
    return [*style, ("INNERGRID", (1, first), (-1, -1), 0.8, HexColor("#FFFFFF"))]
