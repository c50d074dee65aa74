"""The pages that keep the structure: agencies over time, counters, services, rounds, and imports taken back."""

from __future__ import annotations

import io
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from scoring.scheme import COMPOSITIONS, INTERVALS, ROLLUPS
from survey.core.actor import Actor
from survey.models import (
    Agency,
    AuditEvent,
    Counter,
    CounterCode,
    FormerName,
    ImportBatch,
    Population,
    Round,
    RoundState,
    Service,
)
from survey.questionnaires import bundled
from survey.structure import pages as structure_pages
from survey.structure.operations.install_questionnaire import install_questionnaire
from survey.structure.operations.open_round import RoundPlan, create_round
from survey.structure.queries import names
from tests.support.clock import set_clock
from tests.support.evaluation import opened, sign_in, token
from tests.support.jobs import make_file
from tests.support.places import CODE


@pytest.fixture
def admin(people: Flask) -> FlaskClient:
    client = people.test_client()
    sign_in(client, "admin")
    return client


def send(client: FlaskClient, at: str, to: str | None = None, **fields: Any) -> TestResponse:
    """Post the form on the page `at`, all of its fields as they stand but for `fields`."""
    soup = BeautifulSoup(client.get(at).get_data(as_text=True), "html.parser")
    forms = [form for form in soup.select("main form") if form.get("action") == (to or at)]
    assert forms, f"no form on {at} leads to {to or at}"
    data: dict[str, Any] = {}
    for field in forms[0].select("input[name], select[name], textarea[name]"):
        if field.get("type") in {"checkbox", "radio"}:
            if field.has_attr("checked"):
                data.setdefault(field["name"], []).append(field["value"])
        elif field.name == "select":
            options = field.select("option[selected]") or field.select("option")[:1]
            data[field["name"]] = options[0]["value"] if options else ""
        elif field.get("type") != "file":
            data[field["name"]] = field.get("value", "") if field.name == "input" else field.get_text()
    reply = client.post(to or at, data={**data, **fields})
    seen = BeautifulSoup(reply.get_data(as_text=True), "html.parser").select_one("input[name=seen][value]")
    if reply.status_code == 200 and seen is not None and "summary" in reply.text:  # a merger is shown before it is done
        return client.post(to or at, data={**data, **fields, "seen": seen["value"]})
    return reply


def one(app: Flask, query: Any) -> Any:
    with app.extensions["database"].read() as session:
        return session.scalars(query).one()


def last(app: Flask) -> AuditEvent:
    with app.extensions["database"].read() as session:
        return session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())).first()


def shown(client: FlaskClient, at: str) -> str:
    reply = client.get(at)
    assert reply.status_code == 200, at
    return " ".join(BeautifulSoup(reply.get_data(as_text=True), "html.parser").select_one("main").get_text(" ").split())


def agency(code: str) -> Any:
    return sa.select(Agency).where(Agency.code == code)


# --- agencies -------------------------------------------------------------------------------------------------------


def test_nothing_follows_before_the_day(people: Flask, admin: FlaskClient) -> None:
    to_come = {"since": "2099-07-01", "into": "so-dat-dai"}
    reply = send(admin, "/quan-tri/co-quan/so-tu-phap/sap-nhap", follow="1", **to_come)
    assert (reply.status_code, "chuyển ngay, nên không thể trước ngày 01/07/2099" in reply.text) == (422, True)
    assert one(people, sa.select(Agency.valid_to).where(Agency.code == "so-tu-phap")) is None
    assert send(admin, "/quan-tri/co-quan/so-tu-phap/sap-nhap", follow="", **to_come).status_code == 303
    assert one(people, sa.select(Agency.valid_to).where(Agency.code == "so-tu-phap")) == date(2099, 7, 1)


