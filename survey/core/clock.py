"""The system clock, read in this one place: whoever needs the time asks the application (`survey.web.context.now`)."""

from __future__ import annotations

from datetime import UTC, datetime


def system_clock() -> datetime:
    """The instant in UTC."""
    return datetime.now(UTC)
