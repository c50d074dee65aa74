"""Channels against each other: who answers at home, on paper, by a file or a receipt answers about like the others."""

from __future__ import annotations

import numpy as np

from scoring.detectors.rows import IMPORT, KIOSK, PAPER, RECEIPT, Flags, Measured, PlaceRows

EACH_SIDE = 5
"""Scored responses that each of two channels must have."""
PERSON = 20.0
"""Standard deviation between persons, in points."""
CLUSTERED = 1.3
"""By how much the variance of a mean is larger because people of one day answer alike."""
USUAL = (0.0, 2.0)
"""Centre and spread, in points, of a contrast that too few agencies have to learn it from."""


def contrasts(rows: PlaceRows) -> dict[str, Measured]:
    """The differences of mean scores between channels of each agency: closed less open hours and so on.

    Error 20 sqrt(1.3 / n1 + 1.3 / n2); NaN where a side has fewer than five.
    """
    return {
        "closed_open": contrast(rows, rows.live & ~rows.open, rows.live & rows.open),
        "paper_live": contrast(rows, rows.channel == PAPER, rows.live),
        "import_live": contrast(rows, rows.channel == IMPORT, rows.live),
        "receipt_wall": contrast(rows, rows.channel == RECEIPT, rows.channel <= KIOSK),
    }


def contrast(rows: PlaceRows, one: Flags, other: Flags) -> Measured:
    """The mean score of some responses of each agency less that of others, with its error."""
    one, other = one & rows.scored, other & rows.scored
    n, m = rows.count(one), rows.count(other)
    enough = (n >= EACH_SIDE) & (m >= EACH_SIDE)
    n, m = np.maximum(n, 1), np.maximum(m, 1)
    difference = rows.total(one, rows.score) / n - rows.total(other, rows.score) / m
    error = PERSON * np.sqrt(CLUSTERED / n + CLUSTERED / m)
    return np.where(enough, difference, np.nan), np.where(enough, error, np.nan)


def brought_share(rows: PlaceRows) -> Measured:
    """The log odds of paper and imported files, what an agency itself brings in, among its responses."""
    return rows.share((rows.channel == PAPER) | (rows.channel == IMPORT))