def test_a_new_name_is_not_seen_in_an_old_round(people: Flask, admin: FlaskClient) -> None:
    with people.extensions["database"].write() as session:
        session.scalars(sa.select(Round)).one().opens_on = date(2025, 1, 1)
    reply = send(admin, "/quan-tri/co-quan/so-tu-phap/doi-ten", name="Sở Pháp chế", since="2025-07-01")
    assert reply.status_code == 303
    assert "Sở Pháp chế" in shown(admin, "/quan-tri/co-quan")
    assert "Trước ngày 01/07/2025 có tên: Sở Tư pháp" in shown(admin, "/quan-tri/co-quan/so-tu-phap")
    old_round = shown(admin, "/danh-gia/r1")
    assert "Sở Tư pháp" in old_round
    assert "Sở Pháp chế" not in old_round
    book = openpyxl.load_workbook(
        io.BytesIO(make_file(people, admin, "/danh-gia/r1/tai-ve/bang-tinh.xlsx").data), read_only=True
    )
    cells = {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    assert "Sở Tư pháp" in cells
    assert "Sở Pháp chế" not in cells
    with people.extensions["database"].write() as session:
        session.scalars(sa.select(Round)).one().opens_on = date(2025, 7, 1)
    assert "Sở Pháp chế" in shown(admin, "/danh-gia/r1")


def test_a_refused_name_keeps_what_was_typed(people: Flask, admin: FlaskClient) -> None:
    reply = send(admin, "/quan-tri/co-quan/so-tu-phap/doi-ten", name="Sở Pháp chế", since="2999-07-01")
    assert reply.status_code == 422
    page = reply.get_data(as_text=True)
    assert "Chỉ có thể nhập tên mới từ ngày tên có hiệu lực: 01/07/2999" in page
    assert 'value="Sở Pháp chế"' in page
    assert "<title>Lỗi: " in page


def test_add_correct_and_end(people: Flask, admin: FlaskClient) -> None:
    facts = {"kind": "department", "level": "province", "parent": "", "valid_from": "2026-01-01"}
    name = unicodedata.normalize("NFD", "Sở Xây dựng")
    assert send(admin, "/quan-tri/co-quan/them", code="so-xay-dung", name=name, **facts).status_code == 303
    assert one(people, agency("so-xay-dung")).name == "Sở Xây dựng"
    again = send(admin, "/quan-tri/co-quan/them", code="so-xay-dung", name="Khác", **facts)
    assert (again.status_code, "Đã có cơ quan mang mã so-xay-dung" in again.get_data(as_text=True)) == (422, True)
    send(admin, "/quan-tri/co-quan/so-xay-dung", name_en="Department of Construction")
    event = last(people)
    assert (event.action, event.before["name_en"], event.after["name_en"]) == (
        "agency.edited",
        None,
        "Department of Construction",
    )
    send(admin, "/quan-tri/co-quan/so-xay-dung/ket-thuc", since="2026-06-01")
    assert one(people, agency("so-xay-dung")).valid_to == date(2026, 6, 1)
    shown(admin, "/quan-tri/co-quan")  # says once what was done
    assert "Sở Xây dựng" not in shown(admin, "/quan-tri/co-quan")
    assert "Sở Xây dựng kết thúc ngày 01/06/2026" in shown(admin, "/quan-tri/co-quan?tat-ca=1")


def test_merge_into_a_new_one_from_the_page(people: Flask, admin: FlaskClient) -> None:
    reply = send(
        admin,
        "/quan-tri/co-quan/so-tu-phap/sap-nhap",
        **{"with": ["so-dat-dai"]},
        new_name="Sở Hợp nhất",
        new_code="so-hop-nhat",
        since="2025-07-01",
        follow="1",
    )
    assert reply.location == "/quan-tri/co-quan/so-hop-nhat"
    page = shown(admin, reply.location)
    assert "Đã chuyển theo: 0 quầy, 2 nơi giải quyết hồ sơ, 2 tài khoản, 0 cơ quan trực thuộc." in page
    assert "Tiếp nhận từ Sở Nông nghiệp và Môi trường (01/07/2025)" in page
    many = one(people, sa.select(Counter.id).where(Counter.code == "Q2"))
    with people.extensions["database"].read() as session:
        assert [a.code for a in session.get(Counter, many).deciding_agencies] == ["so-hop-nhat"]
    assert 'data-agency="so-tu-phap"' in admin.get("/danh-gia/r1").get_data(as_text=True)


def test_a_merger_is_shown_first_and_done_only_as_shown(people: Flask, admin: FlaskClient) -> None:
    at = "/quan-tri/co-quan/so-tu-phap/sap-nhap"
    page = BeautifulSoup(admin.get(at).get_data(as_text=True), "html.parser")
    carried = {name: str(page.select_one(f"input[name={name}]")["value"]) for name in ("csrf_token", "opened")}
    entered = {**carried, "into": "so-dat-dai", "since": "2025-07-01", "follow": "1"}
    reply = admin.post(at, data=entered)
    assert reply.status_code == 200
    assert "2 tài khoản" in reply.text
    assert ": 600 giao dịch" in reply.text
    assert one(people, agency("so-tu-phap")).valid_to is None  # nothing is stored
    seen = BeautifulSoup(reply.text, "html.parser").select_one("input[name=seen]")["value"]
    other = admin.post(at, data={**entered, "since": "2025-08-01", "seen": seen})
    assert other.status_code == 200  # another day has another summary
    assert one(people, agency("so-tu-phap")).valid_to is None
    assert admin.post(at, data={**entered, "seen": seen}).status_code == 303
    assert one(people, agency("so-tu-phap")).valid_to == date(2025, 7, 1)


def test_a_merger_to_come_is_taken_back_and_one_that_came_is_not(people: Flask, admin: FlaskClient) -> None:
    at = "/quan-tri/co-quan/so-tu-phap"
    send(admin, f"{at}/sap-nhap", into="so-dat-dai", since="2099-07-01", follow="")
    assert one(people, agency("so-tu-phap")).valid_to == date(2099, 7, 1)
    assert send(admin, at, f"{at}/bo-ket-thuc").status_code == 303
    kept = one(people, agency("so-tu-phap"))
    assert (kept.valid_to, kept.successor_id) == (None, None)
    assert last(people).action == "agency.end_cancelled"
    send(admin, f"{at}/sap-nhap", into="so-dat-dai", since="2025-07-01", follow="")
    page = admin.get("/quan-tri/co-quan").get_data(as_text=True)
    token = str(BeautifulSoup(page, "html.parser").select_one("input[name=csrf_token]")["value"])
    admin.post(f"{at}/bo-ket-thuc", data={"csrf_token": token})
    assert one(people, agency("so-tu-phap")).valid_to == date(2025, 7, 1)


def test_counters_that_still_say_the_old_office_are_listed(people: Flask, admin: FlaskClient) -> None:
    with people.extensions["database"].write() as session:
        heir = session.scalars(agency("so-dat-dai")).one()
        session.add(Counter(agency=heir, code="Q8", name="Bộ phận một cửa Sở Tư pháp"))
        session.add(Counter(agency=heir, code="Q9", name="Quầy đất đai"))
    send(admin, "/quan-tri/co-quan/so-tu-phap/sap-nhap", into="so-dat-dai", since="2025-07-01", follow="")
    page = shown(admin, "/quan-tri/co-quan/so-dat-dai")
    assert "Quầy còn mang tên cơ quan cũ Bộ phận một cửa Sở Tư pháp (Q8)" in page
    assert "Quầy đất đai (Q9)" not in page


def test_an_end_to_come_leaves_the_agency_in_force(people: Flask, admin: FlaskClient) -> None:
    send(admin, "/quan-tri/co-quan/so-dat-dai/ket-thuc", since="2999-01-01")
    shown(admin, "/quan-tri/co-quan/so-dat-dai")
    assert "Sở Nông nghiệp và Môi trường kết thúc ngày 01/01/2999" in shown(admin, "/quan-tri/co-quan")
    assert "Cơ quan kết thúc vào ngày 01/01/2999." in shown(admin, "/quan-tri/co-quan/so-dat-dai")
    reply = send(admin, "/quan-tri/quay/them?co-quan=so-dat-dai", name="Quầy 9", code="Q9", deciding=["so-dat-dai"])
    assert reply.status_code == 303


def test_split_from_the_page(people: Flask, admin: FlaskClient) -> None:
    reply = send(
        admin,
        "/quan-tri/co-quan/so-dat-dai/chia-tach",
        since="2025-07-01",
        new_name_1="Sở Nông nghiệp",
        new_code_1="so-nn",
        new_name_2="Sở Môi trường",
        new_code_2="so-mt",
    )
    assert reply.status_code == 303
    page = shown(admin, "/quan-tri/co-quan/so-dat-dai")
    assert "Được tiếp nhận bởi Sở Môi trường" in page
    assert "Được tiếp nhận bởi Sở Nông nghiệp" in page
    lonely = send(admin, "/quan-tri/co-quan/so-tu-phap/chia-tach", since="2025-07-01", new_name_1="X", new_code_1="x")
    assert lonely.status_code == 422
    with people.extensions["database"].read() as session:  # what the refused form would have added is not there
        assert session.scalars(agency("x")).all() == []


# --- counters and services ------------------------------------------------------------------------------------------


def test_a_counter_from_adding_to_closing(people: Flask, admin: FlaskClient) -> None:
    at = "/quan-tri/quay/them?co-quan=trung-tam"
    reply = send(admin, at, name="Quầy số 3", code="Q3", services=["ho-tich"], deciding=["so-tu-phap"], kiosk="1")
    assert reply.status_code == 303
    counter_id = one(people, sa.select(Counter.id).where(Counter.code == "Q3"))
    code = one(people, sa.select(CounterCode.code).where(CounterCode.counter_id == counter_id))
    assert "Quầy số 3" in admin.get(f"/K/{code}").get_data(as_text=True)
    send(admin, f"/quan-tri/quay/{counter_id}", name="Quầy số ba", services=["ho-tich", "dat-dai"], deciding=[])
    event = last(people)
    assert (event.action, event.subject) == ("counter.edited", "counter:trung-tam/Q3")
    assert (event.before["services"], event.after["services"]) == (["ho-tich"], ["dat-dai", "ho-tich"])
    assert (event.before["deciding_agencies"], event.after["deciding_agencies"]) == (["so-tu-phap"], [])
    assert (event.after["kiosk"], event.after["name"]) == (True, "Quầy số ba")
    assert event.after["opening_hours"] == "07:30–11:30, 13:30–17:00 (12345)"  # nothing else was said
    hours = {"opens_at": "8:00", "lunch_from": "", "lunch_to": "", "closes_at": "12:30", "weekdays": ["6", "1"]}
    send(admin, f"/quan-tri/quay/{counter_id}", **hours)
    assert last(people).after["opening_hours"] == "08:00–12:30 (16)"
    page = BeautifulSoup(admin.get(f"/quan-tri/quay/{counter_id}").get_data(as_text=True), "html.parser")
    assert [page.find(id=name)["value"] for name in ("opens_at", "lunch_from", "closes_at")] == ["08:00", "", "12:30"]
    assert [box["value"] for box in page.select("#weekdays input[checked]")] == ["1", "6"]
    send(admin, f"/quan-tri/quay/{counter_id}", f"/quan-tri/quay/{counter_id}/trang-thai", active="0")
    assert not one(people, sa.select(Counter.active).where(Counter.id == counter_id))
    assert 'id="form"' not in admin.get(f"/K/{code}").get_data(as_text=True)
    send(admin, f"/quan-tri/quay/{counter_id}", f"/quan-tri/quay/{counter_id}/trang-thai", active="1")
    assert 'id="form"' in admin.get(f"/K/{code}").get_data(as_text=True)


def test_counters_of_one_unit_differ(people: Flask, admin: FlaskClient) -> None:
    at = "/quan-tri/quay/them?co-quan=trung-tam"
    for fields, message in (
        ({"name": "QUẦY SỐ 1", "code": "Q7"}, "đã có quầy tên QUẦY SỐ 1"),
        ({"name": "Quầy số 7", "code": "Q1"}, "đã có quầy mang mã Q1"),
        ({"name": "Quầy số 7", "code": "Q7", "services": ["none"]}, "none không có hoặc không còn dùng"),
        ({"name": "Quầy số 7", "code": "Q7", "opens_at": "14:00"}, "phải nối tiếp nhau"),
        ({"name": "Quầy số 7", "code": "Q7", "lunch_to": ""}, "nghỉ trưa, hoặc bỏ trống cả hai"),
        ({"name": "Quầy số 7", "code": "Q7", "weekdays": []}, "ít nhất một ngày quầy mở cửa"),
    ):
        reply = send(admin, at, **fields)
        assert (reply.status_code, message in reply.get_data(as_text=True)) == (422, True), message


def test_a_new_name_of_a_service_is_not_seen_in_an_old_round(people: Flask, admin: FlaskClient) -> None:
    at = "/quan-tri/linh-vuc/ho-tich"
    today = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
    send(admin, at, name="Hộ tịch và quốc tịch", since=today.isoformat())
    event = last(people)
    assert (event.action, event.before["name"], event.after["name"]) == (
        "service.renamed",
        "Hộ tịch",
        "Hộ tịch và quốc tịch",
    )
    with people.extensions["database"].read() as session:
        assert names.services(session)["ho-tich"].name == "Hộ tịch và quốc tịch"
        assert names.services(session, on=today)["ho-tich"].name == "Hộ tịch và quốc tịch"
        assert names.services(session, on=today - timedelta(days=1))["ho-tich"].name == "Hộ tịch"
    page = shown(admin, "/danh-gia/r1/co-quan/so-tu-phap")
    assert ("Hộ tịch" in page, "quốc tịch" in page) == (True, False)
    for since, message in (
        ((today + timedelta(days=1)).isoformat(), "Chỉ có thể nhập tên mới từ ngày"),
        (today.isoformat(), "Tên mới phải có hiệu lực sau ngày"),
    ):
        reply = send(admin, at, name="Tên khác", since=since)
        assert (reply.status_code, message in reply.get_data(as_text=True)) == (422, True), since


def test_who_decides_on_a_service_is_set_and_taken_back(people: Flask, admin: FlaskClient) -> None:
    at = "/quan-tri/linh-vuc/dat-dai"
    assert "mỗi quầy một khác" in shown(admin, at)
    send(admin, at, name="Đất đai", deciding="so-dat-dai")
    event = last(people)
    assert (event.action, event.before, event.after) == (
        "service.edited",
        {"deciding_agency": None},
        {"deciding_agency": "so-dat-dai"},
    )
    assert '<option value="so-dat-dai" selected' in admin.get(at).get_data(as_text=True)
    assert send(admin, at, name="Đất đai", deciding="khong-co").status_code == 422
    send(admin, at, name="Đất đai", deciding="")
    assert last(people).after == {"deciding_agency": None}
    send(admin, "/quan-tri/linh-vuc/them", code="moi-truong", name="Môi trường", deciding="so-dat-dai")
    assert one(people, sa.select(Service.deciding_agency_id).where(Service.code == "moi-truong")) is not None


def test_a_correction_of_a_service_is_seen_everywhere(people: Flask, admin: FlaskClient) -> None:
    send(admin, "/quan-tri/linh-vuc/ho-tich", name="Hộ tịch (sửa)")
    assert last(people).action == "service.edited"
    assert "Hộ tịch (sửa)" in shown(admin, "/danh-gia/r1/co-quan/so-tu-phap")


def test_a_service_out_of_use_leaves_the_counters(people: Flask, admin: FlaskClient) -> None:
    assert send(admin, "/quan-tri/linh-vuc/them", code="dau-tu", name="Đầu tư").status_code == 303
    refused = send(admin, "/quan-tri/linh-vuc/dau-tu", name="đất ĐAI")
    assert "Lĩnh vực dat-dai đã có tên Đất đai" in refused.get_data(as_text=True)
    send(admin, "/quan-tri/linh-vuc/ho-tich", "/quan-tri/linh-vuc/ho-tich/trang-thai", active="0")
    event = last(people)
    assert (event.action, event.before["counters"]) == ("service.stopped", ["Q1", "Q2"])
    assert not one(people, sa.select(Service.active).where(Service.code == "ho-tich"))
    assert "Đã ngừng dùng Hộ tịch" in shown(admin, "/quan-tri/linh-vuc")
    assert admin.get(f"/K/{CODE}").status_code == 200
    assert "Hộ tịch" in admin.get("/danh-gia/r1/co-quan/so-tu-phap").get_data(as_text=True)  # old results keep it
    send(admin, "/quan-tri/linh-vuc/ho-tich", "/quan-tri/linh-vuc/ho-tich/trang-thai", active="1")
    assert one(people, sa.select(Service.active).where(Service.code == "ho-tich"))


# --- rounds ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def evaluator(people: Flask) -> FlaskClient:
    client = people.test_client()
    sign_in(client, "evaluator")
    return client


def plan(client: FlaskClient, **fields: str) -> TestResponse:
    given = {"code": "r2", "name": "Đợt 2", "opens_on": "2027-01-01", "closes_on": "31/01/2027"}
    return send(client, "/quan-tri/dot/them", **{**given, **fields})


def the_round(app: Flask, code: str = "r2") -> Round:
    return one(app, sa.select(Round).where(Round.code == code))


def test_a_round_from_plan_to_close(people: Flask, evaluator: FlaskClient) -> None:
    reply = plan(evaluator, composition="mean_elements", min_n="10", min_n_interval="40", min_answered="50")
    assert reply.location == "/quan-tri/dot/r2"
    found = the_round(people)
    assert (found.state, found.opens_on, found.closes_on) == (RoundState.DRAFT, date(2027, 1, 1), date(2027, 1, 31))
    rules = found.rules
    assert [rules[k] for k in ("composition", "min_n", "min_n_interval", "min_answered_share", "interval")] == [
        "mean_elements",
        10,
        40,
        0.5,
        "auto",
    ]
    assert "trùng ngày: Đợt 1" in shown(evaluator, "/quan-tri/dot/r2")
    send(evaluator, "/quan-tri/dot/r2", opens_on="2027-02-01", closes_on="2027-02-28", rollup="equal")
    assert (the_round(people).opens_on, the_round(people).rules["rollup"]) == (date(2027, 2, 1), "equal")
    event = last(people)
    assert event.before["opens_on"], event.after["opens_on"] == ("2027-01-01", "2027-02-01")
    send(evaluator, "/quan-tri/dot/r2/mo", overlap="1")
    assert the_round(people).state is RoundState.OPEN
    send(evaluator, "/quan-tri/dot/r2", closes_on="2027-03-15", name="Đợt hai")
    assert (the_round(people).closes_on, the_round(people).name) == (date(2027, 3, 15), "Đợt hai")
    send(evaluator, "/quan-tri/dot/r2", "/quan-tri/dot/r2/dong")
    closed = the_round(people)
    assert (closed.state, closed.closed_at is not None) == (RoundState.CLOSED, True)
    assert "Đã đóng trước hạn lúc" in shown(evaluator, "/quan-tri/dot/r2")
    send(evaluator, "/quan-tri/dot/r2/mo", overlap="1")
    assert (the_round(people).state, the_round(people).closed_at) == (RoundState.OPEN, None)


def test_the_hours_of_a_round(people: Flask, evaluator: FlaskClient) -> None:
    at = "/quan-tri/dot/r2"
    plan(evaluator, opens_at="7h30", closes_at="17:00")
    assert (the_round(people).opens_at, the_round(people).closes_at) == (time(7, 30), time(17))
    assert "07:30 01/01/2027 – 17:00 31/01/2027" in shown(evaluator, at)
    assert "07:30 01/01/2027 – 17:00 31/01/2027" in shown(evaluator, "/quan-tri/dot")
    send(evaluator, f"{at}/mo")
    send(evaluator, at, closes_at="16:30")
    assert (last(people).before, last(people).after) == ({"closes_at": "17:00"}, {"closes_at": "16:30"})
    send(evaluator, at, closes_at="24:00")
    assert (the_round(people).opens_at, the_round(people).closes_at) == (time(7, 30), None)


def test_an_open_round_cannot_end_in_the_past(people: Flask, evaluator: FlaskClient) -> None:
    reply = send(evaluator, "/quan-tri/dot/r1", closes_on="2026-01-01", closes_at="9:00")
    assert (reply.status_code, "không thể nằm trong quá khứ" in reply.get_data(as_text=True)) == (422, True)
    assert the_round(people, "r1").closes_at is None


def test_confidence_and_what_the_index_speaks_of(people: Flask, evaluator: FlaskClient) -> None:
    plan(evaluator)
    send(evaluator, "/quan-tri/dot/r2", confidence="99", fpc="0", max_width="22,5")
    rules = the_round(people).rules
    assert (rules["confidence"], rules["fpc"], rules["max_width"]) == (0.99, False, 22.5)
    soup = BeautifulSoup(evaluator.get("/quan-tri/dot/r2").get_data(as_text=True), "html.parser")
    chosen = {tag["name"]: tag.select_one("option[selected]")["value"] for tag in soup.select("select:has([selected])")}
    assert (chosen["confidence"], chosen["fpc"]) == ("99", "0")
    assert soup.select_one("input[name=max_width]")["value"] == "22,5"


def test_groups_in_which_agencies_are_ranked(people: Flask, evaluator: FlaskClient) -> None:
    at = "/quan-tri/dot/r2"
    plan(evaluator)
    reply = send(evaluator, at, leagues="list", league_list="")
    assert (reply.status_code, "Hãy ghi các nhóm cơ quan" in reply.get_data(as_text=True)) == (422, True)
    send(evaluator, at, leagues="list", league_list="Vùng cao: so-tu-phap; Sở Nông nghiệp và Môi trường")
    rules = the_round(people).rules
    assert (rules["leagues"], rules["league_of"]) == ("list", {"so-tu-phap": "Vùng cao", "so-dat-dai": "Vùng cao"})
    shown = BeautifulSoup(evaluator.get(at).get_data(as_text=True), "html.parser").select_one("[name=league_list]")
    assert shown is not None
    assert shown.text.strip() == "Vùng cao: so-dat-dai; so-tu-phap"
    send(evaluator, at, leagues="kind", league_list="")
    assert (the_round(people).rules["leagues"], the_round(people).rules["league_of"]) == ("kind", {})


def test_weights_of_the_agencies(people: Flask, evaluator: FlaskClient) -> None:
    at = "/quan-tri/dot/r2"
    plan(evaluator)
    assert 'value="given"' not in evaluator.get(at).get_data(as_text=True)
    pasted = "agency;service;N\nso-tu-phap;ho-tich;900\nso-dat-dai;dat-dai;500\n"
    confirm(evaluator, send(evaluator, f"{at}/giao-dich", pasted=pasted).location)
    reply = send(evaluator, at, rollup="given")
    assert (reply.status_code, "hãy ghi ít nhất một trọng số lớn hơn 0" in reply.get_data(as_text=True)) == (422, True)
    send(evaluator, at, rollup="given", **{"agency:so-tu-phap": "1,5", "agency:so-dat-dai": ""})
    rules = the_round(people).rules
    assert (rules["rollup"], rules["agency_weights"]) == ("given", {"so-tu-phap": 1.5})
    assert 'name="agency:so-tu-phap" value="1,5"' in evaluator.get(at).get_data(as_text=True)
    send(evaluator, at, rollup="equal")
    assert the_round(people).rules["agency_weights"] == {}


def test_weights_of_our_own(people: Flask, evaluator: FlaskClient) -> None:
    plan(evaluator)
    page = BeautifulSoup(evaluator.get("/quan-tri/dot/r2").get_data(as_text=True), "html.parser")
    elements = [field["name"] for field in page.select('input[name^="element:"]')]
    assert len(elements) > 1
    reply = send(evaluator, "/quan-tri/dot/r2", composition="custom", **{elements[0]: "2"})
    assert (reply.status_code, "hãy ghi trọng số cho mọi yếu tố" in reply.get_data(as_text=True)) == (422, True)
    weights = dict.fromkeys(elements, "1") | {elements[0]: "2,5"}
    assert send(evaluator, "/quan-tri/dot/r2", composition="custom", **weights).status_code == 303
    stored = the_round(people).rules["element_weights"]
    assert (stored[elements[0].removeprefix("element:")], sum(stored.values())) == (2.5, 2.5 + len(elements) - 1)
    assert f'name="{elements[0]}" value="2,5"' in evaluator.get("/quan-tri/dot/r2").get_data(as_text=True)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"code": "r1"}, "Đã có đợt mang mã r1"),
        ({"closes_on": "2026-12-31"}, "không thể kết thúc"),
        ({"closes_on": "mai"}, "ngày/tháng/năm"),
        ({"opens_at": "sáng"}, "Hãy ghi giờ như 7:30 hoặc 17:00"),
        ({"closes_on": "2027-01-01", "opens_at": "8:00", "closes_at": "8:00"}, "giờ kết thúc (08:00) phải sau giờ bắt"),
        ({"confidence": "30"}, "Độ tin cậy: hãy ghi một số từ 50 đến 99.9"),
        ({"max_width": "rộng"}, "Khoảng rộng nhất được công bố: hãy ghi một số từ 1 đến 100"),
        ({"min_n": "3"}, "Số người tối thiểu để công bố: hãy ghi một số nguyên từ 5 đến 1000"),
        ({"version": "999"}, "Hãy chọn bộ câu hỏi"),
    ],
)
def test_rounds_that_cannot_be(people: Flask, evaluator: FlaskClient, fields: dict[str, str], message: str) -> None:
    reply = plan(evaluator, **fields)
    assert (reply.status_code, message in reply.get_data(as_text=True)) == (422, True)


