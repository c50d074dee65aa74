"""The two ways to use a database."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from survey.core import db
from survey.core.db import Database
from survey.models import Service


def test_what_a_reading_session_changes_is_never_kept(database: Database) -> None:
    with database.read() as session:
        session.add(Service(code="s1", name="added, not flushed"))
    try:
        with database.read() as session:
            session.add(Service(code="s2", name="flushed"))
            session.flush()
    except sa.exc.InternalError:
        assert database.engine.dialect.name == "postgresql"
    with database.write() as session:
        assert session.scalars(sa.select(Service.code)).all() == []
        session.add(Service(code="s3", name="written"))
    with database.read() as session:
        assert session.scalars(sa.select(Service.code)).all() == ["s3"]


def test_a_glance_sees_what_is_there_and_refuses_to_write(database: Database) -> None:
    with database.write() as session:
        session.add(Service(code="s1", name="Hộ tịch"))
    with database.read_autocommit() as session:
        assert session.scalars(sa.select(Service.code)).all() == ["s1"]
        session.add(Service(code="s2", name="added"))
        with pytest.raises(sa.exc.InvalidRequestError, match="only reads"):
            session.flush()
    with database.read_autocommit() as session, pytest.raises(sa.exc.InvalidRequestError, match="only reads"):
        session.execute(sa.delete(Service))
    with database.read() as session:
        assert session.scalars(sa.select(Service.code)).all() == ["s1"]


def test_a_glance_asks_for_no_transaction(postgresql_database: Database) -> None:
    sent = []
    sa.event.listen(postgresql_database.engine, "before_cursor_execute", lambda *a: sent.append(a[2]))
    with postgresql_database.read_autocommit() as session:
        session.scalars(sa.select(Service.code)).all()
        driver = session.connection().connection.driver_connection
        assert driver.info.transaction_status.name == "IDLE"
    assert len(sent) == 1


def count(database: Database) -> int | None:
    with database.read_autocommit() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Service))


def end_connections(postgresql: sa.URL, database: Database) -> None:
    """Let the server end every connection to a database, as when it starts anew."""
    admin = sa.create_engine(postgresql, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        ended = connection.execute(
            sa.text("SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE datname = :name"),
            {"name": database.engine.url.database},
        ).all()
        assert ended
        assert all(row[0] for row in ended)
    admin.dispose()


def test_a_connection_that_rested_is_asked_before_it_is_used(
    postgresql_database: Database, postgresql: sa.URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "TRUSTED_S", 0.0)
    assert count(postgresql_database) == 0
    end_connections(postgresql, postgresql_database)
    assert count(postgresql_database) == 0


def test_a_server_that_went_away_a_moment_ago_costs_one_request(
    postgresql_database: Database, postgresql: sa.URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "TRUSTED_S", 60.0)
    assert count(postgresql_database) == 0
    end_connections(postgresql, postgresql_database)
    with pytest.raises(db.UNAVAILABLE):
        count(postgresql_database)
    assert count(postgresql_database) == 0


def test_a_reading_session_sees_one_moment(database: Database) -> None:
    names = sa.select(Service.code).order_by(Service.code)
    with database.read() as session:
        assert session.scalars(names).all() == []
        with database.write() as writing:
            writing.add(Service(code="s1", name="written meanwhile"))
        assert session.scalars(names).all() == []
    with database.read() as session:
        assert session.scalars(names).all() == ["s1"]


def test_what_was_read_stays_readable_after_its_session(database: Database) -> None:
    with database.write() as session:
        session.add(Service(code="s1", name="Hộ tịch"))
    with database.read() as session:
        service = session.scalars(sa.select(Service)).one()
    assert (service.code, service.name) == ("s1", "Hộ tịch")


def test_an_error_while_reading_is_told(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.read():
        raise ZeroDivisionError


def test_statements_stay_prepared_from_one_reading_to_the_next(postgresql_database: Database) -> None:
    for _ in range(8):
        with postgresql_database.read() as session:
            session.scalar(sa.select(sa.func.count()).select_from(Service))
    with postgresql_database.read() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM pg_prepared_statements"))
