"""The checks together: sums of each agency, what is usual among them, and who lies beyond a limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.detectors import change, channels, hours, unlike, volume
from scoring.detectors.rows import MIN_AGENCIES, Flags, Floats, Measured, PlaceRows, centred, distance
from scoring.detectors.windows import WeekRun

LIMITS = {
    "closed_run": 8.5,
    "closed_share": 3.7,
    "busy_run": 4.1,
    "closed_open": 4.5,
    "paper_live": 4.5,
    "import_live": 4.0,
    "receipt_wall": 4.0,
    "brought_share": 3.0,
    "unlike": unlike.LIMIT,
    "shape": 4.5,
    "last_round": 3.0,
}
"""The checks and their limits: set on simulated provinces, then rounded up. To be set anew on the first real round."""
CONTRASTS = ("closed_open", "paper_live", "import_live", "receipt_wall")
MIN_RESPONSES = 20
"""Responses that an agency must have to be looked at."""


@dataclass(frozen=True, eq=False)
class Summary:
    """What the checks need of the responses, (A,) or (A, W)."""

    size: Floats
    closed_run: WeekRun
    closed_share: Measured
    weekly: volume.WeeklySums
    contrasts: dict[str, Measured]
    brought_share: Measured
    features: dict[str, Measured]
    shape: unlike.Shape
    #: of rate and index; None in a first round
    rate_change: Measured | None
    index_change: Measured | None


@dataclass(frozen=True, eq=False)
class Learnt:
    """What is usual among the agencies of the province."""

    season: Floats
    centres: dict[str, tuple[float, float]]
    features: unlike.Usual
    shape: dict[str, unlike.Line]


@dataclass(frozen=True, eq=False)
class Findings:
    """What the checks say of A agencies."""

    #: name of a check -> its value (A,)
    values: dict[str, Floats]
    #: name of a check -> limit; a value above it is a place to look at
    limits: dict[str, float]
    #: (A,) agencies that have enough responses to be looked at
    looked_at: Flags
    closed_run: WeekRun
    busy_run: WeekRun
    #: (A, W) answers to be expected in each week
    expected: Floats

    def __repr__(self) -> str:
        return f"Findings of {int(self.looked_at.sum())} agencies, {int(self.flagged.sum())} of them to look at"

    @property
    def flagged(self) -> Flags:
        """(A,) whether any check is beyond its limit."""
        beyond = [value > self.limits[name] for name, value in self.values.items()]
        return np.asarray(np.any(beyond, axis=0) & self.looked_at)

    def exceeded(self, agency: int) -> list[str]:
        """The checks beyond their limits for an agency, the farthest beyond first."""
        if not self.looked_at[agency]:
            return []
        ratio = {name: value[agency] / self.limits[name] for name, value in self.values.items()}
        return sorted((name for name, r in ratio.items() if r > 1), key=lambda name: -ratio[name])


def summarise(rows: PlaceRows, earlier: change.Earlier | None = None) -> Summary:
    """Add up the responses of a round, one pass; `earlier` is the round before."""
    return Summary(
        size=rows.size,
        closed_run=hours.closed_run(rows),
        closed_share=hours.closed_share(rows),
        weekly=volume.weekly_sums(rows),
        contrasts=channels.contrasts(rows),
        brought_share=channels.brought_share(rows),
        features=unlike.features(rows),
        shape=unlike.shape(rows),
        rate_change=None if earlier is None else change.rate_change(rows, earlier),
        index_change=None if earlier is None else change.index_change(rows, earlier),
    )


def learn(summary: Summary) -> Learnt:
    """Learn what is usual from the agencies that have enough responses."""
    enough = summary.size >= MIN_RESPONSES

    def of(measured: Measured) -> Measured:
        return np.where(enough, measured[0], np.nan), measured[1]

    centres = {name: centred(of(summary.contrasts[name]), channels.USUAL) for name in CONTRASTS}
    centres |= {"closed_share": centred(of(summary.closed_share)), "brought_share": centred(of(summary.brought_share))}
    if summary.rate_change is not None and summary.index_change is not None:
        centres |= {"rate": centred(of(summary.rate_change)), "index": centred(of(summary.index_change))}
    ordinary = unlike.Shape(np.where(enough, summary.shape.middle, np.nan), summary.shape.ends)
    return Learnt(
        season=volume.season(summary.weekly),
        centres=centres,
        features=unlike.learn_features({name: of(pair) for name, pair in summary.features.items()}),
        shape=unlike.learn_shape(ordinary),
    )


def judge(summary: Summary, learnt: Learnt) -> Findings:
    """The value of every check for every agency, against what is usual."""
    busy = volume.busy_run(summary.weekly, learnt.season)
    values = {
        "closed_run": summary.closed_run.value,
        "closed_share": distance(summary.closed_share, learnt.centres["closed_share"]),
        "busy_run": busy.value,
        **{name: np.abs(distance(summary.contrasts[name], learnt.centres[name])) for name in CONTRASTS},
        "brought_share": distance(summary.brought_share, learnt.centres["brought_share"]),
        "unlike": unlike.unlike(summary.features, learnt.features),
        "shape": unlike.misshapen(summary.shape, learnt.shape),
    }
    if summary.rate_change is not None and summary.index_change is not None:
        rate = np.maximum(distance(summary.rate_change, learnt.centres["rate"]), 0)
        values["last_round"] = np.sqrt(rate * np.abs(distance(summary.index_change, learnt.centres["index"])))
    return Findings(
        values=values,
        limits={**LIMITS, "unlike": learnt.features.limit},
        looked_at=summary.size >= MIN_RESPONSES,
        closed_run=summary.closed_run,
        busy_run=busy,
        expected=volume.expected_answers(summary.weekly, learnt.season),
    )


def detect(rows: PlaceRows, earlier: change.Earlier | None = None) -> Findings:
    """Run all checks over the responses of a round; see `scoring.detectors`.

    With fewer than twenty agencies those that compare agencies say nothing (0), and those of an agency's own weeks and
    channels go on. `earlier`: the round before, where there was one.
    """
    summary = summarise(rows, earlier)
    return judge(summary, learn(summary))


__all__ = ["LIMITS", "MIN_AGENCIES", "MIN_RESPONSES", "Findings", "Learnt", "Summary", "detect", "judge", "learn"]
