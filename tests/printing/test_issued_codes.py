"""Codes for receipts: the judged office makes none, a week has no more than its transactions, and prints are seen."""

from __future__ import annotations

import shutil
from datetime import date

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from survey.core.actor import Actor
from survey.core.config import Settings
from survey.core.errors import InputError
from survey.models import Agency, Counter, ReceiptBatch, ReceiptCode, User, WeeklyCount
from survey.printing.operations.issue_receipt_codes import issue_receipt_codes
from survey.printing.queries.receipt_batches import monday, week_limit
from survey.publication.operations.api_clients import create_api_client
from survey.structure.queries.rounds import by_code
from survey.web.security import limiter
from tests.support.clock import set_clock
from tests.support.evaluation import NOW, accounts, post, scored_round, sign_in
from tests.support.paper import pictures, read_codes

WEEK = date(2026, 2, 23)
"""The Monday of the week of `NOW`, a Sunday."""


@pytest.fixture
def site(tmp_path, newest_file):
    """`r1` for the four weeks from 23 February on; counter Q9 of so-tu-phap, whose N is 600: 225 codes a week."""
    shutil.copy(newest_file, tmp_path / "sipas.db")
    settings = Settings(instance_dir=tmp_path, secret_key="s" * 40, public_base_url="https://danhgia.example.vn")
    app = create_app(settings)
    limiter.reset()
    set_clock(app, NOW)
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
        round_ = by_code(session, "r1")
        round_.opens_on, round_.closes_on = WEEK, date(2026, 3, 22)
        agency = session.scalars(sa.select(Agency).where(Agency.code == "so-tu-phap")).one()
        session.add(Counter(agency=agency, code="Q9", name="Quầy Tư pháp"))
    yield app
    app.extensions["database"].dispose()


def counter_id(site: Flask, code: str = "Q9") -> int:
    with site.extensions["database"].read() as session:
        return session.scalars(sa.select(Counter.id).where(Counter.code == code)).one()


def made(site: Flask) -> int:
    with site.extensions["database"].read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(ReceiptCode)) or 0


def signed_in(site: Flask, role: str) -> FlaskClient:
    client = site.test_client()
    sign_in(client, role)
    return client


def issue(client: FlaskClient, number: int, how_many: int, week: date = WEEK):
    return post(client, "/quay/ma-bien-nhan", counter=str(number), week=week.isoformat(), how_many=str(how_many))


def test_a_manager_makes_a_thousand_codes_in_a_minute(site: Flask) -> None:
    """The attack of the issue, by every way there is: the page of before, the evaluator's page, the operation."""
    number = counter_id(site)
    for role in ("manager", "staff"):
        client = signed_in(site, role)
        at = f"/quay/{number}/bien-nhan"
        assert client.get(at).status_code == 200
        assert post(client, at, "/tai-khoan", how_many="500").status_code == 405
        assert post(client, "/quay/ma-bien-nhan", "/tai-khoan", counter=str(number), how_many="500").status_code == 403
        with site.extensions["database"].write() as session:
            person = session.scalars(sa.select(User.id).where(User.username == role)).one()
            counter = session.get_one(Counter, number)
            zone = site.config["SETTINGS"].timezone
            with pytest.raises(InputError, match="Only an evaluator"):
                issue_receipt_codes(session, counter, 1, zone=zone, actor=Actor(NOW, person))
    assert made(site) == 0


def test_a_week_has_no_more_codes_than_transactions(site: Flask) -> None:
    """600 transactions in four weeks, and half as many again: 225, of all counters of the agency together."""
    evaluator, number = signed_in(site, "evaluator"), counter_id(site)
    assert issue(evaluator, number, 226).status_code == 422
    assert issue(evaluator, number, 200).status_code == 303
    refused = issue(evaluator, number, 26)
    assert refused.status_code == 422
    assert "nhiều nhất 225 mã" in refused.text
    assert issue(evaluator, number, 25).status_code == 303
    assert issue(evaluator, number, 225, date(2026, 3, 2)).status_code == 303  # another week has its own
    # Q2 decides for so-tu-phap too (600) and for so-dat-dai (200): 300 less the 225 that Q9 has
    assert issue(evaluator, counter_id(site, "Q2"), 76).status_code == 422
    assert issue(evaluator, counter_id(site, "Q2"), 75).status_code == 303
    assert issue(evaluator, number, 1, date(2026, 3, 23)).status_code == 422  # the round is over
    assert made(site) == 525


