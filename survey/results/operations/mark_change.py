"""Marks of known changes: from their day on, control charts of the agency have limits of their own."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean
from survey.models import Agency, KnownChange


def mark_change(session: orm.Session, agency: Agency, on_day: date, reason: str, *, actor: Actor) -> KnownChange:
    """Mark that something changed at an agency on a day; `InputError` for a day that is marked, or no reason."""
    said = clean(reason)[:300]
    if not said:
        raise InputError("Write what changed", field="reason")
    if actor.user_id is None:
        raise InputError("A change is marked by somebody who is signed in")
    of_day = sa.select(KnownChange.id).where(KnownChange.agency_id == agency.id, KnownChange.on_day == on_day)
    if session.scalar(of_day) is not None:
        raise InputError("A change is marked on this day already", field="on_day")
    made = KnownChange(
        agency_id=agency.id, on_day=on_day, reason=said, created_at=actor.now, created_by_id=actor.user_id
    )
    session.add(made)
    session.flush()
    facts = {"on_day": on_day.isoformat(), "reason": said}
    audit.record(session, action="change.marked", subject=f"agency:{agency.code}", actor=actor, after=facts)
    return made


def unmark_change(session: orm.Session, agency: Agency, change: KnownChange, *, actor: Actor) -> None:
    """Take a mark away."""
    facts = {"on_day": change.on_day.isoformat(), "reason": change.reason}
    session.delete(change)
    audit.record(session, action="change.unmarked", subject=f"agency:{agency.code}", actor=actor, before=facts)
