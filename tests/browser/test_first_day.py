"""The first day: from an empty installation to the first response, with files downloaded as templates alone."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Locator, Page

from app import create_app
from survey.core.config import Settings
from survey.models import Agency, Counter, Response
from survey.serve import prepare
from tests.support.evaluation import PASSWORD
from tests.support.office import OFFICE
from tests.support.serving import served

pytestmark = pytest.mark.browser

MOST = 15
BASE = "https://danhgia.example.vn"


class Office:
    """A person at a browser whose presses are counted; a form that is filled in counts when it is sent."""

    def __init__(self, page: Page) -> None:
        self.page, self.actions = page, 0
        page.set_default_timeout(10_000)

    def press(self, what: Locator) -> None:
        """Press a button or follow a link."""
        what.click()
        self.actions += 1

    def button(self, name: str) -> Locator:
        """Return the button of a name."""
        return self.page.get_by_role("button", name=name)

    def step(self, title: str, name: str) -> Locator:
        """Return the link of a step on the list of first steps."""
        return self.page.locator(".first-steps li", has=self.page.get_by_role("heading", name=title)).get_by_role(
            "link", name=name
        )


@pytest.mark.slow(reason="sets an installation up as `make serve` does and walks through it in Chromium")
def test_fifteen_actions_lead_from_nothing_to_the_first_response(
    chromium: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(instance_dir=tmp_path / "instance", secret_key="k" * 40, public_base_url=BASE)
    settings = replace(settings, hotline=OFFICE["HOTLINE"], portal_url=OFFICE["PORTAL_URL"])
    prepare(replace(settings, production=True))  # what `make serve` does before it listens
    link = re.search(rf"{BASE}(/moi/\S+)", capsys.readouterr().out)[1]
    app = create_app(settings)
    # there is no TLS here, without which browsers take no cookie of that name either
    app.config.update(SESSION_COOKIE_SECURE=False, SESSION_COOKIE_NAME="sipas")
    with served(app) as base:
        context = chromium.new_context(locale="vi-VN", viewport={"width": 1280, "height": 900}, bypass_csp=True)
        office = Office(context.new_page())
        page = office.page
        page.goto(base + link)
        page.get_by_label("Mật khẩu mới", exact=True).fill(PASSWORD)
        page.get_by_label("Nhập lại mật khẩu mới").fill(PASSWORD)
        office.press(page.locator("main button[type=submit]"))
        page.get_by_label("Tên đăng nhập").fill("quan-tri")
        page.get_by_label("Mật khẩu").fill(PASSWORD)
        office.press(office.button("Đăng nhập"))
        assert page.url == f"{base}/quan-tri/bat-dau"

        office.press(office.button("Dùng danh mục có sẵn của tỉnh Sơn La"))
        with page.expect_download() as download:
            office.press(office.step("Quầy", "Bảng mẫu để điền"))
        template = tmp_path / "quay.xlsx"
        download.value.save_as(template)
        office.press(office.step("Quầy", "Nhập bảng"))
        page.get_by_label("Tệp", exact=True).set_input_files(template)
        office.press(office.button("Xem trước"))
        office.press(office.button("Nhập vào hệ thống"))
        assert page.url == f"{base}/quan-tri/bat-dau"

        office.press(office.step("Bộ câu hỏi và đợt khảo sát", "Lập đợt khảo sát"))
        page.get_by_label("Mã", exact=True).fill("dot-1")
        page.get_by_label("Tên", exact=True).fill("Đợt 1")
        office.press(office.button("Lập đợt này"))
        office.press(office.step("Mở đợt", "Xem rồi mở đợt"))
        assert "16 câu để đánh giá" in page.inner_text("main")
        office.press(office.button("Đồng ý, mở đợt"))

        office.press(page.get_by_role("link", name="In áp phích"))
        office.press(page.get_by_role("link", name="Bộ phận Một cửa").first)
        with page.expect_download() as download:
            office.press(office.button("Tải PDF"))
        assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
        address = re.search(r"/K/([0-9A-Z]{8})", page.inner_text("main"))[0]

        phone = chromium.new_context(locale="vi-VN", viewport={"width": 360, "height": 740}).new_page()
        phone.goto(base + address)
        for question in phone.locator(".scale").all():
            question.locator("input[value='4']").check(force=True)
            if phone.get_by_role("button", name="Tiếp theo", exact=True).is_visible():
                phone.get_by_role("button", name="Tiếp theo", exact=True).click()
        for name in ("service", "agency"):
            if phone.locator(f"input[name={name}]").count():
                phone.locator(f"input[name={name}]").first.check(force=True)
        phone.locator("#send").click()
        phone.wait_for_url("**/thanks*")
        context.close()
    with app.extensions["database"].read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Response)) == 1
        # 75 communes and wards and the centre, a counter each, as the template says
        assert session.scalar(sa.select(sa.func.count()).select_from(Counter)) == 76
        assert session.scalar(sa.select(sa.func.count()).select_from(Agency)) == 92
    assert office.actions <= MOST
