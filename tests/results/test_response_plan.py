"""The plan of a round: sizes by hand, what is reckoned with, receipts a week; page, file and command."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm

from scoring.scheme import Rules
from survey.core.db import Database
from survey.core.errors import InputError
from survey.models import Counter, Population, ReceiptBatch, ReceiptCode, Round
from survey.results.response_plan import Aim, Basis, Experience, PlaceFigures, PlanNote, plan_cell, response_plan
from tests.support.evaluation import accounts, earlier_round, scored_round, sign_in
from tests.support.reading import soup

CELL = ("a", "x")


def planned(experience: Experience, aim: Aim, n: int = 10_000, answering: float | None = None):  # type: ignore[no-untyped-def]
    return plan_cell(CELL, n, experience, aim, Rules(), weeks=10, answering=answering)


def test_a_margin_by_hand() -> None:
    """1.96² 2 · .16/.05² = 491.7; of N = 10,000 491.7/(1 + .04917) = 468.7, a little more by t and n - 1."""
    cell = planned(Experience(None, {CELL: PlaceFigures(100, 0.8, 2.0)}, {CELL: 100}), Aim(margin=5), answering=25)
    assert 470 <= cell.needed <= 472
    assert (cell.basis, cell.before, cell.notes) == (Basis.CELL, 100, ())
    assert cell.per_week == 48
    assert cell.receipts_per_week == -(-4 * cell.needed // 10)


def test_a_change_by_hand() -> None:
    """(z + z')² = 7.8489, y = .1: variance .0012741 in all, of which .16/400 = .0004 before: .16/.0008741 = 183.05."""
    known = {CELL: PlaceFigures(400, 0.8, 1.0)}
    cell = planned(Experience(None, known, {CELL: 400}), Aim(change=10))
    assert (cell.needed, cell.per_week, cell.receipts_per_week, cell.notes) == (184, 19, None, ())
    # 100 people before have a variance of .0016, above what is allowed: as many twice, 2 · .16/.0012741 = 251.2
    few = planned(Experience(None, known, {CELL: 100}), Aim(change=10))
    assert (few.needed, few.notes) == (252, (PlanNote.TWO_ROUNDS,))
    small = planned(Experience(None, known, {CELL: 400}), Aim(change=10), n=120)
    assert (small.needed, small.notes) == (120, (PlanNote.NOT_ENOUGH_PEOPLE,))


def test_a_thin_cell_is_reckoned_as_its_agency_then_the_province_then_cautiously() -> None:
    agency, province = PlaceFigures(200, 0.7, 1.5), PlaceFigures(900, 0.8, 1.2)
    for places, basis, index in (
        ({("a", ""): agency, ("", ""): province}, Basis.AGENCY, 70),
        ({("b", ""): agency, ("", ""): province}, Basis.PROVINCE, 80),
        ({}, Basis.NOTHING, 50),
    ):
        cell = planned(Experience(None, places, {CELL: 12}), Aim(margin=5))
        assert (cell.basis, cell.index, cell.before) == (basis, pytest.approx(index), 12)


def test_no_more_receipts_than_transactions_are_printed() -> None:
    """120 people in ten weeks are 12 a week; ± 5 points at one answer in ten would want far more."""
    cell = planned(Experience(), Aim(margin=5), n=120, answering=10)
    assert cell.receipts_per_week == 12
    assert cell.notes == (PlanNote.NOT_ENOUGH_RECEIPTS,)


@pytest.mark.parametrize(
    "aim", [{}, {"margin": 5, "change": 5}, {"margin": 0}, {"change": 99}, {"margin": 5, "power": 2},
            {"margin": 5, "answering": 0}, {"margin": float("nan")}],
)  # fmt: skip
def test_nonsense_is_refused(aim: dict[str, float]) -> None:
    with pytest.raises(InputError):
        Aim(**aim)


def two_rounds(session: orm.Session) -> Round:
    """`r0` before `r1`, which lasts ten weeks; of 40 receipts of `r0` ten were answered."""
    scored_round(session)
    earlier_round(session)
    found = {one.code: one for one in session.scalars(sa.select(Round))}
    found["r1"].opens_on, found["r1"].closes_on = date(2026, 1, 1), date(2026, 3, 11)
    counter = session.scalars(sa.select(Counter)).first()
    assert counter is not None
    batch = ReceiptBatch(
        counter_id=counter.id, round_id=found["r0"].id, week_on=date(2019, 1, 7), codes=40,
        issued_at=datetime(2019, 1, 7, tzinfo=UTC),
    )  # fmt: skip
    session.add(batch)
    session.flush()
    for k in range(40):
        code = ReceiptCode(
            code=f"Z{k:07d}"[-8:], counter_id=counter.id, batch_id=batch.id, issued_on=date(2019, 1, 7), used=k < 10
        )
        session.add(code)
    session.flush()
    return found["r1"]


def test_a_plan_is_made_from_the_round_before(database: Database) -> None:
    """r0: so-tu-phap 20 of 60, so-dat-dai 20 of 40; trung-tam had nobody and is reckoned as the province."""
    with database.write() as session:
        found = response_plan(session, two_rounds(session), Aim(margin=10))
        assert (found.weeks, found.answering, found.borrowed_n) == (10, 25, False)
        assert found.before is not None
        assert found.before.code == "r0"
        cells = {(cell.agency, cell.service): cell for cell in found.cells}
    court, land, centre = (
        cells[place] for place in (("so-tu-phap", "ho-tich"), ("so-dat-dai", "dat-dai"), ("trung-tam", "ho-tich"))
    )
    assert (court.before, court.basis, court.index) == (60, Basis.CELL, pytest.approx(100 / 3))
    assert court.deff == pytest.approx(60 / 59)  # everyone answers all items alike: s²/n with n - 1
    assert (land.before, land.basis, land.index) == (40, Basis.CELL, pytest.approx(50))
    assert (centre.before, centre.basis) == (None, Basis.PROVINCE)
    # N = 600: 1.96² (60/59) .2222/.01 = 86.8; 86.8/(1 + 86.8/600) = 75.8; a little more by t and n - 1
    assert 77 <= court.needed <= 79
    assert court.receipts_per_week == -(-4 * court.needed // 10)
    assert found.needed == sum(cell.needed for cell in cells.values())


def test_without_transactions_those_of_the_round_before_stand_in(database: Database) -> None:
    with database.write() as session:
        round_ = two_rounds(session)
        session.execute(sa.delete(Population).where(Population.round_id == round_.id))
        found = response_plan(session, round_, Aim(margin=10))
        assert found.borrowed_n
        assert {cell.population for cell in found.cells} == {600, 200}
        session.execute(sa.delete(Population))
        with pytest.raises(InputError, match="No transactions are known"):
            response_plan(session, round_, Aim(margin=10))


def test_page_file_and_command_say_the_same(app: Flask) -> None:
    with app.extensions["database"].write() as session:
        two_rounds(session)
        accounts(session)
        needed = [str(cell.needed) for cell in response_plan(session, _r1(session), Aim(margin=10)).cells]
    client = app.test_client()
    sign_in(client, "evaluator")
    page = soup(client, "/danh-gia/r1/ke-hoach?diem=10")
    shown = [row.select("td")[2].b.text for row in page.select("table.board tbody tr")]
    assert sorted(shown) == sorted(needed)
    body = client.get("/danh-gia/r1/ke-hoach.csv?diem=10").get_data(as_text=True).lstrip("\ufeff")
    assert [row["needed"] for row in csv.DictReader(io.StringIO(body))] == needed
    done = app.test_cli_runner().invoke(args=["plan", "--round", "r1", "--margin", "10"])
    assert done.exit_code == 0, done.output
    assert [row["needed"] for row in csv.DictReader(io.StringIO(done.stdout))] == needed
    assert "from r0" in done.stderr


def test_what_is_typed_wrong_is_said_beside_its_field(app: Flask) -> None:
    with app.extensions["database"].write() as session:
        two_rounds(session)
        accounts(session)
    client = app.test_client()
    sign_in(client, "evaluator")
    answer = client.get("/danh-gia/r1/ke-hoach?diem=900")
    assert answer.status_code == 422
    assert "0.5" in answer.get_data(as_text=True)
    assert client.get("/danh-gia/r1/ke-hoach.csv?diem=900").status_code == 422
    assert client.get("/danh-gia/r9/ke-hoach").status_code == 404
    change = client.get("/danh-gia/r1/ke-hoach?muc_dich=thay-doi&diem=10&kha_nang=90&tra_loi=20")
    assert change.status_code == 200
    runner = app.test_cli_runner()
    for wrong in (["--round", "r1"], ["--round", "r1", "--margin", "0"], ["--round", "r9", "--margin", "5"]):
        refused = runner.invoke(args=["plan", *wrong])
        assert refused.exit_code == 2, wrong


def _r1(session: orm.Session) -> Round:
    return session.scalars(sa.select(Round).where(Round.code == "r1")).one()
