"""Detectors of places on invented provinces: false alarms and power. `python -m benchmarks.stuffing` prints both.

Honest provinces come in two worlds (`benchmarks/stuffing_province.py`); an agency half-year is one agency of one of
them. Attacked are all 95 agencies of fresh ordinary provinces, each judged alone against its untouched province. "Seen"
is any check beyond its limit. The index here is the mean of the persons' scores; "hardened" is that of
`scoring.hardening`, blocks weighted by open days. `--quick` draws a tenth.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.stuffing_province import AGENCIES, Province, attack, province
from scoring.detectors import PlaceRows, detect, judge, learn, summarise
from scoring.detectors.checks import Findings, Learnt
from scoring.hardening import BLOCK_WEEKS, CLOSED, OPEN, OTHER, response_factors, usual_closed_share

SEED = 20261130
HONEST, ATTACKED, TOGETHER, SIZES = 110, 6, 30, (30, 100, 300)
FURTHER = (10, 20, 60, 150, 200, 450)
"""Honest provinces of each world (110 × 95 = 10,450 agency half-years), attacked ones (570 agencies a cell), those
in which ten agencies are stuffed at once, forms; and further numbers of forms, for the movement that is seen half of
the time."""
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


Floats = NDArray[np.float64]


@dataclass
class Power:
    """What an attack does to each attacked agency, all (m,)."""

    hit: NDArray[np.bool_]
    #: points by which plain and hardened index move
    moved: Floats
    hard: Floats

    @property
    def seen(self) -> float:
        """Percent seen."""
        return 100 * float(self.hit.mean())

    @property
    def shift(self) -> float:
        """Mean movement."""
        return float(self.moved.mean())

    @property
    def hard_shift(self) -> float:
        """Mean movement of the hardened index."""
        return float(self.hard.mean())

    @property
    def unseen(self) -> float:
        """Mean movement of those not seen; NaN where all are."""
        return float(self.moved[~self.hit].mean()) if (~self.hit).any() else np.nan


@dataclass
class Judged:
    """An honest province with what is usual in it."""

    province: Province
    learnt: Learnt
    findings: Findings
    #: share of live answers outside of opening hours in the median agency
    cap: float
    #: (A,) plain and hardened index
    plain: Floats
    hardened: Floats
    #: (A,) design effect of the hardened weights
    effect: Floats


def honest(rng: np.random.Generator, *, harsh: bool) -> Judged:
    """Draw an honest province and run the checks over it."""
    drawn = province(rng, harsh=harsh)
    rows = drawn.forms.rows()
    summary = summarise(rows, drawn.earlier)
    learnt = learn(summary)
    cap = usual_closed_share(block_counts(rows))
    hardened, effect = hard_index(rows, cap)
    return Judged(drawn, learnt, judge(summary, learnt), cap, rows.index, hardened, effect)


def block_counts(rows: PlaceRows) -> Floats:
    """Count the answers of each agency by block of four weeks and kind."""
    block, kind = rows.day // (7 * BLOCK_WEEKS), np.where(rows.live, np.where(rows.open, OPEN, CLOSED), OTHER)
    counts = np.zeros((rows.agencies, -(-rows.weeks // BLOCK_WEEKS), 3))
    np.add.at(counts, (rows.agency, block, kind), 1)
    return counts


def hard_index(rows: PlaceRows, cap: float) -> tuple[Floats, Floats]:
    """The hardened index of each agency, and Kish's design effect of its weights."""
    opened = np.add.reduceat(rows.open_week, np.arange(0, rows.weeks, BLOCK_WEEKS))
    block, kind = rows.day // (7 * BLOCK_WEEKS), np.where(rows.live, np.where(rows.open, OPEN, CLOSED), OTHER)
    weight = response_factors(block_counts(rows), opened, cap)[rows.agency, block, kind]
    total, square = rows.total(rows.scored, weight), rows.total(rows.scored, weight**2)
    return rows.total(rows.scored, weight * rows.score) / total, rows.count(rows.scored) * square / total**2


def false_alarms(provinces: int, *, harsh: bool, seed: int = SEED) -> tuple[float, dict[str, float]]:
    """The false alarms of 95 agencies a year (two half years), in all and by check."""
    rng = np.random.default_rng([seed, harsh])
    total, by_check = 0, {}
    for _ in range(provinces):
        found = honest(rng, harsh=harsh).findings
        total += int(found.flagged.sum())
        for name, value in found.values.items():
            by_check[name] = by_check.get(name, 0.0) + float((value > found.limits[name]).sum())
    scale = 2 / provinces
    return total * scale, {name: number * scale for name, number in by_check.items()}


def power(judged: list[Judged], when: str, how: str, n: int, rng: np.random.Generator) -> Power:
    """Of each attacked agency whether it is seen, and by how much its indices move."""
    seen, moved, hard = [], [], []
    for each in judged:
        forms = each.province.forms.joined(attack(rng, when, how, n, each.province.forms))
        used = each.province.receipts if when == "receipts" else np.ones(AGENCIES, bool)
        rows = forms.rows()
        found = judge(summarise(rows, each.province.earlier), each.learnt)
        seen.append(found.flagged[used])
        moved.append(np.abs(rows.index - each.plain)[used])
        hard.append(np.abs(hard_index(rows, each.cap)[0] - each.hardened)[used])
    hit, points = np.concatenate(seen), np.concatenate(moved)
    return Power(hit, points, np.concatenate(hard))


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


def even_chance(cells: list[Power]) -> float:
    """The movement in points from which at least half of the attacked agencies are seen; NaN: never here.

    By bins of half a point over all numbers of forms: the least from which on every bin of thirty has half seen.
    """
    hit, moved = (np.concatenate([getattr(cell, name) for cell in cells]) for name in ("hit", "moved"))
    bins = (2 * moved).astype(int)
    size, seen = np.bincount(bins), np.bincount(bins, weights=hit)
    well = (size < 30) | (seen >= size / 2)
    below = np.flatnonzero(~well)
    first = int(below[-1]) + 1 if len(below) else 0
    return first / 2 if (size[first:] >= 30).any() else np.nan


def seconds(responses: int = 300_000, repeats: int = 5) -> float:
    """The processor's seconds for the checks over so many responses, the best of some runs."""
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
    effect = np.quantile(np.concatenate([each.effect for each in judged]), [0.1, 0.5, 0.9])
    change = np.concatenate([each.hardened - each.plain for each in judged])
    yield f"hardened: design effect {effect.round(2)}, sd of honest changes {change.std():.2f} points"
    yield "\n| timing, answers | seen, % | moved | moved, unseen | hardened moved | even chance from |"
    yield "|---|---|---|---|---|---|"
    for when, how in ATTACKS:
        every = {n: power(judged, when, how, n, rng) for n in sorted({*SIZES, *FURTHER})}
        cells = [every[n] for n in SIZES]
        columns = (
            " / ".join(f"{getattr(cell, name):.{digits}f}" for cell in cells).replace("nan", "–")
            for name, digits in (("seen", 0), ("shift", 1), ("unseen", 1), ("hard_shift", 1))
        )
        yield f"| {when}, {how} | {' | '.join(columns)} | {even_chance(list(every.values())):.1f} |"
    judged = [honest(rng, harsh=False) for _ in range(max(1, round(TOGETHER * share)))]
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
