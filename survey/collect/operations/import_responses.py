"""Import responses from a file: read all of it first, then store all of it or nothing.

The first pass reads, checks and spools the rows outside any transaction, so that citizens are not kept waiting; the
second only inserts. Both stream: memory does not grow with the file.
"""

from __future__ import annotations

import hashlib
import json
import random
import tempfile
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.queries.users import is_judged
from survey.core.actor import Actor
from survey.core.db import Base
from survey.core.errors import InputError
from survey.core.text import searchable
from survey.models import WAITING, BatchKind, Comment, CommentState, ImportBatch, Response, Round, RoundState
from survey.models.comments import random_id, week_of
from survey.spreadsheets.left_out import LeftOut
from survey.spreadsheets.read import Table
from survey.spreadsheets.response_rows import ReadRow, RowReader
from survey.structure.queries.scope import refuse_outside

CHUNK = 1000
"""Rows inserted by one statement; comments are shuffled within it."""
SHOWN_ROWS = 10
ENOUGH_TO_HIDE_IN = 5
"""Responses from which on a batch notes which comments came with it."""
LANGUAGE = "vi"
_RESPONSES = Base.metadata.tables[Response.__tablename__]
_COMMENTS = Base.metadata.tables[Comment.__tablename__]


@dataclass
class Checked:
    """What a file holds, after all of it was read."""

    reader: RowReader
    left_out: LeftOut
    rows: int = 0
    comments: int = 0
    agencies: Counter[int] = field(default_factory=Counter)
    #: the first responses, to be looked at
    sample: list[ReadRow] = field(default_factory=list)
    #: SHA-256 of the cells, by which versions before 0.2 knew a table
    content: str = ""
    #: 64 bits of each row's likeness, in the order of the spool; 0 for one that has a number
    likenesses: array[int] = field(default_factory=lambda: array("Q"))


@dataclass(frozen=True)
class Source:
    """The file: its name, and SHA-256 of its bytes."""

    name: str
    content_hash: str


