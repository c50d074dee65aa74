"""Columns of the tables that are imported: what they are called by the program, by offices, and in templates."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from survey.core.errors import InputError
from survey.models import AgencyKind, AgencyLevel, BatchKind
from survey.spreadsheets.headings import Known, Row, column_letter
from survey.spreadsheets.lost_letters import refuse_lost_letters
from survey.spreadsheets.names import Names, words_of
from survey.spreadsheets.read import Table

_AGENCY = (
    "ma co quan|ma don vi|co quan|don vi|ten co quan|ten don vi|co quan don vi|ten co quan don vi|dia phuong|xa phuong"
)


@dataclass(frozen=True)
class Column:
    """A column: its name in files of ours, its Vietnamese heading, and what else offices write over it."""

    code: str
    heading: str
    #: folded words, the surest first, parted by |
    words: str
    needed: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that may stand over the column, as `words_of` gives it."""
        return (words_of(self.code), words_of(self.heading), *self.words.split("|"))


COLUMNS: Mapping[BatchKind, tuple[Column, ...]] = {
    BatchKind.AGENCIES: (
        Column("code", "Mã", "ma co quan|ma don vi|ma so|ma dinh danh|ma co quan don vi"),
        Column("name", "Tên", "ten co quan|ten don vi|ten co quan don vi|co quan don vi|co quan|don vi"),
        Column("kind", "Loại", "loai co quan|loai don vi|loai hinh"),
        Column("level", "Cấp", "cap hanh chinh|cap co quan|cap chinh quyen"),
        Column("parent", "Cơ quan cấp trên", "cap tren|don vi cap tren|truc thuoc|co quan chu quan", needed=False),
        Column("name_en", "Tên tiếng Anh", "tieng anh|english name", needed=False),
        Column("valid_from", "Từ ngày", "hoat dong tu ngay|hoat dong tu|ngay thanh lap|hieu luc tu", needed=False),
        Column("valid_to", "Đến ngày", "hoat dong den ngay|ngay ket thuc|het hieu luc", needed=False),
        Column("successor", "Cơ quan kế thừa", "don vi ke thua|sap nhap vao", needed=False),
    ),
    BatchKind.SERVICES: (
        Column("code", "Mã", "ma linh vuc|ma so"),
        Column("name", "Tên", "ten linh vuc|linh vuc"),
        Column("name_en", "Tên tiếng Anh", "tieng anh|english name", needed=False),
        Column(
            "deciding_agency", "Cơ quan giải quyết",
            "don vi giai quyet|noi giai quyet|co quan giai quyet ho so|co quan quyet dinh", needed=False,
        ),
    ),
    BatchKind.COUNTERS: (
        Column("agency", "Cơ quan", f"co quan tiep nhan|don vi tiep nhan|{_AGENCY}"),
        Column("code", "Mã quầy", "ma|so quay|ma diem tiep nhan"),
        Column("name", "Tên quầy", "ten|quay|diem tiep nhan|ten diem tiep nhan"),
        Column("name_en", "Tên tiếng Anh", "tieng anh|english name", needed=False),
        Column("services", "Lĩnh vực", "cac linh vuc|linh vuc tiep nhan|ma linh vuc", needed=False),
        Column(
            "deciding_agencies", "Cơ quan giải quyết", "don vi giai quyet|cac co quan giai quyet|noi giai quyet",
            needed=False,
        ),
    ),
    BatchKind.POPULATION: (
        Column("agency", "Cơ quan", f"co quan giai quyet|don vi giai quyet|{_AGENCY}"),
        Column("service", "Lĩnh vực", "ma linh vuc|ten linh vuc"),
        Column(
            "N",
            "Số giao dịch",
            "so luong giao dich|so ho so|tong so ho so|so luong ho so|so ho so da giai quyet|ho so da giai quyet"
            "|so luong|so luot|tong so giao dich",
        ),
    ),
}  # fmt: skip
"""The columns of each import, in the order of its template."""
KIND_WORDS: Mapping[AgencyKind, str] = {
    AgencyKind.PROVINCE: "UBND tỉnh",
    AgencyKind.DEPARTMENT: "sở, ban, ngành",
    AgencyKind.DISTRICT: "UBND huyện",
    AgencyKind.COMMUNE: "UBND xã, phường",
    AgencyKind.CENTRE: "trung tâm",
}
LEVEL_WORDS: Mapping[AgencyLevel, str] = {
    AgencyLevel.PROVINCE: "cấp tỉnh",
    AgencyLevel.DISTRICT: "cấp huyện",
    AgencyLevel.COMMUNE: "cấp xã",
}
"""What templates offer for kinds and levels; imports take these words and others."""
TOTALS = frozenset({"tong", "tong cong", "tong so", "cong"})
"""Headings of a column that adds up the others."""