def test_every_choice_of_the_scoring_can_be_made(people: Flask, evaluator: FlaskClient) -> None:
    plan(evaluator)
    soup = BeautifulSoup(evaluator.get("/quan-tri/dot/r2").get_data(as_text=True), "html.parser")
    assert {tag["value"] for tag in soup.select("input[name=composition]")} == set(COMPOSITIONS)
    assert {tag["value"] for tag in soup.select("select[name=interval] option")} == set(INTERVALS)
    assert {tag["value"] for tag in soup.select("select[name=rollup] option")} == set(ROLLUPS) - {"given"}


def test_an_open_or_published_round_keeps_its_rules(people: Flask, evaluator: FlaskClient) -> None:
    body = {
        "name": "Đợt 1",
        "opens_on": "2021-01-01",
        "closes_on": "2099-12-31",
        "min_n": "50",
        "composition": "pooled",
    }
    send(evaluator, "/quan-tri/dot/r1", **body)
    assert (the_round(people, "r1").opens_on, the_round(people, "r1").rules) == (date(2020, 1, 1), {})
    with people.extensions["database"].write() as session:
        session.scalars(sa.select(Round)).one().state = RoundState.PUBLISHED
    page = evaluator.get("/quan-tri/dot/r1").get_data(as_text=True)
    csrf = token(page)
    assert "/quan-tri/dot/r1/mo" not in page
    sent = {**body, **opened(page, "/quan-tri/dot/r1"), "csrf_token": csrf}
    assert evaluator.post("/quan-tri/dot/r1", data=sent).status_code == 409
    assert "không thể mở lại" in evaluator.post(
        "/quan-tri/dot/r1/mo", data={"csrf_token": csrf}, follow_redirects=True
    ).get_data(as_text=True)