@pytest.mark.parametrize("wanted", ["0", "5001", "", "mười", "-3", "1.5", "٣"])
def test_a_number_that_cannot_be_is_explained_and_issues_nothing(site: Flask, wanted: str) -> None:
    number = str(counter_id(site))
    reply = post(
        signed_in(site, "evaluator"), "/quay/ma-bien-nhan", counter=number, week=WEEK.isoformat(), how_many=wanted
    )
    assert reply.status_code == 422
    assert "một số nguyên từ 1 đến 5000" in reply.text
    control = BeautifulSoup(reply.data, "html.parser").find(id="how-many")
    assert (control["value"], control["aria-invalid"]) == (wanted, "true")
    assert made(site) == 0


def test_transactions_by_week_take_the_place_of_the_guess(site: Flask) -> None:
    evaluator, number = signed_in(site, "evaluator"), counter_id(site)
    at = "/quan-tri/dot/r1/giao-dich-tuan"
    rows = "Cơ quan\tTuần\tSố giao dịch\nSở Tư pháp\t25/02/2026\t40\nso-tu-phap\t02/03/2026\t0"
    assert post(evaluator, at, pasted=rows).status_code == 303
    assert "23/02/2026" in evaluator.get(at).text
    assert issue(evaluator, number, 41).status_code == 422
    assert issue(evaluator, number, 40).status_code == 303
    assert issue(evaluator, number, 1, date(2026, 3, 2)).status_code == 422
    assert issue(evaluator, number, 225, date(2026, 3, 9)).status_code == 303
    for wrong in ("so-tu-phap\t30/03/2026\t1", "nowhere\t02/03/2026\t1", "so-tu-phap\t02/03/2026\tx"):
        reply = post(evaluator, at, pasted=f"Cơ quan\tTuần\tSố giao dịch\n{wrong}")
        assert reply.status_code == 422
        assert "1 ô sai" in reply.text
    with site.extensions["database"].read() as session:
        assert list(session.scalars(sa.select(WeeklyCount.transactions).order_by(WeeklyCount.week_on))) == [40, 0]


def test_without_a_number_of_transactions_nothing_is_issued(site: Flask) -> None:
    with site.extensions["database"].write() as session:
        session.execute(sa.text("DELETE FROM population"))
    assert "chưa có số giao dịch (N)" in issue(signed_in(site, "evaluator"), counter_id(site), 1).text
    assert made(site) == 0


def test_staff_print_what_was_issued_and_the_evaluator_sees_who_did(site: Flask) -> None:
    evaluator, staff, number = signed_in(site, "evaluator"), signed_in(site, "staff"), counter_id(site)
    assert "chưa được cấp mã" in staff.get(f"/quay/{number}/bien-nhan").text
    assert issue(evaluator, number, 3).status_code == 303
    at = f"/quay/{number}/bien-nhan"
    sheet = post(staff, f"{at}/1", at, variant="ink-saving")
    assert sheet.mimetype == "application/pdf"
    printed = {code.rsplit("/", 1)[1] for page in pictures(sheet.data) for code in read_codes(page)}
    with site.extensions["database"].read() as session:
        assert printed == set(session.scalars(sa.select(ReceiptCode.code)))
    assert post(staff, f"{at}/1", at).status_code == 200
    page = BeautifulSoup(evaluator.get("/quay/ma-bien-nhan").text, "html.parser")
    cells = [cell.get_text(" ", strip=True) for cell in page.select("#batches ~ div tbody tr > *")]
    assert cells[0] == "1"
    assert cells[4:6] == ["3", "0"]
    assert "2 lần" in cells[6]
    with site.extensions["database"].read() as session:
        batch = session.scalars(sa.select(ReceiptBatch)).one()
        names = (batch.issued_by.username, batch.printed_by.username, batch.prints)
    assert names == ("evaluator", "staff", 2)
    assert "In mã trên giấy hẹn" in signed_in(site, "admin").get("/quan-tri/nhat-ky").text
    # another unit's batch is none of theirs, nor a batch of another counter
    assert issue(evaluator, counter_id(site, "Q2"), 1).status_code == 303
    assert post(staff, f"/quay/{counter_id(site, 'Q2')}/bien-nhan/2", at).status_code == 404
    assert post(staff, f"{at}/2", at).status_code == 404


