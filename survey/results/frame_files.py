"""Frames of people chosen by chance, and of those who chose to answer, as rows of files and of the API."""

from __future__ import annotations

from typing import Any

import pandas as pd

from survey.results.frames import CHANCE, PARTS, Frames
from survey.web.wording import FRAME_DIFFERENCES, FRAMES

LEVEL, DIFFERENCE = "frame", "frame_difference"
"""Levels of their rows in the public table: a frame's index, and how far wall codes lie from it in points."""
COLUMNS = (
    *("agency", "frame", "n", "index", "lo", "hi"),
    *("difference", "difference_lo", "difference_hi", "p", "seen_from"),
)
"""One row a frame that anybody answered in; `difference`: wall codes less this frame, in points."""


def frame_table(found: Frames) -> pd.DataFrame:
    """The frames with `COLUMNS`, the province first; what does not exist is NaN."""
    rows: list[dict[str, Any]] = []
    for one in ([found.province] if found.province.wall.n else []) + list(found.rows):
        for name in PARTS:
            frame = getattr(one, name)
            apart = getattr(one, f"from_{name}") if name in CHANCE else None
            if frame.n:
                row = {"agency": one.agency, "frame": name, "n": frame.n}
                row |= {"index": frame.index, "lo": frame.lo, "hi": frame.hi}
                if apart is not None:
                    row |= {"difference": apart.difference, "difference_lo": apart.lo, "difference_hi": apart.hi}
                    row |= {"p": apart.p, "seen_from": apart.seen_from}
                rows.append(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def public_frame_rows(found: Frames) -> pd.DataFrame:
    """The frames in the columns of the public table: a row a frame, and a row a difference that is told."""
    table = frame_table(found)
    own = table.assign(level=LEVEL, name=[FRAMES(key) for key in table["frame"]])
    away = table[table["difference"].notna()].drop(columns=["index", "lo", "hi", "n"])
    away = away.rename(columns={"difference": "index", "difference_lo": "lo", "difference_hi": "hi"})
    away = away.assign(level=DIFFERENCE, name=[FRAME_DIFFERENCES(key) for key in away["frame"]])
    return pd.concat([own, away], ignore_index=True).rename(columns={"frame": "key"}).assign(status="ok")
