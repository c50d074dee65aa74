"""Issue one-use codes for receipts: evaluators, the one-stop software and the command line do, the judged do not."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.queries.users import is_judged
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import new_code
from survey.models import ApiClient, Counter, CounterCode, InterviewTablet, ReceiptBatch, ReceiptCode
from survey.printing.queries.receipt_batches import monday, week_limit

MAX_BATCH = 5000


def issue_receipt_codes(
    session: orm.Session,
    counter: Counter,
    how_many: int,
    *,
    zone: ZoneInfo,
    actor: Actor,
    week: date | None = None,
    client: ApiClient | None = None,
) -> tuple[ReceiptBatch, list[str]]:
    """Issue codes to a counter for a week (this one, or that of the day `week`); return their batch and them.

    `InputError` for those who are judged, for a number that is not 1 to 5000, for a week in which no round takes
    answers there, and beyond the week's limit (`receipt_batches.week_limit`). The audit log tells how many, never
    which: a code is a key.
    """
    if is_judged(session, actor.user_id):
        raise InputError("Only an evaluator or administrator issues codes for receipts")
    if not 1 <= how_many <= MAX_BATCH:
        raise InputError(
            "Between 1 and %(most)d codes can be made at a time, not %(asked)d.",
            field="how_many",
            most=MAX_BATCH,
            asked=how_many,
        )
    today = actor.now.astimezone(zone).date()
    limit = week_limit(session, counter, monday(week or today), lock=True)
    if how_many > limit.left:
        raise InputError(
            "At most %(most)d codes can be issued for the week of %(week)s, as transactions are; %(issued)d are.",
            field="how_many",
            most=limit.most,
            week=f"{limit.week_on:%d/%m/%Y}",
            issued=limit.issued,
        )
    batch = _batch(session, counter, limit.round_id, limit.week_on, actor, client)
    batch.codes = (batch.codes or 0) + how_many
    session.flush()
    codes = _draw(session, how_many)
    session.execute(
        sa.insert(ReceiptCode),
        [
            {"code": code, "counter_id": counter.id, "batch_id": batch.id, "issued_on": today, "used": False}
            for code in codes
        ],
    )
    audit.record(
        session,
        action="receipts.issued",
        subject=f"counter:{counter.agency.code}/{counter.code}",
        actor=actor,
        after={"codes": how_many, "batch_id": batch.id, "week": limit.week_on.isoformat()}
        | ({"program": client.name} if client else {}),
    )
    return batch, codes


def _batch(
    session: orm.Session, counter: Counter, round_id: int, week_on: date, actor: Actor, client: ApiClient | None
) -> ReceiptBatch:
    """A new batch; of a program the one that it has for this counter and week."""
    if client is not None:
        mine = (ReceiptBatch.counter_id == counter.id, ReceiptBatch.week_on == week_on)
        found = session.scalar(sa.select(ReceiptBatch).where(*mine, ReceiptBatch.client_id == client.id))
        if found is not None:
            return found
    batch = ReceiptBatch(
        counter_id=counter.id,
        round_id=round_id,
        week_on=week_on,
        codes=0,
        issued_at=actor.now,
        issued_by_id=actor.user_id,
        client_id=client.id if client else None,
    )
    session.add(batch)
    return batch


def _draw(session: orm.Session, how_many: int) -> list[str]:
    """Fresh codes in alphabetical order, so that their order tells nothing."""
    codes: set[str] = set()
    while len(codes) < how_many:
        drawn = {new_code() for _ in range(how_many - len(codes))}
        taken: set[str] = set()
        for table in (CounterCode, ReceiptCode, InterviewTablet):
            taken |= set(session.scalars(sa.select(table.code).where(table.code.in_(drawn))))
        codes |= drawn - taken
    return sorted(codes)
