"""A database whose write-ahead log was lost opens without a complaint; the count beside it tells."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.actor import Actor
from survey.core.db import Database
from survey.core.stored_count import StoredCount
from survey.maintenance.operations.tell_losses import tell_lost_responses
from survey.models import Agency, AuditEvent, Channel, Response, Round
from tests.support.evaluation import scored_round

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def database(newest_file: Path, tmp_path: Path):
    """A round with 107 responses, all of them in the file itself, nothing in its log."""
    shutil.copy(newest_file, tmp_path / "sipas.db")
    opened = Database(f"sqlite:///{tmp_path / 'sipas.db'}")
    with opened.write() as session:
        scored_round(session)
    with opened.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    yield opened
    opened.dispose()


def send(database: Database, number: int) -> None:
    """Store responses as the form does, each in a group commit."""
    with database.read() as session:
        round_id, agency_id = session.scalar(sa.select(Round.id)), session.scalar(sa.select(sa.func.min(Agency.id)))

    def store(key: str, session: orm.Session) -> None:
        session.add(
            Response(
                key=key,
                round_id=round_id,
                deciding_agency_id=agency_id,
                channel=Channel.QR,
                language="vi",
                answers="5" * 20,
                submitted_at=NOW,
            )
        )
        session.flush()

    for k in range(number):
        database.write_together(lambda session, k=k: store(f"acknowledged-{k:08d}", session))


def without_log(database: Database, folder: Path) -> Database:
    """Return the database as it is after its log was deleted while it did not run."""
    folder.mkdir()
    for name in ("sipas.db", "sipas.db-count"):
        shutil.copy(Path(str(database.engine.url.database)).with_name(name), folder / name)
    return Database(f"sqlite:///{folder / 'sipas.db'}")


def test_a_lost_log_is_noticed_and_told_once(database: Database, tmp_path: Path) -> None:
    send(database, 30)
    assert (tmp_path / "sipas.db-count").stat().st_size == 16
    assert database.lost_responses() is None
    robbed = without_log(database, tmp_path / "robbed")
    with robbed.read() as session:
        assert session.scalar(sa.text("PRAGMA integrity_check")) == "ok"
        assert session.scalar(sa.select(sa.func.count()).select_from(Response)) == 107
    assert robbed.lost_responses() == (108, 137)
    assert tell_lost_responses(robbed, actor=Actor(NOW)) == 30
    assert robbed.lost_responses() is None
    assert tell_lost_responses(robbed, actor=Actor(NOW)) == 0
    with robbed.read() as session:
        event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "answers.lost")).one()
        assert event.after == {"first": 108, "last": 137, "rows": 30}
    robbed.dispose()


def test_a_count_that_is_torn_or_gone_alarms_nobody(database: Database, tmp_path: Path) -> None:
    send(database, 3)
    file = tmp_path / "sipas.db-count"
    file.write_bytes(file.read_bytes()[:9] + b"\xff" * 7)
    assert database.lost_responses() is None
    file.unlink()
    assert database.lost_responses() is None


def test_a_count_that_cannot_be_written_refuses_no_answer(database: Database, tmp_path: Path) -> None:
    (tmp_path / "sipas.db-count").mkdir()
    send(database, 2)
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Response)) == 109


def test_what_was_deleted_by_age_is_not_lost(database: Database) -> None:
    send(database, 3)
    with database.write() as session:
        session.execute(sa.delete(Response))
    assert database.lost_responses() == (1, 110)
    database.count_responses_again()
    assert database.lost_responses() is None


def test_the_number_is_read_as_it_was_written(tmp_path: Path) -> None:
    count = StoredCount(tmp_path / "count")
    assert count.read() is None
    for number in (1, 2**40, 5):
        count.write(number)
        assert count.read() == number
    count.close()
