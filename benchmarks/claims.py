"""What the suite measures, one function a group: `python -m benchmarks.suite --help` runs them.

Each group runs in a process of its own and yields claims. A ratio is always of two things measured in this run, in
turns where a busy machine could favour one of them; processor time where the work is in this process.
"""

from __future__ import annotations

import gc
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from benchmarks import load, moments, moments_peers, reading, results_pages
from survey.models import Publication, Round

AT_MOST, AT_LEAST = "≤", "≥"


@dataclass(frozen=True)
class Claim:
    """A figure of this program beside its peer's and the limit of its ratio, or of itself where it has no peer."""

    name: str
    unit: str
    figure: float
    peer: str = ""
    peer_figure: float | None = None
    bound: str = ""
    limit: float | None = None

    @property
    def ratio(self) -> float | None:
        """The figure by the peer's; None without a peer."""
        return self.figure / self.peer_figure if self.peer_figure else None

    @property
    def met(self) -> bool | None:
        """Whether the limit holds; None where there is none."""
        if self.limit is None:
            return None
        compared = self.figure if self.ratio is None else self.ratio
        return compared <= self.limit if self.bound == AT_MOST else compared >= self.limit

    def record(self) -> dict[str, object]:
        """As it is kept in the history."""
        return asdict(self) | {"ratio": self.ratio, "met": self.met}


def processor(work: Callable[[], object]) -> float:
    """Processor milliseconds of one call."""
    start = time.process_time()
    work()
    return 1000 * (time.process_time() - start)


def in_turns(*works: Callable[[], object], times: int = 5) -> list[float]:
    """The least processor milliseconds of each, after one call unmeasured, all taken in turns."""
    for work in works:
        work()
    gc.collect()
    rounds = [[processor(work) for work in works] for _ in range(times)]
    return [min(found) for found in zip(*rounds, strict=True)]


def sums() -> Iterator[Claim]:
    """Sums of a million responses beside a bare pass, pandas and DuckDB; the table of figures."""
    import duckdb

    size = 1_000_000
    answers, codes = moments.draw(size, 1)
    frame = pd.DataFrame(answers >= 4).assign(cell=codes)
    database = duckdb.connect(config={"threads": 1})
    database.register("frame", frame.rename(columns=str))
    columns = ", ".join(f'sum(CAST("{item}" AS INT))' for item in range(moments.ITEMS))
    query = f"SELECT cell, {columns} FROM frame GROUP BY cell"  # noqa: S608 (numbers of items)
    ours, bare, grouped, summed = in_turns(
        lambda: moments.moments_from_codes(answers, codes, moments.CELLS, moments.SCHEME),
        lambda: moments.histogram(answers, codes),
        lambda: frame.groupby("cell").sum(),
        lambda: database.execute(query).fetchall(),
    )
    name = "sums of 1 M responses × 16 items, cross-products included"
    yield Claim(name, "ms", ours, "numpy.bincount, counts alone", bare, AT_MOST, 1.5)
    yield Claim(name, "ms", ours, "pandas groupby, sums alone", grouped)
    yield Claim(name, "ms", ours, "DuckDB, sums alone", summed)
    found = moments.moments_from_codes(answers, codes, moments.CELLS, moments.SCHEME)
    population = moments.CELLS.assign(N=found.n * 20)
    (table,) = in_turns(lambda: moments.score_table(found, moments.SCHEME, population, moments.Rules()), times=3)
    yield Claim("table of 41,538 figures with errors and intervals", "ms", table, "the sums", ours, AT_MOST, 3)


def peers() -> Iterator[Claim]:
    """The figures of 20,000 responses beside R `survey`, the values compared."""
    if not shutil.which("Rscript"):
        return
    with tempfile.TemporaryDirectory() as name:
        keys = moments_peers.prepare(Path(name), 20_000, parquet=False)
        script = Path(name) / "peer.R"
        script.write_text(moments_peers.R)
        ours = moments_peers.run([sys.executable, "-c", moments_peers.OURS, name])
        theirs = moments_peers.run(["Rscript", str(script), name, ",".join(keys)])
    assert ours is not None, "this package did not run"
    if theirs is None:
        return
    assert max(abs(ours[key] - theirs[key]) for key in ("v", "se")) < 1e-9, (ours, theirs)
    name = "six figures by 300 agencies of 20,000 responses"
    yield Claim(name, "s", ours["s"], "R survey", theirs["s"], AT_MOST, 0.1)
    yield Claim(f"{name}: memory", "MB", ours["mb"], "R survey", theirs["mb"])


