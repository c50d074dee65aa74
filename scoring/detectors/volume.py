"""A run of weeks with more answers and another index: the product of both, for each alone has honest reasons.

A campaign brings more answers of the same kind; a bad month brings other answers and no more of them. Answers made up
bring both at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.detectors.rows import Floats, PlaceRows, by_week
from scoring.detectors.windows import Runs, WeekRun

RATE = 0.32
"""Variance of a run's expected answers, as a share of the sum of squares: cv .38 a week, neighbours alike (× 2.2)."""
WEEK_SPREAD = 0.38
"""Coefficient of variation of the answers of a week."""
PERSON, DAY, WEEKLY, DRIFT = 20.0, 3.5, 1.5, 2.0
"""Standard deviations in points: between persons, between days, between weeks, and of slow change."""
ENOUGH = 8
"""Scored responses that a run, and what is left outside of it, must have."""
MOST = 10.0
"""The largest distance of volume that counts, so that a flood alone does not carry the product."""


@dataclass(frozen=True, eq=False)
class WeeklySums:
    """What the scan adds up, by agency and week."""

    #: (A, W) responses; scored responses; their scores; sum over days of the squared number of scored responses
    n: Floats
    scored: Floats
    score: Floats
    squares: Floats
    #: (W,) open days
    open_week: Floats


def weekly_sums(rows: PlaceRows) -> WeeklySums:
    """Add up the responses of each agency and week."""
    days = rows.by_day(rows.scored)
    return WeeklySums(
        by_week(rows.by_day(slice(None))),
        by_week(days),
        by_week(rows.by_day(rows.scored, rows.score)),
        by_week(days**2),
        rows.open_week,
    )


def season(sums: WeeklySums) -> Floats:
    """Learn the season: the median over agencies of each week's answers an open day against the round's, (W,).

    Held within .3 and 3; 1 for a week without an open day.
    """
    days = sums.open_week
    total = sums.n.sum(axis=1)
    counted = total > 0
    if not counted.any() or not days.sum():
        return np.ones(len(days))
    usual = total[counted, None] / days.sum()
    rate = sums.n[counted] / np.maximum(days, 1) / usual
    return np.where(days > 0, np.clip(np.median(rate, axis=0), 0.3, 3.0), 1.0)


def expected_answers(sums: WeeklySums, seasonal: Floats) -> Floats:
    """The answers to be expected of each agency and week: (A, W).

    r open_w season_w with r = max(median of n_w / (open_w season_w), half their mean): a week's transactions are not
    needed, the round's are taken as spread evenly over its open days.
    """
    days = sums.open_week * seasonal
    busy = days > 0
    if not busy.any():
        return np.zeros_like(sums.n)
    middle = np.median(sums.n[:, busy] / days[busy], axis=1)
    rate = np.maximum(middle, 0.5 * sums.n.sum(axis=1) / days.sum())
    return np.asarray(rate[:, None] * days)


def busy_run(sums: WeeklySums, seasonal: Floats) -> WeekRun:
    """Scan for the run of weeks with the largest sqrt(min(z_v+, 10) z_i).

    z_v = (O - E) / sqrt(E + .32 sum E_w² + 1); z_i the distance of the mean scores in the run and outside of it, both
    with at least eight persons, its variance of persons, days, weeks and drift (constants of the module).
    """
    runs = Runs.of(sums.n.shape[1])
    weekly = expected_answers(sums, seasonal)
    o, e, square = runs.sums(sums.n), runs.sums(weekly), runs.sums(weekly**2)
    volume = (o - e) / np.sqrt(e + RATE * square + 1)
    value = np.sqrt(np.clip(volume, 0.0, MOST) * index_distance(sums, runs))
    return runs.strongest(value, o, e)


def index_distance(sums: WeeklySums, runs: Runs) -> Floats:
    """How far the mean score of every run lies from that outside of it, in standard errors: (A, L)."""
    parts = (sums.scored, sums.score, sums.squares, sums.scored**2)
    n, score, days, weeks = (runs.sums(part) for part in parts)
    all_n, all_score, all_days, all_weeks = (part.sum(axis=1)[:, None] for part in parts)
    out = all_n - n
    enough = (n >= ENOUGH) & (out >= ENOUGH)
    n, out = np.maximum(n, 1), np.maximum(out, 1)
    variance = (
        PERSON**2 * (1 / n + 1 / out)
        + DAY**2 * (days / n**2 + (all_days - days) / out**2)
        + WEEKLY**2 * (weeks / n**2 + (all_weeks - weeks) / out**2)
        + DRIFT**2
    )
    return np.where(enough, np.abs(score / n - (all_score - score) / out) / np.sqrt(variance), 0.0)


def expected_band(expected: Floats) -> tuple[Floats, Floats]:
    """The range in which 19 of 20 weeks lie that are expected so: E ± 1.96 sqrt(E + .38² E² + 1), from 0."""
    reach = 1.96 * np.sqrt(expected + WEEK_SPREAD**2 * expected**2 + 1)
    return np.maximum(expected - reach, 0.0), expected + reach
