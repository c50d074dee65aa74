"""Invented provinces of 95 agencies over a half year, honest ones and such where an attacker adds forms; seeded.

The honest world has what detectors must not be alarmed by: campaigns (15 % of agencies), group days (10 %), posters
that get lost, weekly and daily noise, season, Tết, days that go well or badly together, slow drift, straight-liners
(4 %), people who rate the whole with one tap and send (three in ten of live forms, differing by agency) or send before
the end (5 %), agencies whose citizens fill in otherwise, answer at home otherwise, use paper, imports and receipts more
or less. In the `harsh` world all of it is 1.6 times as strong. Nothing here is measured: no paradata of a real round
were at hand.

Attackers differ in `when` (`TIMES`) and in `how` they answer (`STYLES`): `praise` as the first attack did, `careful` an
official who invents people, `copied` real forms of happy citizens (from 92), `tilt` from 80, `copied_bad` up to 50.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import special, stats

from scoring.detectors import Earlier, PlaceRows, open_days, within_hours
from scoring.detectors.rows import IMPORT, KIOSK, PAPER, QR, RECEIPT

AGENCIES, WEEKS, DAYS, COUNTERS = 95, 26, 182, 4
HOLIDAYS = [35, 36, 37, 38, 39, 80, 117, 118]
OPEN_DAY = (np.arange(DAYS) % 7 < 5) & ~np.isin(np.arange(DAYS), HOLIDAYS)
HOURS = np.array([450, 690, 810, 1020])
CUTS = np.array([-2.55, -1.95, -1.0, 0.75])
ITEMS, MAIN = 16, np.arange(16) < 13
EASE = np.random.default_rng(5).normal(0, 0.22, ITEMS)
SHARES = [np.array(s, float) / sum(s) for s in ([1, 1], [1, 4, 5, 3, 1], [1, 2, 3, 2], [2, 5, 2, 1, 2, 1], [1, 4])]
"""The usual mix of the respondent questions' options."""
TIMES = (
    *("burst", "one night", "25 days", "25 nights", "4 per 10 minutes", "25 workdays", "evenings", "patient"),
    *("paper", "import", "receipts"),
)
STYLES = ("best", "praise", "careful", "copied", "tilt", "bash", "copied_bad")
Array = Any


@dataclass
class Forms:
    """Forms as flat arrays; `hour` is local and fractional."""

    agency: Array
    day: Array
    hour: Array
    channel: Array
    items: Array
    respondent: Array
    duration: Array

    def joined(self, other: Forms) -> Forms:
        """The forms of both, one after the other."""
        return Forms(**{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in vars(self)})

    def chosen(self, which: Array) -> Forms:
        """A part of the forms, by a mask or positions."""
        return Forms(**{name: getattr(self, name)[which] for name in vars(self)})

    @property
    def minute(self) -> Array:
        """Local minutes since midnight, as they are stored."""
        return np.minimum(self.hour * 60, 1439).astype(np.int64)

    @property
    def score(self) -> Array:
        """Mean of what was answered, 0..100."""
        given = self.items > 0
        total = np.where(given, self.items, 0).sum(axis=1)
        return (total / np.maximum(given.sum(axis=1), 1) - 1) * 25

    def rows(self) -> PlaceRows:
        """Responses as the detectors read them; open days are learnt."""
        inside = within_hours(self.minute, np.broadcast_to(HOURS, (len(self.day), 4)))
        scheduled = np.arange(DAYS) % 7 < 5
        telling = inside & scheduled[self.day] & (self.channel <= RECEIPT)
        days = open_days(self.agency[telling], self.day[telling], scheduled)
        return PlaceRows(
            agencies=AGENCIES,
            agency=self.agency.astype(np.int64),
            day=self.day.astype(np.int64),
            open=inside & days[self.day],
            channel=self.channel.astype(np.int64),
            items=self.items,
            main=MAIN,
            respondent=self.respondent,
            duration=self.duration,
            open_days=days,
        )


@dataclass
class Province:
    """An honest half year."""

    forms: Forms
    #: transactions (A,) and the round before
    transactions: Array
    earlier: Earlier
    #: (A,) agencies that use receipt codes
    receipts: Array


