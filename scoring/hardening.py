"""The hardened index: weights with which a flood of answers, or a night's work, moves an index less.

Two steps, both blind to what was answered. (i) Answers outside of opening hours count together at most as much as in
the province's median agency: their share among an agency's live answers is capped there. (ii) Blocks of four weeks
count by the days they were open, whatever number answered in them; a block with few answers leans on the whole round
(as if it held two more answers of the whole). What that costs, and what it takes from attacks, is measured by
`benchmarks/stuffing.py` and stands in docs/methodology.md.

The factors h of a round's answers stand between exclusions and raking in the order of weights (docs/methodology.md);
they have the mean 1 in every stratum, so that a service goes on counting by its transactions.

Sources: post-stratification by time, Cochran (1977), 5A; capping of weights, Kish (1965), 11.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.scheme import DataError
from scoring.weights import Design

Floats = NDArray[np.float64]

BLOCK_WEEKS = 4
LEAN = 2.0
"""Answers of the whole round that every block is given besides its own."""
OTHER, OPEN, CLOSED = range(3)
"""Kinds of answers: not live (paper, files), live within opening hours, live outside of them."""
MIN_LIVE = 20
"""Live answers that an agency must have to enter the median share."""
BLOCK, HOURS = "block", "hours"
"""Key columns of cells to harden: number of the block, and the kind of answers."""


def usual_closed_share(counts: ArrayLike) -> float:
    """The median over agencies of the share of live answers that came outside of opening hours.

    `counts`: (A, B, 3) answers by agency, block and kind. 0 where no agency has enough live answers.
    """
    live = np.asarray(counts, dtype=np.float64).sum(axis=1)[:, [OPEN, CLOSED]]
    n = live.sum(axis=1)
    enough = n >= MIN_LIVE
    return float(np.median(live[enough, 1] / n[enough])) if enough.any() else 0.0


def response_factors(counts: ArrayLike, opened: ArrayLike, cap: float) -> Floats:
    """The factor h of an answer by agency, block and kind, (A, B, 3), of mean 1 over each agency's answers.

    `counts`: (A, B, 3) answers; `opened`: (B,) open days (or transactions) of the blocks; `cap`: the share of live
    answers that those outside of opening hours may have, 0..1. With v = 1, but for closed hours over the cap
    v = cap n_open / ((1 - cap) n_closed), n_b = sum of v in block b, n in all, t_b = open days:

        h ~ v (t_b / (n_b + 2) + 2 / n sum_b t_b / (n_b + 2))

    An agency whose live answers all came outside of opening hours keeps them (v = 1): there is nothing to hold them
    against. Raises `DataError` for blocks without any open day, or a cap outside of 0..1.
    """
    n, days = np.asarray(counts, dtype=np.float64), np.asarray(opened, dtype=np.float64)
    if n.ndim != 3 or n.shape[1:] != (len(days), 3):
        raise DataError(f"counts must be (agencies, {len(days)}, 3), not {n.shape}")
    if not 0 <= cap < 1 or (days < 0).any() or not days.sum():
        raise DataError("blocks need an open day, and the cap lies within 0 and 1")
    inside, outside = n[:, :, OPEN].sum(axis=1), n[:, :, CLOSED].sum(axis=1)
    allowed = cap / (1 - cap) * inside
    over = (outside > allowed) & (inside > 0)
    part = np.ones(n.shape)
    part[:, :, CLOSED] = np.where(over, allowed / np.maximum(outside, 1), 1.0)[:, None]
    size = (n * part).sum(axis=2)
    whole = np.maximum(size.sum(axis=1), 1e-12)
    lean = days / (size + LEAN)
    factor = part * (lean + LEAN / whole[:, None] * lean.sum(axis=1)[:, None])[:, :, None]
    total = (n * factor).sum(axis=(1, 2))
    mean = np.divide(total, n.sum(axis=(1, 2)), out=np.ones(len(n)), where=total > 0)
    return np.asarray(factor / mean[:, None, None])


def harden(design: Design, opened: ArrayLike, cap: float | None = None) -> Design:
    """A design with hardened weights; its cells have the key columns `agency`, `BLOCK` and `HOURS`.

    `opened`: (B,) open days of the blocks, which `BLOCK` numbers from "0"; `HOURS` holds "0", "1" or "2" (`OTHER`,
    `OPEN`, `CLOSED`). `cap`: None for that of the design's own agencies (`usual_closed_share`). The factors have mean 1
    over the answers of each stratum. Raises `DataError` for missing columns and blocks that are not there.
    """
    days = np.asarray(opened, dtype=np.float64)
    missing = [name for name in ("agency", BLOCK, HOURS) if name not in design.keys]
    if missing:
        raise DataError(f"cells to harden need the column {missing[0]!r}")
    names, agency = np.unique(design.keys["agency"].to_numpy(dtype=str), return_inverse=True)
    block, kind = (design.keys[name].to_numpy(dtype=str).astype(np.intp) for name in (BLOCK, HOURS))
    if len(block) and not (block.min() >= 0 and block.max() < len(days) and kind.min() >= 0 and kind.max() <= CLOSED):
        raise DataError("a cell is of a block or of hours that are not there")
    counts = np.zeros((len(names), len(days), 3))
    np.add.at(counts, (agency, block, kind), design.n)
    cap = usual_closed_share(counts) if cap is None else cap
    factor = response_factors(counts, days, cap)[agency, block, kind]
    size = len(design.names)
    people = np.bincount(design.stratum, weights=design.n, minlength=size)
    total = np.bincount(design.stratum, weights=design.n * factor, minlength=size)
    mean = np.divide(total, people, out=np.ones(size), where=total > 0)
    return replace(design, weight=design.weight * factor / mean[design.stratum])


def open_to_all(agency: Sequence[str], n: ArrayLike, min_n: int) -> frozenset[str]:
    """Disclosure: the agencies whose hardened index may be printed for everyone; "" for all of them together.

    `agency`, `n`: (m,) agency and number of answers of each cell of the adjustment (service, block, kind of answers).
    Beside the plain index it may tell how one cell answered, so that each must be one that could itself be printed:
    of at least `min_n` people. The index of all together is left out with any agency's, whose it would give away.

    >>> sorted(open_to_all(["a", "a", "b", "b"], [9, 5, 30, 4], 5))
    ['a']
    """
    size = np.asarray(n)
    small = {name for name, number in zip(agency, size, strict=True) if 0 < number < min_n}
    found = {name for name, number in zip(agency, size, strict=True) if number > 0} - small
    return frozenset(found if small or not found else {*found, ""})
