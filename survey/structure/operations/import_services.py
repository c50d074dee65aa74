"""Take services (lĩnh vực) from a table: code, name, name_en."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.models import Service
from survey.spreadsheets.read import Checker, Table
from survey.structure.operations.import_agencies import CODE_LIMIT, ImportedRows


def import_services(session: orm.Session, table: Table, *, actor: Actor) -> ImportedRows:
    """Idempotent import: add the services of `table` (columns `code,name` and, optionally, `name_en`).

    Rows equal to what is stored change nothing. Raises `TableError` for codes or names given twice (NFC, case ignored)
    and for a stored code with another name; then nothing is added.
    """
    check = Checker.of(table)
    code_at, name_at, english_at = table.position("code"), table.position("name"), table.optional("name_en")
    stored = {service.code: service for service in session.scalars(sa.select(Service)).all()}
    names = {service.name.casefold(): service.code for service in stored.values()}
    seen: set[str] = set()
    fresh = []
    for number, cells in table:
        code = check.code(number, "code", cells[code_at], CODE_LIMIT)
        name = check.required(number, "name", cells[name_at])
        if code in seen:
            check.wrong(number, "code", code, "another code: it stands in a row above already")
        if names.setdefault(name.casefold(), code) != code:
            check.wrong(
                number,
                "name",
                name,
                "another name: the field %(code)s is called so already",
                code=names[name.casefold()],
            )
        if code in stored and stored[code].name != name:
            check.wrong(
                number, "name", name, "“%(name)s”, as it is stored for %(code)s", name=stored[code].name, code=code
            )
        if code not in stored:
            english = (cells[english_at] if english_at is not None else "") or None
            fresh.append(Service(code=code, name=name, name_en=english))
        seen.add(code)
    check.finish()
    session.add_all(fresh)
    session.flush()
    after = {"added": [service.code for service in fresh]}
    audit.record(session, action="services.imported", subject=table.source[:128], actor=actor, after=after)
    return ImportedRows(len(fresh), len(seen) - len(fresh), undo={"made": [service.id for service in fresh]})
