"""What the tally of responses costs a form, and what it saves a page: both ways in turns of one run.

`PYTHONPATH=. python benchmarks/response_tally.py DATABASE_URL [RESPONSES]`: the address of an empty database, SQLite or
PostgreSQL, which is filled; default: 200 000.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.db import Database
from survey.migrations import upgrade
from survey.models import Channel, Counter, Response, Round
from survey.structure.queries.counted import live_stamp
from tests.support.places import open_place

NOW = datetime(2026, 3, 1, tzinfo=UTC)
THREADS, SECONDS, TURNS, LOOKS = 8, 2.0, 6, 50


def store(database: Database, turn: int, place: dict[str, object]) -> tuple[float, float]:
    """Store forms by several threads for a while; return forms a second and the processor's milliseconds by form."""
    done, end = [0] * THREADS, time.perf_counter() + SECONDS

    def send(thread: int) -> None:
        while time.perf_counter() < end:
            done[thread] += 1
            key = f"turn-{turn:04}-{thread:02}-{done[thread]:09}"

            def insert(session: orm.Session, key: str = key) -> None:
                session.execute(sa.insert(Response).values(key=key, **place))

            database.write_together(insert)

    began, processor = time.perf_counter(), time.process_time()
    threads = [threading.Thread(target=send, args=(thread,)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - began), 1000 * (time.process_time() - processor) / sum(done)


def look(database: Database, round_id: int, *, scan: bool) -> float:
    """Read a round's stamp, or count as it was done before; return the median milliseconds."""
    count = sa.select(sa.func.count(), sa.func.max(Response.id)).where(Response.round_id == round_id)
    took = []
    for _ in range(LOOKS):
        with database.read() as session:
            began = time.perf_counter()
            session.execute(count).one() if scan else live_stamp(session, round_id)
            took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took)


def switch(database: Database, triggers: list[str], *, on: bool) -> None:
    """Let the tally be kept, or not; what comes meanwhile is never counted."""
    with database.engine.begin() as connection:
        if database.engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"ALTER TABLE response {'ENABLE' if on else 'DISABLE'} TRIGGER response_came")
            return
        for name in () if on else ("response_came", "response_filled"):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for statement in triggers if on else ():
            connection.exec_driver_sql(statement)


def triggers_of(database: Database) -> list[str]:
    """Read the statements that made SQLite's triggers of new responses."""
    if database.engine.dialect.name == "postgresql":
        return []
    made = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name IN ('response_came', 'response_filled')"
    with database.engine.connect() as connection:
        return list(connection.exec_driver_sql(made).scalars())


def main() -> None:
    """Print forms a second with and without, their ratio, and the milliseconds of both ways to a stamp."""
    url, size = [*sys.argv[1:], ""][:2]
    database = Database(url)
    upgrade(database)
    with database.write() as session:
        open_place(session)
    with database.read() as session:
        round_id = session.scalars(sa.select(Round.id)).one()
        counter = session.scalars(sa.select(Counter).limit(1)).one()
        place = {"round_id": round_id, "counter_id": counter.id, "deciding_agency_id": counter.agency_id}
    place |= {"channel": Channel.QR, "language": "vi", "answers": "5" * 20, "submitted_at": NOW}
    responses = int(size or 200_000)
    began = time.perf_counter()
    for start in range(0, responses, 10_000):
        with database.write() as session:
            session.execute(
                sa.insert(Response),
                [place | {"key": f"{start + k:016d}"} for k in range(min(10_000, responses - start))],
            )
    print(f"filled {responses} in {time.perf_counter() - began:.1f} s")
    triggers = triggers_of(database)
    scan, stamp = look(database, round_id, scan=True), look(database, round_id, scan=False)
    print(f"stamp: {scan:.2f} ms by counting, {stamp:.2f} ms by the tally")
    rates: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for turn in range(TURNS):
        for on in (True, False) if turn % 2 else (False, True):
            if not on:
                switch(database, triggers, on=False)
            rates[on].append(store(database, 2 * turn + on, place))
            if not on:
                switch(database, triggers, on=True)
    for what, k in (("forms a second", 0), ("processor, ms by form", 1)):
        with_tally, without = (statistics.median(rate[k] for rate in rates[on]) for on in (True, False))
        print(f"{what}: {with_tally:.3g} with, {without:.3g} without, ratio {with_tally / without:.2f}")
    database.dispose()


if __name__ == "__main__":
    main()
