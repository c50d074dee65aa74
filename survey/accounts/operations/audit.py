"""Write down who changed what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import orm

from survey.core.actor import Actor
from survey.models import AuditEvent


def record(
    session: orm.Session,
    *,
    action: str,
    subject: str,
    actor: Actor,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Add an audit event to the transaction of the write it tells of, so that neither exists without the other.

    `action` is a verb in the past (`user.created`), `subject` what it was done to (`user:evaluator`), `user_id` is
    None at the command line. Secrets never belong in `before` or `after`.
    """
    event = AuditEvent(
        at=actor.now,
        user_id=actor.user_id,
        action=action,
        subject=subject,
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
    )
    session.add(event)
    return event
