"""The audit log for a collector (SIEM): JSON lines, oldest first, each an event as it was stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from survey.accounts.operations.seal_audit import seal_audit
from survey.accounts.queries.audit import AuditFilter, Line, oldest_first, position_of, sealed_after
from survey.core.db import Database


def audit_lines(database: Database, wanted: AuditFilter, zone: ZoneInfo) -> Iterator[str]:
    """Yield the events that are wanted as JSON lines by their numbers, read in batches of bounded size."""
    after = 0
    while True:
        with database.read() as session:
            lines = [(line.event.id, _json(line)) for line in oldest_first(session, wanted, zone, after)]
        yield from (text for _number, text in lines)
        if not lines:
            return
        after = lines[-1][0]


def new_audit_lines(database: Database, wanted: AuditFilter, zone: ZoneInfo, after: int) -> Iterator[str]:
    """Yield the wanted events that follow the event numbered `after` (0: all) in the hash chain, which is continued.

    The number of the last line is the next `after`: each event is sent once, also one whose transaction ended after
    that of a higher number.
    """
    with database.write() as session:
        seal_audit(session)
    with database.read() as session:
        position = position_of(session, after)
    while True:
        with database.read() as session:
            lines = [(at, _json(line)) for at, line in sealed_after(session, wanted, zone, position)]
        yield from (text for _position, text in lines)
        if not lines:
            return
        position = lines[-1][0]


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
