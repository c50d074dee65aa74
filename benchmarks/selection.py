"""A probability sample at the counter against codes on the wall: `python -m benchmarks.selection`.

An agency has 5,000 transactions, of which 84 % were satisfied. By the wall code 12 % of the satisfied answer and 7 % of
the others. Receipts go to a random 1 in k (`scoring.selection.slip_numbers`, the numbers of a round in one go); of
those who hold one 20 % of the satisfied answer and 17 % of the others, a gap of 3 points. Printed is how often nominal
95 % intervals hold 84: of the wall alone, of receipts, of receipts with the band of 4 points; and how often the
difference of the two frames is told from zero at 5 %.
"""

import sys

import numpy as np

from scoring.selection import BAND, frame_index, selection, slip_numbers

TRANSACTIONS, TRUTH = 5_000, 84.0
WALL, RECEIPT = (0.12, 0.07), (0.20, 0.17)
"""Chances to answer of those who were satisfied, and of the others."""
STEPS = (3, 4, 5, 8)
REPLICATES, SEED = 4_000, 20261130


def measured(every: int, replicates: int = REPLICATES, seed: int = SEED) -> dict[str, float]:
    """`people` by receipts, and in percent: coverage of `wall`, `receipts`, `banded`, and how often `told` apart."""
    rng = np.random.default_rng(seed)
    satisfied = np.arange(TRANSACTIONS) < TRANSACTIONS * TRUTH / 100
    held, told, people = np.zeros(3), 0, 0
    for replicate in range(replicates):
        order = rng.permutation(satisfied)
        slips = np.array(slip_numbers(every, TRANSACTIONS, seed + replicate)) - 1
        by_wall = order[rng.random(TRANSACTIONS) < np.where(order, *WALL)]
        invited = order[slips]
        by_receipt = invited[rng.random(len(invited)) < np.where(invited, *RECEIPT)]
        frames = [frame_index(100.0 * part, np.arange(len(part))) for part in (by_wall, by_receipt)]
        wide = frame_index(100.0 * by_receipt, np.arange(len(by_receipt)), band=BAND)
        held += [one.lo <= TRUTH <= one.hi for one in (*frames, wide)]
        found = selection(*frames)
        told += found is not None and found.p < 0.05
        people += len(by_receipt)
    wall, receipts, banded = 100 * held / replicates
    return {
        "people": people / replicates, "wall": wall, "receipts": receipts, "banded": banded,
        "told": 100 * told / replicates,
    }  # fmt: skip


if __name__ == "__main__":
    times = int(sys.argv[1]) if len(sys.argv) > 1 else REPLICATES
    print("| 1 in k | people | wall alone | receipts | with the band of 4 | told apart |\n|---|---|---|---|---|---|")
    for step in STEPS:
        got = measured(step, times)
        shown = [f"{got[name]:.1f}" for name in ("wall", "receipts", "banded", "told")]
        print(f"| {step} | {got['people']:.0f} | {' | '.join(shown)} |")
