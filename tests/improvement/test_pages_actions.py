"""The register of actions: entered by the agency's head, and set against the change of the figure they are about."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.models import Action, ActionState, AuditEvent
from tests.support.evaluation import accounts, close_rounds, earlier_round, post, scored_round, sign_in
from tests.support.reading import soup, words

PAGE = "/danh-gia/r0/co-quan/so-tu-phap/manh-yeu"
ADD = "/danh-gia/r0/co-quan/so-tu-phap/cai-thien"
WORDS = {
    "element": "access",
    "what": "Đặt thêm ghế chờ",
    "cause": "Thiếu ghế vào buổi sáng",
    "responsible": "Trưởng bộ phận một cửa",
    "due_on": "2020-06-30",
}


@pytest.fixture
def manager(app: Flask, client: FlaskClient) -> FlaskClient:
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
        earlier_round(session)
    sign_in(client, "manager")
    return client


def test_the_next_round_shows_whether_an_action_helped(app: Flask, manager: FlaskClient) -> None:
    """By hand: so-tu-phap went from 20 of 60 to 45 of 60 satisfied in every element, 41.7 points."""
    assert post(manager, ADD, form_at=PAGE, **WORDS).status_code == 303
    cells = [words(cell) for cell in soup(manager, PAGE).select("tr[data-action] > *")]
    assert cells[0] == "Đặt thêm ghế chờ Nguyên nhân: Thiếu ghế vào buổi sáng"
    assert cells[1:] == [
        "Nơi đón tiếp Đợt 0",
        "Trưởng bộ phận một cửa",
        "30/06/2020 quá hạn",
        "Đã lên kế hoạch",
        "Đợt sau sẽ cho biết.",
    ]
    close_rounds(app)
    later = [words(cell) for cell in soup(manager, PAGE.replace("r0", "r1")).select("tr[data-action] > *")]
    assert later[5].startswith("+41,7 (")
    assert later[5].endswith("tốt hơn")
    with app.extensions["database"].read() as session:
        assert session.scalars(sa.select(AuditEvent.action).where(AuditEvent.subject == "action:1")).all() == [
            "action.added"
        ]


def test_an_action_is_done_only_with_evidence(app: Flask, manager: FlaskClient) -> None:
    post(manager, ADD, form_at=PAGE, **WORDS)
    address = "/danh-gia/cai-thien/1"
    refused = post(manager, address, **{**WORDS, "state": "done", "what": "Đặt 20 ghế"})
    assert refused.status_code == 422
    page = BeautifulSoup(refused.get_data(as_text=True), "html.parser")
    assert words(page.select_one("[role=alert]")) == "Hãy ghi minh chứng đã hoàn thành"
    assert words(page.select_one("#what")) == "Đặt 20 ghế"
    done = post(manager, address, **{**WORDS, "state": "done", "evidence": "Biên bản 12/BB", "due_on": "1/7/2020"})
    assert done.status_code == 303
    with app.extensions["database"].read() as session:
        action = session.scalars(sa.select(Action)).one()
        assert (action.state, action.due_on, action.what) == (ActionState.DONE, date(2020, 7, 1), "Đặt thêm ghế chờ")
    assert "quá hạn" not in words(soup(manager, PAGE).select_one("tr[data-action]"))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"what": " "}, "Hãy ghi cần làm gì"),
        ({"responsible": ""}, "Hãy ghi chức danh hoặc đơn vị chịu trách nhiệm"),
        ({"due_on": "31/02/2020"}, "Không hiểu ngày '31/02/2020'; hãy ghi như 31/12/2026"),
        ({"what": "x" * 1001}, "Nội dung có 1001 ký tự; tối đa 1000 ký tự"),
        ({"state": "khong-co"}, "Hãy chọn trạng thái của việc cải thiện"),
    ],
)
def test_what_is_missing_is_said(manager: FlaskClient, changed: dict[str, str], sentence: str) -> None:
    reply = post(manager, ADD, form_at=PAGE, **(WORDS | changed))
    assert reply.status_code == 422
    page = BeautifulSoup(reply.get_data(as_text=True), "html.parser")
    assert words(page.select_one("[role=alert]")) == sentence
    assert page.select("tr[data-action]") == []
    if "state" not in changed:  # the page of a new action has no such control: it is planned
        control = page.find(attrs={"aria-invalid": "true"})
        assert control["name"] == next(iter(changed))
        assert words(page.find(id=control["aria-describedby"])) == sentence


def test_all_that_is_missing_is_said_at_once_and_the_rest_is_kept(manager: FlaskClient) -> None:
    reply = post(manager, ADD, form_at=PAGE, **(WORDS | {"what": "", "due_on": ""}))
    page = BeautifulSoup(reply.get_data(as_text=True), "html.parser")
    assert [(words(link), link["href"]) for link in page.select("#summary a")] == [
        ("Hãy ghi cần làm gì", "#what"),
        ("Hãy ghi hạn hoàn thành", "#due_on"),
    ]
    assert words(page.find(id="cause")) == WORDS["cause"]
    assert page.find(id="responsible")["value"] == WORDS["responsible"]
    assert page.select_one("#element option[selected]")["value"] == "access"
    assert page.find(id="what").find_parent("details").has_attr("open")


def test_only_who_answers_for_the_agency_enters_and_alters(app: Flask, manager: FlaskClient) -> None:
    post(manager, ADD, form_at=PAGE, **WORDS)
    elsewhere = ADD.replace("so-tu-phap", "so-dat-dai")
    assert post(manager, elsewhere, form_at=PAGE, **WORDS).status_code == 404
    assert post(manager, ADD, form_at=PAGE, **(WORDS | {"element": "khong-co"})).status_code == 404
    evaluator = app.test_client()
    sign_in(evaluator, "evaluator")
    page = soup(evaluator, PAGE)
    assert len(page.select("tr[data-action]")) == 1
    assert page.select("form[action$=cai-thien]") == []
    assert post(evaluator, ADD, form_at="/tai-khoan", **WORDS).status_code == 403
    admin = app.test_client()
    sign_in(admin, "admin")
    assert post(admin, "/danh-gia/r1/co-quan/so-dat-dai/cai-thien", form_at=PAGE, **WORDS).status_code == 303
    assert manager.get("/danh-gia/cai-thien/2").status_code == 404
    assert post(manager, "/danh-gia/cai-thien/2", form_at=PAGE, **WORDS).status_code == 404
