"""What pooling costs: `PYTHONPATH=. python benchmarks/pooling.py [provinces]` prints the tables of docs/methodology.md.

Provinces of 75 communes × 5 services × 16 items (one item answered by 60 %, others by 92 %), respondents drawn at
random among the transactions, so that every agency and service has a true index. Each is scored by today's rule (N/n
of every service, hiding figure by figure), pooled, and unweighted.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pandas as pd

from scoring.moments import moments
from scoring.scheme import Item, Rules, Scheme
from scoring.table import score_table

COMMUNES, SERVICES, ITEMS = 75, 5, 16
SCHEME = Scheme(tuple(Item(f"q{k}", f"e{k // 4}") for k in range(ITEMS)))
PLACE = ["agency", "service", "level", "key"]
RULES = {"before": Rules(pooling=False), "pooled": Rules(), "unweighted": Rules(pooling=False)}


def province(mean: float, seed: int) -> tuple[np.ndarray, pd.DataFrame, pd.DataFrame, pd.Series]:
    """Answers, keys, transactions, and the true overall index of every agency."""
    rng = np.random.default_rng(seed)
    rows, people, truth = [], [], {}
    for a in range(COMMUNES):
        level, busy = rng.uniform(0.65, 0.95), rng.lognormal(0, 0.5)
        shares, total = rng.dirichlet(np.full(SERVICES, 1.2)), 0.0
        for s in range(SERVICES):
            n = rng.poisson(mean * SERVICES * busy * shares[s])
            N = int(n * rng.uniform(2, 15)) + int(rng.integers(1, 40))
            chance = float(np.clip(level + rng.normal(0, 0.06), 0.05, 0.99))
            rows.append((f"A{a:02}", f"S{s}", N))
            people += [(f"A{a:02}", f"S{s}", chance)] * int(n)
            truth[f"A{a:02}"] = truth.get(f"A{a:02}", 0.0) + N * chance
            total += N
        truth[f"A{a:02}"] *= 100 / total
    frame = pd.DataFrame(people, columns=["agency", "service", "chance"])
    chance = frame.pop("chance").to_numpy()
    person = rng.beta(chance * 2, (1 - chance) * 2)
    draw = rng.random((len(frame), ITEMS))
    skipped = np.where(np.arange(ITEMS) == 3, 0.4, 0.08)
    answers = np.where(draw < person[:, None], 4, 2) * (rng.random(draw.shape) > skipped)
    population = pd.DataFrame(rows, columns=["agency", "service", "N"])
    return answers.astype(np.uint8), frame, population, pd.Series(truth)


def compared(mean: float, provinces: int, seed: int) -> pd.DataFrame:
    """One row an agency: its index by each rule, what is hidden, and whether intervals hold the truth."""
    parts = []
    for k in range(provinces):
        answers, keys, population, truth = province(mean, seed + k)
        m = moments(answers, keys, SCHEME)
        known = {"before": population, "pooled": population, "unweighted": None}
        tables = {name: score_table(m, SCHEME, known[name], rules).set_index(PLACE) for name, rules in RULES.items()}
        every = score_table(m, SCHEME, population, replace(RULES["pooled"], min_n=0)).set_index(PLACE)
        rows = pd.DataFrame({"truth": truth})
        for name, table in tables.items():
            top = table.xs(("", "overall", "all"), level=("service", "level", "key")).drop("", errors="ignore")
            for column in ("index", "lo", "hi", "status"):
                rows[f"{name} {column}"] = top[column]
            services = table.reset_index()
            services = services[
                (services["agency"] != "") & (services["service"] != "") & (services["level"] == "overall")
            ]
            hidden = services["status"] == "suppressed"
            rows[f"{name} hidden"] = hidden.groupby(services["agency"]).mean()
        rows["n"] = every.xs(("", "overall", "all"), level=("service", "level", "key"))["n"]
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)


def printed(title: str, rows: pd.DataFrame) -> None:
    """Print one row of the table."""
    shift = (rows["pooled index"] - rows["before index"]).abs().astype(float)
    cells = [f"{len(rows)}", f"{100 * rows['before hidden'].mean():.1f}", f"{100 * rows['pooled hidden'].mean():.1f}"]
    cells += [f"{shift.median():.2f}", f"{shift.quantile(0.95):.2f}", f"{shift.max():.1f}"]
    for name in RULES:
        error = (rows[f"{name} index"] - rows["truth"]).astype(float)
        cells.append(f"{np.sqrt((error**2).mean()):.2f}")
    for name in ("before", "pooled"):
        there = rows[rows[f"{name} lo"].notna()]
        held = (there[f"{name} lo"] <= there["truth"]) & (there["truth"] <= there[f"{name} hi"])
        cells.append(f"{100 * held.mean():.1f}" if len(there) else "-")
    print(f"| {title} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    """Print the table."""
    provinces = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    print("| agencies | number | service rows hidden before, % | now, % | shift: median | p95 | max | ", end="")
    print("RMSE before | pooled | unweighted | cover before | pooled |\n|" + "---|" * 13)
    for mean in (8, 15, 30):
        rows = compared(mean, provinces, 20261129 + 100 * mean)
        hiding = rows[(rows["pooled hidden"] > 0) & rows["pooled index"].notna() & rows["before index"].notna()]
        printed(f"about {mean} a service; all with a hidden service", hiding)
        few = hiding[(hiding["n"] >= 100) & (hiding["pooled hidden"] <= 0.45)]
        printed(f"about {mean} a service; of them n ≥ 100 and at most 45 % of services hidden", few)
        hidden = [f"{100 * rows[f'{name} hidden'].mean():.1f}" for name in ("before", "pooled")]
        print(f"| about {mean} a service; all agencies | {len(rows)} | {' | '.join(hidden)} |" + " |" * 8, flush=True)


if __name__ == "__main__":
    main()
