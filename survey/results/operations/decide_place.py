"""A person's decision on a place that was looked at again, with its reason; it excludes nothing by itself."""

from __future__ import annotations

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean_block
from survey.models import Agency, PlaceDecision, PlaceOutcome, Round

MOST = 1000


def decide_place(
    session: orm.Session, round_: Round, agency: Agency, outcome: PlaceOutcome, reason: str, *, actor: Actor
) -> PlaceDecision:
    """Add a decision on an agency in a round, which holds from then on. `InputError` without a reason."""
    text = clean_block(reason)
    if not text:
        raise InputError("Say why, for whoever reads this later", field="reason")
    if len(text) > MOST:
        raise InputError(
            "The text has %(length)s characters; at most %(most)s fit", field="reason", length=len(text), most=MOST
        )
    if actor.user_id is None:
        raise InputError("Only a person who is signed in can decide this")
    decision = PlaceDecision(
        round_id=round_.id,
        agency_id=agency.id,
        user_id=actor.user_id,
        decided_at=actor.now,
        outcome=outcome,
        reason=text,
    )
    session.add(decision)
    audit.record(
        session,
        action="place.decided",
        subject=subject(round_.code, agency.code),
        actor=actor,
        after={"outcome": outcome.value, "reason": text},
    )
    return decision


def subject(round_code: str, agency_code: str) -> str:
    """The subject of a place's audit events."""
    return f"place:{round_code}/{agency_code}"
