"""What is said of a place to look at again: one sentence a check, of what was seen and what is usual, never of whom.

No sentence says what it means. What is behind it may be a campaign, a mobile team, a new poster or old paper typed in,
and somebody may have done it to the office; so each ends where the question to the office begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from flask_babel import gettext as _
from numpy.typing import NDArray

from scoring.detectors.rows import IMPORT, KIOSK, PAPER, RECEIPT
from survey.results.place_indices import responses_of
from survey.results.place_tables import WEEK_DAYS
from survey.results.places import SMALLEST_POINTS, PlaceLook
from survey.results.statements import Sentence
from survey.web.formatters import day, number, whole
from survey.web.messages import N_

Flags = NDArray[np.bool_]
BEYOND = "the check's value lies beyond its limit (`scoring.detectors.checks.LIMITS`)"
NEARLY_ALL = 0.95
"""Share of the answers outside of opening hours that the named hours of the day hold."""
SENTENCES = {
    "closed_run": N_(
        "%(count)s of %(all)s responses from %(first)s to %(last)s were sent between %(from_hour)s and %(to_hour)s "
        "o'clock; elsewhere %(elsewhere)s."
    ),
    "closed_share": N_(
        "%(count)s of %(all)s responses were sent outside of opening hours, most of them between %(from_hour)s and "
        "%(to_hour)s o'clock; elsewhere %(elsewhere)s."
    ),
    "busy_run": N_(
        "%(count)s responses came from %(first)s to %(last)s, where about %(expected)s were to be expected; their mean "
        "score is %(inside)s, %(outside)s at other times."
    ),
    "closed_open": N_(
        "%(count)s responses sent outside of opening hours have a mean score of %(one)s, the others of %(other)s."
    ),
    "paper_live": N_("%(count)s paper forms have a mean score of %(one)s, answers given online of %(other)s."),
    "import_live": N_(
        "%(count)s responses from imported files have a mean score of %(one)s, answers given online of %(other)s."
    ),
    "receipt_wall": N_(
        "%(count)s responses by receipt codes have a mean score of %(one)s, those by posters of %(other)s."
    ),
    "brought_share": N_("%(count)s of %(all)s responses came on paper or by file; elsewhere %(elsewhere)s."),
    "unlike": N_("The %(all)s forms are filled in otherwise than elsewhere: %(details)s."),
    "shape": N_(
        "%(count)s of %(all)s persons are %(end)s; by the agency's ordinary answers about %(expected)s were to be "
        "expected."
    ),
    "last_round": N_(
        "%(rate)s responses for 100 transactions came, %(rate_before)s in the last round; the mean score went from "
        "%(before)s to %(now)s."
    ),
}
"""A sentence for each check, true wherever it lies beyond its limit: every value in it is a count or a mean."""
FEATURES = {
    "complete": N_("all questions answered"),
    "block_blank": N_("the questions that not everybody can answer left blank"),
    "do_not_know": N_("“do not know” somewhere"),
    "straight_line": N_("the same answer to everything"),
    "spread": N_("answers of one person differ more or less than usual"),
    "duration": N_("time taken for a question"),
    "duration_spread": N_("times taken for a question differ more or less than usual"),
    "skipped": N_("no answer to “%(question)s”"),
    "first": N_("the first answer to “%(question)s”"),
}
SMALLEST = N_(
    "On invented provinces (docs/methodology.md) answers made up in nights were found half of the time once they moved "
    "an index by %(nights)s points, in some weeks of office hours by %(weeks)s, spread patiently over half a year by "
    "%(patient)s; smaller "
    "movements mostly stay unseen. Only codes that the office cannot issue itself help there."
)
"""The smallest movement that the checks can see: the column "even chance from" of `benchmarks/stuffing.py`."""
TOLD_FEATURES = 3
ENDS = {
    "high": N_("very satisfied (a score from 92)"),
    "low": N_("dissatisfied (a score up to 55)"),
    "highest": N_("fully satisfied (a score of 100)"),
}


@dataclass(frozen=True)
class PlaceSentence:
    """A check beyond its limit, in words."""

    check: str
    text: str


def sentences_of(look: PlaceLook, agency: str, questions: dict[str, str]) -> list[PlaceSentence]:
    """A sentence for each check of an agency that lies beyond its limit, the farthest first.

    `questions`: short texts of the questions about the respondent, by their codes.
    """
    at = look.agencies.index(agency)
    return [PlaceSentence(check, _sentence(look, at, check, questions)) for check in look.findings.exceeded(at)]


def _sentence(look: PlaceLook, at: int, check: str, questions: dict[str, str]) -> str:
    values = {
        "closed_run": _closed_run,
        "closed_share": _closed_share,
        "busy_run": _busy_run,
        "brought_share": _brought,
        "shape": _shape,
        "last_round": _last_round,
    }
    if check == "unlike":
        words = {"all": whole(look.rows.size[at]), "details": _details(look, at, questions)}
    elif check in values:
        words = values[check](look, at)
    else:
        words = _contrast(look, at, check)
    return Sentence(SENTENCES[check], BEYOND).here(**words)


def smallest_movement(points: Mapping[str, float] = SMALLEST_POINTS) -> str:
    """What is said of the smallest movement of an index that the checks see, in the language of the request."""
    sentence = Sentence(SMALLEST, "the bench of the checks gives these movements for an even chance (seed 20261130)")
    return sentence.here(**{name: number(points[name], int(points[name] % 1 > 0)) for name in SMALLEST_POINTS})


def one_in(share: float) -> str:
    """A share as people say it: "1 in 10"; the rarest as "hardly any"."""
    if not share > 0.002:
        return str(_("hardly any"))
    return str(_("1 in %(number)s", number=whole(round(1 / share)))) if share <= 0.5 else f"{number(100 * share, 0)} %"


def busiest_hours(minutes: NDArray[np.int64]) -> tuple[int, int]:
    """The shortest span of whole hours that holds nearly all minutes of the day; it may go beyond midnight.

    >>> busiest_hours(np.array([1100, 1300, 30, 200, 355] * 20))
    (18, 6)
    """
    counts = np.bincount(minutes // 60, minlength=24)
    need = NEARLY_ALL * len(minutes)
    for length in range(1, 24):
        sums = [counts[np.arange(start, start + length) % 24].sum() for start in range(24)]
        best = int(np.argmax(sums))
        if sums[best] >= need:
            return best, (best + length) % 24
    return 0, 24


def _between(look: PlaceLook, at: int, run: tuple[int, int] | None) -> dict[str, str]:
    """How many live answers were sent at the hours that hold most of those outside of opening hours."""
    rows = look.rows
    week = rows.day // WEEK_DAYS
    inside = np.ones(len(week), dtype=bool) if run is None else (week >= run[0]) & (week < run[1])
    closed = rows.live & ~rows.open
    own = (rows.agency == at) & rows.live & inside
    first, last = busiest_hours(look.columns.minute[own & closed])
    hour = look.columns.minute // 60
    within = (hour - first) % 24 < ((last - first) % 24 or 24)
    others = (rows.agency != at) & rows.live
    share = float((within & closed)[others].mean()) if others.any() else 0.0
    return {
        "count": whole(int((own & closed & within).sum())),
        "all": whole(int(own.sum())),
        "from_hour": str(first),
        "to_hour": str(last),
        "elsewhere": one_in(share),
    }


def _days(look: PlaceLook, begin: int, end: int) -> dict[str, str]:
    return {"first": day(look.day(WEEK_DAYS * begin)), "last": day(look.day(WEEK_DAYS * end - 1))}


def _closed_run(look: PlaceLook, at: int) -> dict[str, str]:
    run = look.findings.closed_run
    span = int(run.begin[at]), int(run.end[at])
    return _between(look, at, span) | _days(look, *span)


def _closed_share(look: PlaceLook, at: int) -> dict[str, str]:
    rows = look.rows
    closed = rows.live & ~rows.open
    others = (rows.agency != at) & rows.live
    share = float(closed[others].mean()) if others.any() else 0.0
    return _between(look, at, None) | {
        "count": whole(int((closed & (rows.agency == at)).sum())),
        "elsewhere": one_in(share),
    }


def _busy_run(look: PlaceLook, at: int) -> dict[str, str]:
    run, rows = look.findings.busy_run, look.rows
    own = (rows.agency == at) & rows.scored
    week = rows.day // WEEK_DAYS
    inside = (week >= run.begin[at]) & (week < run.end[at])
    return _days(look, int(run.begin[at]), int(run.end[at])) | {
        "count": whole(run.seen[at]),
        "expected": whole(round(float(run.expected[at]))),
        "inside": number(rows.score[own & inside].mean()),
        "outside": number(rows.score[own & ~inside].mean()),
    }


def _contrast(look: PlaceLook, at: int, check: str) -> dict[str, str]:
    rows = look.rows
    own = (rows.agency == at) & rows.scored
    one, other = {
        "closed_open": (rows.live & ~rows.open, rows.live & rows.open),
        "paper_live": (rows.channel == PAPER, rows.live),
        "import_live": (rows.channel == IMPORT, rows.live),
        "receipt_wall": (rows.channel == RECEIPT, rows.channel <= KIOSK),
    }[check]
    return {
        "count": whole(int((own & one).sum())),
        "one": number(rows.score[own & one].mean()),
        "other": number(rows.score[own & other].mean()),
    }


def _brought(look: PlaceLook, at: int) -> dict[str, str]:
    chosen = responses_of(look, look.agencies[at], "brought_share")
    rows = look.rows
    brought = (rows.channel == PAPER) | (rows.channel == IMPORT)
    share = float(brought[rows.agency != at].mean())
    count = 0 if chosen is None else int(chosen.sum())
    return {"count": whole(count), "all": whole(rows.size[at]), "elsewhere": one_in(share)}


def _shape(look: PlaceLook, at: int) -> dict[str, str]:
    rows, shape = look.rows, look.summary.shape
    x = shape.middle[at] - 80
    terms = np.array([1.0, x, x**2 / 10])
    ends = []
    for (end, (share, error)), (line, centre) in zip(shape.ends.items(), look.learnt.shape.values(), strict=True):
        usual = float(terms @ line + centre[0])
        ends.append((float(share[at] - usual) / float(np.sqrt(1.3 * error[at] ** 2 + centre[1] ** 2)), end, usual))
    _distance, name, log_odds = max(ends)
    own = rows.score[(rows.agency == at) & rows.scored]
    count = {"high": own >= 92, "low": own <= 55, "highest": own == 100}[name].sum()
    expected = len(own) / (1 + np.exp(-log_odds))
    return {
        "count": whole(int(count)),
        "all": whole(len(own)),
        "end": str(_(ENDS[name])),
        "expected": whole(round(expected)),
    }


def _last_round(look: PlaceLook, at: int) -> dict[str, str]:
    before, rows = look.earlier, look.rows
    if before is None:
        return {}
    return {
        "rate": number(100 * rows.size[at] / before.now[at]),
        "rate_before": number(100 * before.size[at] / before.transactions[at]),
        "before": number(before.index[at]),
        "now": number(rows.index[at]),
    }


def _details(look: PlaceLook, at: int, questions: dict[str, str]) -> str:
    """The strangest features with what is usual."""
    measured, centres = look.summary.features, look.learnt.features.centres
    strange = []
    for name, (value, error) in measured.items():
        centre, spread = centres[name]
        z = (value[at] - centre) / np.sqrt(error[at] ** 2 + spread**2)
        if np.isfinite(z):
            strange.append((abs(float(z)), name, float(value[at]), centre))
    strangest = sorted(strange, reverse=True)[:TOLD_FEATURES]
    return "; ".join(_feature(look, name, own, usual, questions) for _z, name, own, usual in strangest)


def _feature(look: PlaceLook, name: str, own: float, usual: float, questions: dict[str, str]) -> str:
    kind, _sep, index = name.partition("_") if name.startswith(("skipped_", "first_")) else (name, "", "")
    question = questions.get(look.questions[int(index)], "") if index else ""
    label = str(_(FEATURES[kind], question=question))
    if kind in {"spread", "duration_spread"}:
        return label
    if kind == "duration":
        here, there = (str(_("%(seconds)s s", seconds=whole(round(float(np.exp(x)))))) for x in (own, usual))
    else:
        here, there = (f"{number(100 / (1 + np.exp(-x)), 0)} %" for x in (own, usual))
    return str(_("%(what)s: %(here)s, elsewhere %(there)s", what=label, here=here, there=there))
