"""How often 95 % intervals hold where strata have a single unit: `python -m benchmarks.lonely` prints one table.

One agency: a large service, and thin services of which a single respondent, or a single counter-day of eight people,
speaks for all the others. Thin services are 10 points worse. Items and answers are those of `benchmarks.coverage`;
people of one counter-day share a chance (correlation of their parts in the index: ICC .05). Every replicate is scored
as an agency of its own, so that a whole setting is one call. Printed beside the rules of R's `survey.lonely.psu`: the
intervals as `scoring.table` makes them, with `Estimates.allowance`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from benchmarks.coverage import MISSING, SCHEME, WITHIN
from scoring.clusters import cluster_sums, clustered
from scoring.estimate import Estimates, domains, estimate
from scoring.intervals import interval
from scoring.moments import moments
from scoring.scheme import Rules, figure
from scoring.weights import stratified

REPLICATES = 3000
WORSE = 0.10
DAY_PEOPLE = 8
ICC = 0.05
OTHER_RULES = ("certainty", "average")
HEAD = ("unit", "lonely strata", "share", "others", "true p", *OTHER_RULES, "adjust", "printed", "width", "printed")


@dataclass(frozen=True)
class Setting:
    """One row of the table."""

    #: whether a thin stratum has one counter-day, else one respondent
    day: bool
    #: how many thin strata, and their share of the transactions together
    thin: int
    share: float
    #: respondents of the large service, and the truth of the agency
    people: int
    p: float

    @property
    def services(self) -> np.ndarray:
        """The service of each respondent of an agency, 0 the large one."""
        each = DAY_PEOPLE if self.day else 1
        return np.repeat(np.arange(self.thin + 1), [self.people, *[each] * self.thin])

    @property
    def chances(self) -> np.ndarray:
        """The truth of each service; weighted by transactions they make `p`."""
        return np.array([self.p + WORSE * self.share, *[self.p - WORSE * (1 - self.share)] * self.thin])

    @property
    def transactions(self) -> np.ndarray:
        """N of each service."""
        return 1e6 * np.array([1 - self.share, *[self.share / self.thin] * self.thin])


def settings() -> Iterator[Setting]:
    """Every row."""
    for day in (False, True):
        for thin, share in ((1, 0.02), (1, 0.10), (1, 0.25), (4, 0.10), (4, 0.40)):
            for people, p in ((40, 0.8), (200, 0.8), (200, 0.93)):
                yield Setting(day, thin, share, people, p)


def drawn(one: Setting, rng: np.random.Generator) -> dict[str, Estimates]:
    """The overall index of `REPLICATES` agencies under each rule for lonely strata."""
    own = one.services
    agency, service = np.repeat(np.arange(REPLICATES), len(own)), np.tile(own, REPLICATES)
    place = np.where(own == 0, np.arange(len(own)) // DAY_PEOPLE, 0)
    day = np.tile(place, REPLICATES)
    chance = one.chances[service]
    if one.day:
        spread = ICC * (WITHIN + (1 - WITHIN) / (8 * (1 - MISSING)))
        _, at = np.unique(np.stack([agency, service, day]), axis=1, return_inverse=True)
        luck = rng.random(int(at.max()) + 1)[np.ravel(at)]
        chance = special.betaincinv(chance * (1 / spread - 1), (1 - chance) * (1 / spread - 1), luck)
        chance = np.clip(chance, 1e-6, 1 - 1e-6)
    person = rng.beta(chance * (1 / WITHIN - 1), (1 - chance) * (1 / WITHIN - 1))
    draw = rng.random((len(agency), 8))
    answers = (np.where(draw < person[:, None], 4, 2) * (rng.random(draw.shape) > MISSING)).astype(np.uint8)
    answers[:, 0] = np.where(answers.any(axis=1), answers[:, 0], np.where(draw[:, 0] < person, 4, 2))
    keys = pd.DataFrame({"agency": agency.astype(str), "service": service.astype(str)})
    keys["agency"] = keys["agency"].str.zfill(6)
    m = moments(answers, keys, SCHEME).rated()
    population = m.keys.assign(N=one.transactions[m.keys["service"].astype(int)])
    wanted, code = figure(SCHEME, Rules(), "overall", "all"), domains(m.keys, ["agency"])[0]
    found = {}
    for rule in (*OTHER_RULES, "adjust"):
        design = stratified(m.keys, m.n, population, Rules(lonely=rule))
        if one.day:
            named = keys.assign(counter="c" + keys["service"], day=pd.Series(day).astype(str).str.zfill(3))
            design = clustered(design, cluster_sums(answers, np.ones(len(agency), dtype=int), named, SCHEME), 5)
        found[rule] = estimate(m, design, [wanted], code)
    return found


def held(found: Estimates, p: float, error: np.ndarray) -> tuple[float, float]:
    """Percent of intervals that hold the truth, and their median width in points."""
    lo, hi = interval(found.value, error, found.n, found.df, "jeffreys", n_kish=found.n_kish, answers=found.valid)
    return 100 * float(((lo <= p) & (p <= hi)).mean()), 100 * float(np.nanmedian(hi - lo))


def row(one: Setting, rng: np.random.Generator) -> tuple[str, ...]:
    """One row of the table as text."""
    found = drawn(one, rng)
    others = [held(found[rule], one.p, found[rule].se)[0] for rule in OTHER_RULES]
    last = found["adjust"]
    plain, printed = held(last, one.p, last.se), held(last, one.p, np.sqrt(last.variance + last.allowance))
    figures = (*others, plain[0], printed[0], plain[1], printed[1])
    unit = "counter-day" if one.day else "respondent"
    place = (unit, str(one.thin), f"{100 * one.share:.0f} %", str(one.people), f"{one.p:g}")
    return (*place, *(f"{value:.1f}" for value in figures))


if __name__ == "__main__":
    generator = np.random.default_rng(20261130)
    print("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD))
    for each in settings():
        print("| " + " | ".join(row(each, generator)) + " |", flush=True)
