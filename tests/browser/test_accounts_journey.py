"""The administrator's main job: invite a person, who sets a password, adds a telephone and signs in with its code."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page

from app import create_app
from survey.core.config import Settings
from survey.core.db import Base
from survey.models import User
from tests.browser.pictures import picture
from tests.support.evaluation import PASSWORD, accounts
from tests.support.paper import read_codes
from tests.support.places import open_place
from tests.support.serving import served

pytestmark = pytest.mark.browser

AXE = str(Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js")
NEW = "bon tu khong lien quan"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[tuple[Flask, str]]:
    app = create_app(Settings(instance_dir=tmp_path, secret_key="browser-tests-secret-long-enough"))
    database = app.extensions["database"]
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        open_place(session)
        session.flush()
        accounts(session)
    with served(app) as base:
        yield app, base


def sign_in(page: Page, base: str, name: str, password: str) -> None:
    page.goto(f"{base}/dang-nhap")
    page.get_by_label("Tên đăng nhập").fill(name)
    page.get_by_label("Mật khẩu").fill(password)
    page.get_by_role("button", name="Đăng nhập").click()


def check(page: Page, name: str) -> None:
    """The page does not scroll sideways; a picture of it is kept where that is asked for."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}-{page.viewport_size['width']}.png")  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]


@pytest.mark.parametrize("width", [PHONE, DESK], ids=["360", "1280"])
def test_from_the_invitation_to_signing_in_with_a_code(
    chromium: Browser, installation: tuple[Flask, str], width: dict[str, int]
) -> None:
    app, base = installation
    contexts = [chromium.new_context(viewport=width, java_script_enabled=False, locale="vi-VN") for _ in range(2)]
    admin, person = (context.new_page() for context in contexts)
    sign_in(admin, base, "admin", PASSWORD)
    if width is PHONE:
        admin.locator(".narrow-nav summary").click()
    check(admin, "menu")
    admin.get_by_role("link", name="Tài khoản", exact=True).click()
    check(admin, "users")
    admin.locator("#username").fill("danh-gia-moi")
    admin.locator("#display_name").fill("Cán bộ đánh giá mới")
    admin.locator("#role").select_option("evaluator")
    admin.get_by_role("button", name=re.compile("^Tạo tài khoản")).click()
    link = admin.locator("code.hash").inner_text()
    check(admin, "link")

    person.goto(base + urlsplit(link).path)
    check(person, "invitation")
    person.locator("#new").fill(NEW)
    person.locator("#again").fill(NEW)
    person.locator("main button").click()
    sign_in(person, base, "danh-gia-moi", NEW)
    person.wait_for_url("**/danh-gia")
    person.goto(f"{base}/tai-khoan/ma")
    check(person, "enrol")
    secret = person.locator("code.hash").inner_text()
    drawn = read_codes(Image.open(BytesIO(picture(person.locator("svg.plain-code")))))
    assert f"secret={secret}" in str(drawn)
    with app.extensions["database"].read() as session:
        assert session.scalar(sa.select(User.totp_secret).where(User.username == "danh-gia-moi")) is None
    person.locator("#code").fill(pyotp.TOTP(secret).now())
    person.get_by_label("Mật khẩu hiện tại").fill(NEW)
    person.locator("main button").click()
    recovery = person.locator("ol.recovery code").first.inner_text()
    check(person, "recovery")
    person.get_by_role("button", name="Đăng xuất").first.click()

    sign_in(person, base, "danh-gia-moi", NEW)
    person.wait_for_url("**/dang-nhap/ma")
    check(person, "code")
    with app.extensions["database"].write() as session:  # a minute later: the code of this step was taken already
        session.execute(sa.update(User).where(User.username == "danh-gia-moi").values(totp_step=0))
    person.locator("#code").fill(pyotp.TOTP(secret).now())
    person.locator("main button").click()
    person.wait_for_url("**/danh-gia")
    assert recovery

    admin.goto(f"{base}/quan-tri/nhat-ky")
    check(admin, "audit")
    assert "Bật mã xác thực một lần" in admin.locator(".events").inner_text()
    for context in contexts:
        context.close()


ADDRESSES = ("/quan-tri/tai-khoan", "/quan-tri/tai-khoan/1", "/quan-tri/nhat-ky", "/quan-tri/api", "/tai-khoan")
ADDRESSES += ("/tai-khoan/ma", "/tai-khoan/mat-khau", "/moi/unknown")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_accounts(
    chromium: Browser, installation: tuple[Flask, str], scheme: str
) -> None:
    _app, base = installation
    context = chromium.new_context(viewport=PHONE, bypass_csp=True, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, base, "admin", PASSWORD)
    page.wait_for_url("**/danh-gia")
    found = {}
    for address in ADDRESSES:
        page.goto(base + address)
        for details in page.locator("details").all():
            details.evaluate("element => { element.open = true }")
        page.add_script_tag(path=AXE)
        violations = page.evaluate("async () => (await axe.run()).violations")
        if violations:
            found[address] = [(v["id"], [node["html"][:120] for node in v["nodes"]][:3]) for v in violations]
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address
    context.close()
    assert found == {}
