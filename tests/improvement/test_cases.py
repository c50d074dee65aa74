"""Reports and suggestions: from the form to the rated reply; who reads what; the clock; nothing joins a rating."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.core.db import Base
from survey.core.tokens import hash_token
from survey.improvement.case_text import case_code, is_priority, parse_case_code
from survey.improvement.operations.keep_case import NewCase, empty_old_cases, receive_case
from survey.improvement.working_days import WorkingCalendar, months_before
from survey.models import Agency, AuditEvent, Case, CaseEvent, CaseState, Response, Role, User
from survey.web.security import limiter
from tests.support.clock import set_clock
from tests.support.evaluation import post, sign_in
from tests.support.followup import TODAY, with_province
from tests.support.places import CODE, fill
from tests.support.reading import soup, words

PAGE = "/phan-anh"
WORK = "/xu-ly-phan-anh"


@pytest.fixture
def site(rounds: Flask) -> Iterator[Flask]:
    with_province(rounds)
    limiter.reset()
    yield rounds
    limiter.reset()


@pytest.fixture
def public(site: Flask) -> FlaskClient:
    return site.test_client(use_cookies=False)


def of(site: Flask, name: str) -> FlaskClient:
    client = site.test_client()
    assert sign_in(client, name).status_code == 303
    return client


def send(client: FlaskClient, text: str, agency: str = "so-tu-phap", **more: str) -> str:
    """Send a case as a browser does; return where it leads."""
    page = BeautifulSoup(client.get(PAGE).text, "html.parser")
    key = str(page.select_one("input[name=key]")["value"])
    reply = client.post(PAGE, data={"key": key, "agency": agency, "kind": "report", "text": text, **more})
    assert reply.status_code == 303, reply.text
    return str(reply.location)


def one(site: Flask) -> Case:
    with site.extensions["database"].read() as session:
        case = session.scalars(sa.select(Case)).one()
        session.expunge_all()
    return case


def step(client: FlaskClient, number: int, name: str, **fields: str):
    return post(client, f"{WORK}/{number}/{name}", form_at=f"{WORK}/{number}", **fields)


def alert(reply) -> str:
    return words(BeautifulSoup(reply.get_data(as_text=True), "html.parser").select_one("[role=alert]"))


def handler(site: Flask) -> str:
    with site.extensions["database"].read() as session:
        return str(session.scalars(sa.select(User.id).where(User.role == Role.STAFF)).one())


def test_from_the_form_to_the_reply_and_its_rating(site: Flask, public: FlaskClient) -> None:
    """By hand: received Tuesday 10 March 2026; ten working days later it is Tuesday 24 March."""
    at = send(public, "Quầy số 1 mở cửa muộn. Gọi tôi 0912 345 678")
    code = re.search(r"PA-\w{4}-\w{4}-\w{4}", at)[0]
    page = soup(public, at)
    assert code in words(page.select_one(".case-code"))
    assert "Đã nhận" in words(page.main)
    assert "24/03/2026" in words(page.main)
    case = one(site)
    assert (case.code_hash, case.due_on) == (hash_token(code), date(2026, 3, 24))
    assert case.forward_by == date(2026, 3, 17)
    manager = of(site, "manager")
    assert words(soup(manager, WORK).select_one("tr[data-case] th")) == "Quầy số 1 mở cửa muộn. Gọi tôi [số điện thoại]"
    assert step(manager, case.id, "giao", owner="Trưởng bộ phận một cửa", handler=handler(site)).status_code == 303
    assert "→ staff" in words(soup(manager, f"{WORK}/{case.id}").select_one("[data-step=assigned]"))
    staff = of(site, "staff")
    raw = step(staff, case.id, "nguyen-van")
    assert "0912 345 678" in raw.text
    assert step(staff, case.id, "tra-loi", reply="Quầy nay mở lúc 7 giờ 30.").status_code == 303
    assert "Quầy nay mở" not in public.get(f"{PAGE}/{code}").text  # not before it is approved
    assert step(manager, case.id, "duyet", decision="approve").status_code == 403
    province = of(site, "tinh")
    assert alert(step(province, case.id, "duyet", decision="return")) == "Hãy ghi còn thiếu gì"
    step(province, case.id, "duyet", decision="return", remark="Xin lỗi người dân")
    assert "Bị trả lại: Xin lỗi người dân" in words(soup(staff, f"{WORK}/{case.id}").main)
    step(staff, case.id, "tra-loi", reply="Chúng tôi xin lỗi. Quầy nay mở lúc 7 giờ 30.")
    assert step(province, case.id, "duyet", decision="approve").status_code == 303
    answered = soup(public, f"{PAGE}/{code.lower().replace('-', ' ')}")
    assert "Chúng tôi xin lỗi." in words(answered.blockquote)
    assert public.post(f"{PAGE}/{code}/tra-loi", data={}).status_code == 422
    rated = public.post(f"{PAGE}/{code}/tra-loi", data={"helped": "0", "why": "Gọi 0912 345 678"})
    assert rated.status_code == 303
    assert public.post(f"{PAGE}/{code}/tra-loi", data={"helped": "1"}).status_code == 422
    case = one(site)
    assert (case.state, case.closed_on, case.helped) == (CaseState.CLOSED, date(2026, 3, 10), False)
    assert case.helped_why == "Gọi [số điện thoại]"
    with site.extensions["database"].read() as session:
        steps = session.scalars(sa.select(CaseEvent.step).order_by(CaseEvent.number)).all()
        read = session.execute(sa.select(AuditEvent.action).where(AuditEvent.action == "case.read")).all()
        told = session.execute(sa.select(AuditEvent.before, AuditEvent.after)).all()
    assert steps == ["received", "assigned", "replied", "returned", "replied", "approved", "rated"]
    assert len(read) == 1
    assert "0912" not in str(told)


def test_who_reads_what(site: Flask, public: FlaskClient) -> None:
    send(public, "Quầy số 1 mở cửa muộn. Gọi tôi 0912 345 678")
    case = one(site)
    for name in ("admin", "evaluator", "manager", "tinh"):
        client = of(site, name)
        page = client.get(f"{WORK}/{case.id}")
        assert (name, page.status_code) == (name, 200)
        assert "0912" not in page.text + client.get(WORK).text
        refused = post(client, f"{WORK}/{case.id}/nguyen-van", form_at="/tai-khoan")
        assert (name, refused.status_code) == (name, 403)
    assert of(site, "staff").get(f"{WORK}/{case.id}").status_code == 404  # not assigned
    with site.extensions["database"].write() as session:
        session.execute(
            sa.update(Case).values(agency_id=sa.select(Agency.id).where(Agency.code == "so-dat-dai").scalar_subquery())
        )
    assert of(site, "manager").get(f"{WORK}/{case.id}").status_code == 404


@pytest.mark.parametrize(
    ("text", "priority"),
    [
        ("Cán bộ vòi vĩnh tiền", True),
        ("can bo doi phong bi", True),
        ("Ông Nguyễn Văn An quát tháo", True),
        ("Chờ lâu quá", False),
        ("Nên đánh số thứ tự", False),
        ("Phòng bị khóa, phải chạy đi tìm", False),
        ("Ghế bẩn", False),
    ],
)
def test_priority_words(text: str, priority: bool) -> None:
    assert is_priority(text) is priority


def test_a_priority_case_is_kept_from_its_agency_until_an_evaluator_lets_it_go(
    site: Flask, public: FlaskClient
) -> None:
    send(public, "Cán bộ ở quầy vòi vĩnh tiền")
    case = one(site)
    manager, evaluator = of(site, "manager"), of(site, "evaluator")
    assert manager.get(f"{WORK}/{case.id}").status_code == 404
    assert soup(manager, WORK).select("tr[data-case]") == []
    assert "từ ưu tiên" in words(soup(evaluator, WORK).select_one("tr[data-case]"))
    assert step(evaluator, case.id, "chuyen", agency="so-tu-phap", reason="").status_code == 303
    assert manager.get(f"{WORK}/{case.id}").status_code == 200


def test_handed_over_by_a_reason_and_answered_late(site: Flask, public: FlaskClient) -> None:
    at = send(public, "Trang thủ tục đất đai không mở được")
    case = one(site)
    manager = of(site, "manager")
    assert alert(step(manager, case.id, "chuyen", agency="so-dat-dai", reason="")) == (
        "Hãy ghi vì sao thuộc thẩm quyền cơ quan khác"
    )
    assert step(manager, case.id, "chuyen", agency="so-dat-dai", reason="Thuộc lĩnh vực đất đai").status_code == 303
    assert manager.get(f"{WORK}/{case.id}").status_code == 404
    case = one(site)
    assert (case.due_on, case.state) == (date(2026, 3, 24), CaseState.NEW)  # no new time
    set_clock(site, datetime(2026, 3, 27, 3, tzinfo=UTC))
    assert "quá hạn; chúng tôi xin lỗi Ông/Bà" in words(soup(public, at).main)
    province = of(site, "tinh")
    clock = words(soup(province, WORK).select_one("tr[data-clock=so-dat-dai]"))
    assert clock.endswith("0 0 0 1 0 %")
    with site.extensions["database"].read() as session:
        number = session.scalars(sa.select(User.id).where(User.username == "tinh")).one()
    step(of(site, "evaluator"), case.id, "giao", owner="Chánh văn phòng", handler="")
    assert (
        alert(step(province, case.id, "giao", owner="Chánh văn phòng", handler="999"))
        == "Hãy chọn một mục trong danh sách"
    )
    assert step(province, case.id, "giao", owner="Chánh văn phòng", handler=str(number)).status_code == 303
    step(province, case.id, "tra-loi", reply="Đã sửa.")
    assert alert(step(province, case.id, "duyet", decision="approve")).endswith("phải có người thứ hai duyệt")


def test_a_complaint_is_told_its_right_address(site: Flask, public: FlaskClient) -> None:
    at = send(public, "Tôi khiếu nại quyết định thu hồi đất")
    assert step(of(site, "evaluator"), one(site).id, "phan-loai", kind="complaint", theme="").status_code == 303
    text = words(soup(public, at).main)
    assert "Đây là khiếu nại" in text
    assert "Đã xong" in text


def test_a_repeat_is_one_case_and_a_wrong_form_keeps_its_text(site: Flask, public: FlaskClient) -> None:
    body = {"key": "k" * 24, "agency": "so-tu-phap", "kind": "suggestion", "text": "Nên đặt thêm ghế"}
    first, second = (public.post(PAGE, data=body).location for _ in range(2))
    assert first == second
    assert one(site).due_on == date(2026, 3, 31)  # 15 working days for a suggestion
    empty = public.post(PAGE, data={**body, "key": "x" * 24, "agency": ""})
    assert empty.status_code == 422
    page = BeautifulSoup(empty.text, "html.parser")
    assert (words(page.textarea), page.select_one("input[name=key]")["value"]) == ("Nên đặt thêm ghế", "x" * 24)
    assert public.post(PAGE, data={**body, "key": "y" * 24, "text": "a" * 4001}).status_code == 422
    assert public.post(PAGE, data={**body, "key": "z" * 24, "website": "spam"}).status_code == 303
    with site.extensions["database"].read() as session:
        assert len(session.scalars(sa.select(Case.id)).all()) == 1


def test_codes_are_found_by_nobody_who_tries(site: Flask, public: FlaskClient) -> None:
    replies = [public.get(f"{PAGE}/PA-2222-3333-{number:04d}") for number in range(40)]
    assert {(reply.status_code, reply.headers.get("Retry-After")) for reply in replies} == {(404, None), (429, "300")}
    assert parse_case_code("pa 7k3m q2xa 9d4t") == "PA-7K3M-Q2XA-9D4T"
    assert parse_case_code("PA-7K3M-Q2XA") is None
    assert case_code("k" * 24, "one secret") != case_code("k" * 24, "another")


def test_from_paper_and_from_a_comment(site: Flask) -> None:
    staff = of(site, "staff")
    fields = {"origin": "paper", "received_on": "2026-03-09", "agency": "so-tu-phap", "kind": "report"}
    late = post(staff, f"{WORK}/moi", **{**fields, "received_on": "2026-03-11"}, text="Đơn gửi")
    assert alert(late) == "Ngày này chưa tới"
    assert post(staff, f"{WORK}/moi", **{**fields, "agency": "so-dat-dai"}, text="Đơn gửi").status_code == 422
    taken = post(staff, f"{WORK}/moi", **fields, text="Đơn gửi bằng giấy")
    assert re.search(r"PA-\w{4}-\w{4}-\w{4}", taken.text)
    assert (one(site).origin, one(site).received_on) == ("paper", date(2026, 3, 9))


def test_the_list_classes_many_at_once(site: Flask, public: FlaskClient) -> None:
    for text in ("Ghế bẩn", "Quạt hỏng"):
        send(public, text)
    evaluator = of(site, "evaluator")
    page = soup(evaluator, WORK)
    numbers = [str(box["value"]) for box in page.select("input[name=case]")]
    token = str(page.select_one("input[name=csrf_token]")["value"])
    data = {"csrf_token": token, "case": numbers, "kind": "", "theme": "place", "next": WORK}
    assert evaluator.post(f"{WORK}/nhieu", data=data).status_code == 303
    assert len(soup(evaluator, f"{WORK}?chu-de=place").select("tr[data-case]")) == 2
    assert len(soup(evaluator, f"{WORK}?tim=ghe+ban").select("tr[data-case]")) == 1


def test_the_clock_of_working_days() -> None:
    """By the calendar of 2026: 30 April and 1 May are off; Hung Kings' day, Sunday 26 April, is made up on Monday."""
    calendar = WorkingCalendar()
    assert calendar.after(date(2026, 4, 24), 1) == date(2026, 4, 28)
    assert calendar.after(date(2026, 4, 29), 1) == date(2026, 5, 4)
    assert calendar.works(date(2026, 8, 22))  # a Saturday worked for 31 August
    assert not calendar.works(date(2026, 8, 31))
    changed = WorkingCalendar({date(2026, 5, 4): False, date(2026, 5, 9): True})
    assert changed.after(date(2026, 4, 29), 1) == date(2026, 5, 5)
    assert changed.after(date(2026, 5, 8), 1) == date(2026, 5, 9)
    assert months_before(date(2026, 3, 10), 24) == date(2024, 3, 1)
    assert months_before(date(2026, 1, 31), 2) == date(2025, 11, 1)


