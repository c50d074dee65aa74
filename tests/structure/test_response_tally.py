"""The tally of a round's responses is what counting them gives, whatever comes and goes, whoever writes at once."""

from __future__ import annotations

import contextlib
import random
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.config import Settings
from survey.core.db import Database
from survey.maintenance.doctor import WRONG, examine
from survey.maintenance.operations.copy_database import copy_database
from survey.migrations import downgrade, newest, upgrade
from survey.models import Agency, Channel, Response, ResponseTally, Round, RoundState
from survey.structure.queries.counted import PRIME, live_stamp
from tests.support.places import open_place

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BEFORE = ("20261130_1640", "20261130_1710")
"""The steps before PostgreSQL kept a tally, and before SQLite did."""


@pytest.fixture
def rounds(database: Database) -> list[int]:
    """Two rounds without responses."""
    with database.write() as session:
        open_place(session)
        first = session.scalars(sa.select(Round)).one()
        other = Round(code="khac", name="Đợt khác", version_id=first.version_id, state=RoundState.CLOSED)
        other.opens_on = other.closes_on = NOW.date()
        session.add(other)
        session.flush()
        return [first.id, other.id]


def rows(session: orm.Session, round_id: int, keys: list[str]) -> list[dict[str, object]]:
    agency = session.scalars(sa.select(Agency.id).order_by(Agency.id)).first()
    common = {"round_id": round_id, "deciding_agency_id": agency, "channel": Channel.QR, "language": "vi"}
    return [common | {"key": key, "answers": "5" * 20, "submitted_at": NOW} for key in keys]


def recounted(session: orm.Session, round_id: int) -> tuple[int, int, int, int]:
    """Work out a stamp but for its second number, response by response."""
    every = session.execute(sa.select(Response.id, Response.excluded).where(Response.round_id == round_id)).all()
    out = [number for number, excluded in every if excluded is not None]
    return len(every), len(out), sum(out), sum((number % PRIME) ** 2 for number in out)


def check(database: Database, rounds: list[int]) -> None:
    for round_id in rounds:
        with database.read() as session:
            found, wanted = live_stamp(session, round_id), recounted(session, round_id)
            highest = session.scalar(sa.select(sa.func.max(Response.id)).where(Response.round_id == round_id)) or 0
            assert (found[0], *found[2:]) == wanted
            assert found[1] >= highest


@pytest.mark.parametrize("seed", range(3))
def test_the_tally_is_the_count_after_anything(database: Database, rounds: list[int], seed: int) -> None:
    """Forms one by one, small and large files, twice the same key, exclusions and their end, purges, what breaks off.

    SQLite adds up at every 1024th number, and uses the highest numbers again after they were deleted.
    """
    draw, number = random.Random(seed), 0  # noqa: S311 (what happens, not a secret)
    happens = ["one", "file", "large", "again", "out", "in", "purge", "newest", "fail"]
    for _ in range(30):
        what, round_id = draw.choice(happens), draw.choice(rounds)
        with database.write() as session:
            of_round = Response.round_id == round_id
            ids = session.scalars(sa.select(Response.id).where(of_round)).all()
            some = draw.sample(ids, min(len(ids), draw.randint(0, 9)))
            if what in {"one", "file", "large", "fail"}:
                size = {"one": 1, "large": 700}.get(what, draw.randint(2, 40))
                keys = [f"{number + k:016d}" for k in range(size)]
                number += len(keys)
                session.execute(sa.insert(Response), rows(session, round_id, keys))
                if what == "fail":
                    session.rollback()
            elif what == "again" and number:
                key = session.scalar(sa.select(Response.key).limit(1))
                with contextlib.suppress(sa.exc.IntegrityError), session.begin_nested():
                    session.execute(sa.insert(Response), rows(session, round_id, [f"new-{number:012d}", str(key)]))
            elif what in {"out", "in"}:
                value = "import_undone" if what == "out" else None
                session.execute(sa.update(Response).where(Response.id.in_(some)).values(excluded=value))
            elif what == "purge":
                session.execute(sa.delete(Response).where(of_round))
            elif what == "newest":
                highest = session.scalar(sa.select(sa.func.max(Response.id))) or 0
                session.execute(sa.delete(Response).where(Response.id > highest - draw.choice([1, 30, 900])))
        check(database, rounds)


@pytest.mark.parametrize("seed", range(3))
def test_numbers_may_come_in_any_order(database: Database, rounds: list[int], seed: int) -> None:
    """As when a copy brings rows: numbers at, before and after those at which SQLite adds up, some again."""
    draw = random.Random(seed)  # noqa: S311 (what happens, not a secret)
    numbers = [1, 2, 1023, 1024, 1025, 2047, 2048, 2049, 3072, 4000, 4096]
    for turn in range(4):
        draw.shuffle(numbers)
        for number in numbers:
            with database.write() as session:
                new = rows(session, draw.choice(rounds), [f"{turn:04d}-{number:011d}"])[0]
                session.execute(sa.insert(Response).values(id=number, **new))
            check(database, rounds)
        numbers = [4096, *draw.sample([1, 1024, 2048, 2049, 3072], 3)]  # go, and come again
        with database.write() as session:
            session.execute(sa.delete(Response).where(Response.id.in_(numbers)))
        check(database, rounds)


