"""Memory and time of the microdata's files at 20,000, 200,000 and 1,000,000 responses, each in a process of its own.

    python benchmarks/exports.py

The database is SQLite with 40 strata. Memory is what the process needs beyond what it had with the results loaded.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SIZES = (20_000, 200_000, 1_000_000)


def measure(path: str, kind: str) -> None:
    """Write one file and print its rows, seconds, extra megabytes and size."""
    from survey.core.db import Database
    from survey.files.exports.content import load_content
    from survey.files.exports.microdata import prepare
    from survey.files.exports.microdata_files import csv_blocks, write_parquet, write_sav

    out = Path(path).with_suffix(f".{kind}")
    with Database(f"sqlite:///{path}").read() as session:
        data = prepare(session, load_content(session, "r"))
        before, start = resident(), time.perf_counter()
        watch = Watch()
        watch.start()
        if kind == "csv":
            with out.open("w", encoding="utf-8") as file:
                file.writelines(csv_blocks(session, data))
        else:
            (write_parquet if kind == "parquet" else write_sav)(session, data, out)
        seconds = time.perf_counter() - start
        watch.over.set()
        watch.join()
    extra, size = watch.most - before, out.stat().st_size / 1e6
    print(f"{kind:8} {data.responses:9,} rows {seconds:7.1f} s {extra:7.0f} MB more {size:7.1f} MB file", flush=True)


def resident() -> float:
    """The memory of this process, in megabytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


class Watch(threading.Thread):
    """Looks every 20 ms how much memory the process has."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over, self.most = threading.Event(), 0.0

    def run(self) -> None:
        """Keep the largest value."""
        while not self.over.wait(0.02):
            self.most = max(self.most, resident())


def main() -> None:
    """Fill a database of each size, then measure each kind of file."""
    from survey.core.db import Database
    from survey.migrations import upgrade
    from tests.files.test_exports_microdata import many

    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            path = Path(folder) / f"{size}.db"
            database = Database(f"sqlite:///{path}")
            upgrade(database)
            many(database, size)
            database.dispose()
            for kind in ("csv", "parquet", "sav"):
                subprocess.run([sys.executable, __file__, str(path), kind], cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    measure(*sys.argv[1:3]) if len(sys.argv) > 1 else main()
