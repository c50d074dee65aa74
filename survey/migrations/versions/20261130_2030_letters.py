"""Groups of rankings have no letter that reads as a digit or a Roman number, in rounds of which nothing is published.

Editions keep theirs; the audit log has what was before.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "20261130_2030"
down_revision = "20261130_2025"
branch_labels = None
depends_on = None

BEFORE = {"letters": "all"}
TODAY = {"letters": "clear"}


def upgrade() -> None:
    """Give all rounds without a published edition the rule, and log it."""
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
    """Take the rule away that the version before does not know: its groups have all letters."""
    connection, rounds = op.get_bind(), table("round")
    for number, stored in connection.execute(sa.select(rounds.c.id, rounds.c.rules)).all():
        stored = json.loads(stored) if isinstance(stored, str) else stored
        left = {name: value for name, value in stored.items() if name not in TODAY}
        if left != stored:
            connection.execute(sa.update(rounds).where(rounds.c.id == number).values(rules=left))


def table(name: str) -> sa.Table:
    return sa.Table(name, sa.MetaData(), autoload_with=op.get_bind())
