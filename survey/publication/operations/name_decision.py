"""Naming the decision of the administration that approves and publishes an edition."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlsplit

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean
from survey.models import Publication, PublicationState

LONGEST_NUMBER, LONGEST_LINK = 100, 300


def name_decision(
    session: orm.Session,
    publication: Publication,
    *,
    number: str,
    on: date | None,
    link: str,
    today: date,
    actor: Actor,
) -> None:
    """Let an edition name its decision, or (with nothing) none; what was frozen stays as it is.

    `InputError` for an edition that was withdrawn, a decision without number or day, a day to come, and an address
    that is no page of the web.
    """
    number, link = clean(number)[:LONGEST_NUMBER], clean(link)[:LONGEST_LINK]
    if publication.state is PublicationState.WITHDRAWN:
        raise InputError("This edition was withdrawn")
    if (on or link) and not number:
        raise InputError("Write the number of the decision, for example 123/QĐ-UBND", field="number")
    if number and on is None:
        raise InputError("Write the day of the decision", field="on")
    if on is not None and on > today:
        raise InputError("The day of the decision is still to come", field="on")
    parts = urlsplit(link)
    if link and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise InputError("The address of the decision begins with https://", field="link")
    before = facts_of(publication)
    publication.decision_number, publication.decision_on, publication.decision_link = number or None, on, link or None
    audit.record(
        session,
        action="publication.decision_named",
        subject=f"round:{publication.round.code}",
        actor=actor,
        before=before,
        after=facts_of(publication),
    )


def facts_of(publication: Publication) -> dict[str, str | None]:
    """What an edition says of its decision."""
    on = publication.decision_on
    return {
        "number": publication.decision_number,
        "day": on.isoformat() if on else None,
        "link": publication.decision_link,
    }
