"""The index with all responses and without the doubtful ones, as the page of the round tells it."""

from __future__ import annotations

from reportlab.platypus import CondPageBreak, Flowable, KeepTogether

from survey.core.numbers import fixed
from survey.files.reports import sentences, words
from survey.files.reports.parts import Writer
from survey.files.reports.style import WIDTH, Cell, ruled, text
from survey.results.doubts import Difference, Doubts

COUNTS, LEFT, INDICES = 56.0, 82.0, 54.0


def doubtful(writer: Writer) -> list[Flowable]:
    """Return how many responses deserve a second look, why, and what the indices would be without them."""
    found = writer.facts.doubts
    if found is None:
        return []
    rows: list[list[Cell]] = [writer.heads((words.REASON, words.SIZE))]
    for reason, count in found.counts.items():
        rows.append(_counted(writer, words.DOUBTS.get(reason, reason), count))
    rows.append(_counted(writer, words.DUPLICATES, found.duplicate_comments))
    return [
        CondPageBreak(190),
        KeepTogether(
            [
                writer.heading(words.DOUBTFUL),
                writer.p(_sentence(found)),
                writer.caption(words.REASONS_TABLE),
                ruled(rows, [WIDTH - COUNTS, COUNTS], pad=1.6),
                writer.p(words.DOUBTS_NOTE, "note"),
            ]
        ),
        *_agencies(writer, found),
    ]


def _counted(writer: Writer, reason: str, count: int) -> list[Cell]:
    return [writer.p(text(reason), "cell"), writer.p(sentences.whole(count), "number")]


def _sentence(found: Doubts) -> str:
    told = [words.LOOKED_AT.format(responses=sentences.whole(found.responses), flagged=sentences.whole(found.flagged))]
    province = found.province
    if province is not None and province.index_left is not None:
        told.append(
            words.WITH_AND_WITHOUT.format(
                every=fixed(province.index),
                left=fixed(province.index_left),
                change=sentences.signed(province.change or 0.0),
            )
        )
    elif found.flagged:
        told.append(words.DOUBTS_HIDDEN)
    return " ".join(told)


def _agencies(writer: Writer, found: Doubts) -> list[Flowable]:
    """Return the agencies with doubtful responses, the largest change first."""
    if not found.agencies:
        return []
    heads = (words.AGENCY, words.SIZE, words.NOT_DOUBTFUL, words.WITH_ALL, words.WITHOUT, words.CHANGE_HEAD)
    rows: list[list[Cell]] = [writer.heads(heads), *(_agency(writer, one) for one in found.agencies)]
    widths = [WIDTH - COUNTS - LEFT - 3 * INDICES, COUNTS, LEFT, *[INDICES] * 3]
    return [CondPageBreak(90), writer.caption(words.DOUBTS_TABLE), ruled(rows, widths, pad=1.6)]


def _agency(writer: Writer, one: Difference) -> list[Cell]:
    change = "–" if one.change is None else sentences.signed(one.change)
    numbers = (sentences.whole(one.n), sentences.whole(one.n_left), fixed(one.index), fixed(one.index_left), change)
    name = writer.p(text(writer.facts.ground.content.agency_name(one.agency)), "cell")
    return [name, *(writer.p(number, "number") for number in numbers)]
