"""Store a citizen's form, and use up the one-use code it was opened by: both or neither."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import orm

from survey.collect.operations.record_response import Outcome, Submission, record_response
from survey.collect.operations.use_receipt_code import use_receipt_code


class ReceiptUsedError(Exception):
    """The receipt's code was used by another form meanwhile; whatever was written is to be rolled back."""


def store_form(session: orm.Session, submission: Submission, receipt: str | None, now: datetime) -> Outcome:
    """Store a form under its idempotency key; `ReceiptUsedError` when its one-use code is spent."""
    outcome = record_response(session, submission, now)
    if receipt and outcome is Outcome.ACCEPTED and not use_receipt_code(session, receipt):
        raise ReceiptUsedError
    session.flush()
    return outcome
