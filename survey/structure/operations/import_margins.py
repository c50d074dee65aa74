"""Take a round's margins of all transactions from a table: agency (may be left out), variable, category, N."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import Margin, Round, RoundState
from survey.spreadsheets.names import Names, words_of
from survey.spreadsheets.read import Checker, Table, parse_whole
from survey.structure.operations.import_counters import wrong_name
from survey.structure.queries.margins import MarginVariable, root_agency, variables
from survey.structure.queries.names import agency_names

HEADINGS = {
    "agency": "agency|co quan|don vi|ten co quan|ten don vi|co quan don vi|ma co quan|dia phuong|xa phuong",
    "variable": "variable|bien|tieu chi|theo|phan theo|dac diem",
    "category": "category|nhom|muc|gia tri|phan nhom",
    "transactions": "n|transactions|so giao dich|giao dich|so ho so|ho so|so luong",
}
WHOLE = frozenset({"", "toan tinh", "tinh", "province", "tat ca"})
"""Words for all transactions in the column of agencies."""
SHORT = {
    "gender": "gioi tinh|gioi|nam nu",
    "age": "tuoi|nhom tuoi|do tuoi",
    "filing": "kenh|kenh nop|cach nop|hinh thuc nop|noi nop",
    "timeliness": "thoi han|dung han|tien do|ket qua tra|dung hen",
    "service": "linh vuc|field",
    "month": "thang",
    "education": "hoc van|trinh do hoc van|trinh do",
    "occupation": "nghe nghiep|nghe",
    "area": "khu vuc|noi o|dia ban",
    "on_behalf": "cho minh hay to chuc|doi tuong|ca nhan to chuc|ca nhan hay to chuc|doi tuong nop ho so",
}
"""What offices call variables whose question is a sentence."""
SHORT_CATEGORIES = {
    "on_behalf": {"c": "ca nhan|cong dan|nguoi dan", "o": "to chuc|doanh nghiep|to chuc doanh nghiep"},
}
"""What offices call categories whose answer is a sentence."""


def known_heading(heading: str) -> str:
    """What a heading stands for; empty for one that nobody knows."""
    word = words_of(heading)
    return next((code for code, names in HEADINGS.items() if word in names.split("|")), "")


def import_margins(session: orm.Session, table: Table, round_: Round, *, actor: Actor) -> int:
    """Replace the margins of a round by those of a table; return how many rows there are.

    Agencies are codes or names, left out or "toàn tỉnh" for all; variables and categories are codes or the words of
    the questionnaire. Raises `TableError` for unknown words, a row given twice, what is no whole number, or a margin
    without transactions, `InputError` for a published round; then what is stored stays.
    """
    if round_.state is RoundState.PUBLISHED:
        raise InputError("Round %(code)s is published; its transactions can no longer change", code=round_.code)
    rows = _read(session, table, round_)
    session.execute(sa.delete(Margin).where(Margin.round_id == round_.id))
    session.add_all(
        Margin(round_id=round_.id, agency_id=agency, variable=variable, category=category, transactions=n)
        for (agency, variable, category), n in rows.items()
    )
    session.flush()
    audit.record(
        session,
        action="margins.imported",
        subject=f"round:{round_.code}",
        actor=actor,
        after={"rows": len(rows), "variables": sorted({variable for _, variable, _ in rows}), "file": table.source},
    )
    return len(rows)


def _read(session: orm.Session, table: Table, round_: Round) -> dict[tuple[int, str, str], int]:
    at = {code: k for k, heading in reversed(list(enumerate(table.columns))) if (code := known_heading(heading))}
    for code, heading in (("variable", "Phân theo"), ("category", "Nhóm"), ("transactions", "Số giao dịch")):
        if code not in at:
            raise InputError(
                "%(source)s has no column “%(heading)s”; its headings are: %(columns)s",
                source=table.source,
                heading=heading,
                columns=", ".join(table.columns),
            )
    reader = _MarginReader(session, table, round_, at)
    for number, cells in table:
        reader.read(number, {code: cells[k] for code, k in at.items()})
    return reader.finish()


class _MarginReader:
    """The rows of a table of margins, and what is wrong in its cells."""

    def __init__(self, session: orm.Session, table: Table, round_: Round, at: Mapping[str, int]) -> None:
        self.check = Checker(table.source, columns=table.columns, fields=at)
        self.agencies = agency_names(session)
        self.root = root_agency(session)
        self.variables = variables(session, round_)
        self.index = Names()
        for number, one in enumerate(self.variables):
            words = SHORT.get(one.code, "").split("|")
            self.index.add(number, one.code, (*one.names.values(), *words))
        self.rows: dict[tuple[int, str, str], int] = {}
        #: the last cell of each margin, which is named where all of it is 0
        self.last: dict[tuple[int, str], tuple[int, str]] = {}

    def read(self, number: int, cell: Mapping[str, str]) -> None:
        """Read a row by what its cells hold; one without a number says nothing."""
        if not cell["transactions"]:
            return
        agency, variable = self._agency(number, cell), self._variable(number, cell)
        category = None if variable is None else _category(variable, cell["category"])
        if variable is not None and category is None:
            self.check.wrong(number, "category", cell["category"], "one of its answers; see the template")
        n = parse_whole(cell["transactions"])
        if n is None:
            self.check.wrong(number, "transactions", cell["transactions"], "a whole number, 0 or more")
        if agency is None or variable is None or category is None or n is None:
            return
        if (agency, variable.code, category) in self.rows:
            self.check.wrong(number, "category", cell["category"], "given once")
        self.rows[agency, variable.code, category] = n
        self.last[agency, variable.code] = number, cell["transactions"]

    def finish(self) -> dict[tuple[int, str, str], int]:
        """The transactions by agency, variable and category; `TableError` for all that was wrong."""
        some = {(agency, variable) for (agency, variable, _), n in self.rows.items() if n}
        for place, (number, text) in self.last.items():
            if place not in some:
                self.check.wrong(number, "transactions", text, "more than 0 in one category at least")
        self.check.finish()
        if not self.rows:
            raise InputError("%(source)s has a header but no rows", source=self.check.source)
        return self.rows

    def _agency(self, number: int, cell: Mapping[str, str]) -> int | None:
        written = cell.get("agency", "")
        if words_of(written) in WHOLE:
            if self.root is None:
                column = "agency" if "agency" in cell else "variable"
                self.check.wrong(number, column, written, "the code or name of a stored agency")
            return self.root.id if self.root else None
        agency = self.agencies.find(written)
        if agency is None:
            wrong_name(self.check, number, "agency", written, self.agencies)
        return agency

    def _variable(self, number: int, cell: Mapping[str, str]) -> MarginVariable | None:
        place = self.index.find(cell["variable"])
        if place is None:
            self.check.wrong(
                number,
                "variable",
                cell["variable"],
                "what the round asks of people, “Lĩnh vực” or “Tháng”; see the template",
            )
            return None
        return self.variables[place]


def _category(variable: MarginVariable, text: str) -> str | None:
    """The code of the category that a cell means."""
    index, codes = Names(), list(variable.categories)
    short = SHORT_CATEGORIES.get(variable.code, {})
    for number, code in enumerate(codes):
        index.add(number, code, (*variable.categories[code].values(), *filter(None, short.get(code, "").split("|"))))
    place = index.find(text)
    return None if place is None else codes[place]
