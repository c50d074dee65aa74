"""Streaming reader of tables that Excel, LibreOffice, survey tools and macOS write, as CSV, .xlsx, .xls or .ods.

Detected from the content, whatever the file's name: workbooks (`survey.spreadsheets.xlsx`, `other_workbooks`) or text;
a UTF-8 byte order mark, UTF-16 with its mark (Excel's "Unicode text"); the delimiter `,` `;` or tab; quoted cells with
line breaks; CRLF; decomposed letters (NFD), which are normalised to NFC. Rows stream, so that memory does not grow with
the file. Row numbers are those a spreadsheet shows.

`read_table` takes the first row as the header. Tables of offices are read by `read_office_table`, which finds the
header (`survey.spreadsheets.headings`) and leaves out totals and signatures (`survey.spreadsheets.left_out`).
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from survey.core.errors import CellError, InputError, TableError
from survey.core.text import clean, is_name_in_addresses
from survey.spreadsheets import other_workbooks, xlsx
from survey.spreadsheets.headings import SCANNED, Headings, Known, Row, column_letter, find_headings
from survey.spreadsheets.left_out import LeftOut
from survey.spreadsheets.lost_letters import refuse_lost_letters
from survey.spreadsheets.times import day_with_short_year, excel_day, parse_day

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
    rows: Iterator[Row]
    #: number of the header's last row
    heading_row: int = 1
    #: names that stand over several columns of the file
    repeated: frozenset[str] = frozenset()
    #: rows around the table that were passed over so far
    left_out: LeftOut = field(default_factory=LeftOut)
    #: what is looked for → its column, where that was found by other words than its own
    fields: Mapping[str, int] = field(default_factory=dict)
    #: column → IANA zone of its times, where the file says so
    zones: Mapping[int, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Row]:
        """Yield (row number, one cleaned cell a column); rows without any text are left out."""
        return self.rows

    def position(self, column: str) -> int:
        """The index of a column; `InputError` naming the columns there are when it is missing.

        Case is forgiven where that leaves no doubt: `Agency` is found for `agency` unless both stand there. `N` and `n`
        are two things.
        """
        if column in self.fields:
            return self.fields[column]
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
        """The index of a column, or None when it is missing."""
        try:
            return self.position(column)
        except InputError:
            return None

    def heading(self, column: str) -> str:
        """How the file calls a column; the column's own name where it has none."""
        at = self.optional(column)
        return column if at is None else self.columns[at]


@contextmanager
def open_table(path: Path, source: str = "", progress: Callable[[int], object] | None = None) -> Iterator[Table]:
    """Open a file as a table whose first row is the header; `progress` gets the bytes read since its last call.

    Raise `InputError` when the file cannot be read as a table; its rows raise it too, when they are reached.
    """
    with _opened(path) as file:
        yield read_table(file, source or path.name, progress)


@contextmanager
def open_office_table(
    path: Path, known: Known, heading_row: int = 0, progress: Callable[[int], object] | None = None
) -> Iterator[Table]:
    """Open a file as `read_office_table` does. Errors as `open_table`."""
    with _opened(path) as file:
        yield read_office_table(file, path.name, known, heading_row, progress)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError as error:
        raise InputError("There is no file %(path)s", path=path) from error
    except IsADirectoryError as error:
        raise InputError("%(path)s is a folder, not a file", path=path) from error
    except PermissionError as error:
        raise InputError("%(path)s may not be read by this user", path=path) from error


def read_table(file: BinaryIO, source: str, progress: Callable[[int], object] | None = None) -> Table:
    """Read a table from an open binary file; its first row is the header. Errors as `open_table`."""
    if is_workbook(file):
        return _workbook(_sheet_rows(file, source, progress), source)
    first, lines, separator = _text_lines(file, source, progress, ahead=1)
    reader = csv.reader(chain(first, lines), delimiter=separator, strict=True)
    header = _next(reader, source, 1) or []
    _check_width(header, source)
    columns = tuple(clean(cell) for cell in header)
    while columns and not columns[-1]:  # a separator at the end of the line
        columns = columns[:-1]
    _check_header(columns, source)
    return Table(source, columns, _rows(reader, columns, source))


