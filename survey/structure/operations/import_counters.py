"""Take counters from a table, each with a public code of its own for its poster."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.text import new_code
from survey.models import Agency, Counter, CounterCode, Service
from survey.spreadsheets.names import Names
from survey.spreadsheets.read import Checker, Table
from survey.structure.operations.import_agencies import ImportedRows
from survey.structure.queries.names import agency_names, service_names


@dataclass(frozen=True)
class _Known:
    agencies: dict[int, Agency]
    services: dict[int, Service]
    agency_names: Names
    service_names: Names


def import_counters(session: orm.Session, table: Table, *, actor: Actor) -> ImportedRows:
    """Idempotent import: add the counters of `table`; rows equal to what is stored change nothing.

    Columns: `agency,code,name` and, optionally, `name_en,services,deciding_agencies`.

    `agency` is the receiving agency; `services` and `deciding_agencies` are lists parted by commas, semicolons or `|`;
    all of them are codes or names. A counter that is stored already is left as it is. Raises `TableError` for unknown
    ones and for codes or names given twice within an agency (NFC, case ignored); then nothing is added.
    """
    check = Checker.of(table)
    known = _Known(
        {agency.id: agency for agency in session.scalars(sa.select(Agency)).all()},
        {service.id: service for service in session.scalars(sa.select(Service)).all()},
        agency_names(session),
        service_names(session),
    )
    taken_codes, taken_names = _taken(session)
    at = {name: table.position(name) for name in ("agency", "code", "name")}
    at |= {n: k for n in ("name_en", "services", "deciding_agencies") if (k := table.optional(n)) is not None}
    fresh, seen, unchanged = [], set(), 0
    for number, cells in table:
        cell = {name: cells[k] for name, k in at.items()}
        agency = known.agencies.get(known.agency_names.find(check.required(number, "agency", cell["agency"])) or 0)
        code = check.required(number, "code", cell["code"], 32)
        name = check.required(number, "name", cell["name"])
        if agency is None:
            if cell["agency"]:
                wrong_name(check, number, "agency", cell["agency"], known.agency_names)
            continue
        if (agency.code, code) in seen:
            check.wrong(
                number, "code", code, "different from the other counters of %(agency)s in this file", agency=agency.code
            )
        seen.add((agency.code, code))
        if taken_codes.get((agency.code, code)) == name:
            unchanged += 1
            continue
        if (agency.code, code) in taken_codes:
            check.wrong(
                number,
                "code",
                code,
                "new: %(agency)s has the counter “%(name)s” by this code",
                agency=agency.name,
                name=taken_codes[agency.code, code],
            )
        elif taken_names.setdefault((agency.code, name.casefold()), code) != code:
            check.wrong(
                number,
                "name",
                name,
                "new: %(agency)s has a counter of this name by the code %(code)s",
                agency=agency.name,
                code=taken_names[agency.code, name.casefold()],
            )
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
    """Stored counters: (agency, code) → name, and (agency, folded name) → code."""
    rows = session.execute(sa.select(Agency.code, Counter.code, Counter.name).join(Counter.agency)).all()
    codes = {(agency, code): name for agency, code, name in rows}
    return codes, {(agency, name.casefold()): code for agency, code, name in rows}


def _counter(number: int, cell: dict[str, str], agency: Agency, known: _Known, check: Checker) -> Counter:
    """A new counter with its services and deciding agencies; unknown ones are noted."""
    services, not_services = known.service_names.find_list(cell.get("services", ""))
    deciding, not_agencies = known.agency_names.find_list(cell.get("deciding_agencies", ""))
    for text in not_services:
        wrong_name(check, number, "services", text, known.service_names)
    for text in not_agencies:
        wrong_name(check, number, "deciding_agencies", text, known.agency_names)
    return Counter(
        agency_id=agency.id,
        code=cell["code"],
        name=cell["name"],
        name_en=cell.get("name_en") or None,
        services=[known.services[service_id] for service_id in services],
        deciding_agencies=[known.agencies[agency_id] for agency_id in deciding],
    )


def wrong_name(check: Checker, number: int, column: str, text: str, names: Names) -> None:
    """Note a cell that names no stored agency or service, or several; a number may lack its leading zeros."""
    zeros = names.with_zeros(text)
    if zeros:
        check.wrong(number, column, text, "a stored code; is “%(code)s” meant?", code=zeros)
    elif names.all(text):
        check.wrong(number, column, text, "one alone: several are called so; write the code")
    elif column in {"service", "services"}:
        check.wrong(number, column, text, "the code or name of a stored service")
    else:
        check.wrong(number, column, text, "the code or name of a stored agency")
