"""Checker of a published table: the file as it is read, what `scoring.checking` found, each in words and with its cell.

Nothing is stored: neither the file nor what was found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from scoring.checking import Flag, FlagKind, PrintedRow, check_sheet
from survey.core.numbers import fixed
from survey.spreadsheets.headings import column_letter
from survey.spreadsheets.printed import read_printed
from survey.web.messages import N_
from survey.web.wording import Wording

KINDS = Wording(
    {
        FlagKind.SUM: N_("Sum that does not add up"),
        FlagKind.SHARE: N_("Percentage that its counts do not give"),
        FlagKind.GRIM: N_("Percentage that no count gives"),
        FlagKind.MEAN: N_("Mean or spread that no marks give"),
        FlagKind.RANK: N_("Rank out of order"),
        FlagKind.TOTAL: N_("Figure of the whole that the parts do not give"),
        FlagKind.DECIMALS: N_("Impossible decimals"),
        FlagKind.RANGE: N_("Impossible value"),
        FlagKind.MISSING_N: N_("Number of people missing"),
        FlagKind.MARGIN: N_("Margin of error too small"),
    }
)
REASONS = {
    "row_sum": N_("%(printed)s is printed; the %(parts)s parts beside it add up to %(sum)s."),
    "hundred": N_("These %(parts)s percentages add up to %(sum)s; rounding alone does not explain that."),
    "column_sum": N_("%(printed)s is printed; the rows add up to %(sum)s."),
    "share": N_("%(printed)s is printed; the counts of the table give %(share)s."),
    "grim": N_("No whole number of %(n)s people gives %(printed)s %%: the nearest are %(below)s and %(above)s."),
    "mean": N_("No whole marks of %(n)s people have the mean %(printed)s: the nearest are %(below)s and %(above)s."),
    "spread": N_("Whole marks of %(n)s people with the mean %(mean)s cannot have the standard deviation %(printed)s."),
    "rank": N_("Rank %(printed)s is printed; by the figure beside it the rank is %(best)s to %(worst)s."),
    "outside_parts": N_("%(printed)s is printed for the whole, but its parts lie between %(low)s and %(high)s."),
    "weighted": N_("%(printed)s is printed; the mean of the parts, weighted by “%(by)s”, is %(mean)s."),
    "weighted_row": N_("%(printed)s is printed; the columns and the row of weights give %(mean)s."),
    "weighted_sum": N_("%(printed)s is printed; the columns add up to %(mean)s."),
    "garbled": N_("“%(text)s” cannot be read as a number."),
    "not_whole": N_("%(printed)s is printed where people or dossiers are counted."),
    "percent": N_("%(printed)s is no percentage from 0 to 100."),
    "negative": N_("%(printed)s is printed where something is counted."),
    "scale": N_("%(printed)s lies outside of the marks 1 to 5."),
    "ends": N_("The interval begins at %(low)s and ends at %(high)s."),
    "interval": N_("%(printed)s does not lie in its own interval, %(low)s to %(high)s."),
    "no_n": N_("The column “%(heading)s” says nowhere of how many people it is."),
    "row_without_n": N_("The row has a figure but no number of people."),
    "margin": N_("± %(printed)s is printed; with %(n)s people drawn at random it is at best ± %(best)s."),
}
MARGINS_SHOWN = 200
"""Figures whose smallest margin is listed."""
LEGEND = N_("A flag says that printed numbers cannot all be right. It does not say which is wrong, nor why.")


@dataclass(frozen=True)
class ShownFlag:
    """A flag in words: where, of what kind, and why."""

    sheet: str
    #: as a spreadsheet names it: C7
    address: str
    #: the cell that most flags point at, where it is another one
    likely: str
    kind: str
    #: msgid and its values, written for a reader
    reason: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class ShownMargin:
    """The smallest margin of error of a figure, with where it stands."""

    sheet: str
    address: str
    label: str
    heading: str
    share: float
    n: int
    margin: float


@dataclass(frozen=True)
class TableCheck:
    """What a file's tables contradict, and how exact their figures can be at best."""

    flags: Sequence[ShownFlag]
    margins: Sequence[ShownMargin]
    tables: int
    numbers: int


def check_file(file: BinaryIO, source: str, number: Callable[[float], str], *, items: int = 1) -> TableCheck:
    """Check what is printed in a file; `number` writes numbers for the reader. `InputError` where it cannot be read.

    `items`: how many questions are put together in one percentage or mean, for what no count can give.
    """
    flags: list[ShownFlag] = []
    margins: list[ShownMargin] = []
    tables = numbers = 0
    sheets = read_printed(file, source)
    checked = [
        (sheet, check_sheet([PrintedRow(row, cells) for row, cells in sheet.rows], items=items)) for sheet in sheets
    ]
    has_n = any(found.has_n for _, found in checked)  # a sheet of a chart need not repeat it
    for sheet, found in checked:
        flags += [_shown(sheet.name, flag, number) for flag in found.flags if not (has_n and flag.reason == "no_n")]
        margins += [
            ShownMargin(sheet.name, _address(one.cell), one.label, one.heading, one.share, one.n, one.margin)
            for one in found.margins
        ]
        tables, numbers = tables + found.tables, numbers + found.numbers
    return TableCheck(flags, margins, tables, numbers)


def written(value: float, *, english: bool) -> str:
    """A number of a table with as many decimals as it needs, at most three."""
    if value == round(value):
        return fixed(value, 0, english=english)
    return fixed(value, 3, english=english).rstrip("0")


def _shown(sheet: str, flag: Flag, number: Callable[[float], str]) -> ShownFlag:
    values = {k: number(value) if isinstance(value, int | float) else str(value) for k, value in flag.values.items()}
    likely = _address(flag.likely) if flag.likely is not None and flag.likely != flag.cell else ""
    return ShownFlag(sheet, _address(flag.cell), likely, flag.kind.value, REASONS[flag.reason], values)


def _address(cell: tuple[int, int]) -> str:
    return f"{column_letter(cell[1])}{cell[0]}"
