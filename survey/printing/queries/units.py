"""Reading whose counters and agencies are printed for: those a person is responsible for, or one named by its codes."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.queries.users import agencies_below
from survey.core.errors import InputError
from survey.models import Agency, AgencyEmblem, Counter, Role, User


def scope(session: orm.Session, person: User) -> sa.ColumnElement[bool]:
    """The condition on `Agency`: all for an admin, own and below for a manager, own alone for staff."""
    if person.role is Role.ADMIN:
        return sa.true()
    if person.role is Role.MANAGER and person.agency_id is not None:
        return Agency.code.in_(agencies_below(session, person.agency_id))
    return Agency.id == person.agency_id


def counter_of(session: orm.Session, person: User, counter_id: int) -> Counter | None:
    """A counter within a person's scope."""
    query = sa.select(Counter).join(Counter.agency).where(Counter.id == counter_id, scope(session, person))
    return session.scalar(query)


def any_counter(session: orm.Session, counter_id: int) -> Counter | None:
    """A counter of any agency."""
    return session.get(Counter, counter_id)


def agency_of(session: orm.Session, person: User, code: str) -> Agency | None:
    """An agency within a person's scope."""
    return session.scalar(sa.select(Agency).where(Agency.code == code, scope(session, person)))


def open_counters(session: orm.Session, person: User) -> Sequence[Counter]:
    """The open counters within a person's scope, in the order of their agencies."""
    query = (
        sa.select(Counter)
        .join(Counter.agency)
        .where(Counter.active.is_(True), scope(session, person))
        .options(orm.contains_eager(Counter.agency))
        .order_by(Agency.code, Counter.code)
    )
    return session.scalars(query).all()


def counter_by_codes(session: orm.Session, agency: str, counter: str) -> Counter:
    """A counter by its agency's code and its own; `InputError` when there is none."""
    query = sa.select(Counter).join(Counter.agency).where(Agency.code == agency, Counter.code == counter)
    found = session.scalar(query)
    if found is None:
        raise InputError("There is no counter %(counter)s at %(agency)s", counter=counter, agency=agency)
    return found


def own_emblem(session: orm.Session, agency: Agency) -> AgencyEmblem | None:
    """The emblem that was uploaded for an agency itself."""
    return session.get(AgencyEmblem, agency.id)
