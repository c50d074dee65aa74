"""Take the codes of a batch to be printed, and write down who did."""

from __future__ import annotations

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.models import ReceiptBatch
from survey.printing.queries.receipt_batches import codes_of


def print_receipt_codes(session: orm.Session, batch: ReceiptBatch, *, actor: Actor) -> list[str]:
    """The unused codes of a batch; the batch tells who took them last, the audit log each time."""
    codes = codes_of(session, batch.id)
    batch.prints, batch.printed_at, batch.printed_by_id = batch.prints + 1, actor.now, actor.user_id
    audit.record(
        session,
        action="receipts.printed",
        subject=f"receipt_batch:{batch.id}",
        actor=actor,
        after={"counter": f"{batch.counter.agency.code}/{batch.counter.code}", "codes": len(codes)},
    )
    return codes