def database() -> Iterator[Claim]:
    """A round read from SQLite beside reading the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        found = reading.measure(reading.draw(Path(folder), 100_000))
    name = "a round of 100,000 responses from SQLite to sums"
    yield Claim(name, "s", found["packed"] + found["sums"], "reading the same bytes", found["bytes"], AT_MOST, 3)
    yield Claim(name, "s", found["packed"] + found["sums"], "rows of three columns", found["rows"], AT_MOST, 1)


def pages() -> Iterator[Claim]:
    """Evaluators' pages after one more response, beside the same page unchanged."""
    with results_pages.demonstration(copies=1) as (client, database_, base):
        for part, label in (("", "overview"), ("/xep-hang", "ranks"), ("/co-quan/so-tu-phap", "an agency")):
            client.get(base + part)
            anew, again = [], []
            for _ in range(5):
                with database_.write() as session:
                    results_pages.one_more(session, base.rsplit("/", 1)[1])
                anew.append(processor(lambda at=base + part: client.get(at)))  # type: ignore[misc]
                again.append(processor(lambda at=base + part: client.get(at)))  # type: ignore[misc]
            name = f"{label} after one more response, 10,925 in the round"
            yield Claim(name, "ms of the processor", statistics.median(anew), bound=AT_MOST, limit=300)
            yield Claim(f"{label} unchanged", "ms of the processor", statistics.median(again))


def start() -> Iterator[Claim]:
    """What a command costs before it does anything."""

    def help_text() -> None:
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", "--help"], capture_output=True, check=True, timeout=120
        )
        assert b"results" in done.stdout

    help_text()
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        help_text()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    yield Claim("flask --app app --help", "s of the processor", min(spent), bound=AT_MOST, limit=0.5)


def memory(process: int) -> float:
    """Resident megabytes of a process."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def forms() -> Iterator[Claim]:
    """Forms opened and sent on the real server, SQLite and PostgreSQL, beside a bare view that commits a row."""
    found = load.on_databases(["bare", "sqlite", "postgresql"], seconds=8, connections=64)
    bare = found["bare"]["sending"].rate("post")
    steps = [("opening", "form", "forms opened", 0.65), ("sending", "post", "forms sent", 0.5)]
    for phase, step, name, limit in steps:
        rate = found["sqlite"][phase].rate(step)
        yield Claim(f"{name}, SQLite", "a second", rate, "bare view with one commit", bare, AT_LEAST, limit)
    for phase, step, name, _ in [*steps, ("visiting", "post", "visits", 0.0)]:
        on_sqlite, on_postgresql = (found[kind][phase].rate(step) for kind in ("sqlite", "postgresql"))
        yield Claim(f"{name}, PostgreSQL", "a second", on_postgresql, "SQLite", on_sqlite, AT_LEAST, 0.7)
    longest = found["sqlite"]["sending"].within("post", 0.99)
    yield Claim("99 of 100 forms sent are answered within, 64 at once", "ms", longest, bound=AT_MOST, limit=500)


def edition() -> Iterator[Claim]:
    """The public page of an edition on the real server with the demonstration, and a worker's memory before it."""
    with tempfile.TemporaryDirectory(prefix="sipas-suite-", ignore_cleanup_errors=True) as name:
        server = load.Server(Path(name) / "instance")
        server.start()
        try:
            resident = max(memory(worker) for worker in server.workers())
            yield Claim("memory of a worker before the first page of results", "MB", resident, bound=AT_MOST, limit=130)
            connected = load.Database(server.url)
            with connected.read() as session:
                code = session.scalar(
                    sa.select(Round.code).join(Publication.round).where(Publication.edition.is_not(None))
                )
            connected.dispose()
            assert code is not None, "the demonstration has published nothing"

            def opening(citizen: load.Citizen) -> str:
                citizen.request(b"GET", f"/ket-qua/{code}")
                return "page"

            load.load(server.port, 1, 8, opening)
            phase = load.load(server.port, 8, 64, opening)
            assert set(phase.statuses) == {("page", 200)}, phase.statuses
            yield Claim("public pages of an edition", "a second", phase.rate("page"), bound=AT_LEAST, limit=300)
        finally:
            server.stop()


GROUPS: dict[str, Callable[[], Iterator[Claim]]] = {
    work.__name__: work for work in (sums, peers, database, pages, start, edition, forms)
}
