"""One-use codes of receipts of a whole round: what was issued, and what brought a response."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import ReceiptBatch, ReceiptCode


def receipts_answered(session: orm.Session, round_id: int) -> tuple[int, int]:
    """How many codes were issued for the weeks of a round, and how many of these were used."""
    query = (
        sa.select(sa.func.count(ReceiptCode.id), sa.func.count(sa.case((ReceiptCode.used.is_(True), ReceiptCode.id))))
        .join(ReceiptBatch, ReceiptBatch.id == ReceiptCode.batch_id)
        .where(ReceiptBatch.round_id == round_id)
    )
    issued, used = session.execute(query).one()
    return int(issued), int(used)
