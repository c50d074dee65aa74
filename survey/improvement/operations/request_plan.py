"""The province asks agencies for a plan about their results of a round."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean, clean_block
from survey.models import Agency, PlanRequest, Round

MOST_DOCUMENT = 100
MOST_TEXT = 1000


def request_plan(
    session: orm.Session,
    *,
    round_: Round,
    agencies: Sequence[Agency],
    due_on: date,
    document: str,
    text: str,
    today: date,
    actor: Actor,
) -> list[PlanRequest]:
    """Ask each of the agencies for a plan by a day, under a document's number; `InputError` for what is missing."""
    document, text = clean(document), clean_block(text)
    if not agencies:
        raise InputError("Choose at least one agency", field="agencies")
    if not document:
        raise InputError("Write the number of the document, for example 123/UBND-KSTTHC", field="document")
    if len(document) > MOST_DOCUMENT or len(text) > MOST_TEXT:
        raise InputError("The text is too long", field="document" if len(document) > MOST_DOCUMENT else "text")
    if due_on < today:
        raise InputError("The due day is past; choose one from %(day)s on", field="due_on", day=f"{today:%d/%m/%Y}")
    requests = [
        PlanRequest(
            round_id=round_.id,
            agency_id=agency.id,
            due_on=due_on,
            document=document,
            text=text,
            created_at=actor.now,
            created_by_id=actor.user_id,
        )
        for agency in agencies
    ]
    session.add_all(requests)
    session.flush()
    for request, agency in zip(requests, agencies, strict=True):
        audit.record(
            session,
            action="plan.requested",
            subject=f"agency:{agency.code}",
            actor=actor,
            after={"round": round_.code, "due_on": due_on.isoformat(), "document": request.document},
        )
    return requests
