"""Detectors of places on invented provinces: false alarms and power. `python -m benchmarks.stuffing` prints both.

Honest provinces come in two worlds (`benchmarks/stuffing_province.py`); an agency half-year is one agency of one of
them. Attacked are all 95 agencies of fresh ordinary provinces, each judged alone against its untouched province. "Seen"
is any check beyond its limit. `--quick` draws a tenth.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.stuffing_province import AGENCIES, Forms, Province, attack, province
from scoring.detectors import detect, judge, learn, summarise
from scoring.detectors.checks import Findings, Learnt

SEED = 20261130
HONEST, ATTACKED, SIZES = 110, 6, (30, 100, 300)
"""Honest provinces of each world (110 × 95 = 10,450 agency half-years), attacked ones (570 agencies a cell), forms."""
ATTACKS = (
    *(("burst", "best"), ("burst", "copied"), ("one night", "praise"), ("one night", "copied"), ("25 days", "praise")),
    *(("25 days", "careful"), ("25 nights", "praise"), ("25 nights", "copied"), ("25 days", "bash")),
    *(("25 days", "copied_bad"), ("4 per 10 minutes", "praise"), ("4 per 10 minutes", "copied")),
    *(("25 workdays", "careful"), ("25 workdays", "copied"), ("evenings", "copied"), ("patient", "careful")),
    *(("patient", "copied"), ("patient", "tilt"), ("patient", "copied_bad"), ("paper", "copied"), ("import", "copied")),
    ("receipts", "copied"),
)
FIRST_ATTACK = (
    *(("burst", "best"), ("one night", "praise"), ("25 days", "praise"), ("25 nights", "praise"), ("25 days", "bash")),
    ("4 per 10 minutes", "praise"),
)
"""The six scenarios of the first attack."""
POLLUTED = (
    ("25 days", "praise", 300),
    ("25 days", "careful", 100),
    ("patient", "careful", 300),
    ("25 nights", "copied", 100),
)


@dataclass
class Judged:
    """An honest province with what is usual in it."""

    province: Province
    learnt: Learnt
    findings: Findings


def honest(rng: np.random.Generator, *, harsh: bool) -> Judged:
    """Draw an honest province and run the checks over it."""
    drawn = province(rng, harsh=harsh)
    summary = summarise(drawn.forms.rows(), drawn.earlier)
    learnt = learn(summary)
    return Judged(drawn, learnt, judge(summary, learnt))


def false_alarms(provinces: int, *, harsh: bool, seed: int = SEED) -> tuple[float, dict[str, float]]:
    """Return the false alarms of 95 agencies a year (two half years), in all and by check."""
    rng = np.random.default_rng([seed, harsh])
    total, by_check = 0, dict.fromkeys((), 0.0)
    for _ in range(provinces):
        found = honest(rng, harsh=harsh).findings
        total += int(found.flagged.sum())
        for name, value in found.values.items():
            by_check[name] = by_check.get(name, 0.0) + float((value > found.limits[name]).sum())
    scale = 2 / provinces
    return total * scale, {name: number * scale for name, number in by_check.items()}


def power(judged: list[Judged], when: str, how: str, n: int, rng: np.random.Generator) -> dict[str, float]:
    """Return the percent of attacked agencies seen, the points their mean score moved, and those when unseen."""
    seen, moved = [], []
    for each in judged:
        forms = each.province.forms.joined(attack(rng, when, how, n, each.province.forms))
        used = each.province.receipts if when == "receipts" else np.ones(AGENCIES, bool)
        found = judge(summarise(forms.rows(), each.province.earlier), each.learnt)
        seen.append(found.flagged[used])
        moved.append(np.abs(index(forms) - index(each.province.forms))[used])
    hit, points = np.concatenate(seen), np.concatenate(moved)
    return {
        "seen": 100 * float(hit.mean()),
        "moved": float(points.mean()),
        "unseen": float(points[~hit].mean()) if (~hit).any() else np.nan,
        "agencies": len(hit),
    }


def polluted(judged: list[Judged], when: str, how: str, n: int, rng: np.random.Generator) -> tuple[float, float]:
    """Let ten agencies of a province be stuffed at once: percent of them seen, innocent ones flagged a province.

    What is usual is learnt from the polluted province; innocent agencies that were flagged before do not count.
    """
    hits, innocent = [], 0
    for each in judged:
        added = attack(rng, when, how, n, each.province.forms)
        ten = np.arange(AGENCIES) % 10 == 3
        forms = each.province.forms.joined(added.chosen(ten[added.agency]))
        found = detect(forms.rows(), each.province.earlier).flagged
        hits.append(found[ten].mean())
        innocent += int((found & ~ten & ~each.findings.flagged).sum())
    return 100 * float(np.mean(hits)), innocent / len(judged)


def index(forms: Forms) -> np.ndarray:
    """Return the mean score of each agency."""
    n = np.bincount(forms.agency, minlength=AGENCIES)
    return np.bincount(forms.agency, weights=forms.score, minlength=AGENCIES) / np.maximum(n, 1)


def seconds(responses: int = 300_000, repeats: int = 5) -> float:
    """Return the processor's seconds for the checks over so many responses, the best of some runs."""
    forms = province(np.random.default_rng(SEED)).forms
    times = -(-responses // len(forms.day))
    many = forms.chosen(np.tile(np.arange(len(forms.day)), times)[:responses])
    best = np.inf
    for _ in range(repeats):
        start = time.process_time()
        detect(many.rows())
        best = min(best, time.process_time() - start)
    return float(best)


def report(share: float = 1.0) -> Iterator[str]:
    """Yield the lines of the tables."""
    provinces, attacked = max(2, round(HONEST * share)), max(1, round(ATTACKED * share))
    for name, harsh in (("ordinary", False), ("harsher", True)):
        alarms, by_check = false_alarms(provinces, harsh=harsh)
        parts = ", ".join(f"{check} {value:.2f}" for check, value in by_check.items())
        yield f"{name}: {alarms:.2f} false alarms of 95 agencies a year ({provinces * AGENCIES} half-years): {parts}"
    rng = np.random.default_rng([SEED, 2])
    judged = [honest(rng, harsh=False) for _ in range(attacked)]
    yield "\n| timing, answers | seen %, 30 / 100 / 300 | moved | moved when unseen |\n|---|---|---|---|"
    for when, how in ATTACKS:
        cells = [power(judged, when, how, n, rng) for n in SIZES]
        columns = (
            " / ".join(f"{cell[name]:.{digits}f}" for cell in cells).replace("nan", "–")
            for name, digits in (("seen", 0), ("moved", 1), ("unseen", 1))
        )
        yield f"| {when}, {how} | {' | '.join(columns)} |"
    for when, how, n in POLLUTED:
        seen, innocent = polluted(judged, when, how, n, rng)
        yield f"ten polluters, {when} {how} {n}: {seen:.0f} % seen, {innocent:.2f} innocent flagged a province"
    yield f"300,000 responses: {seconds():.2f} s of the processor"


def main() -> None:
    """Print the tables as they come."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the provinces")
    for line in report(0.1 if parser.parse_args().quick else 1.0):
        print(line)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
