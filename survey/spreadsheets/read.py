"""Streaming CSV and XLSX reader for tables that Excel, LibreOffice, Google Forms, KoBo and macOS write.

Detected from the content, whatever the file's name: workbooks (`survey.spreadsheets.xlsx`) or text; a UTF-8 byte order
mark, UTF-16 with its mark (Excel's "Unicode text"); the delimiter `,` `;` or tab; quoted cells with line breaks; CRLF;
decomposed letters (NFD), which are normalised to NFC. Rows stream, so that memory does not grow with the file. Row
numbers are those a spreadsheet shows, the header being row 1.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import BinaryIO

from survey.core.errors import CellError, InputError, TableError
from survey.core.text import clean, is_name_in_addresses
from survey.spreadsheets import xlsx
from survey.spreadsheets.times import parse_day

SEPARATORS = (",", ";", "\t")
MAX_CELL = 10_000
MAX_COLUMNS = xlsx.MAX_WIDTH
_MAX_CACHED = 50_000
"""How many distinct cells are cached with their cleaned text."""


@dataclass
class Table:
    """An open table: its columns, and an iterator over its rows, which can be read once."""

    #: how messages name it
    source: str
    columns: tuple[str, ...]
    rows: Iterator[tuple[int, list[str]]]

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (row number, one cleaned cell a column); rows without any text are left out."""
        return self.rows

    def position(self, column: str) -> int:
        """Return the index of a column; `InputError` naming the columns there are when it is missing.

        Case is forgiven where that leaves no doubt: `Agency` is found for `agency` unless both stand there. `N` and `n`
        are two things.
        """
        if column in self.columns:
            return self.columns.index(column)
        matches = [k for k, name in enumerate(self.columns) if name.casefold() == column.casefold()]
        if len(matches) == 1 and len(column) > 1:
            return matches[0]
        raise InputError(
            "%(source)s has no column %(column)r; its columns are: %(columns)s",
            source=self.source,
            column=column,
            columns=", ".join(self.columns),
        )

    def optional(self, column: str) -> int | None:
        """Return the index of a column, or None when it is missing."""
        try:
            return self.position(column)
        except InputError:
            return None


@contextmanager
def open_table(path: Path, source: str = "", progress: Callable[[int], object] | None = None) -> Iterator[Table]:
    """Open a CSV or XLSX file as a table; `progress` is called with the bytes read since its last call.

    Raise `InputError` when the file cannot be read as a table; its rows raise it too, when they are reached.
    """
    name = source or path.name
    try:
        with path.open("rb") as file:
            yield read_table(file, name, progress)
    except FileNotFoundError as error:
        raise InputError("There is no file %(path)s", path=path) from error
    except IsADirectoryError as error:
        raise InputError("%(path)s is a folder, not a file", path=path) from error
    except PermissionError as error:
        raise InputError("%(path)s may not be read by this user", path=path) from error


def read_table(file: BinaryIO, source: str, progress: Callable[[int], object] | None = None) -> Table:
    """Read a table from an open binary file, a workbook or text. Errors as `open_table`."""
    start = file.read(4)
    file.seek(0)
    if start == xlsx.OLD_WORKBOOK:
        raise InputError(
            "%(source)s is an old workbook (.xls) or has a password; save it as .xlsx without one", source=source
        )
    if start == xlsx.SIGNATURE:
        return _workbook(file, source, progress)
    lines = _lines(file, source, progress)
    first = next(lines, "")
    while first and not first.strip():
        first = next(lines, "")
    if not first:
        raise InputError("%(source)s is empty", source=source)
    if first.lower().startswith("sep=") and len(first.strip()) == 5:  # Excel's own hint
        separator, first = first.strip()[4], next(lines, "")
    else:
        separator = _separator(first)
    reader = csv.reader(_chain(first, lines), delimiter=separator, strict=True)
    header = _next(reader, source, 1) or []
    _check_width(header, source)
    columns = tuple(clean(cell) for cell in header)
    while columns and not columns[-1]:  # a separator at the end of the line
        columns = columns[:-1]
    _check_header(columns, source)
    return Table(source, columns, _rows(reader, columns, source))


def _workbook(file: BinaryIO, source: str, progress: Callable[[int], object] | None) -> Table:
    """Return the table on the first visible sheet; its first row with text is the header."""
    rows = xlsx.sheet_rows(file, source, progress)
    _number, header = next(rows, (0, []))
    columns = tuple(clean(cell) for cell in header)
    while columns and not columns[-1]:
        columns = columns[:-1]
    if not columns:
        raise InputError("%(source)s is empty", source=source)
    _check_header(columns, source)
    width = len(columns)
    records = ((number, cells[:width] + [""] * (width - len(cells)), cells[width:]) for number, cells in rows)
    return Table(source, columns, _cleaned(records, source, width))


def _cleaned(
    records: Iterator[tuple[int, list[str], list[str]]], source: str, width: int
) -> Iterator[tuple[int, list[str]]]:
    """Yield the cleaned records of a workbook; refuse text outside the table."""
    for number, cells, beyond in records:
        if any(cell.strip() for cell in beyond):
            raise InputError(
                "%(source)s row %(row)d has %(found)d cells, the header has %(expected)d",
                source=source,
                row=number,
                found=width + len(beyond),
                expected=width,
            )
        texts = [clean(cell) for cell in cells]
        if any(texts):
            yield number, texts


