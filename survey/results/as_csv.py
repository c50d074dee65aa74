"""CSV (RFC 4180) of a table of results."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from survey.core.spreadsheet_text import neutralise

BOM = "\ufeff"
"""Tells Excel that a file is UTF-8."""


@dataclass(frozen=True)
class Dialect:
    """How a CSV is written. A Vietnamese Excel parts cells by semicolons and writes decimals with a comma."""

    delimiter: str = ","
    decimal: str = "."
    #: a byte order mark, CRLF, and no text that could run as a formula
    spreadsheet: bool = True


SPREADSHEET = Dialect()
SEMICOLON = Dialect(";", ",")
PROGRAM = Dialect(spreadsheet=False)


def csv_text(table: pd.DataFrame, *, spreadsheet: bool = False) -> str:
    """The whole table as text; see `csv_lines`."""
    return "".join(csv_lines(table, spreadsheet=spreadsheet))


def csv_lines(table: pd.DataFrame, *, spreadsheet: bool = False, dialect: Dialect | None = None) -> Iterator[str]:
    """Yield the table line by line: a header, then one row a figure.

    Numbers have the fewest digits that give back exactly the same number; a figure that does not exist is an empty
    cell. `spreadsheet` writes for Excel and LibreOffice: a byte order mark, CRLF, and no text that could run as a
    formula. Without it every text is as it is stored, which is what programs want. `dialect` says all of this itself.
    """
    dialect = dialect or (SPREADSHEET if spreadsheet else PROGRAM)
    buffer = io.StringIO()
    end = "\r\n" if dialect.spreadsheet else "\n"
    writer = csv.writer(buffer, delimiter=dialect.delimiter, lineterminator=end)
    if dialect.spreadsheet:
        buffer.write(BOM)
    writer.writerow([write_value(str(name), dialect) for name in table.columns])
    yield _take(buffer)
    for row in table.itertuples(index=False, name=None):
        writer.writerow([write_value(value, dialect) for value in row])
        yield _take(buffer)


def plain(value: Any) -> str | int | float | bool | None:
    """A table's value as plain Python; missing values (None, NaN, NA) are None, whole numbers are int."""
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


def write_value(value: Any, dialect: Dialect) -> str:
    """A value as the text of a cell."""
    bare = plain(value)
    if bare is None:
        return ""
    if isinstance(bare, str):
        return neutralise(bare) if dialect.spreadsheet else bare
    text = repr(bare)
    return text.replace(".", dialect.decimal) if isinstance(bare, float) else text


def _take(buffer: io.StringIO) -> str:
    """What was written, and empty the buffer."""
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
