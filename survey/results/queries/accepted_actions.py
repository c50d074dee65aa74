"""Accepted actions by what they are about: what others can be shown of how a weakness was overcome."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Action, Agency, Round, RoundState


@dataclass(frozen=True)
class AcceptedAction:
    """An action that was accepted."""

    agency: str
    element: str | None
    item: str | None
    what: str
    round_code: str


def accepted_actions(
    session: orm.Session, agencies: Collection[str], *, published_only: bool
) -> tuple[AcceptedAction, ...]:
    """The accepted actions of some agencies, the newest first; `published_only`: those that stand on public pages."""
    query = (
        sa.select(Agency.code, Action.element, Action.item, Action.what, Round.code)
        .join(Agency, Agency.id == Action.agency_id)
        .join(Round, Round.id == Action.round_id)
        .where(Action.accepted_at.is_not(None), Agency.code.in_(agencies))
        .order_by(Action.accepted_at.desc(), Action.id.desc())
    )
    if published_only:
        query = query.where(Round.state == RoundState.PUBLISHED)
    return tuple(AcceptedAction(*row) for row in session.execute(query))