# --- imports --------------------------------------------------------------------------------------------------------


def upload(client: FlaskClient, kind: str, data: bytes, name: str = "tệp.csv", **fields: str) -> TestResponse:
    csrf = token(client.get("/quan-tri/nhap").get_data(as_text=True))
    return client.post(
        "/quan-tri/nhap", data={"csrf_token": csrf, "kind": kind, "file": (io.BytesIO(data), name), **fields}
    )


def confirm(client: FlaskClient, preview: str) -> TestResponse:
    return send(client, preview, preview.split("?")[0])


def as_excel(text: str) -> bytes:
    """Return a table as Excel in Vietnamese saves it: `;`, CRLF, a byte order mark; and letters as macOS types them."""
    table = unicodedata.normalize("NFD", text).replace(",", ";").replace("\n", "\r\n")
    return b"\xef\xbb\xbf" + table.encode()


AGENCIES = """code,name,kind,level,parent,valid_from
tinh,UBND tỉnh Thử,province,province,,01/07/2025
xa-a,UBND xã Ả,commune,commune,tinh,01/07/2025
"""


def test_wrong_cells_are_named_then_the_file_is_taken_and_taken_back(people: Flask, admin: FlaskClient) -> None:
    wrong = AGENCIES.replace("commune,commune", "bản,commune").replace("tinh,01/07/2025", "tinhh,32/07/2025")
    page = shown(admin, upload(admin, "co-quan", as_excel(wrong)).location)
    assert "Có 3 ô chưa đúng" in page
    assert "ô C3 kind bản một trong: tỉnh, sở, huyện, xã, trung tâm" in page
    assert "ô F3 valid_from 32/07/2025 ngày dạng 25/11/2026 hoặc 2026-11-25" in page
    assert "ô E3 parent tinhh mã hoặc tên của một cơ quan trong tệp này hoặc đã có" in page
    preview = upload(admin, "co-quan", as_excel(AGENCIES), "Cơ quan.csv").location
    assert "Sẽ thêm 2 dòng." in shown(admin, preview)
    with people.extensions["database"].read() as session:
        assert session.scalars(agency("xa-a")).all() == []  # looking stores nothing
        assert session.scalars(sa.select(ImportBatch)).all() == []
    batch = confirm(admin, preview).location
    assert batch == "/quan-tri/nhap/dot-nhap/1"
    assert one(people, agency("xa-a")).name == unicodedata.normalize("NFC", "UBND xã Ả")
    assert "Cơ quan.csv" in shown(admin, "/quan-tri/nhap")
    again = shown(admin, upload(admin, "co-quan", as_excel(AGENCIES)).location)
    assert "Chính tệp này đã được nhập ở lần nhập số 1" in again
    send(admin, batch, f"{batch}/hoan-tac")
    with people.extensions["database"].read() as session:
        assert session.scalars(agency("xa-a")).all() == []
    event = last(people)
    assert (event.action, event.subject, event.before["rows"]) == ("structure.undone", "import_batch:1", 2)
    page = shown(admin, batch)
    assert "Đã hoàn tác: bỏ 2 dòng." in page
    assert confirm(admin, upload(admin, "co-quan", as_excel(AGENCIES)).location).location.endswith("/2")


