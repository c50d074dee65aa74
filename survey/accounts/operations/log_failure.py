"""Write down that somebody failed to show who they are; a flood of equal failures makes one line a minute."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.queries.users import by_username
from survey.core.actor import Actor
from survey.core.tokens import hash_token
from survey.models import RateCount

TOGETHER = timedelta(minutes=1)
UNKNOWN_NAME = "user:?"
"""Subject of tries of a name that nobody has; what was typed may be a password and is not written down."""


def subject_of(session: orm.Session, name: str) -> str:
    """What the audit log calls the account of a name that was tried."""
    found = by_username(session, name)
    return f"user:{found.username}" if found else UNKNOWN_NAME


def log_failure(session: orm.Session, action: str, subject: str, *, actor: Actor) -> None:
    """Write a failure into the audit log, or add it to the next line when an equal one is less than a minute old.

    `count` of a line is how many failures it stands for: itself, and those since the line before. The last ones of a
    flood, within a minute of its last line, are forgotten with the counts when nothing follows.
    """
    key = hash_token(f"log:{action}:{subject}")
    kept = session.get(RateCount, key, with_for_update=True)
    if kept is not None and timedelta() <= actor.now - kept.at < TOGETHER:
        session.execute(sa.update(RateCount).where(RateCount.key_hash == key).values(count=RateCount.count + 1))
        return
    waiting = kept.count if kept is not None else 0
    session.merge(RateCount(key_hash=key, count=0, at=actor.now))
    audit.record(session, action=action, subject=subject, actor=actor, after={"count": waiting + 1})
