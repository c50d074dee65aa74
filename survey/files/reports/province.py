"""The report of the province: as many pages as its agencies need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer, TableStyle

from survey.core.numbers import fixed
from survey.files.reports import parts, sentences, words
from survey.files.reports.context import ReportContext, RespondentGroup
from survey.files.reports.document import Frontispiece, build
from survey.files.reports.doubtful import doubtful
from survey.files.reports.drawings import Axis, Bar, Key, Whisker
from survey.files.reports.heat import heat
from survey.files.reports.parts import INDICES, Writer
from survey.files.reports.quadrants import quadrants
from survey.files.reports.style import WIDTH, Cell, ruled, text
from survey.files.reports.trend import trend
from survey.results.charts import Segment, interval_chart
from survey.results.figures import chart_row
from survey.results.item_lines import BEST, WORST
from survey.results.league_table import LeagueRow, by_league
from survey.results.statements import RANKS_APART
from survey.results.strengths import FEW
from survey.web.wording import LEAGUES

LONGEST = 400
"""Characters of a comment that are printed."""
GUESS = 6
"""Pages a province has, more or less: a right guess saves a second run."""


def render_province(context: ReportContext) -> bytes:
    """The PDF of the province's report; the same context gives the same bytes."""
    round_ = context.round
    about = Frontispiece(
        title=words.TITLE_AGENCY.format(name=context.name, round=round_.name),
        author=context.name,
        foot=f"{context.name} · {round_.name}",
        demo=context.demo,
    )
    pdf, _ = build(lambda: _story(Writer(context)), about, GUESS)
    return pdf


def _story(writer: Writer) -> list[Flowable]:
    context = writer.context
    return [
        *parts.head(context, writer.styles),
        *parts.title(context, writer.styles),
        writer.heading(words.GENERAL),
        writer.p(sentences.index(context)),
        *map(writer.p, filter(None, [sentences.frames(context)])),
        writer.p(f"{sentences.change(context)} {sentences.answered(context)}"),
        *parts.elements(writer),
        *_extremes(writer),
        *_league(writer),
        *_targets(writer),
        *_changes(writer),
        *heat(writer),
        *_items(writer),
        *quadrants(writer),
        *_who(writer),
        *doubtful(writer),
        *_voices(writer),
        *parts.method(writer),
    ]


def _extremes(writer: Writer) -> Iterator[Flowable]:
    """Yield the highest and the lowest items of the whole."""
    statements = writer.context.statements
    shown = [figure for figure in writer.context.items if figure.exists]
    ordered = sorted(shown, key=lambda figure: figure.index)
    for heading, lead, caption, figures, kind in (
        (words.STRONG, words.PROVINCE_STRONG, words.PROVINCE_HIGH_TABLE, ordered[::-1][:FEW], BEST),
        (words.WEAK, words.PROVINCE_WEAK, words.PROVINCE_LOW_TABLE, ordered[:FEW], WORST),
    ):
        heads = (words.CONTENT, words.INDEX_HEAD, words.UNHAPPY)
        rows: list[list[Cell]] = [writer.heads(heads)]
        for figure in figures:
            some, every = sum(figure.counts[:2]), sum(figure.counts)
            dissatisfied = words.UNHAPPY_OF.format(some=sentences.whole(some), all=sentences.whole(every))
            rows.append(
                [
                    writer.p(text(statements[figure.key]), "cell"),
                    writer.figure(figure),
                    writer.p(dissatisfied, "number"),
                ]
            )
        table = ruled(rows, [WIDTH - 190, 90, 100])
        yield KeepTogether([writer.heading(heading), writer.p(lead), writer.caption(caption), table])
        yield from parts.lines(writer, kind, FEW)


def _league(writer: Writer) -> list[Flowable]:
    """The agencies with index, interval and rank range, one table a league."""
    standings = [standing for code, standing in writer.context.standings.items() if code]
    grey = sentences.reasons(standing.figure for standing in standings)
    return [
        CondPageBreak(180),
        writer.heading(words.LEAGUE),
        writer.p(RANKS_APART.text()),
        *(part for name, rows in by_league(standings) for part in _league_table(writer, name, rows)),
        *([writer.p(words.GREY.format(why=text(grey)), "note")] if grey else []),
    ]


