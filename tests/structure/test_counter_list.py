"""The list of counters: words with or without marks, pages of 50, roll-up, CSV, many at once."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.models import Agency, AgencyKind, AgencyLevel, AuditEvent, Counter
from tests.support.evaluation import sign_in

LIST = "/quan-tri/quay"


@pytest.fixture
def admin(people: Flask) -> FlaskClient:
    """An administrator where a commune has 120 counters beside those of the round."""
    with people.extensions["database"].write() as session:
        commune = Agency(
            code="xa-muong-leo",
            name="Xã Mường Lèo",
            kind=AgencyKind.COMMUNE,
            level=AgencyLevel.COMMUNE,
            valid_from=date(2025, 7, 1),
        )
        session.add_all([Counter(agency=commune, code=f"M{n:03}", name=f"Quầy Mường {n}") for n in range(1, 121)])
    client = people.test_client()
    sign_in(client, "admin")
    return client


def soup(client: FlaskClient, address: str) -> BeautifulSoup:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def names(page: BeautifulSoup) -> list[str]:
    return [row.get_text(strip=True) for row in page.select("tbody th")]


def test_fifty_rows_a_page_and_the_filter_goes_with_the_page(admin: FlaskClient) -> None:
    page = soup(admin, f"{LIST}?tim=muong+leo")
    assert page.select_one("[role=status]").get_text(" ", strip=True).startswith("120 quầy · trang 1 trên 3")
    assert names(page) == [f"Quầy Mường {n}" for n in range(1, 51)]
    after = page.select_one(".pages a[rel=next]")["href"]
    assert "tim=muong+leo" in after
    assert "trang=2" in after
    last = soup(admin, f"{LIST}?tim=muong+leo&trang=3")
    assert names(last) == [f"Quầy Mường {n}" for n in range(101, 121)]
    assert last.select_one(".pages a[rel=next]") is None
    assert names(soup(admin, f"{LIST}?tim=muong+leo&trang=99")) == names(last)


def test_words_kind_and_state_choose(admin: FlaskClient) -> None:
    assert names(soup(admin, f"{LIST}?tim=M007")) == ["Quầy Mường 7"]
    assert names(soup(admin, f"{LIST}?tim=Mường+Lèo")) == names(soup(admin, f"{LIST}?tim=muong+leo"))
    assert names(soup(admin, f"{LIST}?tim=mướng+leo")) == []  # another word
    assert "Quầy Mường 1" not in names(soup(admin, f"{LIST}?nhom=department"))
    assert names(soup(admin, f"{LIST}?nhom=commune&tim=muong+12")) == ["Quầy Mường 12", "Quầy Mường 120"]
    assert names(soup(admin, f"{LIST}?tinh-trang=closed&nhom=commune")) == []
    assert len(names(soup(admin, f"{LIST}?nhom=khong-co"))) == 50  # no such kind: no filter


def test_agencies_are_counted(admin: FlaskClient, people: Flask) -> None:
    with people.extensions["database"].write() as session:
        session.scalars(sa.select(Counter).where(Counter.code == "M001")).one().active = False
    page = soup(admin, f"{LIST}?xem=co-quan&nhom=commune")
    rows = [[cell.get_text(strip=True) for cell in row.select("th, td")] for row in page.select("tbody tr")]
    assert ["Xã Mường Lèo", "119", "1"] in rows
    into = next(link["href"] for link in page.select("tbody a") if link.text == "Xã Mường Lèo")
    assert names(soup(admin, into))[:2] == ["Quầy Mường 1", "Quầy Mường 2"]


def test_the_file_has_all_pages_of_what_is_asked_for(admin: FlaskClient) -> None:
    answer = admin.get(f"{LIST}/danh-sach.csv?tim=muong+leo")
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert rows[1] == ["Xã Mường Lèo", "xa-muong-leo", "Quầy Mường 1", "M001", "", "đang mở"]
    assert len(rows) == 121


def test_many_are_closed_and_opened_at_once(admin: FlaskClient, people: Flask) -> None:
    page = soup(admin, f"{LIST}?tim=muong+leo")
    token = page.select_one("main input[name=csrf_token]")["value"]
    chosen = [box["value"] for box in page.select("input[name=counter]")][:3]
    data = {"csrf_token": token, "counter": [*chosen, "999999", "x"], "next": f"{LIST}?tim=muong+leo"}
    sent = admin.post(f"{LIST}/nhieu", data={**data, "active": "0"})
    assert (sent.status_code, sent.location) == (303, f"{LIST}?tim=muong+leo")
    assert len(names(soup(admin, f"{LIST}?tinh-trang=closed&nhom=commune"))) == 3
    admin.post(f"{LIST}/nhieu", data={**data, "active": "1", "next": "https://elsewhere.example/"})
    assert names(soup(admin, f"{LIST}?tinh-trang=closed&nhom=commune")) == []
    with people.extensions["database"].read() as session:
        actions = session.scalars(sa.select(AuditEvent.action).where(AuditEvent.action.like("counter.%")))
        assert sorted(actions) == ["counter.closed"] * 3 + ["counter.opened"] * 3
