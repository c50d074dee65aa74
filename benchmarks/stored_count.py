"""What the count of 16 bytes costs: forms stored by the group commit, with and without it, in turns of one run.

`PYTHONPATH=. python benchmarks/stored_count.py [FOLDER]`; FOLDER on the disk that is meant, default: the temporary one.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.db import Database
from survey.core.group_commit import GroupCommit
from survey.migrations import upgrade
from survey.models import Channel, Counter, Response, Round
from tests.support.places import open_place

NOW = datetime(2026, 3, 1, tzinfo=UTC)
THREADS, SECONDS, TURNS = 8, 2.0, 8


def store(database: Database, turn: int) -> tuple[float, float]:
    """Store forms by several threads for a while; return forms by second and milliseconds of the processor by form."""
    with database.read() as session:
        place = {"round_id": session.scalar(sa.select(Round.id)), "counter_id": session.scalar(sa.select(Counter.id))}
        place["deciding_agency_id"] = session.scalar(sa.select(Counter.agency_id))
    done = [0] * THREADS
    end = time.perf_counter() + SECONDS

    def send(thread: int) -> None:
        while time.perf_counter() < end:
            done[thread] += 1
            key = f"turn-{turn:04}-{thread:02}-{done[thread]:09}"

            def insert(session: orm.Session, key: str = key) -> None:
                values = {"key": key, "channel": Channel.QR, "language": "vi", "answers": "5" * 20}
                session.execute(sa.insert(Response).values(**values, **place, submitted_at=NOW))

            database.write_together(insert)

    began, processor = time.perf_counter(), time.process_time()
    threads = [threading.Thread(target=send, args=(thread,)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - began), 1000 * (time.process_time() - processor) / sum(done)


def main() -> None:
    """Print both rates and their ratio."""
    folder = Path(tempfile.mkdtemp(prefix="sipas-count-", dir=sys.argv[1] if len(sys.argv) > 1 else None))
    database = Database(f"sqlite:///{folder / 'sipas.db'}")
    upgrade(database)
    with database.write() as session:
        open_place(session)
    counting = database._together
    assert counting is not None
    bare = GroupCommit(database.write, folder / "sipas.db-turn", lambda _: 0, lambda _: None)
    rates: dict[str, list[tuple[float, float]]] = {"without": [], "with": []}
    for turn in range(TURNS):
        for name, group in (("without", bare), ("with", counting)):
            database._together = group
            rates[name].append(store(database, 2 * turn + (name == "with")))
    database.dispose()
    shutil.rmtree(folder)
    for name, measured in rates.items():
        by_second, processor = (statistics.median(column) for column in zip(*measured, strict=True))
        print(f"{name:<8}{by_second:8.0f} forms/s   {processor:.3f} ms of the processor a form")
    pairs = zip(rates["with"], rates["without"], strict=True)
    print(f"ratio   {statistics.median(with_[0] / without[0] for with_, without in pairs):8.3f}")


if __name__ == "__main__":
    main()
