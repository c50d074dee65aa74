"""False alarms and delays of control charts: `python -m benchmarks.control_charts` prints two tables.

A steady office's months of 40 or 400 people (eight items, answers of a person correlated): the percentage of charts
with any sign, and with a point outside the limits. Then the average number of months until the newest bears a sign
(average run length), 12 steady months having gone before a fall by 0 to 10 points.
"""

import sys

import numpy as np

from scoring.control_charts import p_prime_chart, xmr_chart

ITEMS, WITHIN, CENTRE = 8, 0.3, 0.85
MONTHS, BASE, LONGEST = (12, 24), 12, 60
FALLS = (0, 2, 5, 10)
CHARTS, SEED = 2000, 20261130


def months(people: int, count: int, charts: int, rng: np.random.Generator, centre: float = CENTRE) -> np.ndarray:
    """Satisfied answers (charts, count) of months of so many people."""
    concentration = 1 / WITHIN - 1
    person = rng.beta(centre * concentration, (1 - centre) * concentration, (charts, count, people))
    return rng.binomial(ITEMS, person).sum(axis=2)


def false_alarms(people: int, count: int, charts: int = CHARTS, seed: int = SEED) -> dict[str, float]:
    """The percentage of steady charts with any sign and with a point outside, p′ and XmR."""
    rng = np.random.default_rng(seed)
    total = people * ITEMS
    found = {"p′ any": 0, "p′ outside": 0, "XmR any": 0, "XmR outside": 0}
    for series in months(people, count, charts, rng):
        for name, chart in (
            ("p′", p_prime_chart(series, np.full(count, total))),
            ("XmR", xmr_chart(100 * series / total)),
        ):
            found[f"{name} any"] += bool((chart.sign != "").any())
            found[f"{name} outside"] += bool((chart.sign == "outside").any())
    return {name: 100 * value / charts for name, value in found.items()}


def run_length(people: int, fall: float, charts: int = CHARTS, seed: int = SEED) -> float:
    """The mean number of months until the newest point bears a sign, at most `LONGEST`, after 12 steady ones."""
    rng = np.random.default_rng(seed)
    before = months(people, BASE, charts, rng)
    after = months(people, LONGEST, charts, rng, CENTRE - fall / 100)
    total, lengths = people * ITEMS, []
    for base, following in zip(before, after, strict=True):
        series = np.concatenate([base, following])
        for month in range(1, LONGEST + 1):
            seen = series[: BASE + month]
            if p_prime_chart(seen, np.full(len(seen), total)).direction[-1] != 0:
                break
        lengths.append(month)
    return float(np.mean(lengths))


if __name__ == "__main__":
    times = int(sys.argv[1]) if len(sys.argv) > 1 else CHARTS
    print("| people a month | months | p′, any sign | p′, outside | XmR, any sign | XmR, outside |")
    print("|---|---|---|---|---|---|")
    for people in (40, 400):
        for count in MONTHS:
            found = false_alarms(people, count, times)
            print(f"| {people} | {count} | " + " | ".join(f"{value:.1f}" for value in found.values()) + " |")
    print("\n| people a month | " + " | ".join(f"fall {fall}" for fall in FALLS) + " |\n|---|" + "---|" * len(FALLS))
    for people in (40, 400):
        lengths = [run_length(people, fall, max(times // 10, 20)) for fall in FALLS]
        print(f"| {people} | " + " | ".join(f"{length:.1f}" for length in lengths) + " |")
