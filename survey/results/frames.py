"""Who was chosen by chance beside who chose to answer: an index of each, and how far they lie apart.

Three frames: people given a receipt by the plan of a counter (one in k, drawn by chance), people whom an interviewer
asked (every k-th who leaves), and people who answered by a code on the wall or a screen. A person's value is the share
of satisfied answers among his or her valid ones, in percent. All differences of a page are one family (Holm).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import orm

from scoring.compare import holm
from scoring.disclosure import SUPPRESSED
from scoring.selection import BAND, FrameIndex, Selection, frame_index, pooled_selection, selection
from survey.core.cache import cached
from survey.models import Channel
from survey.results.compute import RoundResults
from survey.results.place_tables import enough_answered
from survey.results.places import PlaceLook, look_at_places
from survey.results.queries.place_columns import CHANNELS
from survey.results.queries.sampled_counters import sampled_counters
from survey.structure.queries.population import population as read_population

Flags = NDArray[np.bool_]
CHANCE = ("sample", "interviewer")
"""Frames whose people were chosen by chance."""
PARTS = (*CHANCE, "wall")
"""All frames."""
SATISFIED = 4


@dataclass(frozen=True)
class FrameRow:
    """An agency's frames, or those of the whole province ("")."""

    agency: str
    sample: FrameIndex
    interviewer: FrameIndex
    wall: FrameIndex
    #: how far the wall codes lie from the people of a frame chosen by chance; None where too few answered in either
    from_sample: Selection | None
    from_interviewer: Selection | None
    #: whether readers below evaluator may have it
    for_all: bool


@dataclass(frozen=True)
class Frames:
    """The frames of a round; empty rows where nobody was chosen by chance."""

    province: FrameRow
    rows: tuple[FrameRow, ...]
    #: points added on both sides of the frames chosen by chance: not all who are asked answer
    band: float = BAND

    def find(self, agency: str) -> FrameRow | None:
        """The frames of an agency, "" for the province; None where nobody of it was chosen by chance."""
        return self.province if not agency else next((row for row in self.rows if row.agency == agency), None)


def frames_of(session: orm.Session, results: RoundResults) -> Frames | None:
    """The frames of a round; None where nobody was chosen by chance. Kept while its responses are the same."""
    planned = sampled_counters(session, results.round.id)
    if not planned and not results.channels.get(Channel.INTERVIEWER.value):
        return None
    key = ("frames", results.stamp, planned)
    return cached(session, key, lambda: _frames(session, results, look_at_places(session, results), planned))


def frames_for(
    session: orm.Session, results: RoundResults, *, limited: bool, seen: Collection[str] | None = None
) -> Frames | None:
    """The frames that a reader may have; None where there are none.

    `limited`: one below evaluator, who has those that tell of no small group. `seen`: the agencies he may read, "" for
    the province; None for all.
    """
    found = frames_of(session, results)
    if found is not None and limited:
        table = results.table
        gone = table.loc[(table["status"] == SUPPRESSED) & (table["service"] == ""), "agency"]
        found = open_frames(found, frozenset(gone), results.rules.min_n)
    if found is None or seen is None:
        return found
    rows = tuple(row for row in found.rows if row.agency in seen)
    province = found.province if "" in seen else nobody("")
    return replace(found, rows=rows, province=province) if rows or province.wall.n else None


def open_frames(found: Frames, hidden: Collection[str], min_n: int) -> Frames | None:
    """The frames that everyone may have: of agencies that are not `hidden`, and tell of no small group.

    What a frame of the province leaves for the agencies that are not shown is nobody or at least `min_n` people, so
    that their number cannot be worked out as a smaller one; else the smallest of those shown is left out too. The
    province's own are left out with any agency's, which the others would give away.
    """
    rows = [row for row in found.rows if row.for_all and row.agency not in hidden]
    for name in PARTS:
        while 0 < getattr(found.province, name).n - sum(getattr(row, name).n for row in rows) < min_n:
            some = [row for row in rows if getattr(row, name).n]
            if not some:
                break
            rows.remove(min(some, key=lambda row: (getattr(row, name).n, row.agency)))
    whole = found.province.for_all and not hidden and len(rows) == len(found.rows)
    if not rows:
        return None
    return replace(found, rows=tuple(rows), province=found.province if whole else nobody(""))


