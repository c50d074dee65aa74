"""One-use codes printed on receipts: one voice per transaction, without identity."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, intpk
from survey.core.text import CODE_LENGTH
from survey.models.counters import Counter


class ReceiptCode(Base):
    """One-time code of a receipt: it takes one response.

    A receipt has its holder's name on it, so nothing here leads to the response: no key and no time of use, only
    that it was used.
    """

    __tablename__ = "receipt_code"
    __table_args__ = (
        sa.CheckConstraint(f"length(code) = {CODE_LENGTH}", name="code_length"),
        sa.CheckConstraint("code = upper(code)", name="code_uppercase"),
    )

    id: Mapped[intpk]
    #: drawn by `survey.core.text.new_code`; never also a counter's code
    code: Mapped[str] = mapped_column(sa.String(CODE_LENGTH), unique=True)
    counter_id: Mapped[int] = mapped_column(sa.ForeignKey("counter.id"), index=True)
    #: local day on which it was made
    issued_on: Mapped[date]
    used: Mapped[bool] = mapped_column(default=False)

    counter: Mapped[Counter] = orm.relationship()
