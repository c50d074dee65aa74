"""Answers that choose themselves, and what intervals and tipping points say: `python -m benchmarks.nonresponse`.

An agency of 5,000 transactions, 84 of 100 satisfied; the satisfied answer at 10 %, the dissatisfied at 7 to 20 %. For
each: the index and its Wilson interval (with N), the real gap between those who answered and the others, the gap up to
which the interval holds (`scoring.nonresponse.tipping_point`), worst and best case, and the size of a random sample
with the same mean squared error (`effective_size` of the mean bias, beside the one measured).
"""

import sys

import numpy as np
from scipy.stats import norm

from scoring.nonresponse import effective_size, tipping_point, worst_and_best

N, TRUTH, SATISFIED = 5000, 0.84, 0.10
DISSATISFIED = (0.07, 0.10, 0.12, 0.15, 0.20)
RUNS, SEED = 4000, 20261130


def interval(p: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the Wilson interval of p, its half-width corrected for the finite population."""
    z = norm.ppf(0.975)
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) * np.sqrt(1 - n / N)
    return middle - half, middle + half


def measured(dissatisfied: float, runs: int = RUNS, seed: int = SEED) -> dict[str, float]:
    """Bias, cover of the interval and of the bounds, real and bearable gap, sizes; points, percent, people."""
    rng = np.random.default_rng([seed, round(1000 * dissatisfied)])
    happy = round(N * TRUTH)
    a, b = rng.binomial(happy, SATISFIED, runs), rng.binomial(N - happy, dissatisfied, runs)
    n = (a + b).astype(float)
    p = a / n
    low, high = interval(p, n)
    others = (happy - a) / (N - n)
    worst, best = worst_and_best(100 * p, n, np.full(runs, float(N)))
    bearable = tipping_point(100 * (p - low), n, np.full(runs, float(N)))
    inside = (low <= TRUTH) & (high >= TRUTH)
    holds = 100 * (p - others) <= bearable
    bias, mse = 100 * float(np.mean(p - TRUTH)), float(np.mean((p - TRUTH) ** 2))
    spread = TRUTH * (1 - TRUTH) * N / (N - 1)
    return {
        "responses": float(n.mean()),
        "bias": bias,
        "cover": 100 * float(inside.mean()),
        "bounds": 100 * float(((worst <= 100 * TRUTH) & (best >= 100 * TRUTH)).mean()),
        "gap": 100 * float(np.mean(p - others)),
        "bearable": float(bearable.mean()),
        "agree": 100 * float((holds == (low <= TRUTH)).mean()),
        "size": 1 / (mse / spread + 1 / N),
        "by_bias": effective_size(100 * TRUTH, abs(bias), float(N)),
    }


if __name__ == "__main__":
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    heads = ("the dissatisfied answer at, %", "responses", "bias", "interval covers, %", "bounds cover, %", "real gap",
             "holds to", "agree, %", "random sample as good, measured", "by bias alone")  # fmt: skip
    print("| " + " | ".join(heads) + " |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for rate in DISSATISFIED:
        found = measured(rate, runs)
        print("| " + " | ".join([f"{100 * rate:.0f}", *(f"{value:.1f}" for value in found.values())]) + " |")
