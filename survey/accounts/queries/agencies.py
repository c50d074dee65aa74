"""Agencies as accounts need them: to choose one, and to name it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.errors import InputError
from survey.models import Agency
from survey.spreadsheets.names import Names


def open_agencies(session: orm.Session) -> list[Agency]:
    """The agencies that have not ended, in the order of names."""
    return list(session.scalars(sa.select(Agency).where(Agency.valid_to.is_(None)).order_by(Agency.name)))


def id_by_code(session: orm.Session, code: str) -> int:
    """The id of the agency of a code; `InputError` when there is none."""
    found = session.scalar(sa.select(Agency.id).where(Agency.code == code))
    if found is None:
        raise InputError("There is no agency %(code)s", field="agency", code=code)
    return found


def names(session: orm.Session) -> dict[int, str]:
    """The names of all agencies by id, those that ended too."""
    return {row.id: row.name for row in session.execute(sa.select(Agency.id, Agency.name))}


def open_agency_names(session: orm.Session) -> Names:
    """What cells of a table may call the agencies that have not ended."""
    index = Names()
    for agency in open_agencies(session):
        index.add(agency.id, agency.code, (agency.name,))
    return index
