"""The enumerator block: every k-th person who leaves a counter is asked by an interviewer, on a tablet or on paper."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, intpk
from survey.core.text import CODE_LENGTH
from survey.models.counters import Counter
from survey.models.users import User


class InterviewPlan(Base):
    """Plan of a counter's interviews in a round: every how many people who leave one is asked.

    Who is asked first on a day is drawn by the seed of its week (`survey.models.receipts.SlipWeek`).
    """

    __tablename__ = "interview_plan"
    __table_args__ = (sa.CheckConstraint("every BETWEEN 1 AND 30", name="every_range"),)

    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"), primary_key=True)
    counter_id: Mapped[int] = mapped_column(sa.ForeignKey("counter.id"), primary_key=True)
    #: k: one in so many people who leave; fixed once the round takes answers
    every: Mapped[int]
    set_at: Mapped[datetime]
    set_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))

    counter: Mapped[Counter] = orm.relationship()


class InterviewTablet(Base):
    """Tablet of an interviewer: an address that takes answers on the one device that an evaluator prepared.

    The device carries a cookie; its hash is kept here. The address alone, on any other device, takes nothing.
    """

    __tablename__ = "interview_tablet"
    __table_args__ = (
        sa.CheckConstraint(f"length(code) = {CODE_LENGTH}", name="code_length"),
        sa.CheckConstraint("code = upper(code)", name="code_uppercase"),
        sa.CheckConstraint("length(token_hash) = 64", name="token_hash_length"),
        sa.CheckConstraint("revoked_at IS NULL OR revoked_at >= begun_at", name="revoked_after_begun"),
    )

    id: Mapped[intpk]
    #: drawn by `survey.core.text.new_code`; never also a counter's or a receipt's code
    code: Mapped[str] = mapped_column(sa.String(CODE_LENGTH), unique=True)
    #: SHA-256 of what the device's cookie holds
    token_hash: Mapped[str] = mapped_column(sa.String(64))
    #: the round whose answers it takes
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"), index=True)
    counter_id: Mapped[int] = mapped_column(sa.ForeignKey("counter.id"), index=True)
    begun_at: Mapped[datetime]
    begun_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    revoked_at: Mapped[datetime | None]

    counter: Mapped[Counter] = orm.relationship()
    begun_by: Mapped[User | None] = orm.relationship()
