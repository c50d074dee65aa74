"""Small cells: error and coverage of shrunken estimates against direct ones: `python -m benchmarks.small_area`.

Thirty agencies x eight fields, 5 to 120 people a cell (most of them few), eight items each, answers of a person
correlated; the cells' true shares come from effects of agency, field and cell, the last one normal (the model holds) or
heavy-tailed (t with 3 degrees of freedom). Direct estimates are shares of satisfied answers; their variances are
smoothed from the firm cells, as the product does. Error (root mean square) and 95 % coverage of cells of 5 to 29.
"""

import sys

import numpy as np

from scoring.small_area import SmallArea, small_area, smoothed_variance

AGENCIES, FIELDS, ITEMS, WITHIN = 30, 8, 8, 0.3
CENTRE, OF_AGENCY, OF_FIELD, OF_CELL = 82.0, 4.0, 3.0, 3.0
REPLICATES, SEED = 200, 20261130
TAILS = ("normal", "heavy")


def cells(tail: str, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Agency, field, number of people, true percentage, direct estimate and its variance of every cell."""
    agency, field = np.repeat(np.arange(AGENCIES), FIELDS), np.tile(np.arange(FIELDS), AGENCIES)
    m = len(agency)
    own = rng.normal(0, 1, m) if tail == "normal" else rng.standard_t(3, m) / np.sqrt(3)
    effects = rng.normal(0, OF_AGENCY, AGENCIES)[agency] + rng.normal(0, OF_FIELD, FIELDS)[field] + OF_CELL * own
    truth = np.clip(CENTRE + effects, 20, 98)
    size = np.clip(rng.lognormal(2.8, 0.8, m).astype(int), 5, 120)
    concentration = 1 / WITHIN - 1
    people = np.repeat(np.arange(m), size)
    chance = truth[people] / 100
    person = rng.beta(chance * concentration, (1 - chance) * concentration)
    share = 100 * rng.binomial(ITEMS, person) / ITEMS
    direct = np.bincount(people, share) / size
    variance = (np.bincount(people, share**2) / size - direct**2) / (size - 1)
    return agency, field, size, truth, direct, variance


def measured(tail: str, replicates: int = REPLICATES, seed: int = SEED) -> dict[str, float]:
    """`direct` and `shrunken` error in points, their `ratio`, `coverage` in percent and mean `width`."""
    rng = np.random.default_rng(seed)
    squares, inside, width = np.zeros(2), [], []
    for _ in range(replicates):
        agency, field, size, truth, direct, variance = cells(tail, rng)
        estimates: SmallArea = small_area(direct, smoothed_variance(direct, variance, size), crossed=[agency, field])
        frame, few = estimates.to_frame(), size < 30
        squares += [np.mean((value - truth)[few] ** 2) for value in (direct, estimates.value)]
        inside.append(np.mean(((frame["lo"] <= truth) & (truth <= frame["hi"]))[few]))
        width.append(np.mean((frame["hi"] - frame["lo"])[few]))
    before, after = np.sqrt(squares / replicates)
    return {
        "direct": before, "shrunken": after, "ratio": after / before,
        "coverage": 100 * float(np.mean(inside)), "width": float(np.mean(width)),
    }  # fmt: skip


if __name__ == "__main__":
    times = int(sys.argv[1]) if len(sys.argv) > 1 else REPLICATES
    print("| cell effects | error, direct | error, shrunken | ratio | coverage | width |\n|---|---|---|---|---|---|")
    for tail in TAILS:
        found = measured(tail, times)
        print("| " + " | ".join([tail, *(f"{found[key]:.2f}" for key in found)]) + " |")
