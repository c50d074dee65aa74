"""Make the one-use codes of a sheet of receipt slips, and write down who did."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.models import Counter
from survey.printing.operations.issue_receipt_codes import issue_receipt_codes


def issue_receipt_sheet(
    session: orm.Session, counter: Counter, how_many: int, *, zone: ZoneInfo, actor: Actor
) -> list[str]:
    """Fresh one-use codes for a counter. The audit log tells how many, never which: a code is a key."""
    codes = issue_receipt_codes(session, counter.id, how_many, actor.now.astimezone(zone).date())
    audit.record(
        session,
        action="receipts.issued",
        subject=f"counter:{counter.agency.code}/{counter.code}",
        actor=actor,
        after={"codes": len(codes)},
    )
    return codes
