"""Take counters from a table, each with a public code of its own for its poster."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.text import new_code
from survey.models import Agency, Counter, CounterCode, Service
from survey.spreadsheets.read import Checker, Table
from survey.structure.operations.import_agencies import ImportedRows


@dataclass(frozen=True)
class _Known:
    agencies: dict[str, Agency]
    services: dict[str, Service]


def import_counters(session: orm.Session, table: Table, *, actor: Actor) -> ImportedRows:
    """Idempotent import: add the counters of `table`; rows equal to what is stored change nothing.

    Columns: `agency,code,name` and, optionally, `name_en,services,deciding_agencies`.

    `agency` is the receiving agency's code; `services` and `deciding_agencies` are codes parted by spaces or `|`. A
    counter that is stored already is left as it is. Raises `TableError` for unknown codes and for codes or names
    given twice within an agency (NFC, case ignored); then nothing is added.
    """
    check = Checker.of(table)
    known = _Known(
        {agency.code: agency for agency in session.scalars(sa.select(Agency)).all()},
        {service.code: service for service in session.scalars(sa.select(Service)).all()},
    )
    taken_codes, taken_names = _taken(session)
    at = {name: table.position(name) for name in ("agency", "code", "name")}
    at |= {n: k for n in ("name_en", "services", "deciding_agencies") if (k := table.optional(n)) is not None}
    fresh, seen, unchanged = [], set(), 0
    for number, cells in table:
        cell = {name: cells[k] for name, k in at.items()}
        agency = known.agencies.get(check.required(number, "agency", cell["agency"], 64))
        code = check.required(number, "code", cell["code"], 32)
        name = check.required(number, "name", cell["name"])
        if agency is None:
            check.wrong(number, "agency", cell["agency"], "the code of a stored agency")
            continue
        if (agency.code, code) in seen:
            check.wrong(
                number, "code", code, "different from the other counters of %(agency)s in this file", agency=agency.code
            )
        seen.add((agency.code, code))
        if taken_codes.get((agency.code, code)) == name:
            unchanged += 1
            continue
        if taken_names.setdefault((agency.code, name.casefold()), code) != code or (agency.code, code) in taken_codes:
            check.wrong(number, "name", name, "new at %(agency)s, as its code must be", agency=agency.code)
        fresh.append(_counter(number, cell, agency, known, check))
    check.finish()
    for counter in fresh:
        counter.codes.append(CounterCode(code=new_code(), created_at=actor.now))
    session.add_all(fresh)
    session.flush()
    after = {"added": len(fresh)}
    audit.record(session, action="counters.imported", subject=table.source[:128], actor=actor, after=after)
    return ImportedRows(len(fresh), unchanged, undo={"made": [counter.id for counter in fresh]})


def _taken(session: orm.Session) -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]:
    """Return stored counters: (agency, code) → name, and (agency, folded name) → code."""
    rows = session.execute(sa.select(Agency.code, Counter.code, Counter.name).join(Counter.agency)).all()
    codes = {(agency, code): name for agency, code, name in rows}
    return codes, {(agency, name.casefold()): code for agency, code, name in rows}


def _counter(number: int, cell: dict[str, str], agency: Agency, known: _Known, check: Checker) -> Counter:
    """Return a new counter with its services and deciding agencies; unknown codes are noted."""
    services, deciding = [], []
    for code in cell.get("services", "").replace("|", " ").split():
        if code in known.services:
            services.append(known.services[code])
        else:
            check.wrong(number, "services", code, "the code of a stored service")
    for code in cell.get("deciding_agencies", "").replace("|", " ").split():
        if code in known.agencies:
            deciding.append(known.agencies[code])
        else:
            check.wrong(number, "deciding_agencies", code, "the code of a stored agency")
    return Counter(
        agency_id=agency.id,
        code=cell["code"],
        name=cell["name"],
        name_en=cell.get("name_en") or None,
        services=services,
        deciding_agencies=deciding,
    )