def _frames(session: orm.Session, results: RoundResults, look: PlaceLook, planned: frozenset[int]) -> Frames | None:
    columns, rows = look.columns, look.rows
    given = rows.items > 0
    used = enough_answered(results, look) & given.any(axis=1)
    value = 100 * (rows.items >= SATISFIED).sum(axis=1) / np.maximum(given.sum(axis=1), 1)
    named = np.where(columns.pile > 0, -columns.pile, columns.counter)
    cluster = np.unique(np.stack([named, np.where(columns.pile > 0, 0, rows.day)]), axis=1, return_inverse=True)[1]
    channel = columns.channel
    part = {
        "sample": used & (channel == CHANNELS.index(Channel.RECEIPT)) & np.isin(columns.counter, list(planned)),
        "interviewer": used & (channel == CHANNELS.index(Channel.INTERVIEWER)),
        "wall": used & np.isin(channel, [CHANNELS.index(Channel.QR), CHANNELS.index(Channel.KIOSK)]),
    }
    if not (part["sample"] | part["interviewer"]).any():
        return None
    every = np.ones(len(used), dtype=bool)
    made = [
        _row(code, rows.agency == k, part, value, np.ravel(cluster), channel, results.rules.min_n)
        for k, code in enumerate(look.agencies)
    ]
    whole = _row("", every, part, value, np.ravel(cluster), channel, results.rules.min_n)
    transactions = read_population(session, results.round.id).groupby("agency")["N"].sum()
    size = [float(transactions.get(code, 0)) for code in look.agencies]
    pooled = {
        name: pooled_selection([one.wall for one in made], [getattr(one, name) for one in made], size)
        for name in CHANCE
    }
    shown = [one for one in made if one.sample.n + one.interviewer.n]
    province = replace(
        whole,
        from_sample=pooled["sample"],
        from_interviewer=pooled["interviewer"],
        for_all=whole.for_all and all(one.for_all for one in made),
    )
    return _adjusted(province, shown)


def _row(
    code: str,
    own: Flags,
    part: dict[str, Flags],
    value: NDArray[np.float64],
    cluster: NDArray[np.int64],
    channel: NDArray[np.int64],
    min_n: int,
) -> FrameRow:
    sample, interviewer, wall = (
        frame_index(value[own & part[name]], cluster[own & part[name]], band=0.0 if name == "wall" else BAND)
        for name in PARTS
    )
    # what else is printed by channel could be subtracted: every channel, and receipts with and without a plan
    sizes = [*np.bincount(channel[own]), sample.n, int((own & ~part["sample"]).sum()), interviewer.n, wall.n]
    sizes.append(int((own & (channel == CHANNELS.index(Channel.RECEIPT)) & ~part["sample"]).sum()))
    return FrameRow(
        code,
        sample,
        interviewer,
        wall,
        selection(wall, sample),
        selection(wall, interviewer),
        all(n == 0 or n >= min_n for n in sizes),
    )


def nobody(code: str) -> FrameRow:
    """The frames of an agency of which nothing is told."""
    none = frame_index([], [])
    return FrameRow(code, none, none, none, None, None, for_all=False)


def _adjusted(province: FrameRow, rows: Sequence[FrameRow]) -> Frames:
    """The frames with p adjusted by Holm over the agencies' differences; the province's is one question by itself."""
    found = [(k, name) for k, row in enumerate(rows) for name in CHANCE if getattr(row, f"from_{name}") is not None]
    p = np.asarray(holm([getattr(rows[k], f"from_{name}").p for k, name in found]) if found else [])
    changed: dict[int, dict[str, Any]] = {}
    for (k, name), value in zip(found, p, strict=True):
        changed.setdefault(k, {})[f"from_{name}"] = replace(getattr(rows[k], f"from_{name}"), p=float(value))
    return Frames(province, tuple(replace(row, **changed.get(k, {})) for k, row in enumerate(rows)))