def test_no_stamp_scans_the_responses(database: Database, rounds: list[int]) -> None:
    """On SQLite what came since it added up is found by the key, on PostgreSQL the table is not asked at all."""
    with database.write() as session:
        session.execute(sa.insert(Response), rows(session, rounds[0], [f"{k:016d}" for k in range(1100)]))
    asked: list[tuple[str, object]] = []
    with database.read() as session:
        connection = session.connection()
        with_plan = database.engine.dialect.name == "sqlite"

        @sa.event.listens_for(connection, "before_cursor_execute")
        def _note(_c: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
            asked.append((statement, parameters))

        assert live_stamp(session, rounds[0])[0] == 1100
        of_responses = [(query, values) for query, values in asked if "FROM response \n" in query]
        assert len(of_responses) == (2 if with_plan else 1)
        for query, values in of_responses if with_plan else []:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values).all()  # type: ignore[arg-type]
            steps = [str(row.detail) for row in plan if "response " in str(row.detail)]
            assert steps
            for step in steps:
                assert step.startswith("SEARCH response USING"), step
                assert "INTEGER PRIMARY KEY (rowid>?)" in step or "ix_response_excluded (round_id=? AND" in step, step


def test_writers_who_write_at_once_are_all_counted(database: Database, rounds: list[int]) -> None:
    """Eight writers, each in transactions of one to four responses, of which every fifth is taken back."""
    errors: list[BaseException] = []

    def write(writer: int) -> None:
        draw = random.Random(writer)  # noqa: S311 (what happens, not a secret)
        try:
            for turn in range(40):
                with database.write() as session:
                    for k in range(draw.randint(1, 4)):
                        new = rows(session, draw.choice(rounds), [f"{writer:04d}-{turn:04d}-{k:06d}"])[0]
                        session.execute(sa.insert(Response).values(**new))
                    if turn % 5 == 4:
                        session.rollback()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    check(database, rounds)


def test_many_rows_of_the_tally_become_one(postgresql_database: Database) -> None:
    """The row whose number divides by 256 takes in those before it."""
    with postgresql_database.write() as session:
        open_place(session)
        number = session.scalars(sa.select(Round.id)).one()
    with postgresql_database.write() as session:
        for k in range(300):
            session.execute(sa.insert(Response).values(**rows(session, number, [f"{k:016d}"])[0]))
    with postgresql_database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(ResponseTally)) == 1 + 300 - 256
    check(postgresql_database, [number])


def test_no_writer_waits_for_another(postgresql_database: Database) -> None:
    """A long import has not ended; a form comes in and is counted, the import's rows once it ends."""
    database = postgresql_database
    with database.write() as session:
        open_place(session)
        number = session.scalars(sa.select(Round.id)).one()
    with orm.Session(database.engine) as slow:
        slow.execute(sa.insert(Response), rows(slow, number, [f"file-{k:012d}" for k in range(600)]))
        with database.write() as session:
            session.execute(sa.text("SET LOCAL lock_timeout = '1s'"))
            session.execute(sa.insert(Response), rows(session, number, ["form-0000000000000"]))
        with database.read() as session:
            assert live_stamp(session, number)[0] == 1
        slow.commit()
    check(database, [number])


def test_the_doctor_compares(database: Database, rounds: list[int], tmp_path: Path) -> None:
    settings = Settings(instance_dir=tmp_path, secret_key="k" * 40, database_url=database.url)
    with database.write() as session:
        new = rows(session, rounds[0], [f"{k:016d}" for k in range(3)])
        session.execute(sa.insert(Response), new)
        session.execute(sa.insert(Response).values(id=1024, **(new[0] | {"key": "k" * 16})))
    assert not [one for one in examine(settings, database, NOW) if "counted wrong" in one.what]
    with database.write() as session:
        session.execute(sa.update(ResponseTally).values(responses=ResponseTally.responses + 1))
    wrong = [one for one in examine(settings, database, NOW) if "counted wrong" in one.what]
    assert [(one.state, str(rounds[0]) in one.what) for one in wrong] == [(WRONG, True)]


@pytest.mark.parametrize("before", BEFORE)
def test_an_older_database_is_counted_and_a_copy_counts_itself(
    database: Database, rounds: list[int], tmp_path: Path, before: str
) -> None:
    downgrade(database, before)
    with database.write() as session:
        session.execute(sa.insert(Response), rows(session, rounds[0], [f"{k:016d}" for k in range(1030)]))
    upgrade(database, newest())
    check(database, rounds)
    target = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    upgrade(target)
    assert "response_tally" not in copy_database(database, target)
    check(target, rounds)
    target.dispose()