def test_an_administrator_sets_terms_and_days(site: Flask, public: FlaskClient) -> None:
    admin = of(site, "admin")
    wrong = post(admin, f"{WORK}/lich", report="10", suggestion="15", days="hôm qua nghỉ")
    assert alert(wrong) == "Dòng 1 không phải là ngày kèm chữ “nghỉ” hoặc “làm”"
    days = "11/03/2026 nghỉ Lễ hội\n14/03/2026 làm Làm bù"
    assert post(admin, f"{WORK}/lich", report="3", suggestion="15", days=days).status_code == 303
    send(public, "Ghế bẩn")
    assert one(site).due_on == date(2026, 3, 14)  # 12, 13 and Saturday 14 March
    assert "11/03/2026 nghỉ Lễ hội" in words(soup(admin, f"{WORK}/lich").select_one("#days"))


def test_words_are_deleted_after_their_term(site: Flask, public: FlaskClient) -> None:
    send(public, "Ghế bẩn")
    with site.extensions["database"].write() as session:
        session.execute(sa.update(Case).values(state=CaseState.CLOSED, closed_on=date(2024, 2, 29), reply="Đã lau."))
        assert empty_old_cases(session, date(2024, 2, 29)) == 0
        assert empty_old_cases(session, date(2024, 3, 1)) == 1
    case = one(site)
    assert (case.text, case.masked, case.search, case.reply) == ("", "", "", "")
    assert case.closed_on == date(2024, 2, 29)


