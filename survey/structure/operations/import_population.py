"""Take a round's transactions from a table: agency, service, N; or agencies down and services across."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError, Notice
from survey.models import Population, Round, RoundState
from survey.spreadsheets.headings import column_letter
from survey.spreadsheets.names import Names, words_of
from survey.spreadsheets.read import Checker, Table, parse_whole
from survey.structure.operations.import_agencies import ImportedRows
from survey.structure.operations.import_counters import wrong_name
from survey.structure.queries.names import agency_names, service_names
from survey.structure.queries.population import below_sample
from survey.structure.queries.scope import refuse_outside
from survey.structure.table_columns import TOTALS, services_across

NONE = frozenset({"", "-", "–", "—"})
"""What stands in a cell of a wide table where an agency does not decide on a service."""
UNCOUNTED = frozenset({"stt", "tt", "so tt", "so thu tu", "no", "ma", "ma co quan", "ma don vi", "ghi chu"})
"""Headings over numbers that are no transactions."""
MOST_WARNINGS = 10


def import_population(session: orm.Session, table: Table, round_: Round, *, actor: Actor) -> ImportedRows:
    """Replace the transactions of a round by those of `table`.

    Its columns are `agency,service,N`, or `agency` and one for each service. Agencies and services are codes or names.

    Raises `TableError` for unknown agencies or services, a pair given twice, or an N that is no whole number, and
    `InputError` for a published round; then the stored figures stay. Where N is below the number of responses the
    result warns: the scoring then uses the responses in its place and says so.
    """
    if round_.state is RoundState.PUBLISHED:
        raise InputError("Round %(code)s is published; its transactions can no longer change", code=round_.code)
    read = _read(session, table)
    rows = read.rows
    refuse_outside(session, round_, {agency for agency, _ in rows})
    before = stored_transactions(session, round_.id)
    before_sum = sum(n for _, _, n in before)
    session.execute(sa.delete(Population).where(Population.round_id == round_.id))
    session.execute(
        sa.insert(Population),
        [{"round_id": round_.id, "agency_id": a, "service_id": s, "transactions": n} for (a, s), n in rows.items()],
    )
    audit.record(
        session,
        action="population.imported",
        subject=f"round:{round_.code}",
        actor=actor,
        before={"transactions": before_sum},
        after={"transactions": sum(rows.values()), "file": table.source},
    )
    session.expire_all()
    return ImportedRows(
        len(rows),
        0,
        (
            *read.warnings,
            *(
                Notice(
                    "%(agency)s / %(service)s: N = %(n)d is below the %(responses)d responses",
                    {
                        "agency": short.agency,
                        "service": short.service,
                        "n": short.transactions,
                        "responses": short.responses,
                    },
                )
                for short in below_sample(session, round_.id)
            ),
        ),
        {"before": before, "after": sorted([a, s, n] for (a, s), n in rows.items())},
        sum(rows.values()),
        before_sum,
    )


def stored_transactions(session: orm.Session, round_id: int) -> list[list[int]]:
    """The transactions of a round as [agency id, service id, N], in order."""
    query = sa.select(Population.agency_id, Population.service_id, Population.transactions)
    return sorted([int(a), int(s), int(n)] for a, s, n in session.execute(query.where(Population.round_id == round_id)))


@dataclass
class _Read:
    """What a table of transactions holds."""

    #: (agency id, service id) → N
    rows: dict[tuple[int, int], int] = field(default_factory=dict)
    warnings: list[Notice] = field(default_factory=list)


def _read(session: orm.Session, table: Table) -> _Read:
    """N by agency and service, of a table with a row for each or with services across."""
    services = service_names(session)
    across = services_across(table, services)
    check, content = Checker.of(table), _Read()
    if across:
        _read_across(table, across, agency_names(session), check, content)
    else:
        _read_down(table, agency_names(session), services, check, content)
    check.finish()
    if not content.rows:
        raise InputError("%(source)s has a header but no rows", source=table.source)
    return content


def _read_down(table: Table, agencies: Names, services: Names, check: Checker, content: _Read) -> None:
    """Read a row for each agency and service."""
    agency_at, service_at, n_at = (table.position(name) for name in ("agency", "service", "N"))
    for number, cells in table:
        agency, service = agencies.find(cells[agency_at]), services.find(cells[service_at])
        if agency is None:
            wrong_name(check, number, "agency", cells[agency_at], agencies)
        if service is None:
            wrong_name(check, number, "service", cells[service_at], services)
        transactions = check.whole(number, "N", cells[n_at])
        if agency is None or service is None:
            continue
        if (agency, service) in content.rows:
            check.wrong(number, "service", cells[service_at], "given once for %(agency)s", agency=cells[agency_at])
        content.rows[agency, service] = transactions
    _compare_totals(table, {n_at: sum(content.rows.values())}, content)


def _read_across(table: Table, across: Mapping[int, int], agencies: Names, check: Checker, content: _Read) -> None:
    """Read a row for each agency with a column for each service; an empty cell or a dash is no transaction."""
    agency_at = table.position("agency")
    sums: dict[int, int] = dict.fromkeys(across, 0)
    row_total = next((k for k, name in enumerate(table.columns) if words_of(name) in TOTALS), table.fields.get("N"))
    others = [k for k in range(len(table.columns)) if k not in {*across, agency_at, row_total}]
    for number, cells in table:
        agency = agencies.find(cells[agency_at])
        if agency is None:
            wrong_name(check, number, "agency", cells[agency_at], agencies)
            continue
        row_sum = 0
        for k, service in across.items():
            if cells[k] in NONE:
                continue
            heading = table.columns[k]
            transactions = check.whole(number, heading, cells[k])
            if (agency, service) in content.rows:
                check.wrong(number, heading, cells[k], "given once for %(agency)s", agency=cells[agency_at])
            content.rows[agency, service] = transactions
            sums[k] += transactions
            row_sum += transactions
        if row_total is not None:
            _compare(number, row_total, cells, row_sum, content)
        for k in others:
            _refuse_unknown(table, number, k, cells[k])
    if row_total is not None:
        sums[row_total] = sum(sums.values())
    _compare_totals(table, sums, content)


def _refuse_unknown(table: Table, number: int, at: int, text: str) -> None:
    """Raise `InputError` for numbers under a heading that is no service: they would be lost without a word."""
    heading = words_of(table.columns[at])
    if heading in UNCOUNTED or (parse_whole(text) or 0) == 0:
        return
    raise InputError(
        "%(source)s: cell %(cell)s is a number, but “%(heading)s” is the code or name of no stored field; correct the "
        "heading, add the field first, or delete the column",
        source=table.source,
        cell=f"{column_letter(at)}{number}",
        heading=table.columns[at],
    )


def _compare_totals(table: Table, sums: Mapping[int, int], content: _Read) -> None:
    """Warn where the total row of a file says something else than its rows add up to."""
    for number, cells in table.left_out.totals[-1:]:
        for at, added in sums.items():
            _compare(number, at, cells, added, content)


def _compare(number: int, at: int, cells: Sequence[str], added: int, content: _Read) -> None:
    written = parse_whole(cells[at])
    if written is None or written == added or len(content.warnings) >= MOST_WARNINGS:
        return
    content.warnings.append(
        Notice(
            "The file's own total in cell %(cell)s is %(written)d, but what it sums up is %(added)d; look for a row "
            "that is missing or stands twice",
            {"cell": f"{column_letter(at)}{number}", "written": written, "added": added},
        )
    )
