"""The loop in Chromium, over two rounds: from publication over a plan to its effect; and two reports of citizens.

One report is answered in time and rated, the other handed from a commune to a department and answered late.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, Page

from app import create_app
from survey.accounts.operations.create_user import create_user
from survey.core.actor import Actor
from survey.core.config import Settings
from survey.migrations import upgrade
from survey.models import Agency, Role, Round, RoundState
from survey.web.security import limiter
from tests.support.clock import set_clock
from tests.support.evaluation import NOW, PASSWORD, accounts, protect_accounts, scored_round, second_evaluator
from tests.support.followup import two_rounds_of_eight, with_province
from tests.support.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.slow(reason="walks two rounds and two reports through six people")]
BEFORE, AFTER = [10, 30, 31, 32, 33, 34, 35, 36], [45, 30, 31, 32, 33, 34, 35, 36]
"""Of 50 people at each of eight communes, so many satisfied: the first acts, and is the only one that changes."""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[Flask, str]]:
    """A province with eight communes; the round `truoc` has ended, `sau` takes answers."""
    app = create_app(Settings(instance_dir=tmp_path, secret_key="k" * 40))
    database = app.extensions["database"]
    upgrade(database)
    with database.write() as session:
        scored_round(session)
        accounts(session)
        second_evaluator(session)
    with_province(app)
    with database.write() as session:
        two_rounds_of_eight(session, BEFORE, AFTER)
        session.execute(sa.update(Round).where(Round.code == "sau").values(state=RoundState.OPEN))
        province, commune = (
            session.scalars(sa.select(Agency).where(Agency.code == code)).one() for code in ("tinh", "cq-0")
        )
        session.execute(sa.update(Agency).where(Agency.code.like("cq-%")).values(parent_id=province.id))
        head = {"display_name": "Chủ tịch xã", "role": Role.MANAGER, "agency_id": commune.id}
        create_user(session, username="cqxa", password=PASSWORD, actor=Actor(NOW), **head)
    limiter.reset()
    with served(app) as base:
        yield app, base
    limiter.reset()


def day(app: Flask, month: int, number: int) -> None:
    set_clock(app, datetime(2026, month, number, 3, tzinfo=UTC))


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, chromium: Browser, base: str, name: str = "") -> None:
        self.base, self.context = base, chromium.new_context(viewport={"width": 1280, "height": 900}, locale="vi-VN")
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(8000)
        self.name = name
        if name:
            self.open("/tai-khoan")

    def open(self, path: str) -> None:
        """Go to a page; sign in where that is asked for, since days pass and sessions end."""
        self.page.goto(path if path.startswith("http") else self.base + path)
        if self.name and "/dang-nhap" in self.page.url:
            self.page.fill("input[name=username]", self.name)
            self.page.fill("input[name=password]", PASSWORD)
            self.page.click("main button[type=submit]")

    def said(self) -> str:
        return self.page.locator("main").inner_text()

    def take(self, step: str, **fields: str) -> None:
        """Open a step of an action or a case by its words, fill it in and send it."""
        form = self.page.locator(f'form[action$="/{step}"]')
        if not form.locator("button").first.is_visible():
            form.locator("xpath=..").locator("summary").click()
        for name, value in fields.items():
            control = form.locator(f'[name="{name}"]')
            if control.evaluate("one => one.tagName") == "SELECT":
                control.select_option(control.locator("option", has_text=value).first.get_attribute("value"))
            else:
                control.fill(value)
        form.locator("button").first.click()


def test_two_rounds_from_publication_to_effect(chromium: Browser, office: tuple[Flask, str], tmp_path: Path) -> None:
    app, base = office
    first, second = Person(chromium, base, "evaluator"), Person(chromium, base, "hai")
    protect_accounts(app)
    first.open("/danh-gia/truoc")
    first.page.get_by_role("link", name="Công bố").first.click()
    first.page.get_by_role("button", name="Chốt kết quả thành bản dự thảo").click()
    first.page.get_by_role("link", name="Mở bản dự thảo").click()
    second.open(first.page.url)
    second.page.get_by_role("button", name="Tôi đã xem kỹ: xác nhận").click()
    first.page.reload()
    first.page.get_by_role("button", name="Công bố cho mọi người xem").click()
    with app.extensions["database"].write() as session:  # a second factor is asked of nobody else here
        session.execute(sa.text("UPDATE user_account SET totp_secret = NULL"))

    province, commune = Person(chromium, base, "tinh"), Person(chromium, base, "cqxa")
    province.open("/cai-thien/yeu-cau?co-quan=cq-0")
    ask = province.page.locator("section[aria-labelledby=ask]")
    ask.locator("select[name=round]").select_option(label="Đợt 2017")
    ask.locator("[name=document]").fill("157/UBND-KSTTHC")
    ask.locator("[name=due_on]").fill("2026-03-31")
    ask.get_by_role("button").click()
    assert "157/UBND-KSTTHC" in province.page.locator("#request-table").locator("xpath=..").inner_text()

    commune.open("/danh-gia/truoc/co-quan/cq-0/manh-yeu")
    commune.page.get_by_role("link", name="Lập việc cải thiện").first.click()
    assert "20,0" in commune.page.locator("section[aria-labelledby=finding]").inner_text()  # 10 of 50
    for name, value in (
        *(("cause", "Thiếu ghế"), ("what", "Đặt thêm 20 ghế chờ"), ("responsible", "Trưởng bộ phận một cửa")),
        ("due_on", "2026-03-20"),
    ):
        commune.page.fill(f"main form [name={name}]", value)
    commune.page.locator("main form button[type=submit]").click()
    action = commune.page.url
    province.open("/cai-thien/yeu-cau")
    assert "có" in province.page.locator("#request-table").locator("xpath=..").inner_text()

    commune.take("gia-han", due_on="2026-04-20", reason="Chờ kinh phí")
    assert "20/04/2026" in commune.said()
    day(app, 3, 25)
    commune.open(action)
    assert "quá hạn" in commune.page.locator(".facts").inner_text()  # by the first due day
    shown = tmp_path / "bien-ban.pdf"
    shown.write_bytes(b"%PDF-1.7\n1 0 obj\n")
    commune.page.locator('form[action$="/minh-chung"]').locator("xpath=..").locator("summary").click()
    commune.page.set_input_files('form[action$="/minh-chung"] input[type=file]', str(shown))
    commune.page.locator('form[action$="/minh-chung"] button').click()
    commune.take("xong", evidence="Biên bản nghiệm thu số 12/BB")

    province.open("/danh-gia/truoc")
    assert province.page.locator(".wide-nav .badge").first.inner_text().startswith("1")  # waits for the province
    province.open(action)
    province.page.locator('form[action$="/duyet"] [name=remark]').fill("Chưa có ảnh")
    province.page.locator('form[action$="/duyet"] button[value=return]').click()
    commune.open(action)
    assert "Chưa có ảnh" in commune.said()
    commune.take("xong", evidence="Biên bản số 12/BB, có ảnh kèm")
    province.open(action)
    province.page.locator('form[action$="/duyet"] button[value=accept]').click()
    assert "Đã duyệt" in province.page.locator(".facts").inner_text()

    citizen = Person(chromium, base)
    citizen.open("/da-noi-da-lam/cq-0")
    assert "Đặt thêm 20 ghế chờ" in citizen.said()
    with app.extensions["database"].write() as session:
        session.execute(sa.update(Round).where(Round.code == "sau").values(state=RoundState.CLOSED))
    commune.open(action)
    effect = commune.page.locator(".facts").inner_text()
    assert "20,0" in effect
    assert "90,0" in effect  # 45 of 50
    assert "cải thiện" in effect.lower()
    for person in (first, second, province, commune, citizen):
        person.context.close()


def report(person: Person, agency: str, words: str) -> str:
    """Send a report as a citizen does; the address of its page."""
    person.open("/phan-anh")
    person.page.select_option("#agency", agency)
    person.page.fill("#text", words)
    person.page.get_by_role("button", name="Gửi").click()
    return person.page.url.partition("?")[0]


def test_a_report_from_the_form_to_its_rated_reply_and_one_handed_over_and_late(
    chromium: Browser, office: tuple[Flask, str]
) -> None:
    app, base = office
    citizen, staff, head = Person(chromium, base), Person(chromium, base, "staff"), Person(chromium, base, "manager")
    province, commune = Person(chromium, base, "tinh"), Person(chromium, base, "cqxa")
    quick = report(citizen, "so-tu-phap", "Quạt ở phòng chờ hỏng")
    slow = report(citizen, "cq-0", "Trang nộp hồ sơ không tải được tệp")
    assert "24/03/2026" in citizen.said()  # ten working days after Tuesday the 10th

    commune.open("/xu-ly-phan-anh")
    commune.page.get_by_role("link", name="Trang nộp hồ sơ").click()
    commune.take("chuyen", agency="Sở Tư pháp", reason="Thuộc thẩm quyền của sở")
    citizen.open(slow)
    assert "Sở Tư pháp" in citizen.said()

    def answer(about: str, words: str) -> None:
        head.open("/xu-ly-phan-anh")
        head.page.get_by_role("link", name=about).click()
        head.take("giao", owner="Trưởng phòng", handler="staff")
        staff.open("/xu-ly-phan-anh")
        staff.page.get_by_role("link", name=about).click()
        staff.take("nguyen-van")
        staff.take("tra-loi", reply=words)
        province.open(staff.page.url)
        province.page.locator('form[action$="/duyet"] button[value=approve]').click()

    day(app, 3, 12)
    answer("Quạt ở phòng chờ", "Đã thay quạt ngày 11/3.")
    citizen.open(quick)
    assert "Đã thay quạt" in citizen.said()
    citizen.page.check("input[name=helped][value='1']")
    citizen.page.get_by_role("button", name="Gửi").click()
    assert citizen.page.locator("input[name=helped]").count() == 0  # once

    day(app, 4, 1)
    citizen.open(slow)
    assert "quá hạn" in citizen.said()
    answer("Trang nộp hồ sơ", "Đã sửa trang, xin lỗi vì trả lời muộn.")
    citizen.open(slow)
    assert "Đã sửa trang" in citizen.said()
    province.open("/xu-ly-phan-anh")
    cells = province.page.locator('tr[data-clock="so-tu-phap"] td').all_inner_texts()
    assert cells == ["1", "1", "0", "0", "50\N{NO-BREAK SPACE}%"]  # in time, late, open, overdue: half in time
    for person in (citizen, staff, head, province, commune):
        person.context.close()
