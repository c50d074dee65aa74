"""Codes for receipts, as an evaluator has issued them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.actor import Actor
from survey.models import Counter, Population, Round, Service
from survey.printing.operations.issue_receipt_codes import issue_receipt_codes

ENOUGH = 10_000_000
"""Transactions of a round of eighty years: 3 592 codes a week."""


def issued(session: orm.Session, counter_id: int, how_many: int, now: datetime) -> list[str]:
    """Issue codes to a counter; where its agencies have no N they get enough of one."""
    counter = give_transactions(session, counter_id)
    return issue_receipt_codes(session, counter, how_many, zone=ZoneInfo("Asia/Ho_Chi_Minh"), actor=Actor(now))[1]


def give_transactions(session: orm.Session, counter_id: int) -> Counter:
    """Give the agencies of a counter N in every round, where they have none; return the counter."""
    counter = session.get_one(Counter, counter_id)
    service, rounds = session.scalars(sa.select(Service.id)).first(), session.scalars(sa.select(Round)).all()
    for round_ in rounds:
        for agency_id in {agency.id for agency in counter.deciding_agencies} or {counter.agency_id}:
            if session.get(Population, (round_.id, agency_id, service)) is None:
                session.add(
                    Population(round_id=round_.id, agency_id=agency_id, service_id=service, transactions=ENOUGH)
                )
    session.flush()
    return counter
