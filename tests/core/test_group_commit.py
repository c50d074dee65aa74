"""Writes that share a transaction: all are committed before anyone returns, and one failure is nobody else's."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from survey.core.db import Database
from survey.migrations import upgrade
from survey.models import Service


def run_together(database: Database, works: list) -> list[object]:
    """Run the works in threads of their own while the turn is held, so that they meet; return results or errors."""
    results: list[object] = [None] * len(works)

    def run(number: int) -> None:
        try:
            results[number] = database.write_together(works[number])
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
    with database.write() as session:
        session.execute(sa.text("UPDATE installation SET is_demo = is_demo"))
        for thread in threads:
            thread.start()
        time.sleep(0.3)
    for thread in threads:
        thread.join(30)
    return results


def adding(code: str, error: Exception | None = None):
    def work(session):
        session.add(Service(code=code, name=code))
        session.flush()
        if error:
            raise error
        return code

    return work


def codes(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.scalars(sa.select(Service.code)))


@pytest.fixture
def commits(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path / 'sipas.db'}")
    upgrade(database)
    made: list[object] = []
    sa.event.listen(database.engine, "commit", made.append)
    yield database, made
    database.dispose()


def test_what_waits_together_is_committed_together(commits) -> None:
    database, made = commits
    assert run_together(database, [adding(f"s{n}") for n in range(6)]) == [f"s{n}" for n in range(6)]
    assert codes(database) == {f"s{n}" for n in range(6)}
    assert len(made) <= 3  # the lock's holder, the first in the queue, all others


def test_one_failure_is_nobody_elses(commits) -> None:
    database, _ = commits
    wrong = ValueError("mine alone")
    works = [adding("s0"), adding("s1", wrong), adding("s0"), adding("s3")]
    results = run_together(database, works)
    assert results[1] is wrong
    assert results[3] == "s3"
    assert [type(result) for result in (results[0], results[2])].count(sa.exc.IntegrityError) == 1
    assert codes(database) == {"s0", "s3"}


def test_a_commit_that_fails_reaches_every_caller(commits) -> None:
    database, _ = commits

    def fail(_connection: object) -> None:
        raise sa.exc.OperationalError("COMMIT", {}, Exception("disk full"))

    sa.event.listen(database.engine, "commit", fail)
    results: list[object] = []

    def run(code: str) -> None:
        try:
            results.append(database.write_together(adding(code)))
        except sa.exc.OperationalError as error:
            results.append(type(error))

    threads = [threading.Thread(target=run, args=(f"s{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    sa.event.remove(database.engine, "commit", fail)
    assert results == [sa.exc.OperationalError] * 4
    assert codes(database) == set()


def test_a_database_that_stays_locked_is_told_to_all_after_one_wait(commits) -> None:
    database, _ = commits
    sa.event.listen(database.engine, "checkout", lambda c, *_: c.execute("PRAGMA busy_timeout=400"))
    other = Database(database.url)
    began = time.monotonic()
    with other.write() as session:
        session.execute(sa.text("UPDATE installation SET is_demo = is_demo"))
        results: list[object] = []

        def run(code: str) -> None:
            try:
                results.append(database.write_together(adding(code)))
            except sa.exc.OperationalError as error:
                results.append(type(error))

        threads = [threading.Thread(target=run, args=(f"s{n}",)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert results == [sa.exc.OperationalError] * 4
    assert time.monotonic() - began < 5
    other.dispose()
