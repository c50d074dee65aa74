"""How late responses reach released totals: `PYTHONPATH=. python benchmarks/release.py`, table in docs/methodology.md.

An agency's open round of 60 working days: 16 items, 14 of them skipped by 8 % and two by 40 %; a share of people
answers one item alone (one-tap forms). Responses of a day are released in its night by `scoring.release`; 2 % are
excluded three days after they came. A delay counts working days from the answer to the morning after its release.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.release import BLOCK, releasable, withdrawable

SEED, ROUNDS, DAYS, WEEK = 20261130, 20, 60, 5
SKIPPED = np.array([0.08] * 14 + [0.4] * 2)


@dataclass(frozen=True)
class Run:
    """One simulated round."""

    #: working days of each response that was released before the close
    delays: list[float]
    #: responses of the round, and those that come only with the close
    responses: int
    waiting: int
    #: excluded responses that were shown until the close
    left: int


def run(a_day: float, one_tap: float, seed: int) -> Run:
    """Simulate one agency's round."""
    random = np.random.default_rng(seed)
    waiting: list[tuple[float, np.ndarray]] = []
    live: list[tuple[float, np.ndarray]] = []
    delays: list[float] = []
    gone: set[float] = set()
    number = 0
    for day in range(DAYS):
        moments = np.sort(random.random(random.poisson(a_day))) + day
        for moment in moments.tolist():
            rated = random.random(len(SKIPPED)) >= SKIPPED
            if random.random() < one_tap:
                rated = np.arange(len(SKIPPED)) == 0
            if rated.any():
                waiting.append((moment, rated))
                number += 1
        late = [m for m, _ in (*waiting, *live) if int(m) == day - 3]
        gone |= {m for m in late if random.random() < 0.02}
        waiting = [one for one in waiting if one[0] not in gone]
        leaving = np.array([rated for m, rated in live if m in gone]).reshape(-1, len(SKIPPED))
        if day % WEEK == WEEK - 1 and withdrawable(leaving, BLOCK):  # the night of the week on which they may
            live = [one for one in live if one[0] not in gone]
            continue
        count = releasable(np.array([rated for _, rated in waiting]).reshape(-1, len(SKIPPED)), BLOCK)
        delays += [day + 1 - moment for moment, _ in waiting[:count]]
        live, waiting = live + waiting[:count], waiting[count:]
    return Run(delays, number, len(waiting), sum(m in gone for m, _ in live))


def main() -> None:
    """Print the table."""
    print("| one-tap forms, % | responses a day | delay: median | 95th percentile ", end="")
    print("| only at the close, % | excluded, still shown |")
    print("|" + "---|" * 6)
    for one_tap in (0.0, 0.3):
        for a_day in (2, 5, 10, 20, 40):
            runs = [run(a_day, one_tap, SEED + k) for k in range(ROUNDS)]
            delays = np.concatenate([one.delays for one in runs])
            late = 100 * sum(one.waiting for one in runs) / sum(one.responses for one in runs)
            left = np.mean([one.left for one in runs])
            middle, end = np.percentile(delays, [50, 95])
            print(f"| {100 * one_tap:.0f} | {a_day} | {middle:.1f} | {end:.1f} | {late:.1f} | {left:.1f} |", flush=True)


if __name__ == "__main__":
    main()
