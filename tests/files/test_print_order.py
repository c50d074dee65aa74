"""The print order: receipts shared out over counters by hand, and the sheet and the table that staff get."""

from __future__ import annotations

import csv
import io
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from pypdf import PdfReader

from survey.models import Counter
from survey.results.print_order import shared_out
from survey.results.response_plan import Aim, response_plan
from tests.results.test_response_plan import _r1, two_rounds
from tests.support.evaluation import accounts, sign_in


def counter(agency: str, name: str) -> Any:
    return SimpleNamespace(code=f"{agency}-{name}", name=name, agency=SimpleNamespace(code=agency))


def test_what_a_field_needs_is_shared_by_the_counters_that_take_it() -> None:
    """7 receipts over three counters are 3, 2 and 2; a field without a counter is named, and asks for other ways."""
    one, two, three = counter("a", "1"), counter("a", "2"), counter("a", "3")
    found = shared_out(
        {("a", "land"): (4, 7), ("a", "birth"): (2, 5), ("b", "tax"): (1, 3)},
        [(one, [("a", "land"), ("a", "birth")]), (two, [("a", "land"), ("a", "land")]), (three, [("a", "land")])],
        weeks=10,
    )
    assert [(x.agency, x.counter and x.counter.name, x.services, x.responses_per_week, x.receipts_per_week, x.receipts)
            for x in found] == [
        ("a", "1", ("birth", "land"), 2 + 2, 3 + 5, 80),
        ("a", "2", ("land",), 1, 2, 20),
        ("a", "3", ("land",), 1, 2, 20),
        ("b", None, ("tax",), 1, 3, 30),
    ]  # fmt: skip


def test_without_a_share_that_answers_no_receipts_are_named() -> None:
    found = shared_out({("a", "land"): (4, None)}, [(counter("a", "1"), [("a", "land")])], weeks=10)
    assert [(one.responses_per_week, one.receipts_per_week, one.receipts) for one in found] == [(4, None, None)]


def test_sheet_and_table_add_up_to_the_plan(app: Flask) -> None:
    with app.extensions["database"].write() as session:
        two_rounds(session)
        accounts(session)
        plan = response_plan(session, _r1(session), Aim(margin=10))
        names = set(session.scalars(sa.select(Counter.name).where(Counter.active.is_(True))))
    client = app.test_client()
    sign_in(client, "evaluator")
    page = BeautifulSoup(client.get("/danh-gia/r1/ke-hoach?diem=10").get_data(as_text=True), "html.parser")
    links = [str(link["href"]) for link in page.select("a") if "danh-sach-in" in str(link["href"])]
    assert [link.partition("?")[0].rpartition(".")[2] for link in links] == ["pdf", "csv"]
    table = list(csv.DictReader(io.StringIO(client.get(links[1]).get_data(as_text=True).lstrip("\ufeff"))))
    assert sum(int(row["receipts_per_week"]) for row in table) == plan.receipts_per_week
    assert sum(int(row["responses_per_week"]) for row in table) == sum(cell.per_week for cell in plan.cells)
    assert {row["counter_name"] for row in table} - {""} <= names
    assert all(int(row["receipts"]) == 10 * int(row["receipts_per_week"]) for row in table)
    sheet = client.get(links[0])
    assert sheet.mimetype == "application/pdf"
    text = " ".join(" ".join(one.extract_text() for one in PdfReader(io.BytesIO(sheet.data)).pages).split())
    assert "Danh sách in giấy hẹn có mã" in text
    assert "trong 10 tuần" in text
    for row in table:
        if row["counter_name"]:
            assert row["counter_name"] in text
    assert client.get("/danh-gia/r1/tai-ve/danh-sach-in.csv?diem=900").status_code == 422
    assert client.get("/danh-gia/r9/tai-ve/danh-sach-in.pdf").status_code == 404


@pytest.mark.parametrize("person", ["manager", "staff"])
def test_none_but_evaluators_make_it(app: Flask, person: str) -> None:
    with app.extensions["database"].write() as session:
        two_rounds(session)
        accounts(session)
    client = app.test_client()
    sign_in(client, person)
    assert client.get("/danh-gia/r1/tai-ve/danh-sach-in.pdf").status_code == 403


def test_progress_is_judged_against_the_plan(app: Flask) -> None:
    """The needed responses of the plan for ± 10 points stand as targets, and their sum at the head."""
    with app.extensions["database"].write() as session:
        round_ = two_rounds(session)
        round_.closes_on = date(2099, 12, 31)
        accounts(session)
        needed = {(c.agency, c.service): c.needed for c in response_plan(session, round_, Aim(margin=10)).cells}
    client = app.test_client()
    sign_in(client, "evaluator")
    page = BeautifulSoup(client.get("/tien-do?dot=r1&cach=plan&e=10").get_data(as_text=True), "html.parser")
    facts = {dt.text: dt.find_next("dd").text for dt in page.select("dl dt")}  # type: ignore[union-attr]
    assert facts["Số phiếu cần"] == str(sum(needed.values()))
    assert page.select_one("#cach option[selected]")["value"] == "plan"  # type: ignore[index]
    half = BeautifulSoup(client.get("/tien-do?dot=r1&cach=half-width&e=10").get_data(as_text=True), "html.parser")
    assert page.select("table") != half.select("table")
