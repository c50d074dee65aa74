"""Decisions on places that were looked at again, by agency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, PlaceDecision, PlaceOutcome, User


@dataclass(frozen=True)
class ShownDecision:
    """A decision, and who made it."""

    outcome: PlaceOutcome
    reason: str
    decided_at: datetime
    who: str


def decisions(session: orm.Session, round_id: int) -> dict[str, list[ShownDecision]]:
    """The decisions of a round by the codes of agencies, the newest first."""
    rows = session.execute(
        sa.select(Agency.code, PlaceDecision, sa.func.coalesce(sa.func.nullif(User.display_name, ""), User.username))
        .join(Agency, Agency.id == PlaceDecision.agency_id)
        .join(User, User.id == PlaceDecision.user_id)
        .where(PlaceDecision.round_id == round_id)
        .order_by(PlaceDecision.id.desc())
    )
    result: dict[str, list[ShownDecision]] = {}
    for code, decision, who in rows:
        shown = ShownDecision(decision.outcome, decision.reason, decision.decided_at, who)
        result.setdefault(code, []).append(shown)
    return result
