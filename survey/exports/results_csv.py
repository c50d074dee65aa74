"""A table of results as CSV (RFC 4180)."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from survey.exports.spreadsheet_text import neutralise

BOM = "\ufeff"
"""Tells Excel that a file is UTF-8."""


def csv_text(table: pd.DataFrame, *, spreadsheet: bool = False) -> str:
    """Return the whole table as text; see `csv_lines`."""
    return "".join(csv_lines(table, spreadsheet=spreadsheet))


def csv_lines(table: pd.DataFrame, *, spreadsheet: bool = False) -> Iterator[str]:
    """Yield the table line by line: a header, then one row a figure.

    Numbers have the fewest digits that give back exactly the same number; a figure that does not exist is an empty
    cell. `spreadsheet` writes for Excel and LibreOffice: a byte order mark, CRLF, and no text that could run as a
    formula. Without it every text is as it is stored, which is what programs want.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n" if spreadsheet else "\n")
    if spreadsheet:
        buffer.write(BOM)
    header = [str(name) for name in table.columns]
    writer.writerow([neutralise(name) for name in header] if spreadsheet else header)
    yield _take(buffer)
    for row in table.itertuples(index=False, name=None):
        writer.writerow([_cell(value, spreadsheet) for value in row])
        yield _take(buffer)


def plain(value: Any) -> str | int | float | bool | None:
    """Return a table's value as plain Python; missing values (None, NaN, NA) are None, whole numbers are int."""
    if value is None or value is pd.NA:
        return None
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple | list | set | frozenset):
        return " ".join(sorted(str(part) for part in value))
    return str(value)


def _cell(value: Any, spreadsheet: bool) -> str:
    bare = plain(value)
    if bare is None:
        return ""
    if isinstance(bare, str):
        return neutralise(bare) if spreadsheet else bare
    return repr(bare)


def _take(buffer: io.StringIO) -> str:
    """Return what was written, and empty the buffer."""
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
