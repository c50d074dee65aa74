"""Times as foreign files write them: Vietnamese days, ISO instants, Google's and LimeSurvey's stamps."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})[/.\-](?P<month>\d{1,2})[/.\-](?P<year>\d{4})(?:[ ,T]+(?P<clock>.+))?", re.ASCII
)
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})[/.\-](?P<month>\d{1,2})[/.\-](?P<day>\d{1,2})(?:[ ,T]+(?P<clock>.+))?", re.ASCII
)
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"(?: ?(?P<half>SA|CH|AM|PM))?"
    r"(?: ?(?:GMT|UTC)? ?(?P<offset>Z|[+-]\d{1,2}(?::?\d{2})?))?",
    re.ASCII | re.IGNORECASE,
)
NOON = time(12)


def parse_instant(text: str, zone: ZoneInfo, *, naive_is_utc: bool = False) -> datetime | None:
    """Return the instant a cell means, in UTC; None when it means none.

    Days come first (25/11/2026) or years do (2026-11-25), with or without a time of day; a time without an offset is
    local, or UTC where the tool is known to write it so. A day alone is its noon. `SA` and `CH` are Google's morning
    and afternoon.
    """
    found = _YEAR_FIRST.fullmatch(text) or _DAY_FIRST.fullmatch(text)
    if found is None:
        return None
    try:
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None
    if not found["clock"]:
        return datetime.combine(day, NOON, zone).astimezone(UTC)
    clock = _CLOCK.fullmatch(found["clock"].strip())
    if clock is None:
        return None
    hour = int(clock["hour"])
    if clock["half"]:
        hour = hour % 12 + (12 if clock["half"].upper() in {"CH", "PM"} else 0)
    try:
        moment = time(hour, int(clock["minute"]), int(clock["second"] or 0))
        if clock["offset"]:
            return datetime.fromisoformat(f"{day}T{moment}{_offset(clock['offset'])}").astimezone(UTC)
        return datetime.combine(day, moment, UTC if naive_is_utc else zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _offset(text: str) -> str:
    """Return `+7`, `+07`, `+0700` or `Z` as `+07:00`."""
    if text.upper() == "Z":
        return "+00:00"
    hours, _, minutes = text[1:].partition(":")
    if not minutes and len(hours) > 2:
        hours, minutes = hours[:-2], hours[-2:]
    return f"{text[0]}{int(hours):02d}:{int(minutes or 0):02d}"
