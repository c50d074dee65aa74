"""Reading what a unit asked to take back, for those who asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import SettledOut, Withdrawal, WithdrawalKind, WithdrawalState
from survey.structure.queries.counted import held
from survey.structure.queries.exclusion_rule import EXCLUDED


def withdrawals_of_batch(session: orm.Session, batch_id: int) -> Sequence[Withdrawal]:
    """What was asked about a file or pile, the newest first."""
    query = sa.select(Withdrawal).where(Withdrawal.batch_id == batch_id).order_by(Withdrawal.id.desc())
    return session.scalars(query).all()


def exclusions_in_force(session: orm.Session, round_id: int) -> list[dict[str, Any]]:
    """The rules by which responses of a round are left out, with reason and number, for an edition to keep.

    Those alone that count for who reads by this session: an edition may leave a rule's effect to a later one.
    """
    settled = None
    if held(session, round_id):
        settled = set(session.scalars(sa.select(SettledOut.reason).where(SettledOut.round_id == round_id).distinct()))
    query = (
        sa.select(Withdrawal)
        .where(
            Withdrawal.round_id == round_id,
            Withdrawal.kind == WithdrawalKind.EXCLUSION,
            Withdrawal.state == WithdrawalState.DONE,
        )
        .order_by(Withdrawal.id)
    )
    return [
        {
            "rule": (row.facts or {})["rule"],
            "reason": row.reason.value,
            "note": row.note,
            "responses": row.counted,
        }
        for row in session.scalars(query)
        if settled is None or f"{EXCLUDED}{row.id}" in settled
    ]


def withdrawals_of_counter(session: orm.Session, counter_id: int) -> Sequence[Withdrawal]:
    """What was asked about a counter's codes, the newest first."""
    query = sa.select(Withdrawal).where(Withdrawal.counter_id == counter_id).order_by(Withdrawal.id.desc())
    return session.scalars(query).all()
