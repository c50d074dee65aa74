"""Rounds of which nothing is published take counter-days as sampling units; the audit log has what they were before.

Editions keep the rules stored with them. Until now no figure used the rule, so that every round said `none`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "20261130_0255"
down_revision = "20261130_0300"
branch_labels = None
depends_on = None

BEFORE = {"clusters": "none"}
TODAY = {"clusters": "counter_day"}


def upgrade() -> None:
    """Give all rounds without a published edition the rule, and log it."""
    change(BEFORE, TODAY)


def downgrade() -> None:
    """Give them the rule of before: the version before knows no other."""
    change(TODAY, BEFORE)


def change(old: dict[str, str], new: dict[str, str]) -> None:
    """Set the rule of the rounds that nothing is published of, and log it."""
    connection = op.get_bind()
    rounds, editions, events = (table(name) for name in ("round", "publication", "audit_event"))
    published = sa.select(editions.c.round_id).where(editions.c.state == "published")
    unpublished = sa.select(rounds.c.id, rounds.c.code, rounds.c.rules).where(
        rounds.c.id.not_in(published), rounds.c.state != "published"
    )
    for number, code, stored in connection.execute(unpublished).all():
        stored = json.loads(stored) if isinstance(stored, str) else stored
        if stored.get("clusters", "none") != old["clusters"]:
            continue
        connection.execute(sa.update(rounds).where(rounds.c.id == number).values(rules={**stored, **new}))
        event = {"action": "round.rules_of_today", "subject": f"round:{code}", "before": old, "after": new}
        connection.execute(sa.insert(events).values(at=datetime.now(UTC), user_id=None, **event))


def table(name: str) -> sa.Table:
    return sa.Table(name, sa.MetaData(), autoload_with=op.get_bind())
