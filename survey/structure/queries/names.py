"""Agencies and services by their codes, for pages that show figures keyed by code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, Counter, FormerName, Service, ServiceFormerName
from survey.spreadsheets.names import Names

ThingT = TypeVar("ThingT", Agency, Service)

_SERVICE = ("id", "code", "active")
_AGENCY = ("id", "code", "parent_id", "kind", "level", "valid_from", "valid_to", "successor_id")


def agencies(session: orm.Session, on: date | None = None) -> dict[str, Agency]:
    """Every agency, past ones too, by code; with the name it had `on` a day, for example a round's first.

    Where that name is not the present one, the agency is a copy outside the session, so that nothing is renamed.
    """
    rows = session.scalars(sa.select(Agency).order_by(Agency.code))
    former = _former(session, FormerName.agency_id, on)
    return {agency.code: _called(agency, former.get(agency.id), _AGENCY) for agency in rows}


def agency_names(session: orm.Session) -> Names:
    """What cells of a table may call the agencies; those that ended give way to present ones."""
    index = Names()
    for agency in session.scalars(sa.select(Agency).order_by(Agency.id)):
        index.add(agency.id, agency.code, (agency.name,), past=agency.valid_to is not None)
    return index


def service_names(session: orm.Session) -> Names:
    """What cells of a table may call the services."""
    index = Names()
    for service in session.scalars(sa.select(Service).order_by(Service.id)):
        index.add(service.id, service.code, (service.name,), past=not service.active)
    return index


def _former(session: orm.Session, owner: orm.InstrumentedAttribute[int], day: date | None) -> dict[int, Any]:
    """Return, by the id in `owner`, the names in its table that were in force on a day and are no more; {} for None."""
    if day is None:
        return {}
    table = owner.class_
    query = sa.select(owner, table).where(table.until > day).order_by(table.until.desc())
    return {row[0]: row[1] for row in session.execute(query)}  # the earliest end after the day wins


def _called(thing: ThingT, former: FormerName | ServiceFormerName | None, copied: Sequence[str]) -> ThingT:
    """An agency or a service, or a copy of it under a former name."""
    if former is None:
        return thing
    columns = {name: getattr(thing, name) for name in copied}
    return type(thing)(**columns, name=former.name, name_en=former.name_en)


def services(session: orm.Session, on: date | None = None) -> dict[str, Service]:
    """Every service by code, with the name it had `on` a day, likewise."""
    rows = session.scalars(sa.select(Service).order_by(Service.code))
    former = _former(session, ServiceFormerName.service_id, on)
    return {service.code: _called(service, former.get(service.id), _SERVICE) for service in rows}


def counters(session: orm.Session) -> dict[str, Counter]:
    """Every counter with its agency, closed ones too, by its id as text."""
    rows = session.scalars(sa.select(Counter).options(orm.joinedload(Counter.agency)).order_by(Counter.id))
    return {str(counter.id): counter for counter in rows}
