"""An action from a weakness to its acceptance: each step kept, overdue by the first due day, a second person."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.core.errors import InputError
from survey.improvement.evidence_files import check_file
from survey.models import Action, ActionEvent, ActionEvidence, ActionState, ActionStep, AuditEvent
from tests.support.clock import set_clock
from tests.support.evaluation import post, sign_in, token
from tests.support.followup import with_province
from tests.support.reading import soup, words

STRENGTHS = "/danh-gia/r1/co-quan/so-tu-phap/manh-yeu"
NEW = "/cai-thien/dot/r1/co-quan/so-tu-phap/moi"
WORDS = {
    "causes": "facilities",
    "cause": "Thiếu ghế vào buổi sáng",
    "place": "Quầy số 1",
    "what": "Đặt thêm ghế chờ",
    "responsible": "Trưởng bộ phận một cửa",
    "unit": "Văn phòng",
    "co_units": "Phòng Tài chính; Phòng Quản trị",
    "due_on": "2026-03-31",
}
PDF = b"%PDF-1.7\n1 0 obj\n"


@pytest.fixture
def site(rounds: Flask) -> Flask:
    with_province(rounds)
    return rounds


@pytest.fixture
def manager(site: Flask) -> FlaskClient:
    return of(site, "manager")


def of(site: Flask, name: str) -> FlaskClient:
    client = site.test_client()
    assert sign_in(client, name).status_code == 303
    return client


def item_of(client: FlaskClient) -> str:
    """Return the address of the first weakness's "Plan an action"."""
    link = soup(client, STRENGTHS).select_one(".findings a[href*='/cai-thien/']")
    assert link is not None
    return str(link["href"])


def attach(client: FlaskClient, data: bytes, name: str, number: int = 1):
    at = f"/cai-thien/{number}"
    return client.post(
        f"{at}/minh-chung",
        data={"csrf_token": token(client.get(at).text), "file": (io.BytesIO(data), name)},
        content_type="multipart/form-data",
    )


def step(client: FlaskClient, name: str, number: int = 1, **fields: str):
    return post(client, f"/cai-thien/{number}/{name}", form_at=f"/cai-thien/{number}", **fields)


def alert(reply) -> str:
    return words(BeautifulSoup(reply.get_data(as_text=True), "html.parser").select_one("[role=alert]"))


