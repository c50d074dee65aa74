"""Make the one-use codes of a sheet of receipt slips, and write down who did."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.models import Counter
from survey.printing.operations.issue_receipt_codes import issue_receipt_codes


def issue_receipt_sheet(
    session: orm.Session, counter: Counter, how_many: int, *, zone: ZoneInfo, now: datetime, user_id: int | None = None
) -> list[str]:
    """Return fresh one-use codes for a counter. The audit log tells how many, never which: a code is a key."""
    codes = issue_receipt_codes(session, counter.id, how_many, now.astimezone(zone).date())
    audit.record(
        session,
        action="receipts.issued",
        subject=f"counter:{counter.agency.code}/{counter.code}",
        now=now,
        user_id=user_id,
        after={"codes": len(codes)},
    )
    return codes