@dataclass(frozen=True)
class ImportedResponses:
    """What was stored: 0 added and no batch when every row had been imported before."""

    batch_id: int | None
    added: int
    known: int


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def spool() -> Iterator[IO[str]]:
    """Yield a temporary file between the two passes."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n") as file:
        yield file


def check_rows(table: Table, reader: RowReader, spooled: IO[str] | None = None) -> Checked:
    """Read a whole table; what is right goes to the spool, what is wrong to `reader.problems`."""
    found = Checked(reader, table.left_out)
    content = hashlib.sha256("\x1f".join(table.columns).encode())
    for number, cells in table:
        content.update(("\x1e" + "\x1f".join(cells)).encode())
        row = reader.read(number, cells)
        if row is None:
            continue
        found.rows += 1
        found.comments += bool(row.comment)
        found.agencies[row.agency_id] += 1
        if len(found.sample) < SHOWN_ROWS:
            found.sample.append(row)
        if spooled is not None and not reader.problems.total:
            found.likenesses.append(0 if row.identity else int(row.likeness[:16], 16))
            spooled.write(json.dumps(_plain(row), ensure_ascii=False) + "\n")
    found.content = content.hexdigest()
    return found


def store_rows(
    session: orm.Session,
    spooled: IO[str],
    checked: Checked,
    source: Source,
    round_: Round,
    *,
    actor: Actor,
) -> ImportedResponses:
    """Store the rows of a spool as one batch; rows that were imported before are left out.

    A response is the collecting tool's own number; without one its agency, minute and answers, and how often these
    stand in the file: the same file twice adds nothing, re-sorted, re-saved or grown. `InputError`, and nothing stored,
    for a file with wrong cells or without responses, and for a round that is not open or closed.

    What a person of a unit brings waits until an evaluator releases it.
    """
    refuse(checked, round_, source)
    refuse_outside(session, round_, checked.agencies)
    batch = ImportBatch(
        kind=BatchKind.RESPONSES,
        round_id=round_.id,
        source=source.name[:200],
        content_hash=source.content_hash,
        rows=0,
        created_at=actor.now,
        user_id=actor.user_id,
        undo={},
        waiting=is_judged(session, actor.user_id),
    )
    session.add(batch)
    session.flush()
    spooled.seek(0)
    added = known = 0
    for chunk in _chunks(_spooled(spooled, checked)):
        fresh = _fresh(session, chunk, checked.content, round_.code)
        known += len(chunk) - len(fresh)
        added += len(fresh)
        if fresh:
            values = [_values(row, key, round_, batch) for key, row in fresh.items()]
            session.connection().execute(sa.insert(_RESPONSES), values)  # the ORM's way takes twice as long
            _store_comments(session, fresh.values(), round_, batch.id)
    if not added:
        session.delete(batch)
        session.flush()
        return ImportedResponses(None, 0, known)
    batch.rows = added
    if added < ENOUGH_TO_HIDE_IN:
        # which comments came with a handful of responses would say whose they are: then they stay when it is undone
        mine = sa.update(Comment).where(Comment.batch_id == batch.id).values(batch_id=None)
        session.execute(mine.execution_options(synchronize_session=False))
    after = {"round": round_.code, "file": source.name, "added": added, "known": known}
    subject = f"import_batch:{batch.id}"
    audit.record(session, action="responses.imported", subject=subject, actor=actor, after=after)
    return ImportedResponses(batch.id, added, known)


def count_known(session: orm.Session, spooled: IO[str], checked: Checked, round_: Round) -> int:
    """How many rows of a spool had been imported before."""
    spooled.seek(0)
    chunks = _chunks(_spooled(spooled, checked))
    return sum(len(chunk) - len(_fresh(session, chunk, checked.content, round_.code)) for chunk in chunks)


def refuse(checked: Checked, round_: Round, source: Source) -> None:
    """Raise `InputError` when a file that was read must not be stored."""
    if round_.state not in {RoundState.OPEN, RoundState.CLOSED}:
        raise InputError(
            "Round %(code)s is %(state)s; responses can be imported while it is open or closed",
            code=round_.code,
            state=round_.state.value,
        )
    problems = checked.reader.problems
    if problems.total:
        raise InputError(
            "%(source)s was not imported; nothing was stored: %(n)d cells cannot be used",
            source=source.name,
            n=problems.total,
        )
    if not checked.rows:
        raise InputError("%(source)s holds no responses", source=source.name)


def _plain(row: ReadRow) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in row.__slots__}
    return {**values, "given_at": row.given_at.isoformat()}


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _spooled(spooled: IO[str], checked: Checked) -> Iterator[dict[str, Any]]:
    """Yield the rows of a spool, each with how many like it came before in the file."""
    for line, before in zip(spooled, _occurrences(checked.likenesses), strict=True):
        yield {**json.loads(line), "before": before}


def _occurrences(likenesses: array[int]) -> array[int]:
    """For each number how often it came before; a few bytes a number, as no dictionary has."""
    found = array("I", bytes(4 * len(likenesses)))
    last, count = -1, 0
    for place in sorted(range(len(likenesses)), key=likenesses.__getitem__):  # equal ones stay in order
        count = count + 1 if likenesses[place] == last else 0
        last = likenesses[place]
        found[place] = count
    return found


def _key(row: dict[str, Any], round_code: str) -> str:
    """A response's key: its tool's own number, else its likeness and how often that came before."""
    identity = f"id:{row['identity']}" if row["identity"] else f"like:{row['likeness']}:{row['before']}"
    return hashlib.sha256(f"{round_code}\n{identity}".encode()).hexdigest()


def _old_key(row: dict[str, Any], content: str, round_code: str) -> str:
    """The key by which versions before 0.2 stored the row."""
    identity = f"id:{row['old_identity']}" if row["identity"] else f"row:{content}:{row['number']}"
    return hashlib.sha256(f"{round_code}\n{identity}".encode()).hexdigest()


def _fresh(
    session: orm.Session, chunk: list[dict[str, Any]], content: str, round_code: str
) -> dict[str, dict[str, Any]]:
    """The rows of a chunk that are not stored yet, by key; a number that stands twice counts once."""
    keyed: dict[str, dict[str, Any]] = {}
    old: dict[str, str] = {}
    for row in chunk:
        key = _key(row, round_code)
        keyed.setdefault(key, row)
        old.setdefault(_old_key(row, content, round_code), key)
    looked_for = [*keyed, *old]
    stored = set(session.scalars(sa.select(Response.key).where(Response.key.in_(looked_for))))
    known = {old.get(key, key) for key in stored}
    return {key: row for key, row in keyed.items() if key not in known}


def _values(row: dict[str, Any], key: str, round_: Round, batch: ImportBatch) -> dict[str, Any]:
    return {
        "key": key,
        "round_id": round_.id,
        "counter_id": row["counter_id"],
        "deciding_agency_id": row["agency_id"],
        "service_id": row["service_id"],
        "channel": row["channel"],
        "language": LANGUAGE,
        "answers": row["answers"],
        "submitted_at": datetime.fromisoformat(row["given_at"]),
        "batch_id": batch.id,
        "excluded": WAITING if batch.waiting else None,
    }


def _store_comments(session: orm.Session, rows: Iterable[dict[str, Any]], round_: Round, batch_id: int) -> None:
    """Store the comments of a chunk in random order, so that their order leads to no response."""
    zone = ZoneInfo(round_.zone)
    values = [
        {
            "id": random_id(),
            "round_id": round_.id,
            "agency_id": row["agency_id"],
            "batch_id": batch_id,
            "text": row["comment"],
            "search": searchable(row["comment"]),
            "received_week": week_of(datetime.fromisoformat(row["given_at"]).astimezone(zone).date()),
            "state": CommentState.NEW,
        }
        for row in rows
        if row["comment"]
    ]
    if values:
        random.SystemRandom().shuffle(values)
        session.connection().execute(sa.insert(_COMMENTS), values)