def read_office_table(
    file: BinaryIO,
    source: str,
    known: Known,
    heading_row: int = 0,
    progress: Callable[[int], object] | None = None,
) -> Table:
    """Read a table as offices have it: titles above, a header in one row or two, totals and signatures below.

    `known` says what a heading stands for; `heading_row` is the header's last row where a person has said so. Columns
    without a name or with a repeated one are called by their letter or counted: what nobody needs does no harm.
    `InputError` as `read_table`, and where the headings' Vietnamese letters were lost.
    """
    workbook = is_workbook(file)
    if workbook:
        records = _sheet_rows(file, source, progress)
    else:
        first, lines, separator = _text_lines(file, source, progress, ahead=SCANNED)
        records = _records(csv.reader(chain(first, lines), delimiter=separator, strict=True), source)
    ahead = list(islice(records, SCANNED))
    looked_at = [row for row in ahead if any(cell.strip() for cell in row[1])]
    if not looked_at:
        raise InputError("%(source)s is empty", source=source)
    for _, cells in looked_at:
        _check_width(cells, source)
    found = find_headings(looked_at, known, heading_row)
    if heading_row and found.row != heading_row:
        raise InputError("%(source)s has no headings in row %(row)d", source=source, row=heading_row)
    refuse_lost_letters(source, ((f"{column_letter(k)}{found.row}", name) for k, name in enumerate(found.columns)))
    left_out = LeftOut()
    rows = _office_rows(chain(ahead, records), found, left_out, source, strict=not workbook)
    return Table(source, found.columns, rows, found.row, found.repeated, left_out, zones=dict(found.zones))


def _office_rows(
    records: Iterator[Row], found: Headings, left_out: LeftOut, source: str, *, strict: bool
) -> Iterator[Row]:
    """Yield cleaned records below the header; a row of text that is longer than the header or shorter is refused.

    In a workbook a cell beyond the header is a note that belongs to no column.
    """
    cache: dict[str, str] = {}
    width = len(found.columns)
    for number, record in records:
        if number <= found.row or not any(record):
            continue
        cells = _clean_cells(record[:width], cache)
        short = width - len(cells)
        cells += [""] * short
        beyond = strict and any(cell.strip() for cell in record[width:])
        if (not any(cells) and not beyond) or left_out.takes(number, cells):
            continue
        if beyond or (strict and short):
            raise _wrong_width(source, number, len(record), width)
        yield number, cells


def _clean_cells(record: Sequence[str], cache: dict[str, str]) -> list[str]:
    """Cleaned cells; equal ones are cleaned once."""
    cells = []
    for cell in record:
        cleaned = cache.get(cell)
        if cleaned is None:
            cleaned = clean(cell)
            if len(cache) < _MAX_CACHED:
                cache[cell] = cleaned
        cells.append(cleaned)
    return cells


def _records(reader: Iterator[list[str]], source: str) -> Iterator[Row]:
    """Yield the records of a text with their numbers."""
    number = 0
    while (record := _next(reader, source, number := number + 1)) is not None:
        yield number, record


def is_workbook(file: BinaryIO) -> bool:
    """Say whether a file begins as a workbook does, of whatever kind; else it is text."""
    start = file.read(4)
    file.seek(0)
    return start in {xlsx.OLD_WORKBOOK, xlsx.SIGNATURE}


def _sheet_rows(file: BinaryIO, source: str, progress: Callable[[int], object] | None) -> Iterator[Row]:
    """The rows of a workbook's first visible sheet."""
    start = file.read(4)
    file.seek(0)
    if start == xlsx.SIGNATURE and xlsx.check_archive(file, source):
        return xlsx.sheet_rows(file, source, progress)
    return other_workbooks.sheet_rows(file, source)


def _text_lines(
    file: BinaryIO, source: str, progress: Callable[[int], object] | None, *, ahead: int
) -> tuple[list[str], Iterator[str], str]:
    """The first lines of a text, the others, and the delimiter that the first lines use most."""
    lines = decoded_lines(file, source, progress)
    first = next(lines, "")
    while first and not first.strip():
        first = next(lines, "")
    if not first:
        raise InputError("%(source)s is empty", source=source)
    if first.lower().startswith("sep=") and len(first.strip()) == 5:  # Excel's own hint
        return [next(lines, "")], lines, first.strip()[4]
    seen = [first, *islice(lines, ahead - 1)]
    return seen, lines, _separator("".join(seen))


def _workbook(rows: Iterator[Row], source: str) -> Table:
    """The table on a sheet; its first row with text is the header."""
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


def decoded_lines(file: BinaryIO, source: str, progress: Callable[[int], object] | None) -> Iterator[str]:
    """Yield the lines of a text with their ends; `InputError` where it is not UTF-8 or UTF-16 with its mark."""
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