@dataclass
class _People:
    """How the citizens of each agency fill in forms."""

    cannot_judge: Array
    straight: Array
    skipping: Array
    log_duration: Array
    one_tap: Array
    mix: list[Array] = field(default_factory=list)

    @classmethod
    def draw(cls, rng: np.random.Generator, h: float) -> _People:
        return cls(
            cannot_judge=np.clip(rng.normal(0.45, 0.08 * h, AGENCIES), 0.1, 0.9),
            straight=np.clip(rng.beta(4 / h, 96 / h, AGENCIES), 0, 0.3),
            skipping=np.clip(rng.normal(0.15, 0.04 * h, AGENCIES), 0.03, 0.5),
            log_duration=rng.normal(4.9, 0.08 * h, AGENCIES),
            one_tap=np.clip(rng.normal(0.3, 0.07 * h, AGENCIES), 0.05, 0.7),
            mix=[rng.dirichlet(s * 40 / h, AGENCIES) for s in SHARES],
        )

    def answer(self, rng: np.random.Generator, level: Array, agency: Array) -> tuple[Array, Array, Array]:
        """Items, answers about the respondent, and seconds."""
        n = len(level)
        latent = level[:, None] + EASE + rng.normal(0, 0.9, (n, 1)) + rng.normal(0, 0.75, (n, ITEMS))
        items = (np.searchsorted(CUTS, latent) + 1).astype(np.int8)
        straight = rng.random(n) < self.straight[agency]
        items[straight] = rng.choice([3, 4, 5], n, p=[0.1, 0.35, 0.55])[straight][:, None]
        unsure = ~straight & (rng.random(n) < self.cannot_judge[agency])
        items[np.ix_(unsure, ~MAIN)] = -1
        items[rng.random(items.shape) < 0.015] = -1
        items[rng.random(items.shape) < 0.025] = 0
        stop = np.where(rng.random(n) < 0.05, rng.integers(3, ITEMS, n), ITEMS)
        items[np.arange(ITEMS) >= stop[:, None]] = 0
        respondent = np.zeros((n, len(SHARES)), np.int8)
        nothing = rng.random(n) < self.skipping[agency] * 0.5
        for k, mix in enumerate(self.mix):
            respondent[:, k] = 1 + (rng.random(n)[:, None] > mix.cumsum(axis=1)[agency][:, :-1]).sum(axis=1)
            respondent[rng.random(n) < 0.07, k] = -1
            respondent[(rng.random(n) < self.skipping[agency] * 0.6) | nothing, k] = 0
        duration = np.exp(self.log_duration[agency] + rng.normal(0, 0.5, n) - 0.5 * straight)
        return items, respondent, np.clip(duration, 15, 1500)

    def tap_once(self, rng: np.random.Generator, forms: Forms) -> None:
        """Leave to some live forms the overall question alone, which is no item."""
        once = (forms.channel < PAPER) & (rng.random(len(forms.agency)) < self.one_tap[forms.agency])
        forms.items[once], forms.respondent[once] = 0, 0
        forms.duration[once] = np.clip(np.exp(rng.normal(1.8, 0.5, int(once.sum()))), 2, 60)


def _between(rng: np.random.Generator, mean: Array, sd: float, low: float, high: float, n: int) -> Array:
    """Draw from a normal distribution cut at both ends."""
    a, b = stats.norm.cdf((low - mean) / sd), stats.norm.cdf((high - mean) / sd)
    return mean + sd * special.ndtri(a + (b - a) * rng.random(n))


