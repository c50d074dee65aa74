"""Take figures of other instruments from a table: agency, year, instrument, value, its scale, n, how asked, source."""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import Agency, AgencyKind, Instrument, OutsideFigure
from survey.spreadsheets.names import Names, words_of
from survey.spreadsheets.read import Checker, Table, parse_whole
from survey.structure.operations.import_counters import wrong_name
from survey.structure.queries.names import agency_names

HEADINGS = {
    "agency": "agency|co quan|don vi|ten co quan|ten don vi|ma co quan",
    "year": "year|nam",
    "instrument": "instrument|thuoc do|cong cu|chi so",
    "value": "value|gia tri|diem|ket qua",
    "most": "most|diem toi da|thang diem|toi da",
    "n": "n|so nguoi|so phieu|so nguoi tra loi|so luot danh gia",
    "method": "method|cach hoi|cach do|cach thu",
    "source": "source|nguon|nguon so lieu",
}
WORDS = {
    Instrument.SIPAS: "sipas|sipas bo|chi so hai long|sipas cua bo noi vu",
    Instrument.SERVICE_INDEX: "766|qd 766|bo chi so 766|hai long qd 766|service index",
    Instrument.PORTAL: "cong|cong dich vu cong|cong dich vu cong quoc gia|dvcqg|portal",
    Instrument.PAR: "par|par index|cai cach hanh chinh",
}
_NUMBER = re.compile(r"\d{1,4}(?:[.,]\d+)?\s*%?", re.ASCII)


def known_heading(heading: str) -> str:
    """What a heading stands for; empty for one that nobody knows."""
    word = words_of(heading)
    return next((code for code, names in HEADINGS.items() if word in names.split("|")), "")


def import_outside_figures(session: orm.Session, table: Table, *, actor: Actor) -> int:
    """Store the figures of a table in place of those of the same agency, year and instrument; return how many.

    Raises `TableError` for cells that cannot be read, `InputError` for a missing column; then nothing is stored.
    """
    if actor.user_id is None:
        raise InputError("Figures of other instruments are entered by a person who is signed in")
    rows = _read(session, table)
    for (agency, year, instrument), values in rows.items():
        session.execute(
            sa.delete(OutsideFigure).where(
                OutsideFigure.agency_id == agency, OutsideFigure.year == year, OutsideFigure.instrument == instrument
            )
        )
        session.add(
            OutsideFigure(
                agency_id=agency,
                year=year,
                instrument=instrument,
                entered_at=actor.now,
                entered_by_id=actor.user_id,
                **values,
            )
        )
    session.flush()
    audit.record(
        session,
        action="outside_figures.imported",
        subject="outside_figures",
        actor=actor,
        after={"file": table.source, "figures": len(rows)},
    )
    return len(rows)


def _read(session: orm.Session, table: Table) -> dict[tuple[int, int, Instrument], dict[str, object]]:
    at = {code: k for k, heading in reversed(list(enumerate(table.columns))) if (code := known_heading(heading))}
    for code, heading in (("agency", "Cơ quan"), ("year", "Năm"), ("instrument", "Thước đo"), ("value", "Giá trị"),
                          ("source", "Nguồn")):  # fmt: skip
        if code not in at:
            raise InputError(
                "%(source)s has no column “%(heading)s”; its headings are: %(columns)s",
                source=table.source,
                heading=heading,
                columns=", ".join(table.columns),
            )
    check, agencies = Checker(table.source, columns=table.columns, fields=at), agency_names(session)
    rows: dict[tuple[int, int, Instrument], dict[str, object]] = {}
    for number, cells in table:
        cell = {code: cells[k] for code, k in at.items()}
        place = _place(session, check, number, cell, agencies)
        values = _values(check, number, cell)
        if place is None or values is None:
            continue
        if place in rows:
            check.wrong(number, "agency", cell["agency"], "given once")
        rows[place] = values
    check.finish()
    return rows


def _place(
    session: orm.Session, check: Checker, number: int, cell: dict[str, str], agencies: Names
) -> tuple[int, int, Instrument] | None:
    agency = _province(session) if words_of(cell["agency"]) in {"toan tinh", "tinh"} else agencies.find(cell["agency"])
    if agency is None:
        wrong_name(check, number, "agency", cell["agency"], agencies)
    year = parse_whole(cell["year"])
    if year is None or not 2000 <= year <= 2100:
        check.wrong(number, "year", cell["year"], "a year, for example 2025")
    word = words_of(cell["instrument"])
    instrument = next((one for one, names in WORDS.items() if word in [one.value, *names.split("|")]), None)
    if instrument is None:
        check.wrong(number, "instrument", cell["instrument"], "SIPAS, 766, Cổng dịch vụ công or PAR INDEX")
    return None if agency is None or year is None or instrument is None else (agency, year, instrument)


def _values(check: Checker, number: int, cell: dict[str, str]) -> dict[str, object] | None:
    value, most = _real(cell["value"]), _real(cell.get("most") or "100")
    if most is None or most <= 0:
        check.wrong(number, "most", cell.get("most", ""), "the highest value of the scale, for example 100 or 18")
        return None
    if value is None or value > most:
        check.wrong(number, "value", cell["value"], "a number from 0 to the highest value of its scale")
        return None
    written = cell.get("n", "")
    n = parse_whole(written) if written else None
    if written and not n:
        check.wrong(number, "n", written, "a whole number of people, or nothing")
    if not cell["source"]:
        check.wrong(number, "source", "", "where the figure was published")
    return {"value": value, "most": most, "n": n or None, "method": cell.get("method", "")[:300],
            "source": cell["source"][:500]}  # fmt: skip


def _province(session: orm.Session) -> int | None:
    query = sa.select(Agency.id).where(Agency.kind == AgencyKind.PROVINCE, Agency.parent_id.is_(None))
    found = session.scalars(query).all()
    return found[0] if len(found) == 1 else None


def _real(text: str) -> float | None:
    bare = text.strip()
    return float(bare.replace("%", "").replace(",", ".").strip()) if _NUMBER.fullmatch(bare) else None
