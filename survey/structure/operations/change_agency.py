"""Add an agency, correct what is known of it, end it. Nothing of its past is lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean, is_name_in_addresses
from survey.models import Agency, AgencyKind, AgencyLevel, AgencySuccessor
from survey.structure.operations.dated_change import DatedChange, record_change
from survey.structure.queries.structure import find_agency

CODE_LIMIT = 64
NAME_LIMIT = 200


@dataclass(frozen=True)
class AgencyFacts:
    """What a person says of an agency; `parent` is a code, empty for the province."""

    name: str
    kind: AgencyKind
    level: AgencyLevel
    parent: str = ""
    name_en: str = ""
    valid_from: date | None = None


def add_agency(session: orm.Session, code: str, facts: AgencyFacts, *, actor: Actor) -> Agency:
    """Add an agency; `InputError` for a code or a sibling's name that is taken, odd letters, no such parent."""
    code = check_code(code)
    if find_agency(session, code) is not None:
        raise InputError("There is an agency with the code %(code)s already", field="code", code=code)
    parent = _parent(session, facts.parent)
    name = check_name(facts.name)
    refuse_twin(session, name, parent.id if parent else None)
    agency = Agency(
        code=code,
        name=name,
        name_en=english_name(facts.name_en),
        kind=facts.kind,
        level=facts.level,
        parent_id=parent.id if parent else None,
        valid_from=facts.valid_from or date(actor.now.year, 1, 1),
    )
    session.add(agency)
    session.flush()
    audit.record(
        session,
        action="agency.created",
        subject=subject(agency),
        actor=actor,
        after=audit_facts(session, agency),
    )
    return agency


def edit_agency(session: orm.Session, agency: Agency, facts: AgencyFacts, *, actor: Actor) -> bool:
    """Update an agency by corrections, its name's spelling included; return whether anything changed.

    A correction holds for all times; for a new name from a day on see `rename`. Errors as `add_agency`, and for a
    parent that stands below the agency itself.
    """
    before = audit_facts(session, agency)
    parent = _parent(session, facts.parent)
    _refuse_circle(session, agency, parent)
    name = check_name(facts.name)
    parent_id = parent.id if parent else None
    if agency.valid_to is None and (name.casefold(), parent_id) != (agency.name.casefold(), agency.parent_id):
        refuse_twin(session, name, parent_id, but=agency)
    valid_from = facts.valid_from or agency.valid_from
    if agency.valid_to is not None and valid_from >= agency.valid_to:
        raise InputError(
            "An agency cannot end (%(last)s) before it begins", field="valid_from", last=f"{agency.valid_to:%d/%m/%Y}"
        )
    agency.name, agency.name_en, agency.parent_id = name, english_name(facts.name_en), parent_id
    agency.kind, agency.level, agency.valid_from = facts.kind, facts.level, valid_from
    session.flush()
    after = audit_facts(session, agency)
    if after == before:
        return False
    audit.record(session, action="agency.edited", subject=subject(agency), actor=actor, before=before, after=after)
    return True


def end_agency(session: orm.Session, agency: Agency, change: DatedChange) -> None:
    """End an agency that nobody takes over from. `InputError` when it ended before, or others stand below it."""
    check_can_end(agency, change.since)
    below = session.scalars(
        sa.select(Agency.name).where(Agency.parent_id == agency.id, Agency.valid_to.is_(None)).order_by(Agency.code)
    ).all()
    if below:
        raise InputError(
            "%(count)d agencies stand below it, among them %(name)s; move or end them first",
            count=len(below),
            name=below[0],
        )
    agency.valid_to = change.since
    record_change(
        session,
        change,
        "agency.ended",
        subject(agency),
        before={"valid_to": None},
        after={"valid_to": str(change.since)},
    )


def cancel_end(session: orm.Session, agency: Agency, change: DatedChange) -> None:
    """Take back an end, a merger or a split that is still to come. `InputError` once its day has come.

    Nothing followed before the day, so nothing has to come back; an agency made to take over stays until it is ended.
    """
    if agency.valid_to is None or agency.valid_to <= change.today:
        raise InputError("Only an end that is still to come can be taken back")
    before = {"valid_to": str(agency.valid_to)}
    agency.valid_to, agency.successor_id = None, None
    session.execute(sa.delete(AgencySuccessor).where(AgencySuccessor.agency_id == agency.id))
    session.flush()
    record_change(session, change, "agency.end_cancelled", subject(agency), before=before, after={"valid_to": None})


def check_can_end(agency: Agency, first_day_without: date) -> None:
    """Validate an end: raise `InputError` unless the agency exists until that day."""
    if agency.valid_to is not None:
        raise InputError("%(name)s ended already on %(day)s", name=agency.name, day=f"{agency.valid_to:%d/%m/%Y}")
    if first_day_without <= agency.valid_from:
        raise InputError(
            "%(name)s begins on %(day)s and cannot end before it",
            field="since",
            name=agency.name,
            day=f"{agency.valid_from:%d/%m/%Y}",
        )


def check_code(typed: str, limit: int = CODE_LIMIT) -> str:
    """Validate a code: return it, or raise `InputError` unless it has letters, digits, dots and hyphens only."""
    code = clean(typed)
    if len(code) > limit or not is_name_in_addresses(code):
        raise InputError(
            "A code has letters without marks, digits, dots and hyphens, at most %(limit)d of them, not %(code)r",
            field="code",
            code=typed[:limit],
            limit=limit,
        )
    return code


def check_name(typed: str) -> str:
    """Validate a name: return it as it is stored, or raise `InputError` for an empty or overlong one."""
    name = clean(typed)
    if not name:
        raise InputError("The name is missing", field="name")
    if len(name) > NAME_LIMIT:
        raise InputError("The name is longer than %(limit)d characters", field="name", limit=NAME_LIMIT)
    return name


def refuse_twin(session: orm.Session, name: str, parent_id: int | None, but: Agency | None = None) -> None:
    """Uniqueness check: raise `InputError` when an agency under the same parent has that name, case ignored."""
    above = Agency.parent_id.is_(None) if parent_id is None else Agency.parent_id == parent_id
    for twin in session.scalars(sa.select(Agency).where(above, Agency.valid_to.is_(None))):
        if twin is not but and twin.name.casefold() == name.casefold():
            raise InputError(
                "%(code)s is called %(name)s already under the same agency", field="name", code=twin.code, name=name
            )


def audit_facts(session: orm.Session, agency: Agency) -> dict[str, Any]:
    """The facts of an agency for an audit event."""
    parent = session.get(Agency, agency.parent_id) if agency.parent_id else None
    return {
        "name": agency.name,
        "name_en": agency.name_en,
        "kind": agency.kind.value,
        "level": agency.level.value,
        "parent": parent.code if parent else None,
        "valid_from": str(agency.valid_from),
    }


def subject(agency: Agency) -> str:
    """The subject of an agency's audit events."""
    return f"agency:{agency.code}"


def english_name(typed: str) -> str | None:
    """Normalize an English name; None for an empty one."""
    return clean(typed)[:NAME_LIMIT] or None


def _parent(session: orm.Session, code: str) -> Agency | None:
    if not clean(code):
        return None
    parent = find_agency(session, clean(code))
    if parent is None:
        raise InputError("There is no agency with the code %(code)s", field="parent", code=code)
    return parent


def _refuse_circle(session: orm.Session, agency: Agency, parent: Agency | None) -> None:
    above = parent
    while above is not None:
        if above.id == agency.id:
            raise InputError("%(name)s would stand above itself", field="parent", name=agency.name)
        above = session.get(Agency, above.parent_id) if above.parent_id else None
