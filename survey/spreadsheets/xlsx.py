"""XLSX reader: rows of text from the first visible sheet, with limits against decompression bombs.

Formulas give their cached value; dates are written 2026-11-25, whole numbers without decimals (1234.0 is 1234) unless
their format shows leading zeros: 3646 shown as 03646 is the code 03646. The size that a workbook declares is not
trusted: unpacked bytes, rows and cells are counted, and an `InputError` is raised where a limit is exceeded.
"""

from __future__ import annotations

import io
import math
import os
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

from survey.core.errors import InputError

os.environ["OPENPYXL_LXML"] = "False"
"""Where lxml is installed openpyxl would read with it, which resolves entities, and not with defusedxml."""

SIGNATURE = b"PK\x03\x04"
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
"""How .xls files and workbooks behind a password begin."""
OPEN_DOCUMENT = "content.xml"
"""The part that holds the tables of an .ods file."""
BINARY_WORKBOOK = "xl/workbook.bin"
"""The part that tells an .xlsb file from an .xlsx."""
_ZEROS = re.compile(r"0{2,15}")
"""The number format of a code with leading zeros."""

MAX_UNPACKED = 200 * 1024 * 1024
MAX_PARTS = 2_000
MAX_ROWS = 1_048_576
MAX_CELLS = 20_000_000
MAX_WIDTH = 2_000
"""Columns; a wider row is a mistake or an attack, and every row of it costs memory."""


def check_archive(file: BinaryIO, source: str) -> bool:
    """Raise `InputError` unless `file` is a workbook that unpacks to a size within the limits; True for an .xlsx."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError("%(source)s is damaged; save it again and try once more", source=source) from error
    names = {part.filename for part in parts}
    excel = "[Content_Types].xml" in names and any(name.startswith("xl/workbook") for name in names)
    if not excel and not {"mimetype", OPEN_DOCUMENT} <= names:
        raise InputError("%(source)s is not a workbook (.xlsx, .xls, .ods) nor a CSV file", source=source)
    # A part never unpacks to more than it declares: zipfile stops there.
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise InputError("%(source)s unpacks to more than can be read; split it or save it as CSV", source=source)
    file.seek(0)
    return excel and BINARY_WORKBOOK not in names


def sheet_rows(
    file: BinaryIO, source: str, progress: Callable[[int], object] | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number as the spreadsheet shows it, cells as text) of the first visible sheet; no empty rows.

    Raises `InputError` for what is no workbook or passes a limit.
    """
    with _opened_book(file, source, progress) as book:
        sheet = next((s for s in book.worksheets if s.sheet_state == "visible"), None)
        if sheet is None:
            raise InputError("%(source)s has no visible sheet", source=source)
        sheet.reset_dimensions()
        yield from numbered(_texts(sheet.iter_rows()), source)


def every_sheet(file: BinaryIO, source: str) -> Iterator[tuple[str, list[tuple[int, list[str]]]]]:
    """Yield (name, rows as `sheet_rows` gives them) of each visible sheet that has any. Errors as `sheet_rows`."""
    with _opened_book(file, source, None) as book:
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible":
                sheet.reset_dimensions()
                rows = list(numbered(_texts(sheet.iter_rows()), source))
                if rows:
                    yield str(sheet.title), rows


@contextmanager
def _opened_book(file: BinaryIO, source: str, progress: Callable[[int], object] | None) -> Iterator[Any]:
    """Yield a workbook that is read row by row; `InputError` for what is none, whatever its library raises."""
    check_archive(file, source)
    from openpyxl import load_workbook

    book = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations that openpyxl would not keep
            book = load_workbook(
                _ProgressReader(file, progress),
                read_only=True,
                data_only=True,
                keep_links=False,
            )
        yield book
    except InputError:
        raise
    except Exception as error:  # whatever a broken part makes the library raise
        raise InputError("%(source)s is damaged; save it again and try once more", source=source) from error
    finally:
        if book is not None:
            book.close()


def numbered(rows: Iterator[list[str]], source: str) -> Iterator[tuple[int, list[str]]]:
    """Yield non-empty rows with their numbers, counting rows and cells against the limits."""
    cells = 0
    for number, row in enumerate(rows, 1):
        cells += len(row)
        if number > MAX_ROWS or cells > MAX_CELLS or len(row) > MAX_WIDTH:
            raise InputError(
                "%(source)s has more rows or columns than can be read (row %(row)d)", source=source, row=number
            )
        if any(row):
            yield number, row


def _texts(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[str]]:
    """Yield the cells of rows as they read; a row that is too wide is cut behind what refuses it."""
    for row in _without_warnings(rows):
        yield [_shown(cell) for cell in row[: MAX_WIDTH + 1]]


def _shown(cell: Any) -> str:
    """A cell's text, with the zeros in front that its number format shows."""
    value = cell.value
    if value.__class__ in (int, float) and value >= 0 and value == int(value) and _ZEROS.fullmatch(cell.number_format):
        return str(int(value)).zfill(len(cell.number_format))
    return cell_text(value)


def _without_warnings(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Yield rows with openpyxl's warnings suppressed: they are about styles and validations, which are not read."""
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            row = next(rows, None)
        if row is None:
            return
        yield row


def cell_text(value: object) -> str:
    """A cell's value as a CSV file would hold it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        bare = value.replace(microsecond=0)
        return bare.date().isoformat() if bare.time() == time() else bare.isoformat(sep=" ")
    if isinstance(value, date | time | timedelta):
        return str(value)
    return str(value)


class _ProgressReader(io.RawIOBase):
    """Binary file that reports to `progress` how many bytes were read."""

    def __init__(self, file: BinaryIO, progress: Callable[[int], object] | None) -> None:
        self._file, self._progress, self._reported = file, progress, 0

    def readable(self) -> bool:
        """Readable, as the zip reader asks."""
        return True

    def seekable(self) -> bool:
        """Seekable, as the zip reader asks."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Where the file stands."""
        return self._file.tell()

    def read(self, size: int | None = -1) -> bytes:
        """Read, and report the bytes."""
        data = self._file.read(-1 if size is None else size)
        if self._progress is not None and data:
            self._reported += len(data)
            self._progress(len(data))
        return data