def test_one_press_carries_the_item_its_numbers_and_its_place(site: Flask, manager: FlaskClient) -> None:
    """By hand: 45 of the 60 at so-tu-phap are satisfied with each item, 75 %."""
    at = item_of(manager)
    page = soup(manager, at)
    assert "Hài lòng: 75,0 %" in words(page.select_one("section[aria-labelledby=finding]"))
    assert "15 người không hài lòng." in words(page.select_one("section[aria-labelledby=finding]"))
    reply = post(manager, at, **WORDS)
    assert (reply.status_code, reply.location) == (303, "/cai-thien/1")
    with site.extensions["database"].read() as session:
        action = session.scalars(sa.select(Action)).one()
        assert action.item == at.rpartition("=")[2]
        assert action.figures["index"] == pytest.approx(75.0)
        assert (action.figures["n"], action.figures["dissatisfied"]) == (60, 15)
        assert (action.causes, action.unit, action.first_due_on) == (["facilities"], "Văn phòng", date(2026, 3, 31))
    shown = words(soup(manager, "/cai-thien/1").main)
    for part in ("Nơi ngồi chờ, trang thiết bị", "Phòng Tài chính; Phòng Quản trị", "Quầy số 1", "75,0 %"):
        assert part in shown


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"what": " "}, "Hãy ghi cần làm gì"),
        ({"responsible": ""}, "Hãy ghi chức danh hoặc đơn vị chịu trách nhiệm"),
        ({"due_on": "31/02/2026"}, "Không hiểu ngày '31/02/2026'; hãy ghi như 31/12/2026"),
        ({"due_on": "2026-03-09"}, "Hạn này đã qua; hãy chọn từ ngày 10/03/2026 trở đi"),
        ({"what": "x" * 1001}, "Nội dung có 1001 ký tự; tối đa 1000 ký tự"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_the_rest_is_kept(
    site: Flask, manager: FlaskClient, changed: dict[str, str], sentence: str
) -> None:
    reply = post(manager, NEW, **(WORDS | changed))
    assert reply.status_code == 422
    assert alert(reply) == sentence
    page = BeautifulSoup(reply.text, "html.parser")
    assert page.find(attrs={"aria-invalid": "true"})["name"] == next(iter(changed))
    assert words(page.find(id="cause")) == WORDS["cause"]
    with site.extensions["database"].read() as session:
        assert session.scalars(sa.select(Action)).all() == []


def test_an_extension_keeps_the_first_due_day_and_needs_a_reason(site: Flask, manager: FlaskClient) -> None:
    post(manager, NEW, **WORDS)
    assert alert(step(manager, "gia-han", due_on="2026-03-09", reason="Chờ vốn")).startswith("Hạn này đã qua")
    assert alert(step(manager, "gia-han", due_on="2026-03-20", reason="Chờ vốn")) == (
        "Hạn mới phải sau hạn hiện nay là ngày 31/03/2026"
    )
    assert alert(step(manager, "gia-han", due_on="2026-04-30", reason=" ")) == "Hãy ghi vì sao cần thêm thời gian"
    assert step(manager, "gia-han", due_on="2026-04-30", reason="Chờ vốn").status_code == 303
    set_clock(site, datetime(2026, 4, 2, 3, tzinfo=UTC))
    page = soup(of(site, "evaluator"), "/cai-thien/1")
    assert "31/03/2026 quá hạn gia hạn đến 30/04/2026" in words(page.select_one(".facts"))
    event = words(page.select_one("[data-step=extended]"))
    assert "Chờ vốn" in event
    assert "31/03/2026 → 30/04/2026" in event


def test_done_is_returned_with_a_remark_then_accepted_by_a_second_person(site: Flask, manager: FlaskClient) -> None:
    post(manager, NEW, **WORDS)
    assert step(manager, "tien-do", text="Đã mua 20 ghế").status_code == 303
    assert attach(manager, PDF, "Biên bản 12.pdf").status_code == 303
    assert alert(step(manager, "xong", evidence="")) == "Hãy ghi minh chứng đã hoàn thành"
    assert step(manager, "xong", evidence="Biên bản 12/BB").status_code == 303
    assert step(manager, "duyet", decision="accept").status_code == 403
    province = of(site, "tinh")
    assert alert(step(province, "duyet", decision="return")) == "Hãy ghi còn thiếu gì"
    assert step(province, "duyet", decision="return", remark="Thiếu ảnh chụp").status_code == 303
    assert "Thiếu ảnh chụp" in words(soup(manager, "/cai-thien/1").select_one("[data-step=returned]"))
    step(manager, "xong", evidence="Biên bản 12/BB, ảnh kèm theo")
    assert step(province, "duyet", decision="accept", remark="").status_code == 303
    with site.extensions["database"].read() as session:
        action = session.scalars(sa.select(Action)).one()
        assert (action.state, action.accepted_at is not None) == (ActionState.DONE, True)
        steps = session.scalars(sa.select(ActionEvent.step).order_by(ActionEvent.id)).all()
        audited = session.scalars(
            sa.select(AuditEvent.action).where(AuditEvent.subject == "action:1").order_by(AuditEvent.id)
        ).all()
    expected = ["entered", "noted", "evidence", "done", "returned", "done", "accepted"]
    assert steps == expected
    assert audited == [f"action.{name}" for name in expected]
    assert alert(step(manager, "tien-do", text="Thêm nữa")) == "Việc này không còn mở; chưa có gì thay đổi"
    assert step(province, "rut-duyet", reason="Ảnh là của nơi khác").status_code == 303
    with site.extensions["database"].read() as session:
        action = session.scalars(sa.select(Action)).one()
        assert (action.state, action.accepted_at) == (ActionState.DOING, None)


def test_nobody_accepts_the_own_work(site: Flask) -> None:
    province = of(site, "tinh")
    post(province, NEW, **WORDS)
    step(province, "xong", evidence="Biên bản")
    assert alert(step(province, "duyet", decision="accept")).endswith("phải có người thứ hai duyệt")


def test_nothing_that_was_written_is_overwritten(site: Flask, manager: FlaskClient) -> None:
    post(manager, NEW, **WORDS)
    changed = {**WORDS, "what": "Đặt 20 ghế", "causes": "staffing"}
    del changed["due_on"]
    opened = str(soup(manager, "/cai-thien/1").select_one("form[action$=sua] input[name=opened]")["value"])
    assert step(manager, "sua", **changed, opened=opened).status_code == 303
    late = step(manager, "sua", **{**changed, "what": "Đặt 5 ghế"}, opened=opened)  # another had saved before
    assert late.status_code == 409
    page = soup(manager, "/cai-thien/1")
    assert words(page.h1) == "Đặt 20 ghế"
    assert "so-" not in words(page.select_one("[data-step=entered]"))  # what stands above is not said again by its code
    event = words(page.select_one("[data-step=changed]"))
    assert "Đặt thêm ghế chờ → Đặt 20 ghế" in event
    assert "Nơi ngồi chờ, trang thiết bị → Thiếu cán bộ" in event
    with site.extensions["database"].read() as session:
        kept = session.scalars(sa.select(ActionEvent).where(ActionEvent.step == ActionStep.ENTERED)).one()
        assert kept.after["what"] == "Đặt thêm ghế chờ"


def archive(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "kept"),
    [
        (PDF, "../../etc/Biên bản.exe", "Biên bản.pdf"),
        (b"\x89PNG\r\n\x1a\n....", "anh.png", "anh.png"),
        (b"\xff\xd8\xff\xe0....", "anh.jpeg", "anh.jpg"),
        (archive("[Content_Types].xml", "word/document.xml"), "bao cao.docx", "bao cao.docx"),
        (archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "bao cao.docm", None),
        (archive("a.txt"), "a.zip", None),
        (b"<html><script>alert(1)</script>", "anh.pdf", None),
        (b"<svg onload='alert(1)'/>", "anh.svg", None),
        (b"MZ....", "anh.png", None),
    ],
)
def test_only_safe_files_are_kept_and_they_leave_as_attachments(
    site: Flask, manager: FlaskClient, data: bytes, name: str, kept: str | None
) -> None:
    post(manager, NEW, **WORDS)
    reply = attach(manager, data, name)
    if kept is None:
        assert reply.status_code == 422
        with site.extensions["database"].read() as session:
            assert session.scalars(sa.select(ActionEvidence.id)).all() == []
        return
    assert reply.status_code == 303
    assert kept in words(soup(manager, "/cai-thien/1").select_one("section[aria-labelledby=evidence-files]"))
    sent = manager.get("/cai-thien/1/minh-chung/1")
    assert sent.data == data
    assert sent.headers["Content-Disposition"].startswith("attachment;")
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    assert manager.get("/cai-thien/1/minh-chung/2").status_code == 404
    assert manager.get("/cai-thien/1/minh-chung/0").status_code == 404


def test_a_file_is_at_most_ten_megabytes() -> None:
    assert check_file(b"%PDF-".ljust(10 * 1024 * 1024), "vua.pdf").name == "vua.pdf"
    with pytest.raises(InputError, match="larger than 10 MB"):
        check_file(b"%PDF-".ljust(10 * 1024 * 1024 + 1), "to.pdf")


def test_who_may_do_what(site: Flask, manager: FlaskClient) -> None:
    admin = of(site, "admin")
    elsewhere = NEW.replace("so-tu-phap", "so-dat-dai")
    assert post(admin, elsewhere, **WORDS).status_code == 303
    assert manager.get(elsewhere).status_code == 404
    assert manager.get("/cai-thien/1").status_code == 404
    evaluator = of(site, "evaluator")
    page = soup(evaluator, "/cai-thien/1")
    assert page.select("main form") == []
    assert evaluator.get(NEW).status_code == 403
    assert of(site, "staff").get("/cai-thien").status_code == 403
    assert manager.get(f"{NEW}?muc=khong-co").status_code == 404


def test_an_open_round_gives_unit_roles_nothing_to_begin_from(rounds: Flask) -> None:
    manager = rounds.test_client()
    sign_in(manager, "manager")
    assert manager.get(NEW).status_code == 404