def _league_table(writer: Writer, league: str, standings: Sequence[LeagueRow]) -> list[Flowable]:
    context = writer.context
    names = [context.agency_name(standing.figure.agency) for standing in standings]
    chart = interval_chart(
        [chart_row(name, s.figure, context.overall) for name, s in zip(names, standings, strict=True)]
    )
    heads = (words.AGENCY, "", words.INDEX_HEAD, words.RANKS, words.SIZE, words.RATE)
    drawn = WIDTH - 148 - INDICES - 44 - 46 - 42
    rows: list[list[Cell]] = [writer.heads(heads)]
    for name, standing, mark in zip(names, standings, chart.marks, strict=True):
        figure = standing.figure
        rows.append(
            [
                writer.p(text(name), "cell"),
                Whisker(mark, chart, drawn - 8),
                writer.figure(figure),
                writer.number(_ranks(standing), figure),
                writer.number(sentences.whole(figure.n), figure),
                writer.number(sentences.percent(figure.response_rate), figure),
            ]
        )
    rows.append(["", Axis(chart, drawn - 8), "", "", "", ""])
    title = LEAGUES.text(league) if league else words.LEAGUE
    confidence = sentences.confidence(context)
    caption = words.LEAGUE_TABLE.format(league=title, confidence=confidence, axis=sentences.axis(chart))
    return [
        CondPageBreak(110),
        writer.caption(caption),
        ruled(rows, [148, drawn, INDICES, 44, 46, 42], pad=1.6, last=1),
    ]


def _targets(writer: Writer) -> list[Flowable]:
    """Every target with what the data say of it; nothing where none is set."""
    context = writer.context
    found = [(code, one) for code in context.standings for one in context.targets(code)]
    if not found:
        return []
    rows: list[list[Cell]] = [writer.heads((words.AGENCY, words.TARGET, words.INDEX_HEAD, words.VERDICT, words.MORE))]
    for code, one in found:
        name = " – ".join(filter(None, (context.agency_name(code), context.element_title(one.element))))
        more = one.judgement.more
        rows.append(
            [
                writer.p(text(name), "cell"),
                writer.p(fixed(one.target), "number"),
                writer.figure(one.figure),
                writer.p(one.text, "number"),
                writer.p("–" if more is None else sentences.whole(more), "number"),
            ]
        )
    return [
        CondPageBreak(160),
        writer.heading(words.TARGETS_HEADING),
        writer.p(words.TARGETS_LEAD),
        writer.caption(words.TARGETS_TABLE.format(confidence=sentences.confidence(context))),
        ruled(rows, [WIDTH - 48 - INDICES - 92 - 62, 48, INDICES, 92, 62], pad=1.6),
    ]


def _ranks(standing: LeagueRow) -> str:
    if standing.low is None or standing.high is None:
        return "–"
    return str(standing.low) if standing.low == standing.high else f"{standing.low}–{standing.high}"


def _changes(writer: Writer) -> list[Flowable]:
    """The province through the rounds, and how every agency moved; nothing for a first round."""
    context = writer.context
    since = context.since
    if since is None:
        return []
    section = trend(writer, writer.heading(words.CHANGES_HEADING))
    moved = [(c, s.figure, s.change) for c, s in context.standings.items() if c and s.change and s.change.exists]
    if not since.comparable or not moved:
        return section
    heads = (words.AGENCY, words.BEFORE, words.NOW, words.CHANGE_HEAD, words.VERDICT)
    rows: list[list[Cell]] = [writer.heads(heads)]
    for code, figure, change in moved:
        style = "number" if change.sure else "number_grey"
        bounds = f"{sentences.signed(change.diff)} {sentences.signed_interval(change)}"
        rows.append(
            [
                writer.p(text(context.agency_name(code)), "cell"),
                writer.p(fixed(change.before), "number"),
                writer.p(fixed(figure.index), "number"),
                writer.p(bounds, style),
                writer.p(sentences.verdict(change), style),
            ]
        )
    verdicts = Counter(change.word.code for _, _, change in moved)
    up, down = verdicts["above"], verdicts["below"]
    same = len(moved) - up - down
    lead = words.CHANGES_LEAD.format(up=up, down=down, same=same) if up or down else words.NO_CHANGES_LEAD
    return [
        *section,
        CondPageBreak(160),
        Spacer(1, 6),
        writer.p(lead),
        writer.caption(words.CHANGES_TABLE.format(before=text(since.before.name))),
        writer.p(words.CHANGES_NOTE, "note"),
        ruled(rows, [WIDTH - 60 - 52 - 118 - 54, 60, 52, 118, 54], pad=1.6),
    ]


