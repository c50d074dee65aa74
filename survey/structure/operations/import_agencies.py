"""Take agencies from a table: code, name, kind, level, parent, and whatever else is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError, Notice
from survey.core.text import clean, fold
from survey.models import Agency, AgencyKind, AgencyLevel
from survey.spreadsheets.names import Names
from survey.spreadsheets.read import Checker, Table

REQUIRED = ("code", "name", "kind", "level")
OPTIONAL = ("parent", "name_en", "valid_from", "valid_to", "successor")
CODE_LIMIT = 64
Choice = TypeVar("Choice", bound=StrEnum)
WORDS: Mapping[type[StrEnum], Mapping[str, str]] = {
    AgencyKind: {
        AgencyKind.PROVINCE: "tỉnh|UBND tỉnh|ủy ban nhân dân tỉnh|cấp tỉnh",
        AgencyKind.DEPARTMENT: "sở|sở, ban, ngành|sở, ngành|ban, ngành|cơ quan ngành dọc|cơ quan chuyên môn",
        AgencyKind.DISTRICT: "huyện|thành phố|thị xã|UBND huyện|UBND thành phố|UBND thị xã",
        AgencyKind.COMMUNE: "xã|phường|thị trấn|đặc khu|xã, phường|UBND xã|UBND phường|UBND thị trấn|UBND xã, phường"
        "|ủy ban nhân dân xã|ủy ban nhân dân phường",
        AgencyKind.CENTRE: "trung tâm|trung tâm phục vụ hành chính công",
    },
    AgencyLevel: {
        AgencyLevel.PROVINCE: "cấp tỉnh|tỉnh",
        AgencyLevel.DISTRICT: "cấp huyện|huyện",
        AgencyLevel.COMMUNE: "cấp xã|xã|phường",
    },
}
"""Vietnamese words for kinds and levels, the usual one first; taken with or without marks."""


@dataclass(frozen=True)
class ImportedRows:
    """Result of an import: counts, warnings, and what undoing it needs."""

    added: int
    #: rows that said what was stored already
    unchanged: int
    #: what a person should read; nothing was refused for it
    warnings: tuple[Notice, ...] = ()
    #: what taking it back needs, as JSON
    undo: Mapping[str, Any] = field(default_factory=dict)
    #: the sum of N, and what it was before; None for what has no N
    transactions: int | None = None
    transactions_before: int = 0


@dataclass
class _Row:
    number: int
    code: str
    name: str
    kind: AgencyKind
    level: AgencyLevel
    parent: str
    name_en: str | None
    valid_from: date
    valid_to: date | None
    successor: str
    warnings: list[str] = field(default_factory=list)


def import_agencies(session: orm.Session, table: Table, *, actor: Actor) -> ImportedRows:
    """Idempotent import: add the agencies of `table`; rows equal to what is stored change nothing.

    Columns `code,name,kind,level` and, optionally, `parent,name_en,valid_from,valid_to,successor`; parents and
    successors are codes or names, in the table (in any order) or stored. Without `valid_from` an agency exists from
    1 January of this year. Raises `TableError` naming every wrong cell, and then nothing is added: unknown parents,
    codes given twice, names that are equal under one parent once marks are composed (NFC) and case is ignored.
    """
    check = Checker.of(table)
    rows = _read(table, check, date(actor.now.year, 1, 1))
    stored = {agency.code: agency for agency in session.scalars(sa.select(Agency)).all()}
    _find_codes(rows, stored, check)
    _check_codes(rows, stored, check)
    _check_names(rows, stored, check)
    check.finish()
    _check_no_circle(rows, stored, table.source)
    fresh = [row for row in rows if row.code not in stored]
    for row in fresh:
        stored[row.code] = Agency(
            code=row.code,
            name=row.name,
            name_en=row.name_en,
            kind=row.kind,
            level=row.level,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
        session.add(stored[row.code])
    session.flush()
    for row in fresh:
        stored[row.code].parent_id = stored[row.parent].id if row.parent else None
        stored[row.code].successor_id = stored[row.successor].id if row.successor else None
    session.flush()
    after = {"added": [row.code for row in fresh]}
    audit.record(session, action="agencies.imported", subject=table.source[:128], actor=actor, after=after)
    added_ids = [stored[row.code].id for row in fresh]
    return ImportedRows(len(fresh), len(rows) - len(fresh), undo={"made": added_ids})


def _read(table: Table, check: Checker, default_from: date) -> list[_Row]:
    """The rows, what is wrong with single cells being noted."""
    at = {name: table.position(name) for name in REQUIRED}
    at |= {name: k for name in OPTIONAL if (k := table.optional(name)) is not None}
    rows = []
    for number, cells in table:
        cell = {name: cells[k] for name, k in at.items()}
        rows.append(
            _Row(
                number=number,
                code=check.code(number, "code", cell["code"], CODE_LIMIT),
                name=check.required(number, "name", cell["name"]),
                kind=_member(check, number, "kind", cell["kind"], AgencyKind),
                level=_member(check, number, "level", cell["level"], AgencyLevel),
                parent=cell.get("parent", ""),
                name_en=cell.get("name_en") or None,
                valid_from=check.day(number, "valid_from", cell.get("valid_from", "")) or default_from,
                valid_to=check.day(number, "valid_to", cell.get("valid_to", "")),
                successor=cell.get("successor", ""),
            )
        )
    if not rows and not check.cells:
        raise InputError("%(source)s has a header but no rows", source=table.source)
    return rows


def _member(check: Checker, row: int, column: str, value: str, choices: type[Choice]) -> Choice:
    """A member of a StrEnum; a wrong value is noted."""
    members = list(choices)
    for member in members:
        if fold(value) in {member.value, *(fold(word) for word in WORDS[choices][member].split("|"))}:
            return member
    words = ", ".join(WORDS[choices][member].split("|")[0] for member in members)
    check.wrong(row, column, value, "one of %(choices)s", choices=words)
    return members[0]


def _find_codes(rows: list[_Row], stored: dict[str, Agency], check: Checker) -> None:
    """Put codes in place of the names of parents and successors; a name that several agencies have is noted."""
    names, codes = Names(), {row.code for row in rows}
    for k, row in enumerate(rows):
        names.add(-k - 1, row.code, (row.name,), past=row.valid_to is not None)
    for agency in stored.values():
        if agency.code not in codes:
            names.add(agency.id, agency.code, (agency.name,), past=agency.valid_to is not None)
    for row in rows:
        for column in ("parent", "successor"):
            text = getattr(row, column)
            matches = names.all(text)
            if len(matches) == 1:
                setattr(row, column, names.codes[matches[0]])
            elif matches:
                check.wrong(row.number, column, text, "one agency: several are called so; write its code")


def _check_codes(rows: list[_Row], stored: dict[str, Agency], check: Checker) -> None:
    """Note codes given twice, references to nothing, and rows that contradict what is stored."""
    known = set(stored) | {row.code for row in rows}
    seen: dict[str, int] = {}
    for row in rows:
        if row.code in seen:
            check.wrong(row.number, "code", row.code, "different from row %(row)s", row=seen[row.code])
        seen.setdefault(row.code, row.number)
        if row.parent and row.parent not in known:
            check.wrong(
                row.number, "parent", row.parent, "the code or name of an agency in this file or stored already"
            )
        if row.parent and row.parent == row.code:
            check.wrong(row.number, "parent", row.parent, "another agency than itself")
        if row.successor and (row.successor not in known or row.successor == row.code):
            check.wrong(row.number, "successor", row.successor, "the code or name of another agency")
        if row.valid_to and row.valid_to <= row.valid_from:
            check.wrong(row.number, "valid_to", str(row.valid_to), "after valid_from (%(first)s)", first=row.valid_from)
        if row.successor and not row.valid_to:
            check.wrong(row.number, "valid_to", "", "filled in when there is a successor")
        old = stored.get(row.code)
        if old is not None and (old.name, old.kind, old.level) != (row.name, row.kind, row.level):
            check.wrong(
                row.number,
                "code",
                row.code,
                "new: it is stored for “%(name)s” and an import changes nothing",
                name=old.name,
            )


def _check_names(rows: list[_Row], stored: dict[str, Agency], check: Checker) -> None:
    """Note names that would make twins: equal under one parent but for case."""
    code_of = {agency.id: agency.code for agency in stored.values()}
    taken: dict[tuple[str, str], tuple[str, int]] = {}
    for agency in stored.values():
        if agency.valid_to is None:
            parent = code_of.get(agency.parent_id or 0, "")
            taken[parent, clean(agency.name).casefold()] = (agency.code, 0)
    for row in rows:
        key = (row.parent, row.name.casefold())
        code, above = taken.get(key, (row.code, 0))
        if row.name and code != row.code and above:
            check.wrong(row.number, "name", row.name, "different from row %(row)s", row=above)
        elif row.name and code != row.code:
            check.wrong(row.number, "name", row.name, "different from that of %(code)s, stored already", code=code)
        taken.setdefault(key, (row.code, row.number))


def _check_no_circle(rows: list[_Row], stored: dict[str, Agency], source: str) -> None:
    """Raise `InputError` when agencies stand above one another in a circle."""
    code_of = {agency.id: agency.code for agency in stored.values()}
    above = {agency.code: code_of.get(agency.parent_id or 0, "") for agency in stored.values()}
    above |= {row.code: row.parent for row in rows if row.code not in stored}
    for row in rows:
        code, steps = row.code, 0
        while code and steps <= len(above):
            code, steps = above.get(code, ""), steps + 1
        if code:
            raise InputError(
                "%(source)s row %(row)d: %(code)s stands above itself; check the column parent",
                source=source,
                row=row.number,
                code=row.code,
            )
