"""Reading piles of paper forms, and whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.queries.users import agencies_below
from survey.models import (
    Agency,
    Counter,
    EntryBatch,
    EntryForm,
    ImportBatch,
    Response,
    Role,
    Round,
    RoundState,
    Service,
    User,
)


def own_agencies(session: orm.Session, user: User) -> frozenset[str] | None:
    """The codes of the agencies whose counters a person works for; None means all.

    Own and below for a manager, own alone for staff, all for an admin; an evaluator works at no counter.
    """
    if user.role is Role.ADMIN:
        return None
    if user.agency_id is None:
        return frozenset()
    if user.role is Role.MANAGER:
        return agencies_below(session, user.agency_id)
    return frozenset(session.scalars(sa.select(Agency.code).where(Agency.id == user.agency_id)))


def _within(agencies: frozenset[str] | None) -> sa.ColumnElement[bool]:
    return sa.true() if agencies is None else Agency.code.in_(agencies)


def entry_counters(session: orm.Session, agencies: frozenset[str] | None) -> Sequence[Counter]:
    """The open counters of these agencies, by agency and code."""
    return session.scalars(
        sa.select(Counter)
        .join(Counter.agency)
        .where(Counter.active.is_(True), _within(agencies))
        .options(orm.contains_eager(Counter.agency))
        .order_by(Agency.code, Counter.code)
    ).all()


def entry_counter(session: orm.Session, agencies: frozenset[str] | None, counter_id: int) -> Counter | None:
    """One of these agencies' counters with its services and deciding agencies."""
    return session.scalar(sa.select(Counter).join(Counter.agency).where(Counter.id == counter_id, _within(agencies)))


def entry_rounds(session: orm.Session) -> Sequence[Round]:
    """The rounds whose forms can be keyed in: open or closed, not draft, not published."""
    return session.scalars(
        sa.select(Round)
        .where(Round.state.in_([RoundState.OPEN, RoundState.CLOSED]))
        .order_by(Round.state.desc(), Round.opens_on.desc(), Round.id.desc())
    ).all()


@dataclass(frozen=True)
class PileRow:
    """A pile and what it belongs to."""

    entry: EntryBatch
    batch: ImportBatch
    counter: Counter
    round: Round
    service: Service | None
    #: questions compared in second passes, and those answered alike at first
    compared: int
    agreed: int

    @property
    def number(self) -> int:
        """The number written on the paper."""
        return self.entry.batch_id

    @property
    def agreement(self) -> float | None:
        """Share of compared answers that were alike at first, in percent; None before any second pass."""
        return 100 * self.agreed / self.compared if self.compared else None


def piles(session: orm.Session, agencies: frozenset[str] | None, limit: int = 50) -> list[PileRow]:
    """The newest piles of these agencies' counters, those not ended first."""
    return _piles(session, _within(agencies), limit)


def pile(session: orm.Session, agencies: frozenset[str] | None, batch_id: int) -> PileRow | None:
    """One pile of these agencies' counters."""
    found = _piles(session, sa.and_(_within(agencies), EntryBatch.batch_id == batch_id), 1)
    return found[0] if found else None


def _piles(session: orm.Session, condition: sa.ColumnElement[bool], limit: int) -> list[PileRow]:
    sums = (
        sa.select(
            EntryForm.batch_id,
            sa.func.sum(EntryForm.compared).label("compared"),
            sa.func.sum(EntryForm.agreed).label("agreed"),
        )
        .group_by(EntryForm.batch_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(EntryBatch, ImportBatch, Counter, Round, Service, sums.c.compared, sums.c.agreed)
        .join(ImportBatch, ImportBatch.id == EntryBatch.batch_id)
        .join(Counter, Counter.id == EntryBatch.counter_id)
        .join(Counter.agency)
        .join(Round, Round.id == ImportBatch.round_id)
        .outerjoin(Service, Service.id == EntryBatch.service_id)
        .outerjoin(sums, sums.c.batch_id == EntryBatch.batch_id)
        .where(condition)
        .options(orm.contains_eager(Counter.agency))
        .order_by(EntryBatch.ended_at.is_not(None), EntryBatch.batch_id.desc())
        .limit(limit)
    )
    return [
        PileRow(made, batch, counter, round_, service, int(compared or 0), int(agreed or 0))
        for made, batch, counter, round_, service, compared, agreed in rows
    ]


def form_of(session: orm.Session, batch_id: int, number: int) -> EntryForm | None:
    """A form of a pile."""
    return session.get(EntryForm, (batch_id, number))


def waiting(session: orm.Session, batch_id: int) -> list[EntryForm]:
    """The forms of the sample whose second pass or settlement is still to come, in order."""
    return list(
        session.scalars(
            sa.select(EntryForm)
            .where(
                EntryForm.batch_id == batch_id,
                EntryForm.sampled.is_(True),
                sa.or_(EntryForm.compared.is_(None), EntryForm.second.is_not(None)),
            )
            .order_by(EntryForm.number)
        )
    )


def stored_answers(session: orm.Session, form: EntryForm) -> str:
    """The packed answers in force of a form."""
    return session.scalars(sa.select(Response.answers).where(Response.key == form.response_key)).one()