def known_headings(kind: BatchKind, chosen: Mapping[str, str], services: Names) -> Known:
    """What tells a heading from other words: the columns of a kind, and services across for transactions."""
    names = {name: column.code for column in COLUMNS[kind] for name in reversed(column.names)}
    said = {heading: code for code, heading in chosen.items()}

    def known(heading: str) -> str:
        code = said.get(heading) or names.get(words_of(heading), "")
        if not code and kind is BatchKind.POPULATION and (service := services.find(heading)) is not None:
            return f"service {service}"
        return code

    return known


def assign_columns(table: Table, kind: BatchKind, chosen: Mapping[str, str], services: Names) -> Table:
    """The table with its columns found: as a person chose them, else by their headings.

    `InputError` when a needed one is missing, or a heading that is needed stands over two columns. Transactions may
    have services across (`services_across`) in place of service and N. Its rows raise `InputError` for letters that
    were lost.
    """
    fields = {code: table.columns.index(heading) for code, heading in chosen.items() if heading in table.columns}
    words = [words_of(name) for name in table.columns]
    for column in COLUMNS[kind]:
        if column.code not in chosen:
            free = {word: k for k, word in reversed(list(enumerate(words))) if k not in fields.values()}
            at = next((free[name] for name in column.names if name in free), None)
            fields |= {column.code: at} if at is not None else {}
    for code, at in fields.items():
        if table.columns[at] in table.repeated and code not in chosen:
            raise InputError(
                "%(source)s has two columns named %(column)r", source=table.source, column=table.columns[at]
            )
    assigned = dataclasses.replace(table, fields=fields, rows=_legible(table))
    if kind is BatchKind.POPULATION and services_across(assigned, services):
        assigned.left_out.needed = (fields["agency"],)
        return assigned
    missing = [column for column in COLUMNS[kind] if column.needed and column.code not in fields]
    if missing:
        raise InputError(
            "%(source)s has no column “%(heading)s” (%(column)s) in row %(row)d; its headings there are: %(columns)s. "
            "Say which column it is, or which row has the headings",
            source=table.source,
            heading=missing[0].heading,
            column=missing[0].code,
            row=table.heading_row,
            columns=", ".join(table.columns),
        )
    assigned.left_out.needed = tuple(fields[column.code] for column in COLUMNS[kind] if column.needed)
    return assigned


def _legible(table: Table) -> Iterator[Row]:
    """Yield the rows; raise `InputError` for a cell whose letters were lost."""
    for number, cells in table.rows:
        refuse_lost_letters(table.source, ((f"{column_letter(k)}{number}", cell) for k, cell in enumerate(cells)))
        yield number, cells


def services_across(table: Table, services: Names) -> dict[int, int]:
    """The columns of a wide table of transactions by position: the service that each is of; empty for others."""
    if "agency" not in table.fields or {"N", "service"} <= table.fields.keys():
        return {}
    taken = table.fields["agency"]
    across = {k: services.find(name) for k, name in enumerate(table.columns) if k != taken}
    return {k: service for k, service in across.items() if service is not None}


def unused_columns(table: Table, services: Names) -> list[str]:
    """The headings that nothing was read from."""
    read = {*table.fields.values(), *services_across(table, services)}
    return [name for k, name in enumerate(table.columns) if k not in read and not name.startswith("(")]
