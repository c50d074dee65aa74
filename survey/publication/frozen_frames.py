"""People chosen by chance beside those who chose to answer, as an edition keeps them."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from sqlalchemy import orm

from scoring.selection import FrameIndex, Selection
from survey.models import Publication
from survey.results.compute import RoundResults
from survey.results.frames import CHANCE, PARTS, FrameRow, Frames, frames_of


def frames_to_freeze(session: orm.Session, results: RoundResults) -> dict[str, Any] | None:
    """The frames of a round as JSON; None where nobody was chosen by chance."""
    found = frames_of(session, results)
    return None if found is None else _plain(asdict(found))


def thaw_frames(publication: Publication) -> Frames | None:
    """The frames as they were frozen; None where nobody was chosen by chance."""
    kept = publication.parsed.get("frames")
    return Frames(_row(kept["province"]), tuple(_row(row) for row in kept["rows"]), kept["band"]) if kept else None


def _row(kept: dict[str, Any]) -> FrameRow:
    parts: dict[str, Any] = {name: FrameIndex(**_numbers(kept[name])) for name in PARTS}
    apart: dict[str, Any] = {
        f"from_{name}": Selection(**_numbers(kept[f"from_{name}"])) if kept[f"from_{name}"] else None for name in CHANCE
    }
    return FrameRow(agency=kept["agency"], for_all=kept["for_all"], **parts, **apart)


def _numbers(kept: dict[str, Any]) -> dict[str, Any]:
    return {name: math.nan if value is None else value for name, value in kept.items()}


def _plain(value: Any) -> Any:
    """A value as JSON has it: what is no number is None."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
