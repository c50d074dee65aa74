"""What `/health/ready` costs beside `/health/live`, which asks nothing: `PYTHONPATH=. python benchmarks/ready.py`.

In the process, on SQLite with room probed beside it; milliseconds of the processor and by the clock, the median of 300.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.places import make_app

CALLS = 300


def median(clock: Callable[[], float], call: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    found = []
    for _ in range(CALLS):
        begun = clock()
        call()
        found.append(1000 * (clock() - begun))
    return statistics.median(found)


def main() -> None:
    """Print both addresses."""
    with tempfile.TemporaryDirectory(prefix="sipas-ready-") as folder:
        app = make_app(Path(folder))
        client = app.test_client()
        for address in ("/health/live", "/health/ready"):
            assert client.get(address).status_code == 200, address
            by_processor, by_clock = (
                median(clock, lambda at=address: client.get(at))  # type: ignore[misc]
                for clock in (time.process_time, time.perf_counter)
            )
            print(f"{address:<16}{by_processor:6.2f} ms of the processor {by_clock:6.2f} ms by the clock")
        app.extensions["database"].dispose()


if __name__ == "__main__":
    main()
