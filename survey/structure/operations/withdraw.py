"""Withdrawals of evidence: each with its reason; what a unit asks for waits for an evaluator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean
from survey.models import Withdrawal, WithdrawalKind, WithdrawalReason, WithdrawalState
from survey.models.withdrawals import MAX_NOTE


@dataclass(frozen=True)
class Why:
    """The reason of a withdrawal: one of the list, and the person's own words."""

    reason: WithdrawalReason
    note: str

    def checked(self) -> Why:
        """The reason as it is stored; `InputError` without words of one's own."""
        note = clean(self.note)[:MAX_NOTE]
        if not note:
            raise InputError("Say in your own words why it is taken back", field="note")
        return Why(self.reason, note)


def record_withdrawal(
    session: orm.Session, kind: WithdrawalKind, why: Why, *, waits: bool, counted: int, actor: Actor, **about: Any
) -> Withdrawal:
    """Write a withdrawal down with what it is `about` (columns of `Withdrawal`); `waits`: it has no effect yet."""
    why = why.checked()
    row = Withdrawal(
        kind=kind,
        state=WithdrawalState.WAITING if waits else WithdrawalState.DONE,
        reason=why.reason,
        note=why.note,
        counted=counted,
        at=actor.now,
        by_id=actor.user_id,
        **about,
    )
    session.add(row)
    session.flush()
    facts = {"kind": kind.value, "reason": why.reason.value, "note": why.note, "responses": counted}
    facts |= {name: value for name, value in about.items() if name in {"batch_id", "form_number"} and value}
    audit.record(
        session,
        action="withdrawal.asked" if waits else "withdrawal.made",
        subject=f"withdrawal:{row.id}",
        actor=actor,
        after=facts,
    )
    return row


def end_withdrawal(
    session: orm.Session, row: Withdrawal, state: WithdrawalState, action: str, *, actor: Actor, answer: str = ""
) -> None:
    """Write an evaluator's decision down."""
    before = row.state
    row.state, row.answer = state, clean(answer)[:MAX_NOTE] or row.answer
    row.decided_at, row.decided_by_id = actor.now, actor.user_id
    after = {"state": state.value, **({"reason": row.answer} if row.answer else {})}
    audit.record(
        session,
        action=action,
        subject=f"withdrawal:{row.id}",
        actor=actor,
        before={"state": before.value},
        after=after,
    )
    session.flush()