def test_what_others_depend_on_is_not_taken_back(people: Flask, admin: FlaskClient) -> None:
    agencies = confirm(admin, upload(admin, "co-quan", as_excel(AGENCIES)).location).location
    counters = b"agency,code,name,services,deciding_agencies\nxa-a,Q1,Qu\xe1\xba\xa7y 1,ho-tich,tinh\n"
    second = confirm(admin, upload(admin, "quay", counters).location).location
    reply = send(admin, agencies, f"{agencies}/hoan-tac")
    assert reply.status_code == 303
    assert "UBND xã Ả đã có quầy; hãy hoàn tác các quầy trước" in shown(admin, agencies)
    send(admin, second, f"{second}/hoan-tac")
    with people.extensions["database"].read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Counter)) == 2
        assert session.scalar(sa.select(sa.func.count()).select_from(CounterCode)) == 3
    send(admin, "/quan-tri/co-quan/xa-a/doi-ten", name="UBND xã B", since="2026-01-01")
    send(admin, agencies, f"{agencies}/hoan-tac")
    assert "đã được sửa sau lần nhập này nên không thể hoàn tác" in shown(admin, agencies)
    assert one(people, sa.select(FormerName.name)) == unicodedata.normalize("NFC", "UBND xã Ả")


def stored(app: Flask) -> dict[tuple[str, str], int]:
    with app.extensions["database"].read() as session:
        rows = session.execute(
            sa.select(Agency.code, Service.code, Population.transactions)
            .join(Agency, Agency.id == Population.agency_id)
            .join(Service, Service.id == Population.service_id)
        )
        return {(a, s): n for a, s, n in rows}


