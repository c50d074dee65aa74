"""Reading batches of responses as evidence: who brought them, for whom, and whether an evaluator let them count."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import (
    WAITING,
    Agency,
    AnswerSlot,
    BatchKind,
    EntryBatch,
    EntryForm,
    ImportBatch,
    Response,
    Round,
    SlotKind,
    User,
)

LEVELS = "12345"


@dataclass(frozen=True)
class EvidenceRow:
    """A batch with what an evaluator asks about it."""

    batch: ImportBatch
    round: Round
    by: User | None
    decided_by: User | None
    #: None: it came as a file
    pile: EntryBatch | None
    #: agencies that its responses are counted for, the most spoken of first
    agencies: tuple[Agency, ...]
    #: responses of it that count, and those that wait
    counted: int
    waiting: int


def batches(
    session: orm.Session, *, agency: str = "", waiting_only: bool = False, limit: int = 100
) -> list[EvidenceRow]:
    """The batches of responses, those that wait first, then the newest; of one agency or of all."""
    query = _batches().order_by(ImportBatch.waiting.desc(), ImportBatch.id.desc()).limit(limit)
    if waiting_only:
        query = query.where(ImportBatch.waiting.is_(True))
    if agency:
        mine = sa.select(Response.batch_id).join(Agency, Agency.id == Response.deciding_agency_id)
        query = query.where(ImportBatch.id.in_(mine.where(Agency.code == agency)))
    return _rows(session, query)


def batch(session: orm.Session, number: int) -> EvidenceRow | None:
    """One batch of responses."""
    found = _rows(session, _batches().where(ImportBatch.id == number))
    return found[0] if found else None


def waiting_batches(session: orm.Session, round_id: int) -> tuple[int, int]:
    """How many batches of a round wait for an evaluator, and how many responses of theirs."""
    of_round = (ImportBatch.round_id == round_id, ImportBatch.waiting.is_(True))
    count = session.scalar(sa.select(sa.func.count()).select_from(ImportBatch).where(*of_round)) or 0
    waiting = session.scalar(
        sa.select(sa.func.count())
        .select_from(Response)
        .where(Response.round_id == round_id, Response.excluded == WAITING)
    )
    return count, waiting or 0


@dataclass(frozen=True)
class Decided:
    """What evaluators decided about the batches of units: how many, and how many responses."""

    released: int
    released_responses: int
    refused: int
    refused_responses: int


def decided_batches(session: orm.Session, round_id: int) -> Decided:
    """What was decided in a round; of released batches the responses that count now, of refused ones all."""
    of_round = (ImportBatch.round_id == round_id, ImportBatch.kind == BatchKind.RESPONSES)
    released = sa.and_(*of_round, ImportBatch.decided_at.is_not(None), ImportBatch.undone_at.is_(None))
    counted = (
        sa.select(sa.func.count())
        .select_from(Response)
        .join(ImportBatch, ImportBatch.id == Response.batch_id)
        .where(released, Response.excluded.is_(None))
    )
    many = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(ImportBatch.rows), 0)).select_from(ImportBatch)
    batches_released, _rows_released = session.execute(many.where(released)).one()
    refused, rows_refused = session.execute(many.where(*of_round, ImportBatch.refusal.is_not(None))).one()
    return Decided(int(batches_released), int(session.scalar(counted) or 0), int(refused), int(rows_refused))


def brought_agencies(session: orm.Session) -> Sequence[Agency]:
    """The agencies that some batch has responses of, by name."""
    spoken = sa.select(Response.deciding_agency_id).where(Response.batch_id.is_not(None)).distinct()
    return session.scalars(sa.select(Agency).where(Agency.id.in_(spoken)).order_by(Agency.name)).all()


def answer_levels(session: orm.Session, found: EvidenceRow) -> list[int]:
    """How often each of the five levels was given to satisfaction items by a batch's responses in force."""
    items = session.scalars(
        sa.select(AnswerSlot.position).where(
            AnswerSlot.version_id == found.round.version_id, AnswerSlot.kind == SlotKind.SATISFACTION
        )
    ).all()
    answers = sa.func.substr(Response.answers, 1, len(items))
    rows = session.execute(
        sa.select(answers, sa.func.count())
        .where(Response.batch_id == found.batch.id, sa.or_(Response.excluded.is_(None), Response.excluded == WAITING))
        .group_by(answers)
    ).all()
    return [sum(text.count(level) * count for text, count in rows) for level in LEVELS]


def agreement(session: orm.Session, number: int) -> tuple[int, int]:
    """How many answers of a pile second passes compared, and how many were alike at first."""
    compared, agreed = session.execute(
        sa.select(sa.func.sum(EntryForm.compared), sa.func.sum(EntryForm.agreed)).where(EntryForm.batch_id == number)
    ).one()
    return int(compared or 0), int(agreed or 0)


_DECIDER = orm.aliased(User)
_Row = tuple[ImportBatch, Round, User, User, EntryBatch]


def _batches() -> sa.Select[*_Row]:
    return (
        sa.select(ImportBatch, Round, User, _DECIDER, EntryBatch)
        .join(Round, Round.id == ImportBatch.round_id)
        .outerjoin(User, User.id == ImportBatch.user_id)
        .outerjoin(_DECIDER, _DECIDER.id == ImportBatch.decided_by_id)
        .outerjoin(EntryBatch, EntryBatch.batch_id == ImportBatch.id)
        .where(ImportBatch.kind == BatchKind.RESPONSES, ImportBatch.rows > 0)
    )


def _rows(session: orm.Session, query: sa.Select[*_Row]) -> list[EvidenceRow]:
    found = session.execute(query).all()
    of = _agencies(session, [row[0].id for row in found])
    rows = []
    for batch_, round_, by, decided_by, pile in found:
        parts = sorted(of.get(batch_.id, ()), key=lambda part: (-part[1] - part[2], part[0].code))
        agencies = tuple(agency for agency, _, _ in parts)
        counted, waiting = sum(n for _, n, _ in parts), sum(n for _, _, n in parts)
        rows.append(EvidenceRow(batch_, round_, by, decided_by, pile, agencies, counted, waiting))
    return rows


def _agencies(session: orm.Session, numbers: Collection[int]) -> dict[int, list[tuple[Agency, int, int]]]:
    """Of each batch its agencies with how many responses count and how many wait."""
    counted = sa.func.sum(sa.case((Response.excluded.is_(None), 1), else_=0))
    waiting = sa.func.sum(sa.case((Response.excluded == WAITING, 1), else_=0))
    rows = session.execute(
        sa.select(Response.batch_id, Response.deciding_agency_id, counted, waiting)
        .where(Response.batch_id.in_(numbers))
        .group_by(Response.batch_id, Response.deciding_agency_id)
    ).all()
    by_id = {a.id: a for a in session.scalars(sa.select(Agency).where(Agency.id.in_({row[1] for row in rows})))}
    found: dict[int, list[tuple[Agency, int, int]]] = {}
    for number, agency_id, n, left in rows:
        found.setdefault(number, []).append((by_id[agency_id], int(n), int(left)))
    return found