def test_nothing_joins_a_case_to_a_rating(place: Flask, caplog: pytest.LogCaptureFixture) -> None:
    """The attacker has the database (or a backup, its copy) and the log; everybody rates, then sends a case."""
    set_clock(place, TODAY)
    limiter.reset()
    client = place.test_client(use_cookies=False)
    with caplog.at_level(logging.INFO):
        for number in range(15):
            body = fill(client)
            assert client.post(f"/K/{CODE}", data=body).status_code == 303
            send(client, f"Việc thứ {number}")
    limiter.reset()
    lines = [record.facts["endpoint"] for record in caplog.records if hasattr(record, "facts")]
    assert "respond.send" in lines
    assert not [one for one in lines if one.startswith("cases.")]
    shared = set(Base.metadata.tables["case"].columns.keys()) & set(Base.metadata.tables["response"].columns.keys())
    assert shared == {"id"}
    tables = [Base.metadata.tables[name] for name in ("case", "case_event")]
    kinds = {column.name: type(column.type).__name__ for table in tables for column in table.columns}
    assert "UTCDateTime" not in kinds.values()
    assert not set(kinds) & {"counter_id", "round_id", "service_id", "language", "channel", "key", "at", "created_at"}
    with place.extensions["database"].read() as session:
        responses = session.scalars(sa.select(Response.key).order_by(Response.id)).all()
        texts = session.scalars(sa.select(Case.masked).order_by(sa.text("rowid"))).all()
        hashes = session.scalars(sa.select(Case.code_hash)).all()
    assert len(responses) == len(texts) == 15
    assert texts != [f"Việc thứ {number}" for number in range(15)]  # 1 in 15! by chance
    assert not {hash_token(key) for key in responses} & set(hashes)


def test_a_case_taken_twice_is_stored_once(site: Flask) -> None:
    with site.extensions["database"].write() as session:
        agency = session.scalars(sa.select(Agency.id).where(Agency.code == "so-tu-phap")).one()
        new = NewCase("PA-7K3M-Q2XA-9D4T", agency, "Ghế bẩn")
        assert receive_case(session, new, received_on=date(2026, 3, 10)) is not None
        assert receive_case(session, new, received_on=date(2026, 3, 11)) is None
