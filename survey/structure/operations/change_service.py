"""Add a service (lĩnh vực), correct its name, take it out of use and back."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import Agency, Counter, CounterService, Service
from survey.structure.operations.change_agency import check_code, check_name, english_name


def add_service(session: orm.Session, code: str, name: str, name_en: str = "", *, actor: Actor) -> Service:
    """Add a service; `InputError` for a code or name that is taken."""
    code, name = check_code(code), check_name(name)
    if session.scalars(sa.select(Service.id).where(Service.code == code)).first() is not None:
        raise InputError("There is a service with the code %(code)s already", field="code", code=code)
    refuse_twin(session, name)
    service = Service(code=code, name=name, name_en=english_name(name_en))
    session.add(service)
    session.flush()
    after = {"name": service.name, "name_en": service.name_en}
    audit.record(session, action="service.created", subject=f"service:{code}", actor=actor, after=after)
    return service


def edit_service(session: orm.Session, service: Service, name: str, name_en: str = "", *, actor: Actor) -> bool:
    """Update a service's names; return whether anything changed. `InputError` for a name that is taken."""
    before = {"name": service.name, "name_en": service.name_en}
    name = check_name(name)
    refuse_twin(session, name, service)
    service.name, service.name_en = name, english_name(name_en)
    after = {"name": service.name, "name_en": service.name_en}
    if after == before:
        return False
    audit.record(
        session,
        action="service.edited",
        subject=f"service:{service.code}",
        actor=actor,
        before=before,
        after=after,
    )
    return True


def set_deciding_agency(session: orm.Session, service: Service, code: str, *, actor: Actor) -> bool:
    """Set the agency (by code, "" for none) that decides on a service; return whether that changed.

    `InputError` for an agency that is not there or has ended.
    """
    agency = session.scalars(sa.select(Agency).where(Agency.code == code)).one_or_none() if code else None
    before = service.deciding_agency
    if agency is before and (agency or not code):
        return False
    if code and (agency is None or (agency.valid_to is not None and agency.valid_to <= actor.now.date())):
        raise InputError("%(code)s is not there, or no longer in use", field="deciding", code=code)
    service.deciding_agency = agency
    audit.record(
        session,
        action="service.edited",
        subject=f"service:{service.code}",
        actor=actor,
        before={"deciding_agency": before.code if before else None},
        after={"deciding_agency": agency.code if agency else None},
    )
    session.flush()
    return True


def set_service_active(session: orm.Session, service: Service, active: bool, *, actor: Actor) -> int:
    """Switch a service off, and off every counter, or on; return how many counters lost it."""
    if service.active is active:
        return 0
    at: list[int] = []
    if not active:
        at = list(session.scalars(sa.select(CounterService.counter_id).where(CounterService.service_id == service.id)))
        session.execute(sa.delete(CounterService).where(CounterService.service_id == service.id))
    service.active = active
    session.flush()
    names = session.scalars(sa.select(Counter.code).where(Counter.id.in_(at)).order_by(Counter.id)).all()
    audit.record(
        session,
        action="service.resumed" if active else "service.stopped",
        subject=f"service:{service.code}",
        actor=actor,
        before={"active": not active, "counters": list(names)},
        after={"active": active, "counters": []},
    )
    session.expire_all()
    return len(at)


def refuse_twin(session: orm.Session, name: str, but: Service | None = None) -> None:
    """Uniqueness check: raise `InputError` when another service than `but` has that name, case ignored."""
    for twin in session.scalars(sa.select(Service)):
        if twin is not but and twin.name.casefold() == name.casefold():
            raise InputError(
                "The service %(code)s is called %(name)s already", field="name", code=twin.code, name=twin.name
            )
