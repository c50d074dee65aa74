"""Take a file of agencies, services, counters or transactions as one batch, and take such a batch back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.db import Base
from survey.core.errors import InputError
from survey.models import (
    Agency,
    AuditEvent,
    BatchKind,
    Counter,
    CounterCode,
    CounterDecidingAgency,
    CounterService,
    ImportBatch,
    Population,
    Round,
    RoundState,
    Service,
)
from survey.spreadsheets.read import Table
from survey.structure.operations.import_agencies import ImportedRows, import_agencies
from survey.structure.operations.import_counters import import_counters
from survey.structure.operations.import_population import import_population, stored_transactions
from survey.structure.operations.import_services import import_services, undo_decided

STRUCTURE = (BatchKind.AGENCIES, BatchKind.SERVICES, BatchKind.COUNTERS)

_IMPORTS: Mapping[BatchKind, Callable[..., ImportedRows]] = {
    BatchKind.AGENCIES: import_agencies,
    BatchKind.SERVICES: import_services,
    BatchKind.COUNTERS: import_counters,
}
_TABLES: Mapping[BatchKind, type[Agency] | type[Service] | type[Counter]] = {
    BatchKind.AGENCIES: Agency,
    BatchKind.SERVICES: Service,
    BatchKind.COUNTERS: Counter,
}
_OWN = {
    BatchKind.AGENCIES: frozenset({"agency"}),
    BatchKind.SERVICES: frozenset(),
    BatchKind.COUNTERS: frozenset({"counter_service", "counter_deciding_agency", "counter_code"}),
}
"""Tables whose references to a batch's rows go away with them."""
_USED = {
    "agency": "%(name)s stands above other agencies or took over from one; it cannot be taken back",
    "agency_former_name": "%(name)s was renamed since; it cannot be taken back",
    "counter": "%(name)s has counters by now; it cannot be taken back before they are",
    "counter_deciding_agency": "%(name)s decides at a counter by now; it cannot be taken back before the counter is",
    "counter_service": "%(name)s is handled at a counter by now; it cannot be taken back before the counter is",
    "population": "%(name)s has transactions in a round by now; it cannot be taken back before they are",
    "service": "%(name)s decides on a service field by now; it cannot be taken back before the field says otherwise",
    "response": "%(name)s has responses by now; it cannot be taken back",
    "user_account": "%(name)s has accounts by now; it cannot be taken back",
}


class SameFileError(InputError):
    """Duplicate check: the same file was imported before; nothing is wrong, and nothing is done."""


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, by which a file that was imported before is known."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def import_structure(
    session: orm.Session,
    kind: BatchKind,
    table: Table,
    content_hash: str,
    *,
    round_: Round | None = None,
    actor: Actor,
) -> tuple[ImportBatch, ImportedRows]:
    """Import a table as a batch. `round_` is for transactions.

    `SameFileError` when this very file stands imported already, `TableError` for wrong cells; then nothing is stored.
    """
    again = _same_file(session, kind, content_hash, round_)
    if again is not None:
        raise SameFileError(
            "This very file was imported already as batch %(id)d; importing it again would add nothing", id=again.id
        )
    if kind is BatchKind.POPULATION:
        if round_ is None:
            raise InputError("Choose the round whose transactions these are")
        done = import_population(session, table, round_, actor=actor)
    else:
        done = _IMPORTS[kind](session, table, actor=actor)
    batch = ImportBatch(
        kind=kind,
        round_id=round_.id if round_ else None,
        source=table.source[:200],
        content_hash=content_hash,
        rows=done.added,
        created_at=actor.now,
        user_id=actor.user_id,
        undo=dict(done.undo),
    )
    session.add(batch)
    session.flush()
    return batch, done


def _same_file(session: orm.Session, kind: BatchKind, content_hash: str, round_: Round | None) -> ImportBatch | None:
    """The batch this file is stored by. Transactions count only while no other file replaced them."""
    query = sa.select(ImportBatch).where(ImportBatch.kind == kind, ImportBatch.undone_at.is_(None))
    if round_ is not None:
        query = query.where(ImportBatch.round_id == round_.id)
    if kind is not BatchKind.POPULATION:
        return session.scalars(query.where(ImportBatch.content_hash == content_hash)).first()
    last = session.scalars(query.order_by(ImportBatch.id.desc())).first()
    return last if last is not None and last.content_hash == content_hash else None


