"""What an archive keeps of a round, as the database has it: every response without its time, and small tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, AgencyKind, Counter, EntryBatch, Response, Round, RoundState, Service
from survey.results.queries.responses import cluster_keys, day_key, key_column

BLOCK = 20_000

Row = tuple[str, str, str, str, str, str | None, str]
"""Agency, service, counter or pile (as `cluster_keys` names it), local day, channel, why it does not count, answers."""


def response_rows(session: orm.Session, round_: Round) -> Iterator[Sequence[Row]]:
    """Yield all responses of a round, those that do not count too, a block at a time."""
    names = ("agency", "service", cluster_keys(round_)[0], day_key(round_), "channel")
    query = (
        sa.select(*(key_column(session, name) for name in names), Response.excluded, Response.answers)
        .select_from(Response)
        .join(Agency, Agency.id == Response.deciding_agency_id)
        .outerjoin(Service, Service.id == Response.service_id)
        .outerjoin(EntryBatch, EntryBatch.batch_id == Response.batch_id)
        .where(Response.round_id == round_.id)
        .execution_options(yield_per=BLOCK)
    )
    for block in session.execute(query).partitions():
        yield [(row[0], row[1], row[2], row[3], row[4], row[5], row[6]) for row in block]


def agency_rows(session: orm.Session) -> list[dict[str, str]]:
    """All agencies: `code`, `name`, `kind`, `parent` and `province` (codes of those above, "" for none)."""
    above = orm.aliased(Agency)
    rows = session.execute(
        sa.select(Agency.code, Agency.name, Agency.kind, sa.func.coalesce(above.code, sa.literal_column("''")))
        .outerjoin(above, above.id == Agency.parent_id)
        .order_by(Agency.code)
    ).all()
    parents = {code: parent for code, _, _, parent in rows}
    provinces = {code for code, _, kind, _ in rows if kind is AgencyKind.PROVINCE}

    def province(code: str) -> str:
        seen: set[str] = set()
        while code and code not in provinces and code not in seen:
            seen.add(code)
            code = parents[code]
        return code if code in provinces else ""

    return [
        {"code": code, "name": name, "kind": kind.value, "parent": parent, "province": province(code)}
        for code, name, kind, parent in rows
    ]


def counter_rows(session: orm.Session) -> list[dict[str, str]]:
    """All counters: `counter` as responses name it, the `agency` it stands at, its `code` and `name`."""
    rows = session.execute(
        sa.select(Counter.id, Agency.code, Counter.code, Counter.name)
        .join(Agency, Agency.id == Counter.agency_id)
        .order_by(Counter.id)
    )
    return [
        {"counter": f"c{number}", "agency": agency, "code": code, "name": name} for number, agency, code, name in rows
    ]


def archivable_rounds(session: orm.Session) -> Sequence[Round]:
    """The rounds that were opened, the oldest first."""
    opened = sa.select(Round).where(Round.state != RoundState.DRAFT).order_by(Round.opens_on, Round.id)
    return session.scalars(opened).all()


def stored_responses(session: orm.Session, round_id: int) -> int:
    """Count all responses of a round, those that do not count too."""
    return session.scalar(sa.select(sa.func.count()).select_from(Response).where(Response.round_id == round_id)) or 0
