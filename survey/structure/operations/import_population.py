"""Take a round's transactions from a table: agency, service, N."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError, Notice
from survey.models import Agency, Population, Round, RoundState, Service
from survey.spreadsheets.read import Checker, Table
from survey.structure.operations.import_agencies import ImportedRows
from survey.structure.queries.population import below_sample


def import_population(session: orm.Session, table: Table, round_: Round, *, actor: Actor) -> ImportedRows:
    """Replace the transactions of a round by those of `table` (columns `agency,service,N`).

    Raises `TableError` for unknown agencies or services, a pair given twice, or an N that is no whole number, and
    `InputError` for a published round; then the stored figures stay. Where N is below the number of responses the
    result warns: the scoring then uses the responses in its place and says so.
    """
    if round_.state is RoundState.PUBLISHED:
        raise InputError("Round %(code)s is published; its transactions can no longer change", code=round_.code)
    rows = _read(session, table)
    before = stored_transactions(session, round_.id)
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
        before={"transactions": sum(n for _, _, n in before)},
        after={"transactions": sum(rows.values()), "file": table.source},
    )
    session.expire_all()
    return ImportedRows(
        len(rows),
        0,
        tuple(
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
        {"before": before, "after": sorted([a, s, n] for (a, s), n in rows.items())},
    )


def stored_transactions(session: orm.Session, round_id: int) -> list[list[int]]:
    """Return the transactions of a round as [agency id, service id, N], in order."""
    query = sa.select(Population.agency_id, Population.service_id, Population.transactions)
    return sorted([int(a), int(s), int(n)] for a, s, n in session.execute(query.where(Population.round_id == round_id)))


def _read(session: orm.Session, table: Table) -> dict[tuple[int, int], int]:
    """Return N by (agency id, service id)."""
    agencies = {code: int(number) for code, number in session.execute(sa.select(Agency.code, Agency.id))}
    services = {code: int(number) for code, number in session.execute(sa.select(Service.code, Service.id))}
    agency_at, service_at, n_at = (table.position(name) for name in ("agency", "service", "N"))
    check = Checker.of(table)
    rows: dict[tuple[int, int], int] = {}
    for number, cells in table:
        agency, service = agencies.get(cells[agency_at]), services.get(cells[service_at])
        if agency is None:
            check.wrong(number, "agency", cells[agency_at], "the code of a stored agency")
        if service is None:
            check.wrong(number, "service", cells[service_at], "the code of a stored service")
        transactions = check.whole(number, "N", cells[n_at])
        if agency is None or service is None:
            continue
        if (agency, service) in rows:
            check.wrong(number, "service", cells[service_at], "given once for %(agency)s", agency=cells[agency_at])
        rows[agency, service] = transactions
    check.finish()
    if not rows:
        raise InputError("%(source)s has a header but no rows", source=table.source)
    return rows
