"""Rounds with thin cells, as disclosure is tried on: seeded, the same for everyone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scoring.moments import Moments, moments
from scoring.scheme import Item, Scheme


@dataclass(frozen=True)
class Round:
    scheme: Scheme
    #: one row a respondent
    answers: np.ndarray
    keys: pd.DataFrame
    population: pd.DataFrame

    @property
    def moments(self) -> Moments:
        return moments(self.answers, self.keys, self.scheme)


def scheme(items: int) -> Scheme:
    elements = ("access", "procedures", "officials", "result")
    return Scheme(
        tuple(
            Item(f"q{k}", elements[k * 4 // items], "policy" if k * 4 // items == 0 else "service")
            for k in range(items)
        )
    )


def thin_round(
    seed: int, agencies: int = 12, services: int = 4, items: int = 8, *, thin: float = 0.3, mean: float = 30.0
) -> Round:
    """Return a round in which a share `thin` of the services of agencies has 1..8 respondents."""
    rng = np.random.default_rng(seed)
    rows, population = [], []
    for a in range(agencies):
        level = rng.uniform(0.6, 0.95)
        for s in range(services):
            n = int(rng.integers(1, 9)) if rng.random() < thin else 9 + rng.poisson(mean)
            n = 0 if rng.random() < 0.04 else n
            N = int(n * rng.uniform(1, 12)) + int(rng.integers(0, 30))
            population.append((f"A{a:02}", f"S{s}", N))
            rows += [(f"A{a:02}", f"S{s}", level + rng.normal(0, 0.08))] * n
    keys = pd.DataFrame(rows, columns=["agency", "service", "level"])
    person = np.clip(keys.pop("level").to_numpy() + rng.normal(0, 0.15, len(keys)), 0.02, 0.99)
    draw = rng.random((len(keys), items))
    high, low = rng.choice([4, 5], draw.shape, p=[0.6, 0.4]), rng.choice([1, 2, 3], draw.shape, p=[0.1, 0.3, 0.6])
    skipped = np.array([0.08] * items)
    skipped[1] = 0.4
    answers = np.where(draw < person[:, None], high, low) * (rng.random(draw.shape) > skipped)
    return Round(
        scheme(items),
        answers.astype(np.uint8),
        keys,
        pd.DataFrame(population, columns=["agency", "service", "N"]),
    )
