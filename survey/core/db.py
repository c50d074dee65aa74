"""Engine, sessions and column types: plain SQLAlchemy, importable without Flask.

SQLite is the embedded default and is set up to keep the promise made on the thank-you page: an answer that was
acknowledged survives a power cut (`synchronous=FULL` under WAL). PostgreSQL is chosen by `DATABASE_URL`.
"""

from __future__ import annotations

import contextlib
import enum
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.errors import InputError, StaleEditError
from survey.core.group_commit import GroupCommit
from survey.core.private import create_private_file, make_private_folder
from survey.core.stored_count import StoredCount

ResultT = TypeVar("ResultT")

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


BACKENDS = frozenset({"sqlite", "postgresql"})
"""The databases that are supported."""

TRUSTED_S = 1.0
"""A pooled connection that was in use this short a while ago (seconds) is taken to be alive."""

UNAVAILABLE = (sa.exc.OperationalError, sa.exc.InternalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
"""What is raised while the database cannot be used: locked for too long, disk full, read-only, gone. Nothing was
stored, or it is not known (a connection lost during the commit); trying again later is safe for whatever has a key."""


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """An instant. Only aware datetimes go in; aware UTC datetimes come out, on every database."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """The instant in UTC; ValueError for one without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a stored time needs a zone; got the naive {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """The stored instant, aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(orm.DeclarativeBase):
    """The declarative base; every constraint is named by the convention, so that migrations can address it."""

    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UTCDateTime()}


DERIVED = "derived"
"""Key of `Table.info` of a table that triggers fill from others: it is not copied, and is there when these are."""


def own_tables() -> list[sa.Table]:
    """The tables that are written by the program, parents first: all but those that triggers fill."""
    return [table for table in Base.metadata.sorted_tables if not table.info.get(DERIVED)]


class Versioned:
    """What people edit: each change of a row raises its version, and a save of an older one is refused.

    The mapper checks within the write itself, so that of two saves at one instant only the first is stored
    (`survey.core.errors.StaleEditError`); `survey.web.forms.EditForm` carries the version through a page.
    """

    #: number of the row's last change (optimistic locking)
    row_version: orm.Mapped[int] = orm.mapped_column(default=1, server_default=sa.text("1"))

    @orm.declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 (SQLAlchemy hands over the class)
        return {"version_id_col": cls.row_version}

    def touch(self) -> None:
        """Raise the version although only rows beside it change, such as the services of a counter."""
        columns = sa.inspect(type(self)).column_attrs
        name = next(c.key for c in columns if c.key != "row_version" and not c.columns[0].primary_key)
        getattr(self, name)  # loads what a commit expired
        orm.attributes.flag_modified(self, name)


intpk = Annotated[int, orm.mapped_column(primary_key=True)]


def choice(enumeration: type[enum.StrEnum], name: str) -> sa.Enum:
    """A column type that stores the values of a StrEnum as text behind a named CHECK."""
    return sa.Enum(
        enumeration,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
        validate_strings=True,
    )


def parse_url(url: str) -> sa.URL:
    """Parse a database address; `InputError` for what is none, without the password that may stand in it."""
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise InputError(
            "The database address (DATABASE_URL) cannot be read; write it like postgresql+psycopg://user@host/sipas"
        ) from error
    if parsed.get_backend_name() not in BACKENDS:
        raise InputError(
            "The database address (DATABASE_URL) must begin with postgresql+psycopg:// or sqlite:///, not %(backend)s:",
            backend=parsed.drivername,
        )
    return parsed


def create_engine(url: str) -> sa.Engine:
    """An engine for `url` with the SQLite settings applied where they belong.

    SQLite's own transaction control replaces the driver's: a read begins with BEGIN, a write (see
    `Database.write`) with BEGIN IMMEDIATE, so that two writers queue for `busy_timeout` and never deadlock on an
    upgraded lock. Errors never carry the values of a statement: what a citizen wrote does not belong in a log.
    """
    parsed = parse_url(url)
    try:
        if parsed.get_backend_name() != "sqlite":
            return _create_server_engine(parsed)
        engine = sa.create_engine(parsed, hide_parameters=True)
    except (sa.exc.ArgumentError, ImportError) as error:
        raise InputError(
            "The database address (DATABASE_URL) names the driver %(driver)r, which is not installed: %(why)s",
            driver=parsed.drivername,
            why=error,
        ) from error

    @sa.event.listens_for(engine, "do_connect")
    def _make_folder(*_args: Any) -> None:
        # only when a database is really opened: `score` runs where no folder can be made
        if parsed.database and parsed.database != ":memory:" and "mode" not in parsed.query:
            with contextlib.suppress(OSError):  # then SQLite cannot open the file, and says so
                make_private_folder(Path(parsed.database).parent)
                create_private_file(Path(parsed.database))  # its log gets the same mode from SQLite

    @sa.event.listens_for(engine, "connect")
    def _set_pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        immediate = connection.get_execution_options().get("sqlite_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _create_server_engine(url: sa.URL) -> sa.Engine:
    """An engine for PostgreSQL.

    `?pooler=transaction` in the address says that PgBouncer or its like stands between and hands a server connection
    out for one transaction only: then nothing may outlive the transaction, so no statement is prepared by name.
    Connections to the pooler are kept like any: between transactions they hold nothing of the server's, and signing in
    anew for each transaction takes ten times as long as the transaction.
    """
    arguments = {"prepare_threshold": None} if url.query.get("pooler") == "transaction" else {}
    engine = sa.create_engine(url.difference_update_query(["pooler"]), hide_parameters=True, connect_args=arguments)
    _ask_after_rest(engine)
    return engine


def _ask_after_rest(engine: sa.Engine) -> None:
    """Ask a pooled connection whether the server is still there when it has rested for longer than `TRUSTED_S`.

    As `pool_pre_ping` does, but not of a connection that was in use a moment ago: under load the question would be one
    round trip in five. When the server goes away within that moment, the request is told so and tries again.
    """

    @sa.event.listens_for(engine, "checkin")
    def _rest(_connection: Any, record: sa.pool.ConnectionPoolEntry) -> None:
        record.info["rests_since"] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def _wake(connection: Any, record: sa.pool.ConnectionPoolEntry, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("rests_since", time.monotonic()) < TRUSTED_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.InvalidatePoolError from error  # all of the pool; the caller gets a new connection


def highest_response(session: orm.Session) -> int:
    """The highest number of a response; 0 where there is none."""
    return session.scalar(sa.text("SELECT max(id) FROM response")) or 0


def _refuse_writes(sessions: orm.sessionmaker[orm.Session]) -> None:
    """Let sessions raise `InvalidRequestError` instead of writing."""

    @sa.event.listens_for(sessions, "before_flush")
    def _refuse_flush(*_args: Any) -> None:
        raise sa.exc.InvalidRequestError("an autocommit session only reads")

    @sa.event.listens_for(sessions, "do_orm_execute")
    def _refuse_statement(state: orm.ORMExecuteState) -> None:
        if not (state.is_select or state.is_from_statement or isinstance(state.statement, sa.TextClause)):
            raise sa.exc.InvalidRequestError("an autocommit session only reads")


ONE_MOMENT = "one_moment"
"""Key of `Session.info` of sessions that only read, and of one moment: what they read once they need not read again."""


class Database:
    """One engine and the ways to use it: `read()`, `read_autocommit()`, `write()`. The composition root makes it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = create_engine(url)
        self._server = self.engine.dialect.name != "sqlite"
        self._readers = orm.sessionmaker(
            self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            if self._server
            else self.engine,
            info={ONE_MOMENT: True},
        )
        self._autocommit_readers = orm.sessionmaker(
            self.engine.execution_options(isolation_level="AUTOCOMMIT") if self._server else self.engine
        )
        _refuse_writes(self._autocommit_readers)
        self._writers = orm.sessionmaker(self.engine.execution_options(sqlite_write=True))
        self._stored_count = self._count_file()
        self._together = self._group_commit()

    @contextmanager
    def read(self) -> Iterator[orm.Session]:
        """Yield a session for reading; whatever it changed is rolled back, or refused at once by PostgreSQL.

        All of its statements see one moment, on both databases: what is counted first and read next must agree, else a
        response that comes in between would be added up twice (see `survey.results.aggregation`).

        There, reading ends with a commit of nothing: a rollback would make the driver forget the statements that it
        has prepared, and PostgreSQL would plan each of them anew.
        """
        with self._readers() as session:
            yield session
            if self._server and session.is_active:  # not after a flush that failed within
                session.expunge_all()
                session.commit()

    @contextmanager
    def read_autocommit(self) -> Iterator[orm.Session]:
        """Yield a session for one or two short reads on the way of every citizen.

        On PostgreSQL without a transaction around them: beginning and ending one would be half of the round trips,
        and under READ COMMITTED each statement sees the newest state either way. Writing is refused, since nothing
        would roll it back.
        """
        with self._autocommit_readers() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[orm.Session]:
        """Yield a session that commits when the block ends well and rolls back when it raises.

        `StaleEditError` where another writer changed an edited row first (`Versioned`).
        """
        try:
            with self._writers.begin() as session:
                yield session
        except orm.exc.StaleDataError as error:
            raise StaleEditError from error

    def write_together(self, work: Callable[[orm.Session], ResultT]) -> ResultT:
        """What `work` returns once it is committed; many threads' works may share a transaction (SQLite).

        For short writes of which many come at once. PostgreSQL gathers commits by itself.
        """
        if self._together is not None:
            return self._together.run(work)
        with self.write() as session:
            return work(session)

    def _group_commit(self) -> GroupCommit | None:
        if self._server:
            return None
        count = self._stored_count
        turns = count.path.with_name(count.path.name.removesuffix("-count") + "-turn") if count else None
        return GroupCommit(self.write, turns, highest_response, count.write if count else lambda _: None)

    def _count_file(self) -> StoredCount | None:
        file = self.engine.url.database
        if self._server or not file or file == ":memory:" or "mode" in self.engine.url.query:
            return None
        return StoredCount(Path(f"{file}-count"))

    def lost_responses(self) -> tuple[int, int] | None:
        """The first and last number of responses that were stored and are not there any more; None: none known.

        So it is where the write-ahead log of SQLite was lost, or an older copy of the file was put in its place.
        """
        counted = self._stored_count.read() if self._stored_count else None
        if counted is None:
            return None
        with self.read() as session:
            highest = highest_response(session)
        return (highest + 1, counted) if counted > highest else None

    def count_responses_again(self) -> None:
        """Write the count by what is stored: after a restore, a deletion by age, or a loss that was told."""
        if self._stored_count is not None:
            with self.read() as session:
                highest = highest_response(session)
            self._stored_count.write(highest)

    def dispose(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()
        if self._stored_count is not None:
            self._stored_count.close()