def test_a_pasted_table_replaces_transactions_and_is_taken_back(people: Flask, evaluator: FlaskClient) -> None:
    before = stored(people)
    at = "/quan-tri/dot/r1/giao-dich"
    pasted = "agency\tservice\tN\r\nso-tu-phap\tho-tich\t1.250\r\nso-dat-dai\tdat-dai\t300\r\n"
    reply = send(evaluator, at, pasted=pasted)
    assert reply.status_code == 303
    assert "Sẽ thêm 2 dòng." in shown(evaluator, reply.location)
    batch = confirm(evaluator, reply.location).location
    assert stored(people) == {("so-tu-phap", "ho-tich"): 1250, ("so-dat-dai", "dat-dai"): 300}
    other = confirm(evaluator, send(evaluator, at, pasted=pasted.replace("300", "301")).location).location
    send(evaluator, batch, f"{batch}/hoan-tac")
    assert "hãy hoàn tác lần nhập sau trước" in shown(evaluator, batch)
    send(evaluator, other, f"{other}/hoan-tac")
    send(evaluator, batch, f"{batch}/hoan-tac")
    assert stored(people) == before


def test_transactions_below_the_answers_are_told_before_they_are_stored(people: Flask, evaluator: FlaskClient) -> None:
    reply = send(evaluator, "/quan-tri/dot/r1/giao-dich", pasted="agency;service;N\nso-tu-phap;ho-tich;59\n")
    page = shown(evaluator, reply.location)
    assert "so-tu-phap / ho-tich" in page
    assert "59" in page
    assert "60" in page


