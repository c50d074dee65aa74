"""Shared sections of reports: administrative head, signatures, tables of figures, method."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count

from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, KeepTogether, Spacer, Table, TableStyle

from survey.core.numbers import fixed
from survey.files.reports import sentences, words
from survey.files.reports.context import ReportContext
from survey.files.reports.drawings import Axis, Rule, Whisker
from survey.files.reports.style import WIDTH, Cell, paragraph, ruled, styles, text
from survey.models import AgencyKind, RoundState
from survey.printing.posters.typesetting import REGULAR
from survey.results.charts import interval_chart
from survey.results.figures import ALL_SERVICES, OVERALL, PROVINCE, ShownFigure, chart_row
from survey.results.league_table import IndexChange

CHAIRED = (AgencyKind.PROVINCE, AgencyKind.DISTRICT, AgencyKind.COMMUNE)


NAMES, INDICES = 143.0, 88.0
"""Widths of the columns of elements' names, and of indices with their intervals."""


class Writer:
    """What the parts of one report share: its context, its type, and the numbers of its sections and tables."""

    def __init__(self, context: ReportContext, body: float = 11) -> None:
        self.context = context
        self.styles = styles(body)
        self._tables, self._charts, self._sections = count(1), count(1), count(1)

    def p(self, words_: str, style: str = "body") -> Flowable:
        """A paragraph."""
        return paragraph(words_, self.styles[style])

    def heading(self, title: str) -> Flowable:
        """The next section's heading."""
        return self.p(f"{next(self._sections)}. {title}", "heading")

    def caption(self, title: str) -> Flowable:
        """The next table's caption."""
        return self.p(words.TABLE.format(number=next(self._tables), text=title), "caption")

    def chart_caption(self, title: str) -> Flowable:
        """The next chart's caption."""
        return self.p(words.CHART.format(number=next(self._charts), text=title), "caption")

    def heads(self, titles: Sequence[str]) -> list[Cell]:
        """The head of a table: the first title at the left, numbers' titles at the right."""
        return [self.p(text(title), "th_right" if k else "th") for k, title in enumerate(titles)]

    def number(self, written: str, figure: ShownFigure | None = None) -> Flowable:
        """A cell with a number, grey for a thin figure."""
        grey = figure is None or figure.thin or not figure.exists
        return self.p(written, "number_grey" if grey else "number")

    def figure(self, figure: ShownFigure | None, *, with_interval: bool = True) -> Flowable:
        """An index with its interval, in the form of the pages."""
        if figure is None or not figure.exists:
            return self.p("–", "number_grey")
        bounds = sentences.interval(figure.lo, figure.hi)
        return self.number(f"<b>{fixed(figure.index)}</b> {bounds if with_interval else ''}".strip(), figure)


def lines(writer: Writer, kind: str, most: int) -> list[Flowable]:
    """What is said of the worst or best items beyond their table: how they moved, whom to learn from.

    Items of which nothing more is said are left out; `most`: so many items at most.
    """
    statements = writer.context.statements
    chosen = [one for one in writer.context.lines if one.kind == kind][:most]
    more = [(one, (*one.moves, *one.where, *one.learn)) for one in chosen]
    return [
        writer.p(f"<b>{text(statements[one.key].rstrip('.'))}.</b> {text(' '.join(said))}", "line")
        for one, said in more
        if said
    ]


def head(context: ReportContext, style: dict[str, ParagraphStyle]) -> list[Flowable]:
    """The administrative head: agency at the left, the nation's name at the right, number, place and date."""
    own = [paragraph(text(context.name.upper()), style["head_bold"])]
    if context.above:
        own.insert(0, paragraph(text(context.above.upper()), style["head"]))
    nation = [paragraph(words.COUNTRY, style["head_bold"]), paragraph(words.MOTTO, style["head_bold"])]
    city = re.search(r"\b(?:tỉnh|thành phố)\s+(.+)$", context.administration, re.IGNORECASE)
    date = words.PLACE_AND_DATE.format(place=text(city[1]) if city else words.NO_PLACE)
    table = Table(
        [
            [[*own, Rule(64)], [*nation, Rule(118)]],
            [paragraph(words.NUMBER, style["head"]), paragraph(date, style["head"])],
        ],
        colWidths=[WIDTH * 0.43, WIDTH * 0.57],
    )
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), REGULAR, 9),  # or reportlab asks for Helvetica
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (0, -1), 8),
                ("RIGHTPADDING", (1, 0), (1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, 0), 5),
                ("BOTTOMPADDING", (0, 1), (-1, 1), 0),
            ]
        )
    )
    return [table]


def title(context: ReportContext, style: dict[str, ParagraphStyle]) -> list[Flowable]:
    """What the report is about."""
    round_ = context.round
    subject = words.SUBJECT_AGENCY.format(name=text(context.name)) if context.agency else words.SUBJECT_PROVINCE
    days = words.ROUND.format(
        round=text(round_.name), first=f"{round_.opens_on:%d/%m/%Y}", last=f"{round_.last_day:%d/%m/%Y}"
    )
    if round_.state in {RoundState.DRAFT, RoundState.OPEN}:
        days += f"<br/>{words.STILL_OPEN}"
    return [
        paragraph(words.REPORT, style["title"]),
        paragraph(subject, style["subject"]),
        paragraph(days, style["under"]),
    ]


