"""Sensitivity to doubtful responses: the index with and without them, as on the page of the round."""

from __future__ import annotations

from reportlab.platypus import CondPageBreak, Flowable, KeepTogether

from survey.core.numbers import fixed
from survey.files.reports import sentences, words
from survey.files.reports.parts import Writer
from survey.files.reports.style import WIDTH, Cell, ruled, text
from survey.results.sensitivity import Sensitivity, SensitivityRow
from survey.web.wording import DOUBTS

COUNTS, LEFT, INDICES = 56.0, 82.0, 54.0


def doubtful(writer: Writer) -> list[Flowable]:
    """How many responses deserve a second look, why, and what the indices would be without them."""
    doubts = writer.context.doubts
    if doubts is None:
        return []
    rows: list[list[Cell]] = [writer.heads((words.REASON, words.SIZE))]
    for reason, count in doubts.counts.items():
        rows.append(_counted(writer, DOUBTS.text(reason), count))
    rows.append(_counted(writer, words.DUPLICATES, doubts.duplicate_comments))
    return [
        CondPageBreak(190),
        KeepTogether(
            [
                writer.heading(words.DOUBTFUL),
                writer.p(_sentence(doubts)),
                writer.caption(words.REASONS_TABLE),
                ruled(rows, [WIDTH - COUNTS, COUNTS], pad=1.6),
                writer.p(words.DOUBTS_NOTE, "note"),
            ]
        ),
        *_agencies(writer, doubts),
    ]


def _counted(writer: Writer, reason: str, count: int) -> list[Cell]:
    return [writer.p(text(reason), "cell"), writer.p(sentences.whole(count), "number")]


def _sentence(doubts: Sensitivity) -> str:
    lines = [
        words.LOOKED_AT.format(responses=sentences.whole(doubts.responses), flagged=sentences.whole(doubts.flagged))
    ]
    province = doubts.province
    if province is not None and province.index_left is not None:
        lines.append(
            words.WITH_AND_WITHOUT.format(
                every=fixed(province.index),
                left=fixed(province.index_left),
                change=sentences.signed(province.change or 0.0),
            )
        )
    elif doubts.flagged:
        lines.append(words.DOUBTS_HIDDEN)
    return " ".join(lines)


def _agencies(writer: Writer, doubts: Sensitivity) -> list[Flowable]:
    """The agencies with doubtful responses, the largest change first."""
    if not doubts.agencies:
        return []
    heads = (words.AGENCY, words.SIZE, words.NOT_DOUBTFUL, words.WITH_ALL, words.WITHOUT, words.CHANGE_HEAD)
    rows: list[list[Cell]] = [writer.heads(heads), *(_agency(writer, difference) for difference in doubts.agencies)]
    widths = [WIDTH - COUNTS - LEFT - 3 * INDICES, COUNTS, LEFT, *[INDICES] * 3]
    return [CondPageBreak(90), writer.caption(words.DOUBTS_TABLE), ruled(rows, widths, pad=1.6)]


def _agency(writer: Writer, row: SensitivityRow) -> list[Cell]:
    change = "–" if row.change is None else sentences.signed(row.change)
    numbers = (
        sentences.whole(row.n),
        sentences.whole(row.n_left),
        fixed(row.index),
        fixed(row.index_left),
        change,
    )
    name = writer.p(text(writer.context.agency_name(row.agency)), "cell")
    return [name, *(writer.p(number, "number") for number in numbers)]
