"""Write down who changed what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import orm

from survey.models import AuditEvent


def record(
    session: orm.Session,
    *,
    action: str,
    subject: str,
    now: datetime,
    user_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Add an audit event to the transaction of the write it tells of, so that neither exists without the other.

    `action` is a verb in the past (`user.created`), `subject` what it was done to (`user:evaluator`), `user_id` is
    None at the command line. Secrets never belong in `before` or `after`.
    """
    event = AuditEvent(
        at=now,
        user_id=user_id,
        action=action,
        subject=subject,
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
    )
    session.add(event)
    return event
