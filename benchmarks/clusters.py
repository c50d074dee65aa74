"""What counter-days cost: `PYTHONPATH=. python benchmarks/clusters.py [counters] [days]` prints seconds and memory.

A year of a large province: 300 counters in 100 offices, 250 days, five fields a counter, ten responses a counter-day,
16 items. Compares the table with counter-days as sampling units with the one without, in one run.
"""

from __future__ import annotations

import resource
import sys
import time
import tracemalloc

import numpy as np
import pandas as pd

from scoring.clusters import cluster_sums
from scoring.moments import moments
from scoring.scheme import Item, Rules, Scheme
from scoring.table import score_table

ITEMS, PER_DAY = 16, 10
SCHEME = Scheme(tuple(Item(f"i{k}", f"e{k * 5 // ITEMS}") for k in range(ITEMS)))


def main() -> None:
    """Print the measurements."""
    counters, days = (int(x) for x in (*sys.argv[1:], "300", "250")[:2])
    size = counters * days * PER_DAY
    rng = np.random.default_rng(20261129)
    levels = np.array([0, 1, 2, 3, 4, 5], dtype=np.uint8)
    answers = rng.choice(levels, (size, ITEMS), p=[0.1, 0.02, 0.04, 0.1, 0.44, 0.3])
    counter, day = rng.integers(0, counters, size), rng.integers(0, days, size)
    names = np.array([f"c{k:03}" for k in range(counters)], dtype=object)
    dates = np.array([f"d{k:03}" for k in range(days)], dtype=object)
    services = np.array([f"s{k}" for k in range(5)], dtype=object)
    agencies = np.array([f"a{k // 3:03}" for k in range(counters)], dtype=object)
    keys = pd.DataFrame({"agency": agencies[counter], "service": services[rng.integers(0, 5, size)]})
    found = moments(answers, keys, SCHEME)
    population = found.keys.assign(N=found.n * 20)
    keys = keys.assign(counter=names[counter], day=dates[day])
    tracemalloc.start()
    start = time.perf_counter()
    sums = cluster_sums(answers, np.ones(size, dtype=np.int64), keys, SCHEME)
    took, (held, peak) = time.perf_counter() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"{size:,} responses, {counters} counters x {days} days, {len(sums.n):,} rows by service")
    print(f"adding up         {took:6.2f} s, held {held / 2**20:.0f} MB, {peak / 2**20:.0f} MB at most")
    for kept, what in ((sums, "five fields"),):
        start = time.perf_counter()
        plain = score_table(found, SCHEME, population, Rules())
        one = time.perf_counter() - start
        tracemalloc.start()
        start = time.perf_counter()
        table = score_table(found, SCHEME, population, Rules(), clusters=kept)
        other, (_, peak) = time.perf_counter() - start, tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(table) == len(plain)
        print(f"table, {what}: {one:.2f} s without counter-days, {other:.2f} s with {len(kept.n):,} rows, ", end="")
        print(f"{peak / 2**20:.0f} MB more at most")
    print(f"peak memory of all {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
