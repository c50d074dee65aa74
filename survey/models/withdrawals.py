"""Evidence that was taken back: corrections, undone batches, withdrawn codes, with their reasons and decisions."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, choice, intpk
from survey.models.agencies import Agency
from survey.models.users import User

MAX_NOTE = 1000


class WithdrawalKind(enum.StrEnum):
    """What was taken back."""

    CORRECTION = "correction"  # a paper form keyed in otherwise
    UNDO = "undo"  # a file or a pile of paper forms
    CODE = "code"  # a counter's public code
    EXCLUSION = "exclusion"  # responses by a rule


class WithdrawalState(enum.StrEnum):
    """How far it has come."""

    WAITING = "waiting"  # for an evaluator, without effect
    DONE = "done"
    REFUSED = "refused"
    REVERSED = "reversed"


class WithdrawalReason(enum.StrEnum):
    """Why, of a list; the words of the person stand beside it."""

    SLIP = "slip"
    DIFFERED = "differed"  # set by the program alone
    WRONG_PLACE = "wrong_place"
    TWICE = "twice"
    NOT_CITIZENS = "not_citizens"
    POSTER = "poster"
    OTHER = "other"


class Withdrawal(Base):
    """Withdrawal of evidence: what a unit asks for has no effect until an evaluator agrees."""

    __tablename__ = "withdrawal"
    __table_args__ = (
        sa.CheckConstraint("counted >= 0", name="counted_not_negative"),
        sa.CheckConstraint("length(note) > 0", name="note_not_empty"),
        sa.Index("ix_withdrawal_round_id_state", "round_id", "state"),
    )

    id: Mapped[intpk]
    kind: Mapped[WithdrawalKind] = mapped_column(choice(WithdrawalKind, "kind"))
    state: Mapped[WithdrawalState] = mapped_column(choice(WithdrawalState, "state"))
    reason: Mapped[WithdrawalReason] = mapped_column(choice(WithdrawalReason, "reason"))
    #: the reason in the person's own words
    note: Mapped[str] = mapped_column(sa.String(MAX_NOTE))
    #: null for a counter's code: it belongs to no round
    round_id: Mapped[int | None] = mapped_column(sa.ForeignKey("round.id"))
    #: the agency that it is about; null where it is about several
    agency_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agency.id"))
    batch_id: Mapped[int | None] = mapped_column(sa.ForeignKey("import_batch.id"))
    counter_id: Mapped[int | None] = mapped_column(sa.ForeignKey("counter.id"))
    #: of a correction: the form's running number, the response that was stored before, and the one in its place
    form_number: Mapped[int | None]
    response_id: Mapped[int | None] = mapped_column(sa.ForeignKey("response.id"))
    replacement_id: Mapped[int | None] = mapped_column(sa.ForeignKey("response.id"))
    #: responses that counted and do not because of it, or would not
    counted: Mapped[int]
    #: of a code whether a new one takes its place; of an exclusion its rule and what it was previewed to do
    facts: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    at: Mapped[datetime]
    #: null for the command line
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    #: null while it waits, and where it took effect at once
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    #: while one person asks to count again what a rule left out and a second has not agreed: when, who and why
    reversal_at: Mapped[datetime | None]
    reversal_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    reversal_note: Mapped[str | None] = mapped_column(sa.String(MAX_NOTE))
    #: why it was refused or reversed
    answer: Mapped[str | None] = mapped_column(sa.String(MAX_NOTE))

    agency: Mapped[Agency | None] = orm.relationship()
    by: Mapped[User | None] = orm.relationship(foreign_keys=[by_id])
    decided_by: Mapped[User | None] = orm.relationship(foreign_keys=[decided_by_id])
    reversal_by: Mapped[User | None] = orm.relationship(foreign_keys=[reversal_by_id])

    @property
    def is_waiting(self) -> bool:
        """Whether a person has to decide: on it, or on counting again what it left out."""
        return self.state is WithdrawalState.WAITING or self.reversal_at is not None
