"""How often nominal 95 % intervals and rank ranges hold: `python -m benchmarks.coverage [days]` prints three tables.

Intervals: one agency with three services (45, 35, 20 % of transactions, sampled in proportion), 8 items of which a
fifth of the answers is missing, and answers of a person that go together (intra-person correlation .3). Every
replicate is scored as an agency of its own by the package, so that a whole setting is one call. Ranks: agencies of 30
to 400 respondents in tied groups; a table counts as covered when every agency's range holds every rank its ties allow.
Counter-days (`days`: this table alone): the same agency with one counter that serves all three services; the day moves
everybody's chance, so that the parts of people of one day in the index correlate by ICC.
"""

import sys

import numpy as np
import pandas as pd
from scipy import special

from scoring.clusters import cluster_sums, clustered, likeness
from scoring.compare import bounded_variance
from scoring.estimate import Estimates, domains, estimate
from scoring.intervals import interval
from scoring.moments import moments
from scoring.ranks import rank_ranges, steady_variance
from scoring.scheme import Item, Rules, Scheme, figure
from scoring.weights import stratified

SHARES = np.array([0.45, 0.35, 0.20])
SHIFTS = np.array([0.3, -0.1, -0.5])  # SHARES @ SHIFTS = 0: the agency's truth stays p
SCHEME = Scheme(tuple(Item(f"q{k}", "e") for k in range(8)))
WITHIN, MISSING = 0.3, 0.2
REPLICATES = 4000
METHODS = ("jeffreys", "beta", "logit", "wilson", "t")


def sample(p: np.ndarray, n: np.ndarray, rng: np.random.Generator) -> Estimates:
    """The overall index of agencies with truths p (agencies,) and n respondents (agencies,)."""
    sizes = np.maximum(np.rint(n[:, None] * SHARES).astype(int), 1)
    agency = np.repeat(np.arange(len(p)), sizes.sum(axis=1))
    service = np.repeat(np.tile(np.arange(3), len(p)), sizes.ravel())
    chance = p[agency] + (1 - p[agency]) * SHIFTS[service]
    concentration = 1 / WITHIN - 1
    person = rng.beta(chance * concentration, (1 - chance) * concentration)
    draw = rng.random((len(agency), 8))
    answers = np.where(draw < person[:, None], 4, 2) * (rng.random(draw.shape) > MISSING)
    keys = pd.DataFrame({"agency": agency.astype(str), "service": service.astype(str)})
    keys["agency"] = keys["agency"].str.zfill(6)
    m = moments(answers.astype(np.uint8), keys, SCHEME)
    transactions = pd.DataFrame(
        {"agency": m.keys["agency"], "service": m.keys["service"], "N": 1e6 * SHARES[m.keys["service"].astype(int)]}
    )
    design = stratified(m.keys, m.n, transactions)
    return estimate(m, design, [figure(SCHEME, Rules(), "overall", "all")], domains(m.keys, ["agency"])[0])


def intervals(seed: int) -> pd.DataFrame:
    """Percent of intervals that hold the truth, by truth, n and method."""
    rng, rows = np.random.default_rng(seed), []
    for p in (0.5, 0.8, 0.93, 0.98):
        for n in (10, 24, 30, 70, 200, 400):
            found = sample(np.full(REPLICATES, p), np.full(REPLICATES, n), rng)
            row: dict[str, float] = {"p": p, "n": n}
            for method in METHODS:
                more = {"n_kish": found.n_kish, "answers": found.valid}
                lo, hi = interval(found.value, found.se, found.n, found.df, method, **more)
                row[method] = 100 * float(((lo <= p) & (p <= hi)).mean())
            row["all satisfied"] = 100 * float((found.value == 1).mean())
            rows.append(row)
    return pd.DataFrame(rows)