def province(rng: np.random.Generator, *, harsh: bool = False) -> Province:
    """Draw an honest province: 95 agencies, 1 to 4 counters, 50 to 700 answers expected of each."""
    h = 1.6 if harsh else 1.0
    expected = np.exp(rng.uniform(np.log(50), np.log(700), AGENCIES))
    rate = np.exp(rng.uniform(np.log(0.04), np.log(0.25), AGENCIES))
    size = 1 + 3 * (np.log(expected) - np.log(50)) / np.log(14)
    counters = np.clip(np.round(size + rng.normal(0, 0.7, AGENCIES)), 1, COUNTERS).astype(int)
    weekly = _transactions(rng, expected / rate, counters, h)
    counts = _arrivals(rng, weekly, rate, counters, h)
    agency, counter, week, weekday = (np.repeat(each.ravel(), counts.ravel()) for each in np.indices(counts.shape))
    day = week * 7 + weekday
    hour, home = _hours(rng, agency, day, h)
    channel, hour, receipts = _channels(rng, agency, counter, home, hour)
    level = _levels(rng, agency, counter, day, home, channel, h)
    people = _People.draw(rng, h)
    items, respondent, duration = people.answer(rng, level, agency)
    duration = np.where(channel >= PAPER, np.nan, duration)
    forms = Forms(agency, day, hour, channel, items, respondent, duration)
    people.tap_once(rng, forms)
    transactions = weekly.sum(axis=(1, 2)) * rng.uniform(0.9, 1.1, AGENCIES)
    n = np.bincount(agency, minlength=AGENCIES).astype(float)
    rated = (items > 0).any(axis=1)
    scored = np.bincount(agency[rated], minlength=AGENCIES)
    index = np.bincount(agency[rated], weights=forms.score[rated], minlength=AGENCIES) / np.maximum(scored, 1)
    # the honest change from the last round
    size_before = (n + 0.5) * np.exp(-rng.normal(0, 0.22 * h, AGENCIES)) - 0.5
    index_before = index - rng.normal(0, 2.5 * h, AGENCIES)
    return Province(forms, transactions, Earlier(size_before, index_before, transactions, transactions), receipts)


def _transactions(rng: np.random.Generator, total: Array, counters: Array, h: float) -> Array:
    share = rng.gamma(5, 1, (AGENCIES, COUNTERS)) * (np.arange(COUNTERS) < counters[:, None])
    share /= share.sum(axis=1, keepdims=True)
    season = np.exp(rng.normal(0, 0.1, WEEKS))
    season[4] *= 0.7
    season[6] *= 1.2
    noise = np.exp(rng.normal(0, 0.12 * h, (AGENCIES, COUNTERS, WEEKS)))
    return (total / 25)[:, None, None] * share[:, :, None] * season * noise * OPEN_DAY.reshape(WEEKS, 7).sum(axis=1) / 5


