"""The audit log for a collector (SIEM): JSON lines, oldest first, each an event as it was stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from survey.accounts.queries.audit import AuditFilter, Line, oldest_first
from survey.core.db import Database


def audit_lines(database: Database, wanted: AuditFilter, zone: ZoneInfo, after: int = 0) -> Iterator[str]:
    """Yield the events that are wanted, numbered higher than `after`, as JSON lines, read in batches of bounded size.

    The number of the last line is the next `after`: what is appended meanwhile is sent once and nothing twice.
    """
    while True:
        with database.read() as session:
            lines = [(line.event.id, _json(line)) for line in oldest_first(session, wanted, zone, after)]
        yield from (text for _number, text in lines)
        if not lines:
            return
        after = lines[-1][0]


def _json(line: Line) -> str:
    event = line.event
    facts = {
        "id": event.id,
        "at": event.at.isoformat(),
        "user": line.user.username if line.user else None,
        "action": event.action,
        "subject": event.subject,
        "before": event.before,
        "after": event.after,
    }
    return json.dumps(facts, ensure_ascii=False) + "\n"
