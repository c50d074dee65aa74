"""What a round's transactions are made up of: tables as offices write them, looked at first, and all or nothing."""

from __future__ import annotations

import io

import openpyxl
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from survey.models import Agency, AuditEvent, Margin, Round, RoundState
from tests.support.evaluation import accounts, scored_round, sign_in, token

AT = "/quan-tri/dot/r1/co-cau"
HEAD = "Cơ quan\tPhân theo\tNhóm\tSố giao dịch\n"
TABLE = HEAD + (
    "Toàn tỉnh\tGiới tính\tNam\t500\n\tgender\tf\t400\n\tThời hạn\tTrễ hơn ngày hẹn\t90\n"
    "\ttimeliness\tĐúng ngày hẹn\t810\ntrung-tam\tNhóm tuổi\t18 đến 24 tuổi\t60\ntrung-tam\tage\t2\t40\n"
)
STORED = {
    ("tinh", "gender", "m"): 500,
    ("tinh", "gender", "f"): 400,
    ("tinh", "timeliness", "l"): 90,
    ("tinh", "timeliness", "o"): 810,
    ("trung-tam", "age", "1"): 60,
    ("trung-tam", "age", "2"): 40,
}


@pytest.fixture
def site(app: Flask) -> Flask:
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
        root(session)
    return app


def root(session) -> None:
    """The place of the tests has no provincial committee; margins of all are its."""
    if session.scalars(sa.select(Agency).where(Agency.code == "tinh")).first() is None:
        first = session.scalars(sa.select(Agency)).first()
        session.add(
            Agency(code="tinh", name="UBND tỉnh", kind="province", level="province", valid_from=first.valid_from)
        )


def stored(app: Flask) -> dict[tuple[str, str, str], int]:
    with app.extensions["database"].read() as session:
        rows = session.execute(sa.select(Agency.code, Margin).join(Margin, Margin.agency_id == Agency.id)).all()
        return {(code, row.variable, row.category): row.transactions for code, row in rows}


def client_of(app: Flask) -> FlaskClient:
    client = app.test_client()
    sign_in(client, "evaluator")
    return client


def send(client: FlaskClient, table: str, at: str = AT) -> TestResponse:
    form = {"csrf_token": token(client.get(AT).get_data(as_text=True)), "pasted": table}
    return client.post(at, data=form)


def test_a_table_is_looked_at_first_and_then_stored(site: Flask) -> None:
    client = client_of(site)
    look = send(client, TABLE, f"{AT}/xem")
    assert look.status_code == 200
    assert stored(site) == {}
    page = BeautifulSoup(look.data, "html.parser")
    captions = " ".join(caption.get_text() for caption in page.select("caption"))
    assert "900 giao dịch" in captions
    carried = page.select_one("textarea[name=pasted]").get_text()
    reply = send(client, carried)
    assert reply.status_code == 303
    assert stored(site) == STORED
    with site.extensions["database"].read() as session:
        event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "margins.imported")).one()
        assert event.after["rows"] == 6
    assert "900 giao dịch" in client.get(AT).get_data(as_text=True)


def test_a_margin_that_is_far_from_n_is_said(site: Flask) -> None:
    """N of the round is 900, of trung-tam 100."""
    client = client_of(site)
    text = send(client, HEAD + "\tgender\tm\t500\n\tgender\tf\t300\n", f"{AT}/xem").get_data(as_text=True)
    assert text.count('class="note"') == 1
    assert send(client, TABLE, f"{AT}/xem").get_data(as_text=True).count('class="note"') == 0


def test_the_template_says_what_is_stored_and_comes_back_as_it_is(site: Flask) -> None:
    client = client_of(site)
    send(client, TABLE)
    data = client.get(f"{AT}/mau.xlsx").data
    rows = list(openpyxl.load_workbook(io.BytesIO(data))["Bảng nhập"].iter_rows(values_only=True))
    assert rows[0] == ("Cơ quan", "Phân theo", "Nhóm", "Số giao dịch")
    assert ("Toàn tỉnh", "Ông/Bà là nam hay nữ?", "Nam", 500) in rows
    assert any(row[1] == "Lĩnh vực" and row[3] is None for row in rows)
    form = {
        "csrf_token": token(client.get(AT).get_data(as_text=True)),
        "pasted": "",
        "file": (io.BytesIO(data), "mau.xlsx"),
    }
    assert client.post(AT, data=form).status_code == 303
    assert stored(site) == STORED


