"""The search for doubtful responses of a large round, as the worker left it in the shared storage.

It holds what its page shows, sums and indices alone: no response, no key, no time of one. Whoever deletes the raw
answers of a round deletes it along with them (`survey.core.file_store.remove_of_round`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import orm

from survey import __version__
from survey.core.file_store import SEARCHES
from survey.results.compute import RoundResults, results_stamp
from survey.results.doubtful_responses import Report
from survey.results.sensitivity import Sensitivity, SensitivityRow, find_sensitivity
from survey.structure.queries import rounds

AGAIN_AFTER = timedelta(hours=1)
"""What a kept search looked through changed: it is made again once it is as old as this."""


@dataclass(frozen=True)
class KeptSearch:
    """What was found, and when."""

    found: Sensitivity
    at: datetime
    #: whether responses, transactions and rules are those that were looked through
    current: bool


def search_path(round_id: int) -> str:
    """Where in the storage a round's search is kept."""
    return f"{SEARCHES}/{round_id}-doubtful.json"


def write_search(session: orm.Session, round_code: str, path: Path, now: datetime, report: Report) -> None:
    """Look through a round and write what was found. Raises `InputError` for an unknown round."""
    of = _digest(results_stamp(session, rounds.by_code(session, round_code)))
    found = find_sensitivity(session, round_code, report)
    kept = {"version": __version__, "of": of, "at": now.isoformat(), "found": asdict(found)}
    path.write_text(json.dumps(kept), encoding="utf-8")


def kept_search(storage: Path, results: RoundResults) -> KeptSearch | None:
    """What the last search of a round found; None where none is kept, or another version of the software made it."""
    kept = _read(storage, results.round.id)
    if kept is None:
        return None
    found = dict(kept["found"])
    found["province"] = SensitivityRow(**found["province"]) if found["province"] else None
    found["agencies"] = tuple(SensitivityRow(**row) for row in found["agencies"])
    at = datetime.fromisoformat(kept["at"])
    return KeptSearch(Sensitivity(**found), at, kept["of"] == _digest(results.stamp))


def outdated_search(session: orm.Session, storage: Path, now: datetime) -> str:
    """The code of a round whose kept search is old and of other responses than there are; "" where none is."""
    for round_ in rounds.all_rounds(session):
        kept = _read(storage, round_.id)
        if kept is None or now - datetime.fromisoformat(kept["at"]) < AGAIN_AFTER:
            continue
        if kept["of"] != _digest(results_stamp(session, round_)):
            return round_.code
    return ""


def _read(storage: Path, round_id: int) -> dict[str, Any] | None:
    try:
        kept: dict[str, Any] = json.loads((storage / search_path(round_id)).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return kept if kept.get("version") == __version__ else None


def _digest(stamp: tuple[object, ...]) -> str:
    return hashlib.sha256(json.dumps(stamp, default=str).encode()).hexdigest()
