"""Reading what the templates of imports are filled with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import orm

from survey.models import Agency, AgencyKind, BatchKind, Round
from survey.structure.queries import structure
from survey.structure.queries.margins import margins, variables
from survey.structure.table_columns import KIND_WORDS, LEVEL_WORDS
from survey.structure.table_templates import Template, headings_of

ONE_STOP = ("Q1", "Bộ phận Một cửa")
"""Code and name that a template suggests for an agency that receives dossiers and has no counter yet."""
WHOLE = "Toàn tỉnh"
"""What a template writes for all agencies together."""
RECEIVING = frozenset({AgencyKind.COMMUNE, AgencyKind.CENTRE})


def template_of(session: orm.Session, kind: BatchKind, today: date, round_: Round | None = None) -> Template:
    """The template of a kind of table, with what is stored; `round_` is for transactions."""
    if kind is BatchKind.AGENCIES:
        return _agencies(session, today)
    if kind is BatchKind.SERVICES:
        return _services(session, today)
    if kind is BatchKind.COUNTERS:
        return _counters(session, today)
    return _transactions(session, today, round_)


def _agencies(session: orm.Session, today: date) -> Template:
    agencies = structure.in_force(session, today)
    name = {agency.id: agency.name for agency in agencies}
    rows = [
        (
            agency.code,
            agency.name,
            KIND_WORDS[agency.kind],
            LEVEL_WORDS[agency.level],
            name.get(agency.parent_id or 0),
            agency.name_en,
            f"{agency.valid_from:%d/%m/%Y}",
            None,
            None,
        )
        for agency in agencies
    ]
    choices = {2: list(KIND_WORDS.values()), 3: list(LEVEL_WORDS.values()), 4: _names(agencies)}
    return Template(headings_of(BatchKind.AGENCIES), rows, choices)


def _services(session: orm.Session, today: date) -> Template:
    rows = [
        (service.code, service.name, service.name_en, service.deciding_agency.name if service.deciding_agency else None)
        for service in structure.services(session, active=True)
    ]
    return Template(headings_of(BatchKind.SERVICES), rows, {3: _names(structure.in_force(session, today))})


def _counters(session: orm.Session, today: date) -> Template:
    agencies, services = structure.in_force(session, today), structure.services(session, active=True)
    by_agency = structure.counters_by_agency(session)
    rows: list[Sequence[str | int | None]] = [
        (
            agency.name,
            counter.code,
            counter.name,
            counter.name_en,
            ", ".join(service.name for service in counter.services),
            ", ".join(other.name for other in counter.deciding_agencies),
        )
        for agency, counters in by_agency
        for counter in counters
    ]
    having = {agency.id for agency, _ in by_agency}
    rows += [
        (agency.name, *ONE_STOP, None, None, None)
        for agency in agencies
        if agency.kind in RECEIVING and agency.id not in having
    ]
    choices = {0: _names(agencies), 4: [service.name for service in services], 5: _names(agencies)}
    return Template(headings_of(BatchKind.COUNTERS), rows, choices, frozenset({4, 5}))


def _transactions(session: orm.Session, today: date, round_: Round | None) -> Template:
    """Agencies down and services across, with the round's numbers."""
    services = structure.services(session, active=True)
    stored = structure.transactions(session, round_.id) if round_ is not None else []
    numbers = {(row.agency.id, row.service.id): row.transactions for row in stored}
    rows = [
        (agency.code, agency.name, *(numbers.get((agency.id, service.id)) for service in services))
        for agency in structure.in_force(session, today)
        if agency.kind is not AgencyKind.PROVINCE
    ]
    return Template(["Mã cơ quan", "Tên cơ quan", *(service.name for service in services)], rows, {})


def template_of_margins(session: orm.Session, round_: Round) -> Template:
    """A row for each category of what margins can be of, with what is stored; agencies of their own below."""
    known = variables(session, round_)
    stored = {(row.variable, row.category): row.transactions for row in margins(session, round_.id) if not row.agency}
    rows: list[Sequence[str | int | None]] = [
        (WHOLE, one.title("vi"), one.category(code, "vi"), stored.get((one.code, code)))
        for one in known
        for code in one.categories
    ]
    named = {one.code: one for one in known}
    rows += [
        (
            row.agency.name,
            named[row.variable].title("vi") if row.variable in named else row.variable,
            named[row.variable].category(row.category, "vi") if row.variable in named else row.category,
            row.transactions,
        )
        for row in margins(session, round_.id)
        if row.agency is not None
    ]
    agencies = _names(structure.in_force(session, round_.opens_on))
    headings = ["Cơ quan", "Phân theo", "Nhóm", "Số giao dịch"]
    return Template(headings, rows, {0: [WHOLE, *agencies], 1: [one.title("vi") for one in known]})


def _names(agencies: Sequence[Agency]) -> list[str]:
    return list(dict.fromkeys(agency.name for agency in agencies))
