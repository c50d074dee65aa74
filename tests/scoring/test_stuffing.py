"""The goals of the detectors on invented provinces, by the seeded bench of `benchmarks/stuffing.py` in small.

The whole bench takes minutes of the processor; its table stands in docs/methodology.md.
"""

from __future__ import annotations

import numpy as np

from benchmarks.stuffing import FIRST_ATTACK, honest, polluted, power


def test_honest_provinces_are_left_alone_and_the_first_attacks_are_seen() -> None:
    rng = np.random.default_rng(14)
    judged = [honest(rng, harsh=False)]
    # 95 agency half-years a world: at one alarm of 95 a year, half a one is to be expected
    assert sum(int(each.findings.flagged.sum()) for each in (*judged, honest(rng, harsh=True))) <= 2
    for when, how in FIRST_ATTACK:
        assert power(judged, when, how, 300, rng).seen == 100, (when, how)
    nights = power(judged, "25 nights", "copied", 300, rng)
    assert nights.seen == 100
    assert nights.shift > 8
    assert nights.hard_shift < 2
    assert np.median(judged[0].effect) < 1.2
    seen, innocent = polluted(judged, "25 nights", "copied", 100, rng)
    assert (seen, innocent) == (100, 0)
