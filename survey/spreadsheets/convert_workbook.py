"""Converter of .xls, .ods and .xlsb workbooks into lines of JSON, run as a program of its own with hard limits.

The library behind it (calamine) builds a whole sheet in memory from what the file claims, and a claim can be a lie:
two cells at far corners ask for gigabytes. In a process of its own the system's limits end that, not the server. It
imports nothing of ours. Input: the workbook on stdin. Output: a line a row, [cell, …]. Exit codes: see below.
"""

from __future__ import annotations

import datetime
import io
import json
import sys

DAMAGED, NO_SHEET, PASSWORD = 2, 3, 4
"""Exit codes."""
MEMORY = 1024 * 1024 * 1024
SECONDS = 60
WRITTEN = 400 * 1024 * 1024


def limit() -> None:
    """Lower what this process may take: memory, time of the processor, bytes written."""
    import resource

    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, WRITTEN),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def plain(value: object) -> object:
    """A cell for JSON; days and times as a CSV file would hold them."""
    if isinstance(value, datetime.datetime):
        bare = value.replace(microsecond=0)
        return bare.date().isoformat() if bare.time() == datetime.time() else bare.isoformat(sep=" ")
    return value if isinstance(value, str | int | float) else str(value)


def main() -> int:
    """Convert the first visible sheet."""
    limit()
    from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        wanted = (SheetTypeEnum.WorkSheet, SheetVisibleEnum.Visible)
        names = [sheet.name for sheet in book.sheets_metadata if (sheet.typ, sheet.visible) == wanted]
        if not names:
            return NO_SHEET
        for row in book.get_sheet_by_name(names[0]).iter_rows():
            sys.stdout.write(json.dumps([plain(value) for value in row], ensure_ascii=False) + "\n")
        sys.stdout.flush()
    except PasswordError:
        return PASSWORD
    except BaseException:
        return DAMAGED
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.exit(main())
