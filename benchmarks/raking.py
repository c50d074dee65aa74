"""What calibration to margins repairs, and what it cannot: `python -m benchmarks.raking`.

An agency of 5,000 transactions: a fifth late, two fifths online, both at once as they fall; 90 of 100 are satisfied
where the result was on time, 55 where it was late (83.0 altogether). Each world has its own chances to answer. Printed
are bias and how often nominal 95 % intervals hold the truth, of the plain index, post-stratified by time, and raked to
time and channel (`scoring.calibration`, errors by `scoring.table`), and the R-indicator of the raking.
"""

import sys

import numpy as np
import pandas as pd

from scoring.calibration import MarginTotals, calibrate
from scoring.moments import moments_from_patterns
from scoring.scheme import Item, Rules, Scheme
from scoring.table import score_table
from scoring.weights import stratified

N, LATE, ONLINE = 5_000, 0.2, 0.4
SATISFIED = (0.90, 0.55)
"""Of those whose result was on time, and late."""
RUNS, SEED = 400, 20261130
ONE = Scheme((Item("y", "e"),))
RULES = Rules(clusters="none", pooling=False, min_n=0)

PEOPLE = np.array([[[0.1, 0.9], [0.1, 0.9]], [[0.45, 0.55], [0.45, 0.55]]])
PEOPLE = np.round(
    N * PEOPLE * np.array([1 - LATE, LATE])[:, None, None] * np.array([1 - ONLINE, ONLINE])[None, :, None]
).astype(np.int64)
"""Transactions by late (0, 1), online (0, 1) and satisfied (0, 1)."""
TRUTH = 100 * PEOPLE[:, :, 1].sum() / N


def chances(late: float = 1.0, both: float = 1.0, unhappy: float = 1.0, base: float = 0.08) -> np.ndarray:
    """How likely each kind answers: `base`, times what being late, late and online, dissatisfied multiplies it by."""
    found = np.full((2, 2, 2), base)
    found[1] *= late
    found[1, 1] *= both
    found[:, :, 0] *= unhappy
    return found


WORLDS = {
    "all alike, 10 %": chances(base=0.10),
    "late 20, on time 8 %": chances(late=2.5),
    "late and online 30, others 8 %": chances(both=3.75),
    "dissatisfied 15, satisfied 10 %": chances(unhappy=1.5, base=0.10),
    "late 20, on time 8 %, of each the dissatisfied half as often again": chances(late=2.5, unhappy=1.5),
}
WAYS = ("plain", "post-stratified", "raked")


def measured(world: np.ndarray, runs: int = RUNS, seed: int = SEED) -> dict[str, float]:
    """`people`; bias in points and cover in percent of each of `WAYS`; the mean R-indicator, `r`."""
    rng = np.random.default_rng(seed)
    bias, held, people, even = np.zeros(3), np.zeros(3), 0, 0.0
    for answered in rng.binomial(PEOPLE, world, (runs, 2, 2, 2)):
        found, r = indices(answered)
        bias += found[:, 0] - TRUTH
        held += (found[:, 1] <= TRUTH) & (found[:, 2] >= TRUTH)
        people += int(answered.sum())
        even += r
    named = {f"bias {way}": value / runs for way, value in zip(WAYS, bias, strict=True)}
    named |= {f"cover {way}": 100 * value / runs for way, value in zip(WAYS, held, strict=True)}
    return {"people": people / runs, **named, "r": even / runs}


def indices(answered: np.ndarray) -> tuple[np.ndarray, float]:
    """(ways, 3) index and interval of those who answered, (late, online, satisfied), and the R-indicator of raking."""
    late, online, happy = (part.ravel() for part in np.indices((2, 2, 2)))
    keys = pd.DataFrame({"agency": "a", "service": "s", "time": late.astype(str), "channel": online.astype(str)})
    moments = moments_from_patterns(np.where(happy, "4", "2").tolist(), answered.ravel(), keys, ONE)
    known = pd.DataFrame({"agency": ["a"], "service": ["s"], "N": [N]})
    design = stratified(moments.keys, moments.n, known, RULES, strata=("agency", "service"))
    margins = [
        MarginTotals(name, "", {str(k): float(PEOPLE.take(k, axis).sum()) for k in (0, 1)})
        for axis, name in enumerate(("time", "channel"))
    ]
    raked = calibrate(design, margins)
    rows = []
    for one in (design, calibrate(design, margins[:1], method="poststratify").design, raked.design):
        table = score_table(moments, ONE, known, RULES, design=one)
        row = table[(table["agency"] == "") & (table["service"] == "") & (table["level"] == "overall")].iloc[0]
        rows.append([float(row["index"]), float(row["lo"]), float(row["hi"])])
    return np.array(rows), raked.r_indicator


if __name__ == "__main__":
    times = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    heads = ["who answers", "people", *(f"bias, {way}" for way in WAYS), *(f"covers, {way}, %" for way in WAYS), "R"]
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for name, world in WORLDS.items():
        got = measured(world, times)
        cells = [f"{got['people']:.0f}", *(f"{got[f'bias {way}']:+.1f}" for way in WAYS)]
        cells += [*(f"{got[f'cover {way}']:.1f}" for way in WAYS), f"{got['r']:.2f}"]
        print(f"| {name} | " + " | ".join(cells) + " |")
