"""Mark an installation as one for real citizens, for good."""

from __future__ import annotations

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import Installation


def mark_production(session: orm.Session, *, actor: Actor) -> None:
    """Mark the installation as production. Idempotent; `InputError` where it holds the demonstration."""
    row = session.get(Installation, 1)
    if row is not None and row.is_demo:
        raise InputError(
            "This database holds the demonstration's invented data; choose another INSTANCE_DIR or DATABASE_URL for "
            "real citizens"
        )
    if row is None:
        row = Installation(id=1, is_demo=False, is_production=False, created_at=actor.now)
        session.add(row)
    if not row.is_production:
        row.is_production = True
        audit.record(session, action="installation.production", subject="installation", actor=actor)
    session.flush()
