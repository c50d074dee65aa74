"""How often an office that did not change is called changed: `python -m benchmarks.false_alarms` prints a table.

Two rounds of the same office: in each, N transactions come about, every citizen being satisfied by the same chances; n
of them are asked (8 items, a fifth of the answers missing, answers of a person correlated by .3). The test of change at
5 % is made with the finite-population correction, as if the question were about these transactions, and without, as if
it were about the office. 2,000 pairs a row, every replicate an agency of its own, so that a row is two calls.
"""

import sys

import numpy as np
import pandas as pd

from benchmarks.coverage import SCHEME, WITHIN
from scoring.compare import bounded_variance, difference_tests, without_correction
from scoring.estimate import domains, estimate
from scoring.moments import moments
from scoring.scheme import Rules, figure
from scoring.weights import stratified

SIZES = ((200, 2000), (200, 400), (150, 200), (95, 100), (100, 100))
CHANCE, MISSING, PAIRS, SEED = 0.85, 0.2, 2000, 20261129


def sample(n: int, population: int, pairs: int, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """The overall index of one round of every replicate by (`with`, `without` correction)."""
    concentration = 1 / WITHIN - 1
    person = rng.beta(CHANCE * concentration, (1 - CHANCE) * concentration, (pairs * n, 1))
    draw = rng.random((pairs * n, 8))
    answers = np.where(draw < person, 4, 2) * (rng.random(draw.shape) > MISSING)
    agency = np.char.zfill(np.repeat(np.arange(pairs), n).astype(str), 6)
    m = moments(answers.astype(np.uint8), pd.DataFrame({"agency": agency, "service": "s"}), SCHEME)
    design = stratified(m.keys, m.n, m.keys.assign(N=population))
    code, wanted = domains(m.keys, ["agency"])[0], [figure(SCHEME, Rules(), "overall", "all")]
    result = {}
    for name, used in (("with", design), ("without", without_correction(design))):
        found = estimate(m, used, wanted, code)
        columns = {"value": found.value, "variance": bounded_variance(found)[0], "df": found.df}
        frame = pd.DataFrame({key: array[:, 0] for key, array in columns.items()})
        result[name] = frame.assign(exact=found.status[:, 0] == "census")
    return result


def false_alarms(n: int, population: int, pairs: int = PAIRS, seed: int = SEED) -> dict[str, float]:
    """The percent of pairs called changed, with and without the correction."""
    rng = np.random.default_rng(seed)
    before, now = (sample(n, population, pairs, rng) for _ in range(2))
    result = {}
    for name in ("with", "without"):
        a, b = now[name], before[name]
        tests = difference_tests(
            100 * a["value"], 100 * b["value"], 1e4 * (a["variance"] + b["variance"]), a["df"] + b["df"],
            exact=a["exact"] & b["exact"],
        )  # fmt: skip
        result[name] = 100 * float((tests["p"] < 0.05).mean())
    return result


if __name__ == "__main__":
    times = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    print("| asked | of | with the correction | without |\n|---|---|---|---|")
    for asked, of in SIZES:
        found = false_alarms(asked, of, times)
        print(f"| {asked} | {of} | {found['with']:.1f} | {found['without']:.1f} |")
