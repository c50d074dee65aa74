"""The counters at which a random share of transactions is given a receipt code in a round."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import SlipPlan


def sampled_counters(session: orm.Session, round_id: int) -> frozenset[int]:
    """Numbers of the counters that have a plan in a round."""
    return frozenset(session.scalars(sa.select(SlipPlan.counter_id).where(SlipPlan.round_id == round_id)))