def _items(writer: Writer) -> list[Flowable]:
    """The five answers of every item as a bar."""
    statements = writer.context.statements
    levels = [level.get("vi") for level in writer.context.definition.scale.levels]
    wide = 170
    numbers = {code: k for k, code in enumerate(statements, 1)}
    rows: list[list[Cell]] = [
        writer.heads((words.ITEM, "", words.INDEX_HEAD, words.VALID)),
        *(
            [
                writer.p(f"{numbers[figure.key]}. {text(statements[figure.key])}", "cell"),
                [Bar(bar, wide - 6), writer.p(_shares(bar, len(levels)), "shares")],
                writer.number(fixed(figure.index), figure),
                writer.number(sentences.whole(figure.valid), figure),
            ]
            for figure in writer.context.items
            for bar in (writer.context.bars.of(figure),)
        ),
    ]
    return [
        CondPageBreak(180),
        writer.heading(words.ITEMS),
        writer.p(words.ITEMS_LEAD),
        writer.caption(words.ITEMS_TABLE),
        Key(levels, WIDTH),
        ruled(rows, [WIDTH - wide - 44 - 54, wide, 44, 54], pad=1.8),
    ]


def _shares(bar: Sequence[Segment], levels: int) -> str:
    """The shares as text: narrow parts of a bar have no room for theirs."""
    share = {segment.level: segment.share for segment in bar}
    return " · ".join(f"{k}: {fixed(share.get(k, 0.0))}" for k in range(1, levels + 1)) if bar else "–"


def _who(writer: Writer) -> list[Flowable]:
    """Who answered: channels and groups with their indices."""
    context = writer.context
    rows: list[list[Cell]] = [writer.heads((words.GROUP, words.SIZE, words.INDEX_HEAD))]
    together: list[tuple[int, int]] = []
    for name, groups in context.groups:
        if groups:
            together.append((len(rows), len(rows) + 1))
            rows.append([writer.p(text(name), "cell_bold"), "", ""])
            rows += [_group(writer, group) for group in groups]
    grey = sentences.reasons(group.figure for _, groups in context.groups for group in groups if group.figure)
    table = ruled(rows, [WIDTH - 90 - 110, 90, 110], pad=1.2)
    table.setStyle(TableStyle([("NOSPLIT", (0, first), (-1, last)) for first, last in together]))
    answered = f"{sentences.answered(context)} {sentences.excluded(context)}".strip()
    return [
        CondPageBreak(160),
        writer.heading(words.WHO),
        writer.p(answered),
        writer.caption(words.GROUPS_TABLE),
        table,
        *([writer.p(words.GREY.format(why=text(grey)), "note")] if grey else []),
    ]


def _group(writer: Writer, group: RespondentGroup) -> list[Cell]:
    size = words.HIDDEN_GROUP if group.n is None else sentences.whole(group.n)
    return [writer.p(text(group.name), "cell"), writer.number(size, group.figure), writer.figure(group.figure)]


def _voices(writer: Writer) -> list[Flowable]:
    """What people said, as far as it was reviewed."""
    context = writer.context
    heading = writer.heading(words.VOICES)
    if not context.quotes:
        return [KeepTogether([heading, writer.p(words.NO_COMMENTS)])]
    themes = sentences.themes(context)
    lead = [writer.p(themes)] if themes else []
    quoted = [
        writer.p(words.QUOTE_OF.format(text=text(parts.cut(quote, LONGEST)), name=text(name)), "quote")
        for quote, name in context.quotes
    ]
    return [KeepTogether([heading, *lead, writer.p(words.QUOTES_LEAD), *quoted])]