@pytest.mark.parametrize(
    ("row", "cell", "said"),
    [
        ("nowhere\tgender\tm\t5", "A3", "mã hoặc tên"),
        ("\tmàu mắt\tm\t5", "B3", "tệp mẫu"),
        ("\tgender\tkhác\t5", "C3", "tệp mẫu"),
        ("\tgender\tf\tnhiều", "D3", "số nguyên"),
        ("\tgender\tNam\t5", "C3", "một lần"),
        ("\tage\t1\t0", "D3", "lớn hơn 0"),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_changes(site: Flask, row: str, cell: str, said: str) -> None:
    client = client_of(site)
    send(client, TABLE)
    for at in (AT, f"{AT}/xem"):
        reply = send(client, HEAD + f"\tgender\tm\t5\n{row}\n", at)
        assert reply.status_code == 422
        wrong = BeautifulSoup(reply.data, "html.parser").select_one("table tbody tr").get_text(" ", strip=True)
        assert cell in wrong
        assert said in wrong
    assert stored(site) == STORED


def test_what_is_no_table_of_margins_is_refused(site: Flask) -> None:
    client = client_of(site)
    assert "Nhóm" in send(client, "Phân theo\tSố giao dịch\ngender\t5\n").get_data(as_text=True)
    assert send(client, HEAD + "\tgender\tm\t\n").status_code == 422
    with site.extensions["database"].write() as session:
        session.scalars(sa.select(Round).where(Round.code == "r1")).one().state = RoundState.PUBLISHED
    assert client.get(AT).status_code == 200
    form = {"csrf_token": token(client.get("/quan-tri/dot").get_data(as_text=True)), "pasted": TABLE}
    assert client.post(AT, data=form).status_code == 422
    assert stored(site) == {}


def test_without_a_provincial_committee_there_is_no_margin_of_all(site: Flask) -> None:
    with site.extensions["database"].write() as session:
        session.execute(sa.delete(Agency).where(Agency.code == "tinh"))
    reply = send(client_of(site), "Phân theo\tNhóm\tSố giao dịch\ngender\tm\t5\n")
    assert reply.status_code == 422


def test_months_and_fields_are_margins_too(site: Flask) -> None:
    client = client_of(site)
    with site.extensions["database"].write() as session:
        round_ = session.scalars(sa.select(Round).where(Round.code == "r1")).one()
        round_.opens_on, round_.closes_on = round_.opens_on.replace(2026, 11, 3), round_.opens_on.replace(2027, 1, 3)
    assert send(client, HEAD + "\tLĩnh vực\tho-tich\t5\n\tTháng\t12/2026\t7\n\tmonth\t2027-01\t8\n").status_code == 303
    assert stored(site) == {
        ("tinh", "service", "ho-tich"): 5,
        ("tinh", "month", "2026-12"): 7,
        ("tinh", "month", "2027-01"): 8,
    }


def test_the_command_stores_the_same(site: Flask, tmp_path) -> None:
    file = tmp_path / "co-cau.csv"
    file.write_text(TABLE.replace("\t", ";"), encoding="utf-8")
    result = site.test_cli_runner().invoke(args=["import", "margins", str(file), "--round", "r1"])
    assert result.exit_code == 0, result.output
    assert stored(site) == STORED
    file.write_text("Phân theo;Nhóm;Số giao dịch\ngender;khác;5\n", encoding="utf-8")
    again = site.test_cli_runner().invoke(args=["import", "margins", str(file), "--round", "r1"])
    assert again.exit_code == 2
    assert "B2" in again.output
    assert stored(site) == STORED
