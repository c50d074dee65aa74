"""Reading what imports of responses need: what a file may name, saved mappings, and the batches there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.queries.users import agencies_below
from survey.core.errors import InputError
from survey.core.text import fold
from survey.models import (
    Agency,
    BatchKind,
    Channel,
    ColumnMapping,
    Counter,
    EntryBatch,
    ImportBatch,
    Response,
    Role,
    Round,
    RoundState,
    Service,
    User,
)
from survey.questionnaires import from_canonical
from survey.spreadsheets.names import Names, words_of
from survey.spreadsheets.places import CounterPlace, Places
from survey.spreadsheets.response_rows import Frame
from survey.structure.queries.names import service_names

OWN_CHANNELS = frozenset({Channel.QR, Channel.KIOSK, Channel.RECEIPT})
"""Ways of answering on which our own pages alone can speak."""


def batch_by_number(session: orm.Session, number: int) -> ImportBatch:
    """An import by its number; `InputError` when there is none."""
    batch = session.get(ImportBatch, number)
    if batch is None:
        raise InputError("There is no batch %(id)d", id=number)
    return batch


def importable_agencies(session: orm.Session, user: User) -> frozenset[str] | None:
    """The codes of the agencies a person may import responses for; None means all."""
    if user.role in {Role.ADMIN, Role.EVALUATOR}:
        return None
    if user.role is Role.MANAGER and user.agency_id is not None:
        return agencies_below(session, user.agency_id)
    return frozenset()


def file_channels(user: User) -> frozenset[Channel]:
    """How answers in a person's file may have come.

    Answers to our own codes and screens never come in a file of those who are judged; an evaluator may bring them from
    another system.
    """
    return frozenset(Channel) - (frozenset() if user.role in {Role.ADMIN, Role.EVALUATOR} else OWN_CHANNELS)


def places(session: orm.Session, agencies: frozenset[str] | None = None) -> Places:
    """What a file may name: agencies and counters of these agencies (None: all), and every service."""
    within = sa.true() if agencies is None else Agency.code.in_(agencies)
    by_name = Names()
    for agency in session.scalars(sa.select(Agency).where(within).order_by(Agency.id)):
        by_name.add(agency.id, agency.code, (agency.name,), past=agency.valid_to is not None)
    counters: dict[str, list[CounterPlace]] = {}
    loaded = sa.select(Counter).join(Counter.agency).where(within).order_by(Counter.id)
    options = (orm.contains_eager(Counter.agency), orm.selectinload(Counter.services))
    for counter in session.scalars(loaded.options(*options, orm.selectinload(Counter.deciding_agencies))):
        deciding = [agency.id for agency in counter.deciding_agencies] or [counter.agency_id]
        place = CounterPlace(
            counter.id,
            counter.agency_id,
            deciding[0] if len(deciding) == 1 else None,
            counter.services[0].id if len(counter.services) == 1 else None,
            counter.code,
            {one.id: decides for one in counter.services if (decides := counter.decided_by(one.id)) is not None},
        )
        agency = counter.agency
        names = {counter.code, counter.name, f"{agency.code}/{counter.code}", f"{agency.name}/{counter.name}"}
        for name in {form for called in names for form in (fold(called), words_of(called))}:
            counters.setdefault(name, []).append(place)
    services = session.execute(sa.select(Service.id, Service.deciding_agency_id)).all()
    decided = {service_id: decides for service_id, decides in services if decides in by_name.codes}
    return Places(by_name, service_names(session), counters, decided)


def frame(round_: Round, now: datetime, channels: frozenset[Channel] = frozenset(Channel)) -> Frame:
    """What the rows of a file are read against; `channels`: those it may name."""
    definition = from_canonical(round_.version.content)
    return Frame(definition, ZoneInfo(round_.zone), round_.opens_on, round_.last_day, now, channels)


def rounds_to_fill(session: orm.Session) -> Sequence[Round]:
    """The rounds that imports may add to: open or closed, the newest first."""
    return session.scalars(
        sa.select(Round)
        .where(Round.state.in_([RoundState.OPEN, RoundState.CLOSED]))
        .order_by(Round.opens_on.desc(), Round.id.desc())
    ).all()


def saved_mappings(session: orm.Session, questionnaire_id: int) -> Sequence[ColumnMapping]:
    """The saved mappings of a questionnaire by name."""
    return session.scalars(
        sa.select(ColumnMapping)
        .where(ColumnMapping.questionnaire_id == questionnaire_id)
        .order_by(sa.func.lower(ColumnMapping.name))
    ).all()


def earlier_import(session: orm.Session, round_id: int, content_hash: str) -> ImportBatch | None:
    """The batch in force that this very file made in a round."""
    return session.scalars(
        sa.select(ImportBatch)
        .where(
            ImportBatch.kind == BatchKind.RESPONSES,
            ImportBatch.round_id == round_id,
            ImportBatch.content_hash == content_hash,
            ImportBatch.undone_at.is_(None),
        )
        .order_by(ImportBatch.id.desc())
    ).first()


@dataclass(frozen=True)
class BatchRow:
    """A batch of imported responses."""

    batch: ImportBatch
    round: Round
    by: User | None


def _batches() -> sa.Select[ImportBatch, Round, User]:
    return (
        sa.select(ImportBatch, Round, User)
        .join(Round, Round.id == ImportBatch.round_id)
        .outerjoin(User, User.id == ImportBatch.user_id)
        .where(
            ImportBatch.kind == BatchKind.RESPONSES,
            ~sa.exists().where(EntryBatch.batch_id == ImportBatch.id),
        )
        .order_by(ImportBatch.id.desc())
    )


def batches(session: orm.Session, user: User, limit: int = 50) -> list[BatchRow]:
    """The newest imports of responses: all of them, or a manager's own."""
    query = _batches()
    if user.role not in {Role.ADMIN, Role.EVALUATOR}:
        query = query.where(ImportBatch.user_id == user.id)
    return [BatchRow(batch, round_, by) for batch, round_, by in session.execute(query.limit(limit))]


def batch(session: orm.Session, user: User, batch_id: int) -> BatchRow | None:
    """One import a person may see."""
    for found, round_, by in session.execute(_batches().where(ImportBatch.id == batch_id)):
        if user.role in {Role.ADMIN, Role.EVALUATOR} or found.user_id == user.id:
            return BatchRow(found, round_, by)
    return None


def counted_of(session: orm.Session, batch_id: int) -> int:
    """How many responses of a batch are counted."""
    query = sa.select(sa.func.count()).select_from(Response)
    return session.scalar(query.where(Response.batch_id == batch_id, Response.excluded.is_(None))) or 0


def agency_choices(session: orm.Session, agencies: frozenset[str] | None) -> Sequence[Agency]:
    """The agencies a person may import for, by name."""
    within = sa.true() if agencies is None else Agency.code.in_(agencies)
    return session.scalars(sa.select(Agency).where(within).order_by(Agency.name)).all()


def service_choices(session: orm.Session) -> Sequence[Service]:
    """The services by name."""
    return session.scalars(sa.select(Service).order_by(Service.name)).all()


def counter_choices(session: orm.Session, agencies: frozenset[str] | None) -> Sequence[Counter]:
    """The counters of these agencies."""
    within = sa.true() if agencies is None else Agency.code.in_(agencies)
    query = sa.select(Counter).join(Counter.agency).where(within).options(orm.contains_eager(Counter.agency))
    return session.scalars(query.order_by(Agency.code, Counter.code)).all()
