"""Keep the fingerprint of the session key in the database, so that a server with another one is noticed.

Two servers with different keys on one database sign people out at every second click, and a form opened at one of them
loses its opening time at the other.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.config import Settings
from survey.core.errors import InputError
from survey.core.session_key import SHOWN, fingerprint, is_foreign
from survey.maintenance.queries.session_key import read_expected_key
from survey.models import Installation


def require_session_key(session: orm.Session, settings: Settings) -> None:
    """Raise `InputError` for a server whose session key is not that of the others: it says what to copy."""
    expected = read_expected_key(session)
    if expected is not None and is_foreign(expected, settings.secret_key, settings.secret_key_fallbacks):
        raise InputError(
            "The session key of this server (fingerprint %(mine)s) is not that of the database's servers (%(theirs)s): "
            "copy instance/secret_key, or SECRET_KEY, from a server that runs; if you changed the key on purpose, run "
            "`flask --app app database adopt-key` and restart every server with the new key",
            mine=fingerprint(settings.secret_key)[:SHOWN],
            theirs=expected[:SHOWN],
        )


def adopt_session_key(session: orm.Session, settings: Settings, *, actor: Actor) -> None:
    """Let the database expect this server's key from now on; the audit log says so where it expected another."""
    key = fingerprint(settings.secret_key)
    row = session.get(Installation, 1)
    if row is None:
        row = Installation(id=1, created_at=actor.now)
        session.add(row)
    before = row.key_fingerprint
    if before == key:
        return
    row.key_fingerprint = key
    session.flush()
    if before is not None:
        facts = {"key": before[:SHOWN]}, {"key": key[:SHOWN]}
        audit.record(
            session,
            action="installation.key_changed",
            subject="installation",
            actor=actor,
            before=facts[0],
            after=facts[1],
        )


def forget_session_key(session: orm.Session) -> None:
    """Expect no key: a restored database takes that of the first server which starts on it."""
    session.execute(sa.update(Installation).values(key_fingerprint=None))