def test_a_workbook_of_services(people: Flask, admin: FlaskClient) -> None:
    book = openpyxl.Workbook()
    for row in (["code", "name"], ["dau-tu", "Đầu tư"], ["ho-tich", "Hộ tịch"], ["x", ""]):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    assert "ô B4 name để trống có nội dung" in shown(
        admin, upload(admin, "linh-vuc", file.getvalue(), "lĩnh vực.xlsx").location
    )
    book.active["B4"] = "Xây dựng"
    file = io.BytesIO()
    book.save(file)
    preview = upload(admin, "linh-vuc", file.getvalue(), "lĩnh vực.xlsx").location
    assert "Sẽ thêm 2 dòng. 1 dòng đã có từ trước và giữ nguyên." in shown(admin, preview)
    confirm(admin, preview)
    assert one(people, sa.select(Service.name).where(Service.code == "x")) == "Xây dựng"


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"%PDF-1.7\x00", "không phải bảng tính"), (b"", "Hãy chọn một tệp"), (b"PK\x03\x04", "bị hỏng")],
)
def test_files_that_are_refused_at_once(admin: FlaskClient, data: bytes, message: str) -> None:
    reply = upload(admin, "co-quan", data)
    assert (reply.status_code, message in reply.get_data(as_text=True)) == (422, True)


def test_two_megabytes_are_taken_from_people_who_signed_in_alone(people: Flask, admin: FlaskClient) -> None:
    long = b"code,name,kind,level\n" + b"a,A,department,province\n" * 90_000
    assert len(long) > 2_000_000
    csrf = token(admin.get("/quan-tri/nhap").get_data(as_text=True)).encode()
    head = b"--x\r\nContent-Disposition: form-data; name="
    body = head + b'"csrf_token"\r\n\r\n' + csrf + b"\r\n" + head + b'"kind"\r\n\r\nco-quan\r\n'
    body += head + b'"file"; filename="a.csv"\r\n\r\n' + long + b"\r\n--x--\r\n"
    sent = {"data": body, "content_type": "multipart/form-data; boundary=x"}
    assert admin.post("/quan-tri/nhap", **sent).status_code == 303
    assert people.test_client().post("/quan-tri/nhap", **sent).status_code == 413
    assert admin.post("/quan-tri/linh-vuc/them", **sent).status_code == 413


def test_more_rows_than_one_transaction_may_hold(admin: FlaskClient) -> None:
    long = b"code,name\n" + b"".join(b"s%d,L %d\n" % (k, k) for k in range(5001))
    assert "có hơn 5000 dòng; hãy tách nhỏ" in shown(admin, upload(admin, "linh-vuc", long).location)


def test_a_preview_belongs_to_who_uploaded_and_kinds_to_their_keepers(
    people: Flask, admin: FlaskClient, evaluator: FlaskClient
) -> None:
    preview = upload(admin, "linh-vuc", b"code,name\nx,X\n").location
    assert evaluator.get(preview).status_code == 403
    assert evaluator.get(preview.replace("linh-vuc", "giao-dich") + "?dot=r1").status_code == 303
    reply = upload(evaluator, "co-quan", as_excel(AGENCIES))
    assert reply.status_code == 422
    assert admin.get(preview.replace("linh-vuc", "nothing")).status_code == 404


def test_every_page_has_one_heading_labels_and_no_inline_style(people: Flask, admin: FlaskClient) -> None:
    confirm(admin, upload(admin, "co-quan", as_excel(AGENCIES)).location)
    preview = upload(admin, "linh-vuc", b"code,name\nx,X\n").location
    for at in (
        "/quan-tri",
        "/quan-tri/co-quan",
        "/quan-tri/co-quan/them",
        "/quan-tri/co-quan/xa-a",
        "/quan-tri/co-quan/xa-a/sap-nhap",
        "/quan-tri/co-quan/xa-a/chia-tach",
        "/quan-tri/linh-vuc",
        "/quan-tri/linh-vuc/ho-tich",
        "/quan-tri/quay",
        "/quan-tri/quay/1",
        "/quan-tri/dot",
        "/quan-tri/dot/r1",
        "/quan-tri/dot/them",
        "/quan-tri/dot/r1/giao-dich",
        "/quan-tri/nhap",
        "/quan-tri/nhap/dot-nhap/1",
        preview,
    ):
        page = admin.get(at).get_data(as_text=True)
        soup = BeautifulSoup(page, "html.parser")
        assert unicodedata.is_normalized("NFC", page), at
        assert len(soup.select("h1")) == 1, at
        ids = [tag["id"] for tag in soup.select("[id]")]
        assert len(ids) == len(set(ids)), at
        assert not soup.select("[style], script:not([src])"), at
        for field in soup.select("main input:not([type=hidden]), main select, main textarea"):
            labelled = field.find_parent("label") or soup.select(f'label[for="{field.get("id")}"]')
            assert labelled, (at, field)


