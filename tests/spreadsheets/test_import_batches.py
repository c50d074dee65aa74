"""Imports as batches on both databases: known by content, taken back whole, refused once others depend on them."""

from __future__ import annotations

import hashlib
import io
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from survey.core.actor import Actor
from survey.core.db import Database
from survey.core.errors import InputError, TableError
from survey.models import (
    Agency,
    AuditEvent,
    BatchKind,
    Channel,
    Counter,
    CounterCode,
    ImportBatch,
    Population,
    Response,
    Round,
    RoundState,
    Service,
)
from survey.questionnaires import bundled
from survey.spreadsheets.read import read_table
from survey.structure.operations.import_structure import SameFileError, import_structure, undo_structure
from survey.structure.operations.install_questionnaire import install_questionnaire
from survey.structure.operations.open_round import RoundPlan, create_round
from tests.support.evaluation import NOW

LATER = NOW + timedelta(hours=1)
AGENCIES = "code,name,kind,level,parent\ntinh,Tỉnh,province,province,\nxa,Xã,commune,commune,tinh\n"
SERVICES = "code,name\nho-tich,Hộ tịch\n"
COUNTERS = "agency,code,name,services,deciding_agencies\nxa,Q1,Quầy 1,ho-tich,tinh\n"
POPULATION = "agency,service,N\nxa,ho-tich,100\n"


def take(database: Database, kind: BatchKind, text: str) -> int:
    """Import a text and return the batch's number."""
    with database.write() as session:
        round_ = session.scalars(sa.select(Round)).first() if kind is BatchKind.POPULATION else None
        digest = hashlib.sha256(text.encode()).hexdigest()
        table = read_table(io.BytesIO(text.encode()), "a.csv")
        return import_structure(session, kind, table, digest, round_=round_, actor=Actor(NOW))[0].id


def undo(database: Database, number: int) -> int:
    with database.write() as session:
        return undo_structure(session, session.get_one(ImportBatch, number), actor=Actor(LATER))


def counts(database: Database) -> list[int]:
    with database.read() as session:
        tables = (Agency, Service, Counter, CounterCode, Population)
        return [session.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables]


@pytest.fixture
def batches(database: Database) -> dict[BatchKind, int]:
    """Everything imported, each kind as a batch."""
    with database.write() as session:
        version = install_questionnaire(session, bundled()["sipas-short"], NOW)
        create_round(session, RoundPlan("r", "Đợt r", date(2026, 1, 1), date(2026, 6, 30)), version, actor=Actor(NOW))
    files = {
        BatchKind.AGENCIES: AGENCIES,
        BatchKind.SERVICES: SERVICES,
        BatchKind.COUNTERS: COUNTERS,
        BatchKind.POPULATION: POPULATION,
    }
    return {kind: take(database, kind, text) for kind, text in files.items()}


def test_all_is_taken_back_from_the_last_to_the_first(database: Database, batches: dict[BatchKind, int]) -> None:
    assert counts(database) == [2, 1, 1, 1, 1]
    for kind, message in (
        (BatchKind.AGENCIES, "Xã has counters by now|Tỉnh decides at a counter|transactions in a round"),
        (BatchKind.SERVICES, "Hộ tịch is handled at a counter|transactions in a round"),
    ):
        with pytest.raises(InputError, match=message):
            undo(database, batches[kind])
    assert counts(database) == [2, 1, 1, 1, 1]
    for kind in (BatchKind.POPULATION, BatchKind.COUNTERS, BatchKind.SERVICES, BatchKind.AGENCIES):
        undo(database, batches[kind])
    assert counts(database) == [0, 0, 0, 0, 0]
    with database.read() as session:
        events = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc()).limit(4)).all()
        assert {event.action for event in events} == {"structure.undone"}
        assert [event.before["kind"] for event in events] == ["agencies", "services", "counters", "population"]
        assert all(batch.undone_at == LATER for batch in session.scalars(sa.select(ImportBatch)))
    with pytest.raises(InputError, match="taken back already"):
        undo(database, batches[BatchKind.AGENCIES])
    take(database, BatchKind.AGENCIES, AGENCIES)  # and can be imported again
    assert counts(database)[0] == 2


def test_the_same_file_is_known_by_its_bytes(database: Database, batches: dict[BatchKind, int]) -> None:
    for kind, text in (
        (BatchKind.AGENCIES, AGENCIES),
        (BatchKind.COUNTERS, COUNTERS),
        (BatchKind.POPULATION, POPULATION),
    ):
        with pytest.raises(SameFileError, match=f"batch {batches[kind]};"):
            take(database, kind, text)
    take(database, BatchKind.POPULATION, POPULATION.replace("100", "200"))
    take(database, BatchKind.POPULATION, POPULATION)  # another file stood between: this one brings its figures back
    with database.read() as session:
        assert session.scalars(sa.select(Population.transactions)).all() == [100]


def test_a_counter_with_answers_stays(database: Database, batches: dict[BatchKind, int]) -> None:
    with database.write() as session:
        session.add(
            Response(
                key="a-response-of-the-test",
                round_id=session.scalars(sa.select(Round.id)).one(),
                counter_id=session.scalars(sa.select(Counter.id)).one(),
                deciding_agency_id=session.scalars(sa.select(Agency.id).where(Agency.code == "tinh")).one(),
                channel=Channel.QR,
                language="vi",
                answers="4" * 9,
                submitted_at=NOW,
            )
        )
    with pytest.raises(InputError, match="Quầy 1 has responses by now"):
        undo(database, batches[BatchKind.COUNTERS])
    assert counts(database) == [2, 1, 1, 1, 1]


def test_figures_of_a_published_round_stay(database: Database, batches: dict[BatchKind, int]) -> None:
    with database.write() as session:
        session.scalars(sa.select(Round)).one().state = RoundState.PUBLISHED
    with pytest.raises(InputError, match="published"):
        undo(database, batches[BatchKind.POPULATION])


def test_codes_must_fit_into_addresses(database: Database) -> None:
    text = "code,name,kind,level\na/b,A,province,province\nsở,B,province,province\nthem,C,province,province\n"
    with pytest.raises(TableError) as caught:
        take(database, BatchKind.AGENCIES, text)
    assert [(cell.address, cell.value) for cell in caught.value.cells] == [("A2", "a/b"), ("A3", "sở"), ("A4", "them")]
    assert counts(database)[0] == 0
    with database.read() as session:
        assert session.scalars(sa.select(ImportBatch)).all() == []