def _lines(file: BinaryIO, source: str, progress: Callable[[int], object] | None) -> Iterator[str]:
    """Yield decoded lines with their ends."""
    start = file.read(4)
    file.seek(0)
    encoding = "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    number = 0
    try:
        with io.TextIOWrapper(file, encoding=encoding, errors="strict", newline="") as text:
            for number, line in enumerate(text, 1):  # noqa: B007 (the error below names it)
                if progress is not None:
                    progress(len(line.encode()))
                if "\x00" in line:
                    raise InputError("%(source)s is not a text table; save it as CSV UTF-8", source=source)
                yield line
    except UnicodeError as error:
        raise InputError(
            "%(source)s is not UTF-8 text (near line %(line)d); in Excel save it as “CSV UTF-8”",
            source=source,
            line=number + 1,
        ) from error


def _chain(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _separator(header: str) -> str:
    """Detect the delimiter: the one that occurs most in the header outside quotes."""
    bare = "".join(header.split('"')[::2])
    return max(SEPARATORS, key=bare.count)


def _check_width(header: Sequence[str], source: str) -> None:
    """Refuse a header so wide that looking at its names alone would take long."""
    if len(header) > MAX_COLUMNS and any(cell.strip() for cell in header[MAX_COLUMNS:]):
        raise InputError("%(source)s has more rows or columns than can be read (row %(row)d)", source=source, row=1)


def _check_header(columns: tuple[str, ...], source: str) -> None:
    if not columns:
        raise InputError("%(source)s has no header row", source=source)
    empty = [k + 1 for k, name in enumerate(columns) if not name]
    if empty:
        raise InputError("%(source)s: the header of column %(n)d is empty", source=source, n=empty[0])
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise InputError("%(source)s has two columns named %(column)r", source=source, column=twice[0])


def _next(reader: Iterator[list[str]], source: str, number: int) -> list[str] | None:
    """Return the next record, or None at the end."""
    try:
        return next(reader, None)
    except csv.Error as error:
        raise InputError(
            "%(source)s row %(row)d cannot be read as CSV (%(why)s)", source=source, row=number, why=error
        ) from error


def _rows(reader: Iterator[list[str]], columns: Sequence[str], source: str) -> Iterator[tuple[int, list[str]]]:
    """Yield cleaned records; refuse those with another number of cells than the header."""
    cache: dict[str, str] = {}
    width, number = len(columns), 1
    while (record := _next(reader, source, number := number + 1)) is not None:
        if len(record) > width and not any(cell.strip() for cell in record[width:]):
            record = record[:width]
        if len(record) != width:
            if not any(cell.strip() for cell in record):
                continue
            raise InputError(
                "%(source)s row %(row)d has %(found)d cells, the header has %(expected)d",
                source=source,
                row=number,
                found=len(record),
                expected=width,
            )
        cells = []
        for cell in record:
            cleaned = cache.get(cell)
            if cleaned is None:
                cleaned = clean(cell)
                if len(cache) < _MAX_CACHED:
                    cache[cell] = cleaned
            cells.append(cleaned)
        if any(cells):
            yield number, cells


@dataclass
class Checker:
    """Validator of a table: collects the errors of cells, so that all are reported at once."""

    source: str
    cells: list[CellError] = field(default_factory=list)
    #: the table's columns, so that a cell can be named as a spreadsheet does (C7)
    columns: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: Table) -> Checker:
        """Create a checker that knows the table's columns, to name cells by their letters."""
        return cls(table.source, columns=table.columns)

    def wrong(self, row: int, column: str, value: str, expected: str, /, **values: object) -> None:
        """Add the error of one cell. `expected` is an English msgid with %(name)s places, translated on pages."""
        self.cells.append(CellError(row, column, value, expected, values, self._letter(column)))

    def _letter(self, column: str) -> str:
        """Return the letter over a column, or nothing when it is not known."""
        names = [name.casefold() for name in self.columns]
        at = self.columns.index(column) if column in self.columns else None
        if at is None and column.casefold() in names:
            at = names.index(column.casefold())
        return column_letter(at) if at is not None else ""

    def required(self, row: int, column: str, value: str, limit: int = 200) -> str:
        """Return a text that must not be empty nor longer than `limit`."""
        if not value:
            self.wrong(row, column, value, "filled in")
        elif len(value) > limit:
            self.wrong(row, column, value[:40] + "…", "at most %(limit)d characters", limit=limit)
        return value

    def code(self, row: int, column: str, value: str, limit: int) -> str:
        """Return a code that can stand in addresses."""
        if self.required(row, column, value, limit) and not is_name_in_addresses(value):
            self.wrong(row, column, value, "letters without marks, digits, dots and hyphens")
        return value

    def day(self, row: int, column: str, value: str) -> date | None:
        """Return a calendar day (see `parse_day`), or None when empty or invalid (an error is added)."""
        if not value:
            return None
        found = parse_day(value)
        if found is None:
            self.wrong(row, column, value, "a date like 2026-11-25 or 25/11/2026")
        return found

    def whole(self, row: int, column: str, value: str) -> int:
        """Return a whole number from 0; 1234567, 1.234.567 and 1 234 567 are the same."""
        found = parse_whole(value)
        if found is None:
            self.wrong(row, column, value, "a whole number, 0 or more")
        return found or 0

    def finish(self) -> None:
        """Raise `TableError` when anything was wrong."""
        if self.cells:
            raise TableError(self.source, self.cells)


def column_letter(position: int) -> str:
    """Return the letters a spreadsheet shows over a column: A for 0, Z for 25, AA for 26."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def parse_whole(value: str) -> int | None:
    """Return a whole number from 0, thousands parted by dots or spaces or not at all; None for anything else."""
    bare = value.replace("\u00a0", " ").replace("\u202f", " ")
    for mark in (".", " "):
        head, *groups = bare.split(mark)
        if groups and 1 <= len(head) <= 3 and all(len(group) == 3 for group in groups):
            bare = head + "".join(groups)
            break
    if bare.isascii() and bare.isdecimal() and len(bare) <= 9:
        return int(bare)
    return None
