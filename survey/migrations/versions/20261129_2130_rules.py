"""Rounds of which nothing is published are scored under today's rules; the audit log has what they were before.

Editions keep the rules stored with them, and are recomputed under these for ever. What the rules were before they had
these keys stands in `scoring.scheme.BEFORE`; it is written out here, for a migration does one thing for all time.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "20261129_2130"
down_revision = "20261129_2105"
branch_labels = None
depends_on = None

BEFORE = {"pooling": False, "clusters": "none", "fpc_in_tests": True, "definitions": 1}
TODAY = {"pooling": True, "clusters": "none", "fpc_in_tests": False, "definitions": 2}


def upgrade() -> None:
    """Give all rounds without a published edition the rules, and log it."""
    connection = op.get_bind()
    rounds, editions, events = (table(name) for name in ("round", "publication", "audit_event"))
    published = sa.select(editions.c.round_id).where(editions.c.state == "published")
    unpublished = sa.select(rounds.c.id, rounds.c.code, rounds.c.rules).where(
        rounds.c.id.not_in(published), rounds.c.state != "published"
    )
    for number, code, stored in connection.execute(unpublished).all():
        stored = json.loads(stored) if isinstance(stored, str) else stored
        connection.execute(sa.update(rounds).where(rounds.c.id == number).values(rules={**stored, **TODAY}))
        event = {"action": "round.rules_of_today", "subject": f"round:{code}", "before": BEFORE, "after": TODAY}
        connection.execute(sa.insert(events).values(at=datetime.now(UTC), user_id=None, **event))


def downgrade() -> None:
    """Take the rules away that the version before does not know: it scores under those of before."""
    connection, rounds = op.get_bind(), table("round")
    for number, stored in connection.execute(sa.select(rounds.c.id, rounds.c.rules)).all():
        stored = json.loads(stored) if isinstance(stored, str) else stored
        left = {name: value for name, value in stored.items() if name not in TODAY}
        if left != stored:
            connection.execute(sa.update(rounds).where(rounds.c.id == number).values(rules=left))


def table(name: str) -> sa.Table:
    return sa.Table(name, sa.MetaData(), autoload_with=op.get_bind())