def signatures(context: ReportContext, style: dict[str, ParagraphStyle]) -> list[Flowable]:
    """The places where people sign, left blank."""
    signer = words.CHAIRMAN if context.kind in CHAIRED else words.HEAD
    table = Table(
        [
            [paragraph(words.AUTHOR, style["head_bold"]), paragraph(signer, style["head_bold"])],
            [paragraph(words.SIGN, style["head"]), paragraph(words.SEAL, style["head"])],
        ],
        colWidths=[WIDTH / 2] * 2,
    )
    close = [("TOPPADDING", (0, 0), (-1, -1), 0), ("BOTTOMPADDING", (0, 0), (-1, -1), 0)]
    table.setStyle(TableStyle([("FONT", (0, 0), (-1, -1), REGULAR, 9), *close]))
    return [Spacer(1, 8), table, Spacer(1, 44)]


def elements(writer: Writer) -> list[Flowable]:
    """The table of the overall index and the elements, with dots and whiskers."""
    context = writer.context
    across = [(words.OVERALL, *OVERALL)]
    across += [(e.title.get("vi"), "element", e.code) for e in context.definition.elements]
    here = [context.figures.find(context.agency, ALL_SERVICES, level, key) for _, level, key in across]
    province = [context.figures.find(PROVINCE, ALL_SERVICES, level, key) for _, level, key in across]
    behind = province if context.agency else [None] * len(across)
    chart = interval_chart(
        [chart_row(name, one, other) for (name, _, _), one, other in zip(across, here, behind, strict=True)]
    )
    compared = context.since is not None and context.since.comparable
    heads = [words.ELEMENT, "", words.INDEX_HEAD, *([words.WHOLE_HEAD] if context.agency else [])]
    heads += [words.CHANGE_HEAD] if compared else []
    drawn = WIDTH - NAMES - INDICES - (50 if context.agency else 0) - (82 if compared else 0)
    rows: list[list[Cell]] = [[writer.p(t, "th" if k < 2 else "th_right") for k, t in enumerate(heads)]]
    for k, (name, level, key) in enumerate(across):
        row: list[Cell] = [writer.p(text(name), "cell_bold" if k == 0 else "cell")]
        row += [Whisker(chart.marks[k], chart, drawn - 8), writer.figure(here[k])]
        if context.agency:
            row.append(writer.figure(province[k], with_interval=False))
        if compared:
            row.append(_change(writer, context.change(context.agency, level, key)))
        rows.append(row)
    rows.append(["", Axis(chart, drawn - 8), *[""] * (len(heads) - 2)])
    widths = [NAMES, drawn, INDICES, *([50.0] if context.agency else []), *([82.0] if compared else [])]
    behind_words = words.BEHIND if context.agency else ""
    behind_words += sentences.axis(chart)
    caption = words.ELEMENTS_TABLE.format(confidence=sentences.confidence(context), behind=behind_words)
    notes = []
    if grey := sentences.reasons(figure for figure in here if figure is not None):
        notes.append(words.GREY.format(why=text(grey)))
    if compared and context.since is not None:
        notes.append(words.CHANGE_NOTE.format(before=text(context.since.before.name)))
    parts: list[Flowable] = [writer.caption(caption), ruled(rows, widths, last=1)]
    return [KeepTogether([*parts, *(writer.p(note, "note") for note in notes)])]


def _change(writer: Writer, change: IndexChange | None) -> Flowable:
    """A change with its interval."""
    if change is None or not change.exists:
        return writer.p("–", "number_grey")
    known = sentences.interval(change.lo, change.hi) != ""
    bounds = f" ({sentences.signed(change.lo)}; {sentences.signed(change.hi)})" if known else ""
    return writer.p(f"{sentences.signed(change.diff)}{bounds}", "number" if change.sure else "number_grey")


def method(writer: Writer) -> list[Flowable]:
    """How the figures were computed, and the signatures."""
    said = [*sentences.unanswered_lines(writer.context), *sentences.method(writer.context)]
    lines = [writer.p(text(line), "note") for line in said]
    signing = signatures(writer.context, writer.styles)
    return [KeepTogether([writer.heading(words.METHOD), *lines, *signing])]


def quotes(writer: Writer, quoted: Sequence[str], longest: int) -> list[Flowable]:
    """Comments, the long ones cut at a word."""
    return [writer.p(words.QUOTE.format(text=text(cut(quote, longest))), "quote") for quote in quoted]


def cut(quote: str, longest: int) -> str:
    """One line of at most about `longest` characters; what was left out is marked."""
    line = " ".join(quote.split())
    return line if len(line) <= longest else line[:longest].rpartition(" ")[0] + " […]"
