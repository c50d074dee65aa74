"""Who does something, and when: what every operation writes down beside what it changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of a change: the instant, and the account; no account at the command line."""

    now: datetime
    user_id: int | None = None