@pytest.mark.parametrize(
    ("at", "fields", "wrong"),
    [
        ("/quan-tri/co-quan/them", {"code": "so-tu-phap", "name": "Sở Mới", "valid_from": "2026-01-01"}, ["code"]),
        ("/quan-tri/co-quan/them", {"code": "x", "name": "", "valid_from": "mai"}, ["name", "valid_from"]),
        ("/quan-tri/co-quan/so-tu-phap", {"valid_from": ""}, ["valid_from"]),
        ("/quan-tri/co-quan/so-tu-phap/doi-ten", {"name": "Sở Mới", "since": "2999-07-01"}, ["since"]),
        ("/quan-tri/co-quan/so-tu-phap/ket-thuc", {"since": "1900-01-01"}, ["since"]),
        (
            "/quan-tri/co-quan/so-tu-phap/sap-nhap",
            {"new_name": "Sở Mới", "new_code": "so-dat-dai", "since": "2025-07-01"},
            ["new_code"],
        ),
        ("/quan-tri/co-quan/so-tu-phap/sap-nhap", {"since": "2025-07-01"}, ["into"]),
        (
            "/quan-tri/co-quan/so-tu-phap/chia-tach",
            {"since": "2025-07-01", "new_name_2": "Sở Mới", "new_code_2": "so-dat-dai"},
            ["new_code_2"],
        ),
        ("/quan-tri/quay/them?co-quan=trung-tam", {"name": "", "code": "Q7"}, ["name"]),
        ("/quan-tri/quay/them?co-quan=trung-tam", {"name": "Quầy 7", "code": "Q7", "services": ["none"]}, ["services"]),
        ("/quan-tri/linh-vuc/them", {"code": "moi", "name": "Hộ tịch"}, ["name"]),
        ("/quan-tri/linh-vuc/ho-tich", {"name": "Tên khác", "since": "2999-01-01"}, ["since"]),
        ("/quan-tri/dot/them", {"code": "r2", "name": "Đợt 2", "min_n": "3", "max_width": "x"}, ["max_width", "min_n"]),
        ("/quan-tri/dot/r1/giao-dich", {"pasted": "PK\x03\x04"}, ["pasted"]),
        ("/quan-tri/dot/r1/giao-dich", {"pasted": ""}, ["file"]),
        ("/quan-tri/nhap", {"kind": "giao-dich", "file": (io.BytesIO(b"a,b\n1,2\n"), "a.csv")}, ["round"]),
        ("/quan-tri/nhap", {"kind": "co-quan"}, ["file"]),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_in_one_summary(
    people: Flask, admin: FlaskClient, at: str, fields: dict[str, Any], wrong: list[str]
) -> None:
    """Every field that is wrong, and no other, has its message; the summary leads to each; what was typed stays."""
    reply = send(admin, at, **fields)
    assert reply.status_code == 422
    page = BeautifulSoup(reply.get_data(as_text=True), "html.parser")
    assert page.title.text.startswith("Lỗi: ")
    assert [advice["id"] for advice in page.select(".advice")] == [f"{name}-error" for name in wrong]
    (summary,) = page.select("#summary")
    assert [line.text for line in summary.select("li")] == [advice.text for advice in page.select(".advice")]
    targets = [page.select_one(f"[id='{link['href'].removeprefix('#')}']") for link in summary.select("a")]
    assert len(targets) == len(wrong)
    for name, target in zip(wrong, targets, strict=True):
        assert target is not None, name
        assert target["name"] == name
    for name, typed in fields.items():
        control = page.select_one(f"main input[name='{name}'], main textarea[name='{name}']")
        if isinstance(typed, str) and control is not None and control.get("type") not in {"radio", "checkbox", "file"}:
            assert (control.get("value", "") if control.name == "input" else control.text.strip("\n")) == typed


def test_reading_and_writing_are_separate_views() -> None:
    """A page's view answers GET, another one POST: none asks by which method it was called."""
    folder = Path(structure_pages.__file__).parent
    for path in folder.glob("*.py"):
        source = path.read_text("utf-8")
        assert "request.method" not in source, path.name
        assert "methods=" not in source, path.name


def test_a_new_round_begins_today_with_the_questionnaire_of_the_last_one(people: Flask, evaluator: FlaskClient) -> None:
    day = datetime(2026, 11, 30, 3, tzinfo=UTC)
    set_clock(people, day)

    def preset() -> tuple[str, str]:
        soup = BeautifulSoup(evaluator.get("/quan-tri/dot/them").get_data(as_text=True), "html.parser")
        chosen = soup.select_one("select[name=version] option[selected]")
        return soup.find("input", attrs={"name": "opens_on"})["value"], chosen.text if chosen else ""

    with people.extensions["database"].write() as session:
        install_questionnaire(session, bundled()["sipas-2022"], day)
        short = install_questionnaire(session, bundled()["sipas-short"], day)
    opens_on, title = preset()
    assert opens_on == "2026-11-30"
    assert "sipas-service-16" in title  # the questionnaire of r1, not the first of the alphabet
    with people.extensions["database"].write() as session:
        plan = RoundPlan("r9", "Đợt 9", date(2027, 1, 1), date(2027, 1, 31))
        create_round(session, plan, session.merge(short), actor=Actor(day))
    assert "sipas-short" in preset()[1]
