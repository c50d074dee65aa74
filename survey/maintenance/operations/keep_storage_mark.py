"""Keep the fingerprint of the shared storage in the database, so that a server with another folder is noticed."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.config import Settings
from survey.core.storage_mark import make_mark
from survey.maintenance.queries.storage_mark import read_expected_mark
from survey.models import Installation


def adopt_storage(session: orm.Session, settings: Settings, *, actor: Actor) -> None:
    """Let the database expect this server's storage from now on; the audit log says so where it expected another."""
    mark, before = make_mark(settings.storage), read_expected_mark(session)
    if before == mark:
        return
    session.execute(sa.update(Installation).values(storage_mark=mark))
    if before is not None:
        audit.record(session, action="installation.storage_changed", subject="installation", actor=actor)


def adopt_first_storage(session: orm.Session, settings: Settings, *, actor: Actor) -> None:
    """Let the database expect this server's storage if it expects none: the first server that starts marks its own."""
    if read_expected_mark(session) is None:
        adopt_storage(session, settings, actor=actor)


def forget_storage(session: orm.Session) -> None:
    """Expect no storage: a restored database takes that of the first server which starts on it."""
    session.execute(sa.update(Installation).values(storage_mark=None))
