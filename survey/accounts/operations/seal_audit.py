"""Seal the audit log: continue the hash chain over the events that came since.

What the chain is worth is where its head was written down outside of the database: with each edition and each backup.
Events are therefore sealed before these, and each night; sealing each event as it is recorded would let no two writes
happen at one time.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.queries.audit_chain import START, link
from survey.models import AuditEvent, AuditSeal

SEAL_LOCK = 741_852_964
"""Key of PostgreSQL's advisory lock that is held while the chain is continued."""
CHUNK = 1_000


def seal_audit(session: orm.Session) -> str:
    """Seal all events that this transaction sees, its own included; return the head of the chain."""
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(SEAL_LOCK)))
    last = session.execute(
        sa.select(AuditSeal.position, AuditSeal.hash).order_by(AuditSeal.position.desc()).limit(1)
    ).first()
    position, head = (last.position, last.hash) if last else (0, START)
    while events := session.scalars(
        sa.select(AuditEvent)
        .outerjoin(AuditSeal, AuditSeal.event_id == AuditEvent.id)
        .where(AuditSeal.position.is_(None))
        .order_by(AuditEvent.id)
        .limit(CHUNK)
    ).all():
        rows = []
        for event in events:
            position, head = position + 1, link(head, event)
            rows.append({"position": position, "event_id": event.id, "hash": head})
        session.execute(sa.insert(AuditSeal), rows)
    return head
