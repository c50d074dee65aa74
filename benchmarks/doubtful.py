"""Memory and time of the search for doubtful responses as the worker makes it, each size in a process of its own.

`PYTHONPATH=. python benchmarks/doubtful.py [RESPONSES…]`; default: 50 000, 200 000 and 1 000 000, at 256 counters, on
SQLite in a temporary folder. Times are those of the processor.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from survey.core.db import Database
from survey.migrations import upgrade
from survey.models import Counter, Round
from survey.results.sensitivity import find_sensitivity
from tests.support.places import open_place

SIZES = (50_000, 200_000, 1_000_000)
COUNTERS = 256
FILL = """
WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < :size)
INSERT INTO response
  (key, round_id, counter_id, deciding_agency_id, service_id, channel, language, answers, submitted_at, duration_s)
SELECT printf('%012d%012d', k, k * 7919), :round, counter.id, counter.agency_id, NULL, 'qr', 'vi',
  printf('%016d', 1111111111111111 + abs(random()) % 4444444444444444) || substr('................', 1, :more),
  datetime('2026-03-02', '+' || (k * 15552000 / :size) || ' seconds') || '.000000', 20 + abs(random()) % 300
FROM n JOIN (SELECT id, agency_id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS many FROM counter)
  counter ON counter.place = n.k % counter.many
"""


def fill(file: Path, size: int) -> None:
    """Make a round of so many responses, spread evenly over half a year."""
    database = Database(f"sqlite:///{file}")
    upgrade(database)
    with database.write() as session:
        open_place(session)
        session.flush()
        first = session.scalars(sa.select(Counter).order_by(Counter.id)).first()
        assert first is not None
        session.add_all(Counter(agency_id=first.agency_id, code=f"Z{k}", name=f"Z{k}") for k in range(COUNTERS - 3))
        session.flush()
        round_ = session.scalars(sa.select(Round)).one()
        more = len(round_.version.slots) - 16
        session.execute(sa.text(FILL), {"size": size, "round": round_.id, "more": more})
    database.dispose()


def measure(file: Path) -> None:
    """Print the highest memory of this process before and after the search, and how long it takes."""
    database = Database(f"sqlite:///{file}")
    with database.read() as session:
        code = session.scalars(sa.select(Round.code)).one()
        before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        found = find_sensitivity(session, code)
        took, after = time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{found.responses} responses: {after / 1024:.0f} MB at most, {(after - before) / 1024:.0f} of them for the "
        f"search; {took:.1f} s, {found.flagged} flagged"
    )
    database.dispose()


def main() -> None:
    """Measure the sizes that were asked for."""
    if sys.argv[1:2] == ["--file"]:
        measure(Path(sys.argv[2]))
        return
    for size in map(int, sys.argv[1:] or SIZES):
        with tempfile.TemporaryDirectory(prefix="sipas-doubtful-") as folder:
            fill(Path(folder) / "sipas.db", size)
            subprocess.run([sys.executable, __file__, "--file", str(Path(folder) / "sipas.db")], check=True)


if __name__ == "__main__":
    main()
