"""What counter-days cost: `PYTHONPATH=. python benchmarks/clusters.py [fields]` prints processor seconds and memory.

A year of a large province: 300 counters in 100 offices, 250 days, one field a counter (or `fields`), ten responses a
counter-day, 16 items. Compares the table with counter-days as sampling units with the one without, in one run.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
import pandas as pd

from scoring.clusters import cluster_sums
from scoring.moments import moments
from scoring.scheme import Item, Rules, Scheme
from scoring.table import score_table

COUNTERS, DAYS, ITEMS, PER_DAY = 300, 250, 16, 10
SCHEME = Scheme(tuple(Item(f"i{k}", f"e{k * 5 // ITEMS}") for k in range(ITEMS)))


def named(letter: str, numbers: np.ndarray) -> np.ndarray:
    """Numbers as texts that sort."""
    return np.array([f"{letter}{k:03}" for k in range(int(numbers.max()) + 1)], dtype=object)[numbers]


def main() -> None:
    """Print the measurements."""
    fields = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    size = COUNTERS * DAYS * PER_DAY
    rng = np.random.default_rng(20261129)
    levels = np.array([0, 1, 2, 3, 4, 5], dtype=np.uint8)
    answers = rng.choice(levels, (size, ITEMS), p=[0.1, 0.02, 0.04, 0.1, 0.44, 0.3])
    counter, day = rng.integers(0, COUNTERS, size), rng.integers(0, DAYS, size)
    service = (counter + rng.integers(0, fields, size)) % 5
    cells = pd.DataFrame({"agency": named("a", counter // 3), "service": named("s", service)})
    keys = cells.assign(counter=named("c", counter), day=named("d", day))
    found = moments(answers, cells, SCHEME)
    population = found.keys.assign(N=found.n * 20)
    start = time.process_time()
    sums = cluster_sums(answers, np.ones(size, dtype=np.int64), keys, SCHEME)
    took = time.process_time() - start
    held = sums.n.nbytes + sums.sums.nbytes + 8 * sums.keys.size
    print(f"{size:,} responses, {COUNTERS} counters x {DAYS} days: {len(sums.n):,} rows, {held / 2**20:.0f} MB")
    print(f"adding up        {took:5.2f} s")
    seconds = []
    for more in ({}, {"clusters": sums}):
        start = time.process_time()
        table = score_table(found, SCHEME, population, Rules(), **more)
        seconds.append(time.process_time() - start)
    print(f"table            {seconds[0]:5.2f} s for {len(table)} figures; with counter-days {seconds[1]:.2f} s")
    print(f"peak memory of all {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
