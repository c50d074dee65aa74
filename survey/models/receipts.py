"""One-use codes printed on receipts: one voice per transaction, without identity."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, intpk
from survey.core.text import CODE_LENGTH
from survey.models.counters import Counter
from survey.models.publications import ApiClient
from survey.models.users import User


class ReceiptBatch(Base):
    """Codes that were issued to a counter for one week, by an evaluator, the one-stop software or the command line.

    Those who are judged print what was issued and issue nothing. A program's codes of a week are one batch, so that no
    time of it is that of one receipt.
    """

    __tablename__ = "receipt_batch"
    __table_args__ = (
        sa.CheckConstraint("codes >= 1", name="codes_positive"),
        sa.CheckConstraint("prints >= 0", name="prints_not_negative"),
    )

    id: Mapped[intpk]
    counter_id: Mapped[int] = mapped_column(sa.ForeignKey("counter.id"), index=True)
    #: the round whose transactions bound it; null for codes made before evaluators issued them
    round_id: Mapped[int | None] = mapped_column(sa.ForeignKey("round.id"))
    #: Monday of the week that it is for
    week_on: Mapped[date]
    codes: Mapped[int]
    issued_at: Mapped[datetime]
    #: null for a program and for the command line
    issued_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    client_id: Mapped[int | None] = mapped_column(sa.ForeignKey("api_client.id"))
    #: how often its slips were printed
    prints: Mapped[int] = mapped_column(default=0, server_default=sa.text("0"))
    #: when and by whom last
    printed_at: Mapped[datetime | None]
    printed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))

    counter: Mapped[Counter] = orm.relationship()
    issued_by: Mapped[User | None] = orm.relationship(foreign_keys=[issued_by_id])
    client: Mapped[ApiClient | None] = orm.relationship()
    printed_by: Mapped[User | None] = orm.relationship(foreign_keys=[printed_by_id])


class SlipPlan(Base):
    """Plan of a counter's receipts in a round: which share of transactions, drawn by chance, is given a code."""

    __tablename__ = "slip_plan"
    __table_args__ = (
        sa.CheckConstraint("every BETWEEN 1 AND 1000", name="every_range"),
        sa.CheckConstraint("tickets >= 1", name="tickets_positive"),
    )

    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"), primary_key=True)
    counter_id: Mapped[int] = mapped_column(sa.ForeignKey("counter.id"), primary_key=True)
    #: one in so many transactions; fixed for the round
    every: Mapped[int]
    #: transactions expected in a week
    tickets: Mapped[int]
    set_at: Mapped[datetime]
    set_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))

    counter: Mapped[Counter] = orm.relationship()


class SlipWeek(Base):
    """Seed by which the tickets of one week of a round are drawn, made before the week begins.

    Nobody is shown it before the week, nor anybody but the lists made of it before the week is over. Its SHA-256 is
    shown from the beginning, so that everyone can check afterwards that it was not changed.
    """

    __tablename__ = "slip_week"
    __table_args__ = (sa.CheckConstraint("length(seed) = 32", name="seed_length"),)

    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"), primary_key=True)
    #: its Monday
    week_on: Mapped[date] = mapped_column(primary_key=True)
    #: 128 random bits in hexadecimal
    seed: Mapped[str] = mapped_column(sa.String(32))
    drawn_at: Mapped[datetime]


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
    #: what it was issued with
    batch_id: Mapped[int | None] = mapped_column(sa.ForeignKey("receipt_batch.id"), index=True)
    #: local day on which it was made
    issued_on: Mapped[date]
    used: Mapped[bool] = mapped_column(default=False)

    counter: Mapped[Counter] = orm.relationship()