def test_the_one_stop_software_is_issued_codes_by_a_scope_of_its_own(site: Flask) -> None:
    with site.extensions["database"].write() as session:
        tokens = {
            scope: create_api_client(session, name=scope, scopes=[scope], actor=Actor(NOW))[1]
            for scope in ("published", "results", "receipts")
        }
    heads = {scope: {"Authorization": f"Bearer {secret}"} for scope, secret in tokens.items()}
    client, at = site.test_client(), "/api/v1/receipt-codes"
    body = {"agency": "so-tu-phap", "counter": "Q9", "count": 2}
    assert client.post(at, json=body).status_code == 401
    for scope in ("published", "results"):
        assert client.post(at, json=body, headers=heads[scope]).status_code == 403
    assert client.get("/api/v1/rounds", headers=heads["receipts"]).status_code == 403
    sent = client.post(at, json=body, headers=heads["receipts"])
    assert sent.status_code == 201
    codes = [row["code"] for row in sent.get_json()["codes"]]
    assert sent.get_json()["codes"][0]["address"] == f"HTTPS://DANHGIA.EXAMPLE.VN/K/{codes[0]}"
    assert client.post(at, json=body | {"count": 1}, headers=heads["receipts"]).get_json()["batch"] == 1
    assert client.post(at, json=body | {"count": 223}, headers=heads["receipts"]).status_code == 409
    for wrong in ({}, [], body | {"count": 0}, body | {"count": True}, body | {"more": 1}, body | {"agency": 3}):
        assert client.post(at, json=wrong, headers=heads["receipts"]).status_code == 400
    assert client.post(at, json=body | {"counter": "Q77"}, headers=heads["receipts"]).status_code == 404
    assert made(site) == 3
    assert 'id="form"' in client.get(f"/K/{codes[0]}").text
    # what stands on receipts already is not printed again at the counter
    staff, page = signed_in(site, "staff"), f"/quay/{counter_id(site)}/bien-nhan"
    assert "receipts" in staff.get(page).text
    assert post(staff, f"{page}/1", page).status_code == 422


@pytest.mark.parametrize("weekly", [False, True])
def test_the_limit_is_the_same_on_both_databases(database, weekly: bool) -> None:
    with database.write() as session:
        scored_round(session)
        session.flush()
        round_ = by_code(session, "r1")
        round_.opens_on, round_.closes_on = WEEK, date(2026, 3, 22)
        counter = session.scalars(sa.select(Counter).where(Counter.code == "Q2")).one()
        if weekly:
            agency = session.scalars(sa.select(Agency.id).where(Agency.code == "so-tu-phap")).one()
            session.add(WeeklyCount(round_id=round_.id, agency_id=agency, week_on=WEEK, transactions=40))
        session.flush()
        # so-tu-phap 600 and so-dat-dai 200 in four weeks: 300; or 40 and 200 / 4 × 1.5
        limit = week_limit(session, counter, monday(date(2026, 3, 1)), lock=True)
        assert (limit.most, limit.issued, limit.left) == ((115, 0, 115) if weekly else (300, 0, 300))
