"""Make one-use codes for receipts."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.errors import InputError
from survey.core.text import new_code
from survey.models import CounterCode, ReceiptCode

MAX_BATCH = 5000


def issue_receipt_codes(session: orm.Session, counter_id: int, how_many: int, today: date) -> list[str]:
    """Fresh one-use codes for a counter's receipts, stored; InputError unless `how_many` is 1 to 5000."""
    if not 1 <= how_many <= MAX_BATCH:
        raise InputError(
            "Between 1 and %(most)d codes can be made at a time, not %(asked)d.", most=MAX_BATCH, asked=how_many
        )
    codes: set[str] = set()
    while len(codes) < how_many:
        drawn = {new_code() for _ in range(how_many - len(codes))}
        taken: set[str] = set()
        for table in (CounterCode, ReceiptCode):
            taken |= set(session.scalars(sa.select(table.code).where(table.code.in_(drawn))))
        codes |= drawn - taken
    rows = [{"code": code, "counter_id": counter_id, "issued_on": today, "used": False} for code in sorted(codes)]
    session.execute(sa.insert(ReceiptCode), rows)
    return sorted(codes)
