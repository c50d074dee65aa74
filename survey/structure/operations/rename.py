"""Give an agency or a service a new name from a day on; rounds that began before the day go on showing the old one."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.errors import InputError
from survey.models import Agency, FormerName, Service, ServiceFormerName
from survey.structure.operations import change_agency, change_service
from survey.structure.operations.change_agency import check_name, english_name
from survey.structure.operations.dated_change import DatedChange, record_change


def rename_agency(session: orm.Session, agency: Agency, name: str, name_en: str, change: DatedChange) -> None:
    """Rename an agency and keep its former name with the day until which it held.

    `InputError` for a day to come (the name would be shown too early), one before the agency or its last renaming, and
    for a name it has already.
    """
    if agency.valid_to is not None and change.since >= agency.valid_to:
        raise InputError("%(name)s has ended; it cannot be renamed", name=agency.name)
    last = session.scalar(sa.select(sa.func.max(FormerName.until)).where(FormerName.agency_id == agency.id))
    names = _check_names(agency, name, name_en, change, max(filter(None, (agency.valid_from, last))))
    change_agency.refuse_twin(session, names[0], agency.parent_id, but=agency)
    former = FormerName(agency_id=agency.id, until=change.since, name=agency.name, name_en=agency.name_en)
    before, after = _rename(session, agency, former, names, change)
    record_change(session, change, "agency.renamed", change_agency.subject(agency), before=before, after=after)


def rename_service(session: orm.Session, service: Service, name: str, name_en: str, change: DatedChange) -> None:
    """Rename a service likewise; `InputError` also for a name that another service has."""
    former = ServiceFormerName
    last = session.scalar(sa.select(sa.func.max(former.until)).where(former.service_id == service.id))
    names = _check_names(service, name, name_en, change, last)
    change_service.refuse_twin(session, names[0], but=service)
    old = former(service_id=service.id, until=change.since, name=service.name, name_en=service.name_en)
    before, after = _rename(session, service, old, names, change)
    record_change(session, change, "service.renamed", f"service:{service.code}", before=before, after=after)


def _check_names(
    named: Agency | Service, name: str, name_en: str, change: DatedChange, began: date | None
) -> tuple[str, str | None]:
    """Both names as they are stored; `InputError` when they, or the day, will not do."""
    names = check_name(name), english_name(name_en)
    change.check_new_name(began)
    if names == (named.name, named.name_en):
        raise InputError("That is its name already: %(name)s", field="name", name=names[0])
    return names


def _rename(
    session: orm.Session,
    named: Agency | Service,
    former: FormerName | ServiceFormerName,
    names: tuple[str, str | None],
    change: DatedChange,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Store the new names and the former ones; return both for the audit event."""
    session.add(former)
    named.name, named.name_en = names
    session.flush()
    before = {"name": former.name, "name_en": former.name_en}
    return before, {"name": names[0], "name_en": names[1], "since": str(change.since)}