def joint_ranks(agencies: int, replicates: int, seed: int) -> float:
    """The percent of tables in which all rank ranges hold at once."""
    rng = np.random.default_rng(seed)
    truth = np.repeat([0.70, 0.80, 0.85, 0.90, 0.93, 0.97], agencies // 6)
    n = np.resize([30, 70, 200, 400], agencies)
    found = sample(np.tile(truth, replicates), np.tile(n, replicates), rng)
    value, var = found.value.reshape(replicates, -1), bounded_variance(found)[0].reshape(replicates, -1)
    best = 1 + (truth[None, :] > truth[:, None]).sum(axis=1)
    worst = agencies - (truth[None, :] < truth[:, None]).sum(axis=1)
    n_kish = found.n_kish.reshape(replicates, -1)
    held = 0
    for r in range(replicates):
        ranges = rank_ranges(value[r], steady_variance(value[r], var[r], n_kish[r]), seed=r, draws=2000)
        held += bool((ranges.low <= best).all() and (ranges.high >= worst).all())
    return 100 * held / replicates


def counter_days(icc: float, people: int, days: int, p: float, agencies: int, rng: np.random.Generator) -> pd.Series:
    """Percent of intervals that hold the truth without and with clusters, df, and the ICC and deff found."""
    size = agencies * days * people
    day = np.arange(size) // people
    agency, service = day // days, rng.choice(3, size, p=SHARES)
    chance = p + (1 - p) * SHIFTS[service]
    answered = 8 * (1 - MISSING)
    spread = icc * (WITHIN + (1 - WITHIN) / answered)  # variance of a day's chance over chance(1 - chance)
    if spread:
        luck = rng.random(agencies * days)[day]
        chance = special.betaincinv(chance * (1 / spread - 1), (1 - chance) * (1 / spread - 1), luck)
        chance = np.clip(chance, 1e-6, 1 - 1e-6)
    person = rng.beta(chance * (1 / WITHIN - 1), (1 - chance) * (1 / WITHIN - 1))
    draw = rng.random((size, 8))
    answers = (np.where(draw < person[:, None], 4, 2) * (rng.random(draw.shape) > MISSING)).astype(np.uint8)
    keys = pd.DataFrame({"agency": agency.astype(str), "service": service.astype(str)})
    keys["agency"] = keys["agency"].str.zfill(6)
    m = moments(answers, keys, SCHEME).rated()
    population = m.keys.assign(N=1e6 * SHARES[m.keys["service"].astype(int)])
    plain = stratified(m.keys, m.n, population)
    keys = keys.assign(counter="c", day=pd.Series(day % days).astype(str).str.zfill(4))
    design = clustered(plain, cluster_sums(answers, np.ones(size, dtype=int), keys, SCHEME), 5)
    wanted, code = figure(SCHEME, Rules(), "overall", "all"), domains(m.keys, ["agency"])[0]
    found = {}
    for name, used in (("without", plain), ("with", design)):
        got = estimate(m, used, [wanted], code)
        more = {"n_kish": got.n_kish, "answers": got.valid}
        lo, hi = interval(got.value, got.se, got.n, got.df, "jeffreys", **more)
        found[name] = 100 * float(((lo <= p) & (p <= hi)).mean())
        found["df"] = float(np.median(got.df))
    alike = likeness(m, design, wanted, code)
    return pd.Series(found | {"icc": float(alike["icc"].mean()), "deff": float(alike["deff"].mean())})


def print_counter_days(seed: int, agencies: int = 2000) -> None:
    """Print the table of counter-days."""
    rng = np.random.default_rng(seed)
    print("| ICC | responses a counter-day | counter-days | true p | without | with | df | ICC found | deff found |")
    print("|" + "---|" * 9)
    for icc in (0.0, 0.02, 0.05, 0.10):
        for people in (10, 25):
            for days, p in ((10, 0.8), (10, 0.93), (40, 0.8), (40, 0.93)):
                row = counter_days(icc, people, days, p, agencies, rng)
                cells = (
                    f"{row['without']:.1f} | {row['with']:.1f} | {row['df']:.0f} | {row['icc']:.3f} | {row['deff']:.2f}"
                )
                print(f"| {icc:g} | {people} | {days} | {p:g} | {cells} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["days"]:
        print_counter_days(20261129)
        sys.exit()
    table = intervals(20261125)
    print("| true p | n | " + " | ".join(METHODS) + " | all satisfied |\n|" + "---|" * (len(METHODS) + 3))
    for row in table.to_dict("records"):
        cells = [f"{row[name]:.1f}" for name in (*METHODS, "all satisfied")]
        print(f"| {row['p']:g} | {row['n']:g} | " + " | ".join(cells) + " |")
    print("\n| agencies | joint coverage of rank ranges |\n|---|---|")
    for size, times in ((12, 2000), (60, 400)):
        print(f"| {size} | {joint_ranks(size, times, 7):.1f} |")
