"""How fast the moments are, as ratios within one run: `PYTHONPATH=. python benchmarks/moments.py [responses]`.

Compares the moments step (counts, and the cross-products of 32 indicators) with one bare `numpy.bincount` histogram of
the same answers (which gives counts only), times every figure with its standard error, and takes ten times as many
responses in chunks to show the memory it needs.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from scoring.moments import Moments, merge, moments_from_codes
from scoring.scheme import Item, Rules, Scheme
from scoring.table import score_table

AGENCIES, SERVICES, ITEMS = 300, 5, 16
ELEMENTS = ("access", "procedures", "officials", "result", "feedback")
SCHEME = Scheme(tuple(Item(f"i{k}", ELEMENTS[k * 5 // ITEMS]) for k in range(ITEMS)))
CELLS = pd.DataFrame(
    [(f"A{a:03}", f"S{s}") for a in range(AGENCIES) for s in range(SERVICES)], columns=["agency", "service"]
)


def draw(size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Seeded answers (size, items) and cell numbers (size,)."""
    rng = np.random.default_rng(seed)
    answers = rng.choice(
        np.array([0, 1, 2, 3, 4, 5], dtype=np.uint8), (size, ITEMS), p=[0.1, 0.02, 0.04, 0.1, 0.44, 0.3]
    )
    return answers, rng.integers(0, len(CELLS), size)


def best(work: Callable[[], object], times: int = 5) -> float:
    """The shortest of several runs, in seconds."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def histogram(answers: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The bare pass: how often each answer was given to each item in each cell."""
    index = (codes[:, None] * ITEMS + np.arange(ITEMS)) * 6 + answers
    return np.bincount(index.ravel(), minlength=len(CELLS) * ITEMS * 6)


def one_batch(size: int) -> Moments:
    """Time the pass and the table; return the moments."""
    answers, codes = draw(size, 1)
    bare = best(lambda: histogram(answers, codes))
    step = best(lambda: moments_from_codes(answers, codes, CELLS, SCHEME))
    found = moments_from_codes(answers, codes, CELLS, SCHEME)
    assert (histogram(answers, codes).reshape(len(CELLS), ITEMS, 6)[:, :, 1:] == found.counts).all()
    population = CELLS.assign(N=found.n * 20)
    table = best(lambda: score_table(found, SCHEME, population, Rules()), 3)
    rows = len(score_table(found, SCHEME, population, Rules()))
    print(f"{size:,} responses x {ITEMS} items, {len(CELLS)} cells")
    print(f"bincount histogram      {bare * 1000:8.1f} ms")
    print(f"moments                 {step * 1000:8.1f} ms   {step / bare:.2f} x")
    print(f"table of {rows} figures {table * 1000:8.1f} ms   (the same for any number of responses)")
    return found


def main() -> None:
    """Print the measurements."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    total = one_batch(size)
    start = time.perf_counter()
    for seed in range(2, 11):
        total = merge(total, moments_from_codes(*draw(size, seed), CELLS, SCHEME))
    took = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{total.n.sum():,} in 10 chunks   {took:8.1f} s (drawing them included), peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
