"""The two ways to use a database."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from survey.db import Database
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
