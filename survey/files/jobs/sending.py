"""Sending a file that lies on the disk, in pieces, under a name that may be Vietnamese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import flask

from survey.core.text import fold

TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "sav": "application/x-spss-sav",
    "zip": "application/zip",
}


def send_file(path: Path, name: str) -> flask.Response:
    """Send a file in pieces under a name that may be Vietnamese."""
    pieces = _pieces(path)
    next(pieces)  # opens the file: it stays readable after its name is gone
    response = flask.Response(pieces, mimetype=TYPES[name.rpartition(".")[2]])
    response.content_length = path.stat().st_size
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{re.sub('[^a-z0-9. -]', '-', fold(name))}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    return response


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield nothing, having opened a file, then what is in it."""
    with path.open("rb") as file:
        yield b""
        while piece := file.read(1 << 16):
            yield piece