def _arrivals(rng: np.random.Generator, weekly: Array, rate: Array, counters: Array, h: float) -> Array:
    """Draw the answers of every counter and day: noise that lasts, campaigns, lost posters, groups."""
    shape = (AGENCIES, COUNTERS, WEEKS)
    lasting = np.zeros(shape)
    shocks = rng.normal(0, 0.25 * h * 0.8, shape)
    lasting[..., 0] = rng.normal(0, 0.25 * h, shape[:2])
    for week in range(1, WEEKS):
        lasting[..., week] = 0.6 * lasting[..., week - 1] + shocks[..., week]
    change = np.zeros(shape)
    for a in range(AGENCIES):
        if rng.random() < 0.15 * h:  # a campaign, some weeks long or to the end
            start = rng.integers(2, WEEKS - 3)
            end = start + (rng.integers(3, 11) if rng.random() < 0.6 else WEEKS)
            change[a, :, start:end] += np.log(rng.uniform(1.3, 2.2))
        for c in range(counters[a]):
            if rng.random() < 0.08 * h:  # a poster is lost
                start = rng.integers(0, WEEKS - 2)
                change[a, c, start : start + rng.integers(2, 7)] += np.log(rng.uniform(0.1, 0.5))
    of_counter = np.exp(rng.normal(0, 0.3, (AGENCIES, COUNTERS, 1)))
    mean = weekly * rate[:, None, None] * np.exp(lasting - 0.03 + change) * of_counter
    weekdays = np.exp(rng.normal(0, 0.12 * h, (AGENCIES, 1, 1, 7)))
    weekdays[..., 5:] = 0
    noise = rng.gamma(1 / (0.35 * h) ** 2, (0.35 * h) ** 2, (*shape, 7))
    opened = OPEN_DAY.reshape(WEEKS, 7)
    daily = mean[..., None] * noise * opened * weekdays / np.maximum(opened.sum(axis=1)[:, None], 1)
    for a in np.flatnonzero(rng.random(AGENCIES) < 0.10 * h):  # a group fills the form in together
        day = rng.choice(np.flatnonzero(OPEN_DAY))
        daily[a, rng.integers(counters[a]), day // 7, day % 7] += rng.integers(6, 20)
    return rng.poisson(daily)


def _hours(rng: np.random.Generator, agency: Array, day: Array, h: float) -> tuple[Array, Array]:
    """Draw the hour of each form, and whether it was filled in at home; some of these are moved to a weekend."""
    n = len(agency)
    early = rng.random(n) < np.clip(rng.normal(0.6, 0.06 * h, AGENCIES), 0.35, 0.85)[agency]
    peaks = rng.normal(9.3, 0.3 * h, AGENCIES)[agency], rng.normal(14.9, 0.3 * h, AGENCIES)[agency]
    hour = np.where(early, _between(rng, peaks[0], 1.0, 7.5, 11.5, n), _between(rng, peaks[1], 0.9, 13.5, 17, n))
    even = rng.random(n) < 0.12
    morning = rng.random(even.sum()) < 0.53
    hour[even] = np.where(morning, rng.uniform(7.5, 11.5, even.sum()), rng.uniform(13.5, 17, even.sum()))
    hour += rng.gamma(1.5, 0.08, n)  # some minutes after the visit
    home = rng.random(n) < np.clip(rng.beta(6 / h, 54 / h, AGENCIES), 0.01, 0.35)[agency]
    kind = np.searchsorted([0.2, 0.84, 0.975], rng.random(n))
    evening = np.clip(_between(rng, np.full(n, 19.7), 1.5, 17.3, 23.2, n), 0, 23.9)
    at_home = np.choose(kind, [rng.uniform(12, 13.5, n), evening, rng.uniform(8, 21, n), rng.uniform(0, 6, n)])
    hour[home] = at_home[home]
    weekend = home & (kind == 2)
    day[weekend] = (day[weekend] // 7) * 7 + rng.integers(5, 7, weekend.sum())
    return hour, home


def _channels(
    rng: np.random.Generator, agency: Array, counter: Array, home: Array, hour: Array
) -> tuple[Array, Array, Array]:
    n = len(agency)
    channel = np.full(n, QR)
    kiosks = (rng.random((AGENCIES, COUNTERS)) < 0.15)[agency, counter]
    channel[kiosks & ~home & (rng.random(n) < 0.6)] = KIOSK
    channel[~home & (rng.random(n) < np.clip(rng.beta(1.8, 24, AGENCIES), 0, 0.5)[agency])] = PAPER
    receipts = np.where(rng.random(AGENCIES) < 0.6, rng.uniform(0.2, 0.6, AGENCIES), 0.0)
    channel[(channel == QR) & (rng.random(n) < receipts[agency])] = RECEIPT
    imports = np.where(rng.random(AGENCIES) < 0.15, rng.uniform(0.03, 0.2, AGENCIES), 0.0)
    imported = ~home & (rng.random(n) < imports[agency])
    channel[imported] = IMPORT
    return channel, np.where(imported, 12.0, hour), receipts > 0


def _levels(
    rng: np.random.Generator, agency: Array, counter: Array, day: Array, home: Array, channel: Array, h: float
) -> Array:
    """Draw how satisfied each person's agency, counter, week, day and channel make them."""
    icc = rng.uniform(0.02, 0.05, AGENCIES) * (1.5 if h > 1 else 1)
    together = rng.normal(0, 1, (AGENCIES, DAYS)) * np.sqrt(icc * 0.87 / (1 - icc))[:, None]
    drift = np.cumsum(rng.normal(0, 0.03 * h, (AGENCIES, WEEKS)), axis=1)
    return (
        rng.normal(0.3, 0.38, AGENCIES)[agency]
        + rng.normal(0, 0.12, (AGENCIES, COUNTERS))[agency, counter]
        + together[agency, day]
        + drift[agency, day // 7]
        + rng.normal(0, 0.05 * h, (AGENCIES, 7))[agency, day % 7]
        + np.where(home, rng.normal(-0.1, 0.15 * h, AGENCIES)[agency], 0)
        + np.where(channel >= PAPER, rng.normal(0.1, 0.2 * h, AGENCIES)[agency], 0)
        + np.where(channel == RECEIPT, rng.normal(0, 0.1 * h, AGENCIES)[agency], 0)
    )


def attack(rng: np.random.Generator, when: str, how: str, n: int, honest: Forms) -> Forms:
    """The `n` forms for each agency that an attacker adds; each agency is attacked alone, all in one call."""
    agency = np.repeat(np.arange(AGENCIES), n)
    day, hour, channel = _when(rng, when, n, agency, honest)
    items, respondent, duration = _how(rng, how, len(agency), honest)
    if channel >= PAPER:
        duration = np.full(len(agency), np.nan)
    return Forms(agency, np.minimum(day, DAYS - 1), hour, np.full(len(agency), channel), items, respondent, duration)


def _when(rng: np.random.Generator, when: str, n: int, agency: Array, honest: Forms) -> tuple[Array, Array, int]:
    total, k = len(agency), np.tile(np.arange(n), AGENCIES)
    workdays = np.flatnonzero(OPEN_DAY)
    start = rng.integers(0, DAYS - 40, AGENCIES)[agency]
    inside = within_hours(honest.minute, np.broadcast_to(HOURS, (len(honest.day), 4)))
    at_work = np.flatnonzero(inside & OPEN_DAY[honest.day] & (honest.channel <= RECEIPT) & (honest.hour < 17.3))

    def nth(i: Array) -> Array:
        return workdays[np.minimum(np.searchsorted(workdays, start) + i, len(workdays) - 1)]

    def office() -> Array:
        return honest.hour[rng.choice(at_work, total)]

    choices = {
        "burst": lambda: (nth(0), 10 + k * 6 / 3600, QR),
        "one night": lambda: (start + ((18 + k / 30) // 24).astype(int), (18 + k / 30) % 24, QR),
        "25 days": lambda: (start + k % 25, rng.uniform(7.5, 17, total), QR),
        "25 nights": lambda: (start + k % 25, rng.uniform(1, 4, total), QR),
        "4 per 10 minutes": lambda: (nth(k // 228), 7.5 + (k % 228) // 4 / 6 + (k % 4) * 150 / 3600, QR),
        "25 workdays": lambda: (nth(k % 25), office(), QR),
        "evenings": lambda: (rng.integers(0, DAYS, total), np.clip(rng.normal(19.7, 1.5, total), 17.6, 22.4), QR),
        "patient": lambda: (rng.choice(workdays, total), office(), QR),
        "paper": lambda: (
            workdays[np.minimum(k // 20 * len(workdays) // max(n // 20, 1), len(workdays) - 1)],
            15 + k % 20 * 0.02,
            PAPER,
        ),
        "import": lambda: (rng.choice(workdays, total), np.full(total, 12.0), IMPORT),
        "receipts": lambda: (rng.choice(workdays, total), office(), RECEIPT),
    }
    return choices[when]()


def _how(rng: np.random.Generator, how: str, n: int, honest: Forms) -> tuple[Array, Array, Array]:
    if how in ("copied", "tilt", "copied_bad"):
        score = np.where((honest.items > 0).any(axis=1), honest.score, np.nan)
        source = np.flatnonzero({"copied": score >= 92, "tilt": score >= 80, "copied_bad": score <= 50}[how])
        taken = honest.chosen(rng.choice(source, n))
        return taken.items, taken.respondent, np.where(np.isnan(taken.duration), 130, taken.duration)
    if how == "careful":
        latent = 1.25 + EASE + rng.normal(0, 0.35, (n, 1)) + rng.normal(0, 0.55, (n, ITEMS))
        items = (np.searchsorted(CUTS, latent) + 1).astype(np.int8)
        items[np.ix_(rng.random(n) < 0.5, ~MAIN)] = -1
        respondent = np.stack([1 + rng.choice(len(mix), n, p=mix) for mix in SHARES], axis=1).astype(np.int8)
        return items, respondent, np.exp(rng.normal(4.6, 0.35, n))
    chances = {
        "praise": [0.02, 0.03, 0.05, 0.45, 0.45],
        "bash": [0.45, 0.4, 0.1, 0.04, 0.01],
        "best": [0, 0, 0, 0, 1],
    }
    items = np.zeros((n, ITEMS), np.int8)
    items[:, MAIN] = rng.choice([1, 2, 3, 4, 5], (n, int(MAIN.sum())), p=chances[how])
    respondent = np.zeros((n, len(SHARES)), np.int8)
    respondent[:, 0], respondent[:, 1] = rng.integers(1, 3, n), rng.integers(2, 6, n)
    duration = rng.uniform(5, 12, n) if how == "best" else rng.uniform(70, 260, n)
    return items, respondent, duration
