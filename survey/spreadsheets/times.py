"""Date and time parser: Vietnamese days, ISO 8601, the timestamps of Google Forms, KoBo, LimeSurvey and Excel.

One grammar for all that people and files write, read as what is needed: `parse_day`, `parse_instant`, or
`parse_moment` for a day that may have an hour.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
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
_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>[0-5]\d)?", re.ASCII)
_SHORT_YEAR = re.compile(r"(\d{1,2}[/.\-]\d{1,2}[/.\-])(\d{2})(?:[ ,T].*)?", re.ASCII)
_EXCEL = re.compile(r"([3-7]\d{4})(?:[.,]\d{1,15})?", re.ASCII)
_EXCEL_BEGAN = date(1899, 12, 30)
NOON = time(12)


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, with a time of day and an offset from UTC where they were written."""

    day: date
    clock: time | None = None
    offset: timezone | None = None


def parse_moment(text: str, *, month_first: bool = False) -> Moment | None:
    """Parse a day with or without a time of day; None for anything else.

    Days come first (25/11/2026) or years do (2026-11-25, 2026/11/25); with `month_first` a time of the American clock
    (11/25/2026 02:30 PM) has the month before the day. `SA` and `CH` are Google's morning and afternoon; an offset is
    `Z`, `+7`, `+0700` or `GMT+7`.
    """
    text = text.strip()
    found = _YEAR_FIRST.fullmatch(text) or _DAY_FIRST.fullmatch(text)
    if found is None:
        return None
    try:
        american = month_first and found.re is _DAY_FIRST and (found["clock"] or "")[-2:].upper() in {"AM", "PM"}
        month, day_of_month = ("day", "month") if american else ("month", "day")
        day = date(int(found["year"]), int(found[month]), int(found[day_of_month]))
        if not found["clock"]:
            return Moment(day)
        clock = _CLOCK.fullmatch(found["clock"].strip())
        if clock is None:
            return None
        hour = int(clock["hour"])
        if clock["half"]:
            hour = hour % 12 + (12 if clock["half"].upper() in {"CH", "PM"} else 0)
        return Moment(
            day,
            time(hour, int(clock["minute"]), int(clock["second"] or 0)),
            _offset(clock["offset"]) if clock["offset"] else None,
        )
    except ValueError:  # no such day, hour or offset
        return None


def parse_day(text: str) -> date | None:
    """Parse a calendar day; None for anything else.

    A time of day behind it, as spreadsheet programs append 00:00:00, is ignored. With an offset from UTC a text is an
    instant, whose day depends on where one stands: it is refused rather than taken for the day before.
    """
    moment = parse_moment(text)
    return None if moment is None or moment.offset is not None else moment.day


def excel_day(text: str) -> date | None:
    """The day that a number of Excel stands for (46346 or 46346.6 is 20/11/2026); None for anything else."""
    found = _EXCEL.fullmatch(text)
    return _EXCEL_BEGAN + timedelta(days=int(found[1])) if found else None


def day_with_short_year(text: str) -> date | None:
    """The day that a text with a year of two digits may mean (20/11/26); None for anything else."""
    found = _SHORT_YEAR.fullmatch(text.strip())
    return parse_day(f"{found[1]}20{found[2]}") if found else None


def parse_instant(
    text: str, zone: ZoneInfo, *, naive_is_utc: bool = False, month_first: bool = False
) -> datetime | None:
    """Parse an instant, returned in UTC; None for anything else.

    A time without an offset is local, or UTC where the tool is known to write it so. A day alone is its noon.
    """
    moment = parse_moment(text, month_first=month_first)
    if moment is None:
        return None
    if moment.clock is None:
        return datetime.combine(moment.day, NOON, zone).astimezone(UTC)
    try:
        return datetime.combine(moment.day, moment.clock, moment.offset or (UTC if naive_is_utc else zone)).astimezone(
            UTC
        )
    except OverflowError:  # an offset beyond the first or the last year
        return None


def _offset(text: str) -> timezone:
    """The offset `+7`, `+07`, `+0700`, `+07:00` or `Z` stands for; ValueError for one beyond a day."""
    if text.upper() == "Z":
        return UTC
    found = _OFFSET.fullmatch(text)
    if found is None:
        raise ValueError(text)
    length = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
    return timezone(length if found["sign"] == "+" else -length)
