"""The report of one agency: two pages at most."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from reportlab.platypus import Flowable, KeepTogether

from survey.core.numbers import fixed
from survey.files.reports import parts, sentences, words
from survey.files.reports.document import Frontispiece, build
from survey.files.reports.facts import Facts, Group
from survey.files.reports.parts import INDICES, Writer
from survey.files.reports.style import WIDTH, Cell, ruled, text
from survey.results.findings import Finding

PAGES = 2
ATTEMPTS = (
    (11.0, 3, 260),
    (11.0, 2, 200),
    (11.0, 1, 160),
    (10.5, 2, 200),
    (10.0, 3, 200),
    (10.0, 1, 160),
    (10.0, 0, 0),
    (9.0, 0, 0),
)
"""Size of type, comments, and longest comment: the first that fits two pages is taken."""


def render_agency(facts: Facts) -> bytes:
    """Return the PDF; the same facts give the same bytes."""
    round_ = facts.ground.content.results.round
    about = Frontispiece(
        title=words.TITLE_AGENCY.format(name=facts.name, round=round_.name),
        author=facts.name,
        foot=f"{facts.name} · {round_.name}",
        demo=facts.ground.demo,
    )
    for body, comments, longest in ATTEMPTS:
        story = partial(_story, facts, body, comments, longest)
        made, pages = build(story, about, PAGES, most=PAGES)
        if pages <= PAGES:
            return made
    return build(story, about, pages)[0]  # a questionnaire of very many elements: whole, and numbered rightly


def _story(facts: Facts, body: float, comments: int, longest: int) -> list[Flowable]:
    writer = Writer(facts, body)
    return [
        *parts.head(facts, writer.styles),
        *parts.title(facts, writer.styles),
        writer.heading(words.GENERAL),
        writer.p(sentences.index(facts)),
        writer.p(f"{sentences.rank(facts)} {sentences.change(facts)}"),
        *parts.elements(writer),
        *_strong(writer),
        *_weak(writer),
        *_who(writer),
        *_voices(writer, comments, longest),
        *parts.method(writer),
    ]


def _strong(writer: Writer) -> list[Flowable]:
    facts = writer.facts
    if not (facts.strong or facts.high):
        return [KeepTogether([writer.heading(words.STRONG), writer.p(words.NO_FINDINGS)])]
    lead, caption = (words.STRONG_LEAD, words.STRONG_TABLE) if facts.strong else (words.STRONG_NONE, words.HIGH_TABLE)
    table = _findings(writer, facts.strong or facts.high)
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
    facts = writer.facts
    if not (facts.weak or facts.low):
        return [KeepTogether([writer.heading(words.WEAK), writer.p(words.NO_FINDINGS)])]
    lead, caption = (words.WEAK_LEAD, words.WEAK_TABLE) if facts.weak else (words.WEAK_NONE, words.LOW_TABLE)
    table = _findings(writer, facts.weak or facts.low)
    return [KeepTogether([writer.heading(words.WEAK), writer.p(lead), writer.caption(caption), table])]


def _findings(writer: Writer, found: Sequence[Finding]) -> Flowable:
    """Return a table of items against the other agencies."""
    heads = (words.CONTENT, words.INDEX_HEAD, words.OTHERS, words.GAP, words.UNHAPPY)
    rows: list[list[Cell]] = [[writer.p(t, "th_right" if k else "th") for k, t in enumerate(heads)]]
    item_of = {item.code: item.text.get("vi") for item in writer.facts.ground.content.definition.items}
    for finding in found:
        some = words.UNHAPPY_OF.format(some=sentences.whole(finding.dissatisfied), all=sentences.whole(finding.n))
        rows.append(
            [
                writer.p(text(item_of[finding.key]), "cell"),
                writer.figure(finding.figure),
                writer.p(fixed(finding.rest), "number"),
                writer.p(sentences.signed(finding.gap), "number"),
                writer.p(some, "number"),
            ]
        )
    return ruled(rows, [WIDTH - INDICES - 50 - 56 - 76, INDICES, 50, 56, 76])


def _who(writer: Writer) -> list[Flowable]:
    """Return who answered: channels and groups, one row a question."""
    facts = writer.facts
    rows: list[list[Cell]] = [[writer.p(words.BY, "th"), writer.p(words.GROUP_AND_SIZE, "th")]]
    for name, groups in facts.groups:
        if groups:
            rows.append([writer.p(text(name), "cell_small"), writer.p(text(_sizes(groups)), "cell_small")])
    answered = writer.p(sentences.answered(facts))
    heading = writer.heading(words.WHO)
    if len(rows) == 1 or facts.overall.n is None:
        return [KeepTogether([heading, answered])]
    hidden = any(group.n is None for _, groups in facts.groups for group in groups)
    note = [writer.p(words.HIDDEN_NOTE, "note")] if hidden else []
    table = ruled(rows, [96, WIDTH - 96], pad=1.3)
    return [KeepTogether([heading, answered, writer.caption(words.WHO_TABLE), table, *note])]


def _sizes(groups: Sequence[Group]) -> str:
    """Return the sizes that may be told, and that others may not."""
    told = [f"{group.name} {sentences.whole(group.n)}" for group in groups if group.n is not None]
    if len(told) < len(groups):
        told.append(words.OTHER_GROUPS if told else words.HIDDEN_GROUP)
    return "; ".join(one.replace(" ", sentences.NBSP) if len(one) < 30 else one for one in told)


def _voices(writer: Writer, comments: int, longest: int) -> list[Flowable]:
    """Return what people said, as far as it was reviewed."""
    facts = writer.facts
    heading = writer.heading(words.VOICES)
    if not facts.quotes:
        hidden = facts.overall.n is None
        return [KeepTogether([heading, writer.p(words.HIDDEN_COMMENTS if hidden else words.NO_COMMENTS)])]
    themes = sentences.themes(facts)
    told = [writer.p(themes)] if themes else []
    if comments:
        told += [
            writer.p(words.QUOTES_LEAD),
            *parts.quotes(writer, [quote for quote, _ in facts.quotes[:comments]], longest),
        ]
    return [KeepTogether([heading, *(told or [writer.p(words.NO_ROOM)])])]
