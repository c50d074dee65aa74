"""Agencies and services by their codes, for pages that show figures keyed by code."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, Counter, FormerName, Service, ServiceFormerName

_COPIED = ("id", "code", "parent_id", "kind", "level", "valid_from", "valid_to", "successor_id")


def agencies(session: orm.Session, on: date | None = None) -> dict[str, Agency]:
    """Return every agency, past ones too, by code; with the name it had `on` a day, for example a round's first.

    Where that name is not the present one, the agency is a copy outside the session, so that nothing is renamed.
    """
    found = session.scalars(sa.select(Agency).order_by(Agency.code))
    former = names_on(session, on) if on is not None else {}
    return {agency.code: _called(agency, former.get(agency.id)) for agency in found}


def names_on(session: orm.Session, day: date, of: Iterable[int] | None = None) -> dict[int, FormerName]:
    """Return, by agency id, the names that agencies had on a day and have no more."""
    query = sa.select(FormerName).where(FormerName.until > day).order_by(FormerName.until.desc())
    if of is not None:
        query = query.where(FormerName.agency_id.in_(of))
    return {name.agency_id: name for name in session.scalars(query)}  # the earliest end after the day wins


def _called(agency: Agency, former: FormerName | None) -> Agency:
    """Return the agency, or a copy of it under a former name."""
    if former is None:
        return agency
    kept = {name: getattr(agency, name) for name in _COPIED}
    return Agency(**kept, name=former.name, name_en=former.name_en)


def services(session: orm.Session, on: date | None = None) -> dict[str, Service]:
    """Return every service by code, with the name it had `on` a day, likewise."""
    found = {service.code: service for service in session.scalars(sa.select(Service).order_by(Service.code))}
    if on is None:
        return found
    query = sa.select(ServiceFormerName).where(ServiceFormerName.until > on).order_by(ServiceFormerName.until.desc())
    former = {name.service_id: name for name in session.scalars(query)}  # the earliest end after the day wins
    for code, service in found.items():
        if old := former.get(service.id):
            found[code] = Service(id=service.id, code=code, active=service.active, name=old.name, name_en=old.name_en)
    return found


def counters(session: orm.Session) -> dict[str, Counter]:
    """Return every counter with its agency, closed ones too, by its id as text."""
    found = session.scalars(sa.select(Counter).options(orm.joinedload(Counter.agency)).order_by(Counter.id))
    return {str(counter.id): counter for counter in found}