def undo_structure(session: orm.Session, batch: ImportBatch, *, actor: Actor) -> int:
    """Undo an import; return how many rows were deleted. The batch stays, marked as undone.

    `InputError` when it was taken back before, or when something written since depends on it: what that is, is said.
    """
    if batch.undone_at is not None:
        raise InputError("Batch %(id)d was taken back already", id=batch.id)
    if batch.kind is BatchKind.POPULATION:
        gone = _undo_population(session, batch)
    elif batch.kind in STRUCTURE:
        gone = _undo_rows(session, batch)
    else:
        raise InputError("Batch %(id)d did not bring part of the structure", id=batch.id)
    batch.undone_at = actor.now
    audit.record(
        session,
        action="structure.undone",
        subject=f"import_batch:{batch.id}",
        actor=actor,
        before={"kind": batch.kind.value, "rows": batch.rows, "file": batch.source},
        after={"rows": 0},
    )
    session.flush()
    session.expire_all()
    return gone


def _undo_population(session: orm.Session, batch: ImportBatch) -> int:
    """Put back the transactions a round had before."""
    round_ = session.get_one(Round, batch.round_id)
    if round_.state is RoundState.PUBLISHED:
        raise InputError("Round %(code)s is published; its transactions can no longer change", code=round_.code)
    if stored_transactions(session, round_.id) != [list(row) for row in batch.undo["after"]]:
        raise InputError("The transactions were changed after this import; take the later import back first")
    before = batch.undo["before"]
    agencies, services = set(session.scalars(sa.select(Agency.id))), set(session.scalars(sa.select(Service.id)))
    if any(a not in agencies or s not in services for a, s, _ in before):
        raise InputError("Agencies or services that had transactions before were taken back since")
    session.execute(sa.delete(Population).where(Population.round_id == round_.id))
    session.add_all(Population(round_id=round_.id, agency_id=a, service_id=s, transactions=n) for a, s, n in before)
    return batch.rows


def _undo_rows(session: orm.Session, batch: ImportBatch) -> int:
    """Delete the rows a batch added, unless they are used."""
    model, row_ids = _TABLES[batch.kind], [int(number) for number in batch.undo.get("made", [])]
    rows: Sequence[Any] = session.scalars(sa.select(model).where(model.id.in_(row_ids))).all()
    if len(rows) < len(row_ids):
        raise InputError("Part of this batch is no longer there")
    names = {row.id: row.name for row in rows}
    _refuse_changed(session, batch, rows)
    _refuse_used(session, batch, names)
    undo_decided(session, batch.undo.get("decided", []))
    if batch.kind is BatchKind.AGENCIES:
        session.execute(
            sa.update(Agency).where(Agency.id.in_(row_ids)).values(parent_id=None, successor_id=None),
            execution_options={"synchronize_session": False},
        )
    if batch.kind is BatchKind.COUNTERS:
        for link in (CounterService, CounterDecidingAgency, CounterCode):
            session.execute(
                sa.delete(link).where(link.counter_id.in_(row_ids)), execution_options={"synchronize_session": False}
            )
    session.execute(sa.delete(model).where(model.id.in_(row_ids)), execution_options={"synchronize_session": False})
    return len(row_ids)


def _refuse_used(session: orm.Session, batch: ImportBatch, names: Mapping[int, str]) -> None:
    """Raise `InputError` naming what refers to a row of the batch, other than the batch itself."""
    target = _TABLES[batch.kind].__tablename__
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if not any(key.column.table.name == target for key in column.foreign_keys):
                continue
            within = table.c.id.in_(names) if table.name == target else sa.false()
            if table.name in _OWN[batch.kind] - {target}:
                continue
            user = session.scalars(sa.select(column).where(column.in_(names), ~within).limit(1)).first()
            if user is not None:
                template = _USED.get(table.name, "%(name)s is in use by now; it cannot be taken back")
                raise InputError(template, name=names[int(user)])


def _refuse_changed(session: orm.Session, batch: ImportBatch, rows: Sequence[Agency | Service | Counter]) -> None:
    """Raise `InputError` when a person changed a row after the import."""
    called = {_subject(session, row): row.name for row in rows}
    later = session.scalars(
        sa.select(AuditEvent.subject).where(AuditEvent.subject.in_(called), AuditEvent.at > batch.created_at).limit(1)
    ).first()
    if later is not None:
        raise InputError("%(name)s was changed after this import; it cannot be taken back", name=called[later])


def _subject(session: orm.Session, row: Agency | Service | Counter) -> str:
    if isinstance(row, Counter):
        return f"counter:{session.get_one(Agency, row.agency_id).code}/{row.code}"
    return f"{type(row).__name__.lower()}:{row.code}"
