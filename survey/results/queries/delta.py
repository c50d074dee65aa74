"""The responses of a round that came after others were read, one by one; and what tells that nothing else changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, EntryBatch, Response, Service
from survey.results.queries.responses import key_column
from survey.structure.queries.counted import PRIME

Stamp = tuple[int, ...]
"""See `survey.structure.queries.counted.live_stamp`: rows, newest id, excluded rows, sum of their ids, of squares."""


@dataclass(frozen=True, eq=False)
class Delta:
    """Counted responses that came since."""

    #: the packed answers
    answers: list[str]
    #: (responses, keys) text
    keys: pd.DataFrame
    #: how each came, by the value of `survey.models.Channel`
    channels: list[str]


def read_delta(
    session: orm.Session, round_id: int, before: Stamp, now: Stamp, by: Sequence[str] = ("agency", "service")
) -> Delta | None:
    """The counted responses that a round has `now` and had not `before`; both are its stamps.

    None where more happened than that responses came: one was excluded, deleted, or written with a smaller number than
    one read already (transactions end in another order than they begin).
    """
    rows = session.execute(
        sa.select(Response.id, Response.excluded, sa.cast(Response.channel, sa.String), Response.answers)
        .add_columns(*(key_column(session, name).label(f"key_{k}") for k, name in enumerate(by)))
        .select_from(Response)
        .join(Agency, Agency.id == Response.deciding_agency_id)
        .outerjoin(Service, Service.id == Response.service_id)
        .outerjoin(EntryBatch, EntryBatch.batch_id == Response.batch_id)
        # A sum, so that SQLite goes by the number alone instead of reading the whole round by its index.
        .where(Response.id > before[1], Response.round_id + 0 == round_id)
    ).all()
    out = [row.id for row in rows if row.excluded is not None]
    newest = max((row.id for row in rows), default=before[1])
    mixed = sum((number % PRIME) ** 2 for number in out)
    if now != (before[0] + len(rows), newest, before[2] + len(out), before[3] + sum(out), before[4] + mixed):
        return None
    counted = [tuple(row) for row in rows if row.excluded is None]
    keys = pd.DataFrame([row[4:] for row in counted], columns=list(by), dtype=object)
    return Delta([row[3] for row in counted], keys, [row[2] for row in counted])
