"""Tell of answers that were stored once and are gone: in the audit log, before new ones take their numbers."""

from __future__ import annotations

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.db import Database


def tell_lost_responses(database: Database, *, actor: Actor) -> int:
    """Record in the audit log which responses are lost, and count again from what is there; return how many."""
    lost = database.lost_responses()
    if lost is not None:
        first, last = lost
        with database.write() as session:
            audit.record(
                session,
                action="answers.lost",
                subject="installation",
                actor=actor,
                after={"first": first, "last": last, "rows": last - first + 1},
            )
    database.count_responses_again()
    return lost[1] - lost[0] + 1 if lost else 0