def _separator(text: str) -> str:
    """Detect the delimiter: the one that occurs most outside quotes."""
    bare = "".join(text.split('"')[::2])
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
    """The next record, or None at the end."""
    try:
        return next(reader, None)
    except csv.Error as error:
        raise InputError(
            "%(source)s row %(row)d cannot be read as CSV (%(why)s)", source=source, row=number, why=error
        ) from error


def _wrong_width(source: str, row: int, found: int, expected: int) -> InputError:
    """The error of a row with another number of cells than the header."""
    return InputError(
        "%(source)s row %(row)d has %(found)d cells, the header has %(expected)d",
        source=source,
        row=row,
        found=found,
        expected=expected,
    )


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
            raise _wrong_width(source, number, len(record), width)
        cells = _clean_cells(record, cache)
        if any(cells):
            yield number, cells


@dataclass
class Checker:
    """Validator of a table: collects the errors of cells, so that all are reported at once."""

    source: str
    cells: list[CellError] = field(default_factory=list)
    #: the table's columns, so that a cell can be named as a spreadsheet does (C7)
    columns: tuple[str, ...] = ()
    #: what is looked for → its column
    fields: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, table: Table) -> Checker:
        """Create a checker that knows the table's columns, to name cells by their letters."""
        return cls(table.source, columns=table.columns, fields=table.fields)

    def wrong(self, row: int, column: str, value: str, expected: str, /, **values: object) -> None:
        """Add the error of one cell. `expected` is an English msgid with %(name)s places, translated on pages."""
        heading = self.columns[self.fields[column]] if column in self.fields else column
        self.cells.append(CellError(row, heading, value, expected, values, self._letter(column)))

    def _letter(self, column: str) -> str:
        """The letter over a column, or nothing when it is not known."""
        if column in self.fields:
            return column_letter(self.fields[column])
        names = [name.casefold() for name in self.columns]
        at = self.columns.index(column) if column in self.columns else None
        if at is None and column.casefold() in names:
            at = names.index(column.casefold())
        return column_letter(at) if at is not None else ""

    def required(self, row: int, column: str, value: str, limit: int = 200) -> str:
        """A text that must not be empty nor longer than `limit`."""
        if not value:
            self.wrong(row, column, value, "filled in")
        elif len(value) > limit:
            self.wrong(row, column, value[:40] + "…", "at most %(limit)d characters", limit=limit)
        return value

    def code(self, row: int, column: str, value: str, limit: int) -> str:
        """A code that can stand in addresses."""
        if self.required(row, column, value, limit) and not is_name_in_addresses(value):
            self.wrong(row, column, value, "letters without marks, digits, dots and hyphens")
        return value

    def day(self, row: int, column: str, value: str) -> date | None:
        """A calendar day (see `parse_day`), or None when empty or invalid (an error is added)."""
        if not value:
            return None
        found = parse_day(value)
        if found is None and (meant := excel_day(value)):
            self.wrong(
                row,
                column,
                value,
                "a date: it is Excel's number for %(day)s; give the column a date format and save again",
                day=f"{meant:%d/%m/%Y}",
            )
        elif found is None and (meant := day_with_short_year(value)):
            self.wrong(row, column, value, "a year of four digits; is %(day)s meant?", day=f"{meant:%d/%m/%Y}")
        elif found is None:
            self.wrong(row, column, value, "a date like 2026-11-25 or 25/11/2026")
        return found

    def whole(self, row: int, column: str, value: str) -> int:
        """A whole number from 0; 1234567, 1.234.567 and 1 234 567 are the same."""
        found = parse_whole(value)
        if found is None:
            self.wrong(row, column, value, "a whole number, 0 or more")
        return found or 0

    def finish(self) -> None:
        """Raise `TableError` when anything was wrong."""
        if self.cells:
            raise TableError(self.source, self.cells)


def parse_whole(value: str) -> int | None:
    """A whole number from 0, thousands parted by dots or spaces or not at all; None for anything else."""
    bare = value.replace("\u00a0", " ").replace("\u202f", " ")
    for mark in (".", " "):
        head, *groups = bare.split(mark)
        if groups and 1 <= len(head) <= 3 and all(len(group) == 3 for group in groups):
            bare = head + "".join(groups)
            break
    if bare.isascii() and bare.isdecimal() and len(bare) <= 9:
        return int(bare)
    return None
