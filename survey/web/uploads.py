"""Files that people upload: checked, kept for an hour under a random name while they look at the preview, then gone.

A file is believed by its content alone: a workbook that unpacks to a bearable size, or text. Its given name is shown
and noted but never used as a path. Only the person who uploaded a file may go on with it.

Flask reads at most `MAX_CONTENT_LENGTH` of a body; a view marked by `takes_upload` may be sent more by people who are
signed in.
"""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import io
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import flask
from werkzeug.datastructures import FileStorage

from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.private import make_private_folder
from survey.core.text import clean
from survey.spreadsheets import xlsx
from survey.spreadsheets.headings import Known
from survey.spreadsheets.read import Table, read_office_table
from survey.web.context import SESSION_KEY

MAX_FILE = 10 * 1024 * 1024
ROOM_FOR_FORM = 64 * 1024
"""What the other fields of an upload's form may take."""
KEPT_FOR = timedelta(hours=1)

_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
View = TypeVar("View", bound=Callable[..., Any])


def init_app(app: flask.Flask) -> None:
    """Let marked views be sent files. To be called before anything that reads a form, such as the CSRF check."""
    app.before_request(_make_room)


def takes_upload(view: View) -> View:
    """Mark a view as one that takes a file of up to `MAX_FILE` bytes. Goes on top of the other decorators."""
    view.takes_upload = True  # type: ignore[attr-defined]
    return view


def _make_room() -> None:
    view = flask.current_app.view_functions.get(flask.request.endpoint or "")
    if getattr(view, "takes_upload", False) and flask.session.get(SESSION_KEY):
        flask.request.max_content_length = MAX_FILE + ROOM_FOR_FORM


@dataclass(frozen=True)
class Upload:
    """A checked file that waits for its confirmation."""

    #: stands in the form of the preview; says nothing of the file
    token: str
    #: as the person's computer called it, NFC, without folders
    name: str
    #: SHA-256 of the bytes
    content_hash: str
    path: Path
    #: the row of its headings where the person has said so, else 0
    heading_row: int = 0
    #: what is looked for → heading, where the person has said so
    columns: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def table(self, known: Known) -> Iterator[Table]:
        """Yield the table in the file; `known` says what a heading stands for."""
        with self.path.open("rb") as file:
            yield read_office_table(file, self.name, known, self.heading_row)


class Uploads:
    """The folder in which files wait."""

    def __init__(self, storage: Path) -> None:
        self._folder = storage / "uploads"

    def receive(self, sent: FileStorage | None, *, actor: Actor) -> Upload:
        """Check a file from a form and keep it. `InputError` when there is none or it cannot be a table."""
        data = sent.stream.read(MAX_FILE + 1) if sent is not None else b""
        if sent is None or not data:
            raise InputError("Choose a file that is not empty")
        return self.keep(data, sent.filename or "", actor=actor)

    def keep(self, data: bytes, given_name: str, *, actor: Actor) -> Upload:
        """Check bytes and keep them, for example text that was pasted. Errors as `receive`."""
        name = clean(given_name.replace("\\", "/").rsplit("/", 1)[-1])[:200] or "file"
        check_content(data, name)
        self.prune(actor.now)
        make_private_folder(self._folder)
        token = secrets.token_urlsafe(24)
        metadata = {
            "name": name,
            "hash": hashlib.sha256(data).hexdigest(),
            "user": actor.user_id,
            "at": actor.now.timestamp(),
        }
        _write(self._folder / token, data)
        _write(self._folder / f"{token}.json", json.dumps(metadata).encode())
        return self._upload(token, metadata)

    def get(self, token: str, *, actor: Actor) -> Upload:
        """A file that this person uploaded within the last hour; `InputError` otherwise."""
        try:
            if not _TOKEN.fullmatch(token):
                raise ValueError(token)  # noqa: TRY301 - all that is not there is metadata alike
            metadata = json.loads((self._folder / f"{token}.json").read_text("utf-8"))
            mine = (
                metadata["user"] == actor.user_id and actor.now.timestamp() - metadata["at"] <= KEPT_FOR.total_seconds()
            )
            if not mine or not (self._folder / token).exists():
                raise ValueError(token)  # noqa: TRY301
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError("The file is no longer here (it is kept for an hour); please choose it again") from error
        return self._upload(token, metadata)

    def read_otherwise(self, upload: Upload, heading_row: int, columns: Mapping[str, str]) -> Upload:
        """Keep how the person says a file is to be read."""
        path = upload.path.with_name(f"{upload.token}.json")
        metadata = json.loads(path.read_text("utf-8")) | {"heading_row": heading_row, "columns": dict(columns)}
        fresh = path.with_suffix(".new")
        _write(fresh, json.dumps(metadata).encode())
        fresh.replace(path)
        return self._upload(upload.token, metadata)

    def discard(self, upload: Upload) -> None:
        """Remove a file that is no longer needed."""
        upload.path.unlink(missing_ok=True)
        upload.path.with_name(f"{upload.token}.json").unlink(missing_ok=True)

    def prune(self, now: datetime) -> None:
        """Remove what waited for more than an hour."""
        for path in self.left_over(now):
            with contextlib.suppress(OSError):  # another process was faster
                path.unlink(missing_ok=True)

    def left_over(self, now: datetime) -> list[Path]:
        """What waited for more than an hour."""
        found = []
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            with contextlib.suppress(OSError):
                if now.timestamp() - path.stat().st_mtime > KEPT_FOR.total_seconds():
                    found.append(path)
        return found

    def _upload(self, token: str, metadata: dict[str, Any]) -> Upload:
        columns = {str(code): str(heading) for code, heading in metadata.get("columns", {}).items()}
        at = int(metadata.get("heading_row", 0))
        return Upload(token, str(metadata["name"]), str(metadata["hash"]), self._folder / token, at, columns)


def check_content(data: bytes, name: str) -> None:
    """Raise `InputError` unless bytes are a workbook that can be read, or text, and not more than `MAX_FILE`."""
    if len(data) > MAX_FILE:
        raise InputError("%(source)s is larger than %(limit)d MB", source=name, limit=MAX_FILE // 1024 // 1024)
    if data.startswith(xlsx.SIGNATURE):
        xlsx.check_archive(io.BytesIO(data), name)
        return
    if data.startswith(xlsx.OLD_WORKBOOK):
        return
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if not wide and b"\x00" in data:
        raise InputError("%(source)s is not a workbook (.xlsx, .xls, .ods) nor a CSV file", source=name)


def _write(path: Path, data: bytes) -> None:
    """Write a new file that its owner alone may read."""
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
