"""The report of one agency: two pages at most."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from reportlab.platypus import Flowable, KeepTogether

from survey.core.numbers import fixed
from survey.files.reports import parts, sentences, words
from survey.files.reports.context import ReportContext, RespondentGroup
from survey.files.reports.document import Frontispiece, build
from survey.files.reports.parts import INDICES, Writer
from survey.files.reports.style import WIDTH, Cell, ruled, text
from survey.results.item_lines import WORST
from survey.results.strengths import ItemFinding

PAGES = 2
ATTEMPTS = (
    (11.0, 2, 200, 3),
    (10.5, 1, 160, 3),
    (10.0, 1, 160, 3),
    (10.0, 0, 0, 1),
    (9.0, 0, 0, 1),
    (9.0, 0, 0, 0),
)
"""Size of type, comments, longest comment, and items told of in sentences: the first that fits two pages is taken."""


def render_agency(context: ReportContext) -> bytes:
    """The PDF of an agency's report; the same context gives the same bytes."""
    round_ = context.round
    about = Frontispiece(
        title=words.TITLE_AGENCY.format(name=context.name, round=round_.name),
        author=context.name,
        foot=f"{context.name} · {round_.name}",
        demo=context.demo,
    )
    for body, comments, longest, items in ATTEMPTS:
        story = partial(_story, context, body, comments, longest, items)
        pdf, pages = build(story, about, PAGES, most=PAGES)
        if pages <= PAGES:
            return pdf
    return build(story, about, pages)[0]  # a questionnaire of very many elements: whole, and numbered rightly


def _story(context: ReportContext, body: float, comments: int, longest: int, items: int) -> list[Flowable]:
    writer = Writer(context, body)
    return [
        *parts.head(context, writer.styles),
        *parts.title(context, writer.styles),
        writer.heading(words.GENERAL),
        writer.p(sentences.index(context)),
        *map(writer.p, filter(None, [sentences.frames(context)])),
        writer.p(f"{sentences.rank(context)} {sentences.change(context)} {sentences.targets(context)}".strip()),
        *parts.elements(writer),
        *_strong(writer),
        *_weak(writer),
        *parts.lines(writer, WORST, items),
        *_who(writer),
        *_voices(writer, comments, longest),
        *parts.method(writer),
    ]


def _strong(writer: Writer) -> list[Flowable]:
    context = writer.context
    if not (context.strengths or context.highest):
        why = words.STRONG_NOTHING if context.weaknesses else words.NO_FINDINGS
        return [KeepTogether([writer.heading(words.STRONG), writer.p(why)])]
    lead, caption = words.STRONG_NONE, words.HIGH_TABLE
    if context.strengths:
        lead, caption = words.STRONG_LEAD, words.STRONG_TABLE
    table = _findings(writer, context.strengths or context.highest)
    return [
        KeepTogether(
            [
                writer.heading(words.STRONG),
                writer.p(lead),
                writer.caption(caption),
                table,
                writer.p(words.OTHERS_NOTE, "note"),
            ]
        )
    ]


def _weak(writer: Writer) -> list[Flowable]:
    context = writer.context
    if not (context.weaknesses or context.lowest):
        why = words.WEAK_NOTHING if context.strengths else words.NO_FINDINGS
        return [KeepTogether([writer.heading(words.WEAK), writer.p(why)])]
    lead, caption = (words.WEAK_LEAD, words.WEAK_TABLE) if context.weaknesses else (words.WEAK_NONE, words.LOW_TABLE)
    table = _findings(writer, context.weaknesses or context.lowest)
    return [KeepTogether([writer.heading(words.WEAK), writer.p(lead), writer.caption(caption), table])]


def _findings(writer: Writer, findings: Sequence[ItemFinding]) -> Flowable:
    """A table of items against the other agencies."""
    heads = (words.CONTENT, words.INDEX_HEAD, words.OTHERS, words.GAP, words.UNHAPPY)
    rows: list[list[Cell]] = [[writer.p(t, "th_right" if k else "th") for k, t in enumerate(heads)]]
    statements = writer.context.statements
    for finding in findings:
        some = words.UNHAPPY_OF.format(some=sentences.whole(finding.dissatisfied), all=sentences.whole(finding.n))
        rows.append(
            [
                writer.p(text(statements[finding.key]), "cell"),
                writer.figure(finding.figure),
                writer.p(fixed(finding.rest), "number"),
                writer.p(sentences.signed(finding.gap), "number"),
                writer.p(some, "number"),
            ]
        )
    return ruled(rows, [WIDTH - INDICES - 50 - 56 - 76, INDICES, 50, 56, 76])


def _who(writer: Writer) -> list[Flowable]:
    """Who answered: channels and groups, one row a question."""
    context = writer.context
    rows: list[list[Cell]] = [[writer.p(words.BY, "th"), writer.p(words.GROUP_AND_SIZE, "th")]]
    for name, groups in context.groups:
        if groups:
            rows.append([writer.p(text(name), "cell_small"), writer.p(text(_sizes(groups)), "cell_small")])
    answered = writer.p(sentences.answered(context))
    heading = writer.heading(words.WHO)
    if len(rows) == 1 or context.overall.n is None:
        return [KeepTogether([heading, answered])]
    hidden = any(group.n is None for _, groups in context.groups for group in groups)
    note = [writer.p(words.HIDDEN_NOTE, "note")] if hidden else []
    table = ruled(rows, [96, WIDTH - 96], pad=1.3)
    return [KeepTogether([heading, answered, writer.caption(words.WHO_TABLE), table, *note])]


def _sizes(groups: Sequence[RespondentGroup]) -> str:
    """The sizes that may be printed, with the sentence that others may not."""
    sizes = [f"{group.name} {sentences.whole(group.n)}" for group in groups if group.n is not None]
    if len(sizes) < len(groups):
        sizes.append(words.OTHER_GROUPS if sizes else words.HIDDEN_GROUP)
    return "; ".join(one.replace(" ", sentences.NBSP) if len(one) < 30 else one for one in sizes)


def _voices(writer: Writer, comments: int, longest: int) -> list[Flowable]:
    """What people said, as far as it was reviewed."""
    context = writer.context
    heading = writer.heading(words.VOICES)
    if not context.quotes:
        hidden = context.overall.n is None
        return [KeepTogether([heading, writer.p(words.HIDDEN_COMMENTS if hidden else words.NO_COMMENTS)])]
    themes = sentences.themes(context)
    paragraphs = [writer.p(themes)] if themes else []
    if comments:
        paragraphs += [
            writer.p(words.QUOTES_LEAD),
            *parts.quotes(writer, [quote for quote, _ in context.quotes[:comments]], longest),
        ]
    return [KeepTogether([heading, *(paragraphs or [writer.p(words.NO_ROOM)])])]
