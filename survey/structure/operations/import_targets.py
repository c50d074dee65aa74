"""Take a round's targets from a table: agency, element (may be left out), target."""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import Agency, AgencyKind, Round, RoundState, Target
from survey.questionnaires import from_canonical
from survey.spreadsheets.names import Names, words_of
from survey.spreadsheets.read import Checker, Table
from survey.structure.operations.import_counters import wrong_name
from survey.structure.queries.names import agency_names
from survey.structure.queries.targets import targets

HEADINGS = {
    "agency": "agency|co quan|don vi|ten co quan|ten don vi|co quan don vi|ma co quan|dia phuong|xa phuong",
    "element": "element|yeu to|ma yeu to|ten yeu to|noi dung",
    "target": "target|chi tieu|muc tieu|chi tieu nam|chi so phai dat",
}
WHOLE = frozenset({"", "chung", "chi so chung", "tat ca", "overall", "all"})
"""Words for the overall index in the column of elements."""
_NUMBER = re.compile(r"\d{1,3}(?:[.,]\d+)?\s*%?", re.ASCII)


def known_heading(heading: str) -> str:
    """What a heading stands for; empty for one that nobody knows."""
    word = words_of(heading)
    return next((code for code, names in HEADINGS.items() if word in names.split("|")), "")


def import_targets(session: orm.Session, table: Table, round_: Round, *, actor: Actor) -> int:
    """Replace the targets of a round by those of a table; return how many there are.

    Agencies and elements are codes or names; without an element a target is of the overall index, and that of the
    provincial people's committee is the province's. Raises `TableError` for unknown names, a pair given twice or a
    target that is no percentage, `InputError` for a published round; then the stored targets stay.
    """
    if round_.state is RoundState.PUBLISHED:
        raise InputError("Round %(code)s is published; its targets can no longer change", code=round_.code)
    rows = _read(session, table, round_)
    before = _facts(session, round_)
    session.execute(sa.delete(Target).where(Target.round_id == round_.id))
    session.add_all(
        Target(round_id=round_.id, agency_id=agency, element=element, value=value)
        for (agency, element), value in rows.items()
    )
    session.flush()
    audit.record(
        session,
        action="targets.imported",
        subject=f"round:{round_.code}",
        actor=actor,
        before=before,
        after=_facts(session, round_) | {"file": table.source},
    )
    return len(rows)


def _facts(session: orm.Session, round_: Round) -> dict[str, object]:
    stored = targets(session, round_.id)
    return {"targets": {"/".join(filter(None, place)) or "*": value for place, value in stored.items()}}


def _read(session: orm.Session, table: Table, round_: Round) -> dict[tuple[int, str], float]:
    at = {code: k for k, heading in reversed(list(enumerate(table.columns))) if (code := known_heading(heading))}
    for code, heading in (("agency", "Cơ quan"), ("target", "Chỉ tiêu")):
        if code not in at:
            raise InputError(
                "%(source)s has no column “%(heading)s”; its headings are: %(columns)s",
                source=table.source,
                heading=heading,
                columns=", ".join(table.columns),
            )
    check = Checker(table.source, columns=table.columns, fields=at)
    agencies, elements = agency_names(session), Names()
    parts = from_canonical(round_.version.content).elements
    for number, part in enumerate(parts):
        elements.add(number, part.code, [text for _, text in part.title.pairs])
    rows: dict[tuple[int, str], float] = {}
    for number, cells in table:
        agency = _agency(session, agencies, cells[at["agency"]])
        if agency is None:
            wrong_name(check, number, "agency", cells[at["agency"]], agencies)
        written = cells[at["element"]] if "element" in at else ""
        element = None if words_of(written) in WHOLE else elements.find(written)
        if element is None and words_of(written) not in WHOLE:
            wrong_name(check, number, "element", written, elements)
        value = _percent(cells[at["target"]])
        if value is None:
            check.wrong(number, "target", cells[at["target"]], "a number above 0 and not above 100, for example 86,5")
        if agency is None or value is None:
            continue
        place = (agency, "" if element is None else parts[element].code)
        if place in rows:
            check.wrong(number, "agency", cells[at["agency"]], "given once")
        rows[place] = value
    check.finish()
    return rows


def _agency(session: orm.Session, agencies: Names, text: str) -> int | None:
    """The agency that a cell means; "toàn tỉnh" is the provincial people's committee."""
    if words_of(text) in {"toan tinh", "tinh", "province"}:
        roots = session.scalars(
            sa.select(Agency.id).where(Agency.kind == AgencyKind.PROVINCE, Agency.parent_id.is_(None))
        ).all()
        return roots[0] if len(roots) == 1 else None
    return agencies.find(text)


def _percent(text: str) -> float | None:
    if not _NUMBER.fullmatch(text.strip()):
        return None
    value = float(text.replace("%", "").replace(",", ".").strip())
    return value if 0 < value <= 100 else None
