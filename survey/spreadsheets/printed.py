"""Reader of printed tables, every row of them: sheets of a workbook, CSV, or text copied from a PDF or a web page.

Unlike the tables that are imported nothing is left out here: totals, titles and notes are what is looked at.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from survey.core.errors import InputError
from survey.core.text import clean
from survey.spreadsheets import other_workbooks, xlsx
from survey.spreadsheets.read import SEPARATORS, decoded_lines, is_workbook

MAX_LINES = 20_000
_NUMBER = re.compile(r"[±+\-−–]?\d[\d.,]*%?(?:\+\d[\d.,]*)*|[-–—…]", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}", re.ASCII)
_THREE = re.compile(r"\d{3}", re.ASCII)


@dataclass(frozen=True)
class PrintedSheet:
    """A sheet, or the whole of a text: numbered rows of cells."""

    #: empty for a text
    name: str
    rows: Sequence[tuple[int, Sequence[str]]]


def read_printed(file: BinaryIO, source: str) -> list[PrintedSheet]:
    """Read what is printed in a file, sheet by sheet. `InputError` where it is empty or cannot be read."""
    if is_workbook(file):
        return _workbook(file, source)
    lines = [line.rstrip("\r\n") for line in decoded_lines(file, source, None)]
    if len(lines) > MAX_LINES:
        raise InputError("%(source)s has more than %(limit)d lines", source=source, limit=MAX_LINES)
    rows = text_rows(lines)
    if not rows:
        raise InputError("%(source)s is empty", source=source)
    return [PrintedSheet("", rows)]


def _workbook(file: BinaryIO, source: str) -> list[PrintedSheet]:
    start = file.read(4)
    file.seek(0)
    if start == xlsx.SIGNATURE and xlsx.check_archive(file, source):
        sheets = [PrintedSheet(name, _cleaned(rows)) for name, rows in xlsx.every_sheet(file, source)]
    else:
        sheets = [PrintedSheet("", _cleaned(list(other_workbooks.sheet_rows(file, source))))]
    if not any(sheet.rows for sheet in sheets):
        raise InputError("%(source)s is empty", source=source)
    return sheets


def _cleaned(rows: Sequence[tuple[int, Sequence[str]]]) -> list[tuple[int, list[str]]]:
    return [(number, [clean(cell) for cell in cells]) for number, cells in rows[:MAX_LINES]]


def text_rows(lines: Sequence[str]) -> list[tuple[int, list[str]]]:
    """The rows of a text: parted by a mark where headings are parted by the same, else by the numbers in them.

    >>> text_rows(["Cơ quan  n  Tỷ lệ", "Sở Y tế 120 95,8", "Sở Tư pháp 80 97,5"])
    [(1, ['Cơ quan', 'n', 'Tỷ lệ']), (2, ['Sở Y tế', '120', '95,8']), (3, ['Sở Tư pháp', '80', '97,5'])]
    """
    filled = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    separator = _separator([line for _, line in filled])
    if separator:
        try:
            parsed = list(csv.reader(lines, delimiter=separator))
        except csv.Error:
            parsed = [line.split(separator) for line in lines]
        rows = [(k, [clean(cell) for cell in cells]) for k, cells in enumerate(parsed, 1)]
        return [(number, cells) for number, cells in rows if any(cells)]
    return _spaced(filled)


def _separator(lines: Sequence[str]) -> str:
    """The mark that parts the cells; empty for text whose cells are parted by space alone.

    A comma in every line may be the decimal one: it parts cells only where it also parts words.
    """
    for mark in ("\t", ";", ","):
        counts = Counter(bare.count(mark) for line in lines if (bare := "".join(line.split('"')[::2])).count(mark))
        often = counts.most_common(1)
        if mark not in SEPARATORS or not often or sum(counts.values()) < 0.5 * len(lines):
            continue
        parted = [next(csv.reader([line], delimiter=mark), []) for line in lines]
        heads = [cells for cells in parted if len(cells) == often[0][0] + 1]
        words = [cells for cells in heads if not any(_NUMBER.fullmatch(cell.strip()) for cell in cells)]
        if mark == "\t" or any(sum(bool(cell.strip()) for cell in cells) > 1 and len(cells) > 1 for cells in words):
            return mark
    return ""


def _spaced(lines: Sequence[tuple[int, str]]) -> list[tuple[int, list[str]]]:
    """Rows of text that a PDF gave: words, then numbers; headings by their wide gaps, or one a line."""
    split = [(number, _tokens(line)) for number, line in lines]
    sizes = Counter(len(numbers) for _, (_, numbers) in split if numbers)
    if not sizes:
        return [(number, [clean(line)]) for number, line in lines]
    width = max(sizes, key=lambda size: (sizes[size] * (size > 1), -size))
    rows: list[tuple[int, list[str]]] = []
    waiting: list[tuple[int, str]] = []
    for (number, line), (_, (words, numbers)) in zip(lines, split, strict=True):
        fitted = _fit(words, numbers, width)
        if fitted is None or (not rows and len(numbers) < width):
            waiting.append((number, line))
            continue
        if rows or not waiting:
            rows += [(n, [clean(text)]) for n, text in waiting]
        else:
            rows += _headings(waiting, width)
        waiting = []
        rows.append((number, fitted))
    return rows + [(n, [clean(text)]) for n, text in waiting]


def _tokens(line: str) -> tuple[list[str], list[str]]:
    """The words of a line and the numbers at its end."""
    words = line.split()
    end = len(words)
    while end and _NUMBER.fullmatch(words[end - 1]):
        end -= 1
    return words[:end], words[end:]


def _fit(words: Sequence[str], numbers: Sequence[str], width: int) -> list[str] | None:
    """The cells of a line, name first; thousands parted by a space are joined, numbers too many are name."""
    found = list(numbers)
    while len(found) > width:
        pairs = (k for k in range(len(found) - 1) if _GROUPED.fullmatch(found[k]) and _THREE.fullmatch(found[k + 1]))
        pair = next(pairs, -1)
        if pair < 0 or not words:
            break
        found[pair : pair + 2] = [found[pair] + found[pair + 1]]
    extra = max(len(found) - width, 0)
    name = " ".join([*words, *found[:extra]])
    found = found[extra:]
    if len(found) < width and not (name and found and len(found) >= max(1, width - 2)):
        return None
    serial, _, rest = name.partition(" ")
    if serial.rstrip(".").isdigit() and rest:
        name = rest
    return [clean(name), *found, *[""] * (width - len(found))]


def _headings(lines: Sequence[tuple[int, str]], width: int) -> list[tuple[int, list[str]]]:
    """The lines above the first numbers; those that name the columns as one row of cells."""
    titles = [(number, [clean(text)]) for number, text in lines]
    for k in range(len(lines) - 1, -1, -1):
        cells = [clean(cell) for cell in re.split(r"\s{2,}|\t", lines[k][1].strip())]
        if len(cells) in (width + 1, width + 2):
            named = cells if len(cells) == width + 1 else cells[1:]
            return [*titles[:k], (lines[k][0], named), *titles[k + 1 :]]
    if len(lines) >= width + 1:
        last = [clean(text) for _, text in lines[-(width + 1) :]]
        return [*titles[: -(width + 1)], (lines[-1][0], last)]
    return titles
