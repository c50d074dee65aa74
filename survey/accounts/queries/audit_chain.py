"""The hash chain of the audit log: what a link is made of, whether all links hold, and where a printed head stands."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import AuditEvent, AuditSeal

START = "0" * 64
"""What the first link follows."""


@dataclass(frozen=True)
class AuditChain:
    """State of the chain."""

    #: SHA-256 of the last link; `START` while there is none
    head: str
    sealed: int
    #: events that came since the last sealing
    unsealed: int
    #: position of the first link that does not hold; None where all do
    broken_at: int | None = None


def link(previous: str, event: AuditEvent) -> str:
    """Hash an event together with the link before it: SHA-256 in hexadecimal, the same on every database."""
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    content = [event.id, at, event.user_id, event.action, event.subject, event.before, event.after]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{previous}{text}".encode()).hexdigest()


def verify_audit_chain(session: orm.Session) -> AuditChain:
    """Verify every link against its event: an altered, removed or inserted event breaks the chain where it stood.

    Events removed at the end, with their seals, are seen by a head that was printed before (`head_position`).
    """
    events = session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) or 0
    head, position = START, 0
    rows = session.execute(
        sa.select(AuditSeal, AuditEvent)
        .outerjoin(AuditEvent, AuditEvent.id == AuditSeal.event_id)
        .order_by(AuditSeal.position)
        .execution_options(yield_per=1_000)
    )
    with closing(rows):
        for seal, event in rows:
            position += 1
            if event is None or seal.position != position or link(head, event) != seal.hash:
                return AuditChain(head, position - 1, events - position + 1, broken_at=position)
            head = seal.hash
    return AuditChain(head, position, events - position)


def head_position(session: orm.Session, head: str) -> int | None:
    """The position of a link by its hash, as it was printed; None where no link has it."""
    return session.scalar(sa.select(AuditSeal.position).where(AuditSeal.hash == head))
