"""Responses as if nothing had been taken back: what evaluators compare with what counts."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Response, Round, Withdrawal, WithdrawalKind, WithdrawalState
from survey.structure.queries.exclusion_rule import EXCLUDED, ExclusionRule, matches

UNDONE = "import_undone"
"""`Response.excluded` of files and piles that were taken back."""


def withdrawn_stamp(session: orm.Session, round_id: int) -> tuple[int, int]:
    """How many withdrawals of a round took something back that counted, and the sum of their numbers."""
    count, total = session.execute(
        sa.select(sa.func.count(), sa.func.sum(Withdrawal.id)).where(*_in_force(round_id))
    ).one()
    return int(count), int(total or 0)


def as_if_nothing_withdrawn(round_id: int) -> sa.ColumnElement[bool]:
    """The condition of a round's responses that would count had nothing been taken back.

    Of a form that was corrected, the answers of before instead of those that count; files and piles that were taken
    back after they counted; responses left out by a rule.
    """
    corrections = (*_in_force(round_id), Withdrawal.kind == WithdrawalKind.CORRECTION)
    replaced = sa.select(Withdrawal.response_id).where(*corrections)
    replacements = sa.select(Withdrawal.replacement_id).where(*corrections)
    undone = sa.select(Withdrawal.batch_id).where(*_in_force(round_id), Withdrawal.kind == WithdrawalKind.UNDO)
    counted = sa.or_(
        Response.excluded.is_(None),
        Response.id.in_(replaced),
        sa.and_(Response.excluded == UNDONE, Response.batch_id.in_(undone)),
        Response.excluded.startswith(EXCLUDED),
    )
    return sa.and_(counted, Response.id.not_in(replacements.where(Withdrawal.replacement_id.is_not(None))))


def counted_without(session: orm.Session, round_: Round, rule: ExclusionRule) -> sa.ColumnElement[bool]:
    """The condition of a round's responses that count and that a rule does not mean."""
    meant = sa.func.coalesce(matches(session, round_, rule), sa.false())  # of no counter, of no batch: not meant
    return sa.and_(Response.excluded.is_(None), sa.not_(meant))


def _in_force(round_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (Withdrawal.round_id == round_id, Withdrawal.state == WithdrawalState.DONE, Withdrawal.counted > 0)
