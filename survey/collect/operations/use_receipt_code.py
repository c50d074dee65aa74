"""Use up a one-use code of a receipt."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import ReceiptCode


def use_receipt_code(session: orm.Session, code: str) -> bool:
    """Mark a code as used; False when it was used already. Two requests at the same instant cannot both get True."""
    used = session.execute(
        sa.update(ReceiptCode)
        .where(ReceiptCode.code == code, ReceiptCode.used.is_(False))
        .values(used=True)
        .returning(ReceiptCode.id)
    )
    return used.first() is not None
