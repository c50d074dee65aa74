"""Feed of due days in the form of calendars (iCalendar, RFC 5545): title, day and link, nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

LINE = 75
"""Octets of a line at most (RFC 5545, 3.1)."""


@dataclass(frozen=True)
class DueDay:
    """Something that is due on a day."""

    #: names it for ever within this installation, for example `action-12`
    key: str
    title: str
    day: date
    link: str
    #: when it was altered last
    changed_at: datetime


def feed(name: str, host: str, days: Iterable[DueDay]) -> str:
    """The feed; `host` makes the keys of this installation others than those of the next."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//SIPAS//due days//VI",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(name)}",
    ]
    for due in days:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{due.key}@{host}",
            f"DTSTAMP:{due.changed_at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{due.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{due.day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{escaped(due.title)}",
            f"URL:{due.link}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    return "".join(f"{folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def escaped(text: str) -> str:
    """A text as a value: backslash, comma, semicolon and ends of lines marked (RFC 5545, 3.3.11)."""
    return re.sub(r"\r\n|\r|\n", r"\\n", re.sub(r"([\\;,])", r"\\\1", text))


def folded(line: str) -> str:
    """A line cut into pieces of at most `LINE` octets, no letter cut apart (RFC 5545, 3.1)."""
    pieces, room = [""], LINE
    for letter in line:
        size = len(letter.encode())
        if size > room:
            pieces.append("")
            room = LINE - 1  # the space that marks a piece which goes on
        pieces[-1] += letter
        room -= size
    return "\r\n ".join(pieces)
