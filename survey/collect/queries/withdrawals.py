"""Reading what was taken back of the evidence, for the evaluators' queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import (
    Agency,
    AnswerSlot,
    Counter,
    ImportBatch,
    Response,
    Round,
    SlotKind,
    Withdrawal,
    WithdrawalKind,
    WithdrawalState,
)

_WAITS = sa.or_(Withdrawal.state == WithdrawalState.WAITING, Withdrawal.reversal_at.is_not(None))
"""What `Withdrawal.is_waiting` says, as a condition."""


@dataclass(frozen=True)
class WithdrawalRow:
    """A withdrawal with what it is about."""

    row: Withdrawal
    round: Round | None
    batch: ImportBatch | None
    counter: Counter | None


def withdrawals(session: orm.Session, agency: str = "", limit: int = 100) -> list[WithdrawalRow]:
    """The newest withdrawals, those that wait first; about one agency or about all."""
    query = _withdrawals().order_by(sa.not_(_WAITS), Withdrawal.id.desc()).limit(limit)
    if agency:
        query = query.where(Withdrawal.agency_id.in_(sa.select(Agency.id).where(Agency.code == agency)))
    return [WithdrawalRow(*row) for row in session.execute(query)]


def withdrawal(session: orm.Session, number: int) -> WithdrawalRow | None:
    """One withdrawal."""
    row = session.execute(_withdrawals().where(Withdrawal.id == number)).first()
    return WithdrawalRow(*row) if row else None


def waiting_withdrawals(session: orm.Session, round_id: int) -> int:
    """How many withdrawals of a round, or reversals of them, wait for an evaluator."""
    query = sa.select(sa.func.count()).select_from(Withdrawal).where(Withdrawal.round_id == round_id)
    return session.scalar(query.where(_WAITS)) or 0


def withdrawing_agencies(session: orm.Session) -> Sequence[Agency]:
    """The agencies that some withdrawal is about, by name."""
    about = sa.select(Withdrawal.agency_id).where(Withdrawal.agency_id.is_not(None)).distinct()
    return session.scalars(sa.select(Agency).where(Agency.id.in_(about)).order_by(Agency.name)).all()


@dataclass(frozen=True)
class SatisfiedShare:
    """Satisfied answers among those given to satisfaction items."""

    satisfied: int
    given: int


def correction_shares(session: orm.Session, of: WithdrawalRow) -> tuple[SatisfiedShare, SatisfiedShare] | None:
    """What a form said before and what it says by its correction; None of anything else, or once deleted."""
    row = of.row
    if row.kind is not WithdrawalKind.CORRECTION or row.response_id is None or of.round is None:
        return None
    items = session.scalar(
        sa.select(sa.func.count())
        .select_from(AnswerSlot)
        .where(AnswerSlot.version_id == of.round.version_id, AnswerSlot.kind == SlotKind.SATISFACTION)
    )
    before, after = (
        session.scalars(sa.select(Response.answers).where(Response.id == number)).one()[: items or 0]
        for number in (row.response_id, row.replacement_id)
    )
    return _share(before), _share(after)


def _share(answers: str) -> SatisfiedShare:
    return SatisfiedShare(sum(c in "45" for c in answers), sum(c in "12345" for c in answers))


def _withdrawals() -> sa.Select[Withdrawal, Round, ImportBatch, Counter]:
    return (
        sa.select(Withdrawal, Round, ImportBatch, Counter)
        .outerjoin(Round, Round.id == Withdrawal.round_id)
        .outerjoin(ImportBatch, ImportBatch.id == Withdrawal.batch_id)
        .outerjoin(Counter, Counter.id == Withdrawal.counter_id)
    )
