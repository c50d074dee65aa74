"""Reader of workbooks that are no .xlsx: .xls, .ods and .xlsb, converted by a process with limits of its own."""

from __future__ import annotations

import json
import subprocess  # nosec B404
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from survey.core.errors import InputError
from survey.spreadsheets import convert_workbook
from survey.spreadsheets.xlsx import cell_text, numbered

MAX_BYTES = 20 * 1024 * 1024
_PROGRAM = (sys.executable, "-I", str(Path(convert_workbook.__file__)))
_REASONS = {
    convert_workbook.NO_SHEET: "%(source)s has no visible sheet",
    convert_workbook.PASSWORD: "%(source)s has a password; save it without one",
}


def sheet_rows(file: BinaryIO, source: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number, cells as text) of the first visible sheet; no empty rows.

    `InputError` for a file that is damaged, has a password, or asks for more memory or time than a table needs.
    """
    file.seek(0)
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError("%(source)s is too large for an old workbook; save it as .xlsx", source=source)
    with tempfile.TemporaryFile() as converted:
        # our own program by its full path, without a shell; the file goes through stdin
        code = subprocess.run(  # noqa: S603  # nosec B603
            _PROGRAM, input=data, stdout=converted, stderr=subprocess.DEVNULL, check=False
        ).returncode
        if code:
            damaged = "%(source)s is damaged or larger than it looks; save it as .xlsx and try once more"
            raise InputError(_REASONS.get(code, damaged), source=source)
        converted.seek(0)
        yield from numbered(([cell_text(value) for value in json.loads(line)] for line in converted), source)
