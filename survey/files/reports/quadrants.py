"""Importance-performance plots (quadrants): one for each agency, and their numbers as tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from reportlab.platypus import CondPageBreak, Flowable, Table, TableStyle

from survey.core.numbers import fixed
from survey.files.reports import sentences, words
from survey.files.reports.drawings import Gap
from survey.files.reports.heat import shades
from survey.files.reports.parts import Writer
from survey.files.reports.plots import Quadrant
from survey.files.reports.style import WIDTH, Cell, ruled, text
from survey.printing.posters.typesetting import REGULAR
from survey.results.charts import Spot, quadrant_chart
from survey.results.diagnosis import LARGE, SURE, Contrast
from survey.results.strengths import ItemFinding

GAP = 18.0
WIDE = (WIDTH - GAP) / 2
LOW, HIGH = 131.0, 165.0
"""Width and heights of one agency's plot, in points: five rows or four of them, with their margins, fill a page."""
CROWD = 20
"""Questions from which the plots are `HIGH`."""
MOST = 16
"""Questions that fit across one table."""
NAMES = 90.0
VERDICTS = {"strength": "above", "weakness": "below"}


def quadrants(writer: Writer) -> list[Flowable]:
    """The plots of all agencies with findings; the numbers alone where citizens were not asked of the whole."""
    findings = writer.context.findings
    if not findings:
        return []
    context = writer.context
    left_out = [context.agency_name(code) for code in context.standings if code and code not in findings]
    missing = [words.QUADRANTS_MISSING.format(names=text("; ".join(left_out)))] if left_out else []
    if not any(f.importance is not None for items in findings.values() for f in items):
        lead = writer.p(" ".join([words.GAPS_LEAD, *missing]))
        return [CondPageBreak(160), writer.heading(words.GAPS), lead, *_tables(writer)]
    return [
        CondPageBreak(260),
        writer.heading(words.QUADRANTS),
        writer.p(words.QUADRANTS_LEAD),
        writer.chart_caption(words.QUADRANTS_CHART),
        writer.p(" ".join([words.QUADRANTS_NOTE.format(rate=sentences.whole(100 * SURE)), *missing]), "note"),
        _panels(writer),
        *_tables(writer),
    ]


def plot(writer: Writer, agency: str, findings: Sequence[ItemFinding]) -> Quadrant:
    """The plot of one agency."""
    spots = [Spot(f.number, f.gap, f.importance, f.verdict) for f in findings if f.importance is not None]
    name = writer.context.agency_name(agency)
    return Quadrant(quadrant_chart(spots), name, WIDE, LOW if len(findings) < CROWD else HIGH)


def _panels(writer: Writer) -> Table:
    """The plots, two in a row."""
    plots: list[Cell] = [plot(writer, agency, findings) for agency, findings in writer.context.findings.items()]
    if len(plots) % 2:
        plots.append("")
    rows = [[plots[k], "", plots[k + 1]] for k in range(0, len(plots), 2)]
    table = Table(rows, colWidths=[WIDE, GAP, WIDE], hAlign="LEFT")
    close = [(f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT")]
    apart = [(f"{side}PADDING", (0, 0), (-1, -1), 4) for side in ("TOP", "BOTTOM")]
    table.setStyle(TableStyle([("FONT", (0, 0), (-1, -1), REGULAR, 9), *close, *apart]))
    return table


def _tables(writer: Writer) -> Iterator[Flowable]:
    """Yield the numbers of the plots: agencies down, questions across, as many tables as there is need of."""
    findings = writer.context.findings
    importances = sorted({f.number: f.importance for items in findings.values() for f in items}.items())
    parts = math.ceil(len(importances) / MOST)
    size = math.ceil(len(importances) / parts)
    weighed = any(importance is not None for _, importance in importances)
    note = f"{words.IMPORTANCE_NOTE} {words.GAPS_NOTE}" if weighed else words.GAPS_NOTE
    for part in range(0, len(importances), size):
        yield CondPageBreak(160)
        yield writer.caption(words.GAPS_TABLE if weighed else words.GAPS_TABLE_ALONE)
        if part == 0:
            yield writer.p(note.format(points=sentences.whole(LARGE)), "note")
        yield _table(writer, importances[part : part + size])


def _table(writer: Writer, across: Sequence[tuple[int, float | None]]) -> Flowable:
    """The table of some questions, given as (number, importance in percent, or None)."""
    wide = (WIDTH - NAMES) / len(across)
    rows: list[list[Cell]] = [
        writer.heads((words.AGENCY, *(str(number) for number, _ in across))),
    ]
    shown: list[list[Contrast | None]] = []
    if any(importance is not None for _, importance in across):
        weights = (writer.p(fixed(one) if one is not None else "–", "number_small") for _, one in across)
        rows.append([writer.p(words.IMPORTANCE, "cell_small"), *weights])
        shown.append([None] * len(across))
    for agency, items in writer.context.findings.items():
        by_number = {f.number: f for f in items}
        contrasts = [_contrast(by_number.get(number)) for number, _ in across]
        name = writer.p(text(writer.context.agency_name(agency)), "cell_small")
        rows.append([name, *(Gap(contrast, wide - 3) for contrast in contrasts)])
        shown.append(contrasts)
    table = ruled(rows, [NAMES, *[wide] * len(across)], pad=1.0, under=shades(shown))
    table.setStyle(TableStyle([("LEFTPADDING", (1, 0), (-1, -1), 1), ("RIGHTPADDING", (1, 0), (-1, -1), 2)]))
    return table


def _contrast(finding: ItemFinding | None) -> Contrast | None:
    """How an item stands against the other agencies, as the table of elements tells it."""
    if finding is None or not math.isfinite(finding.gap):
        return None
    return Contrast(finding.gap, VERDICTS.get(finding.verdict, "same"), finding.lo, finding.hi)
