"""A passkey from Chromium's virtual authenticator: added, used after the password, refused, removed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, Page

from app import create_app
from survey.core.config import Settings
from survey.core.db import Base
from survey.models import Passkey, User
from tests.browser.test_accounts_journey import AXE, DESK, PHONE, check, sign_in
from tests.support.evaluation import PASSWORD, TOTP, accounts
from tests.support.places import open_place
from tests.support.serving import served

pytestmark = pytest.mark.browser

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[tuple[Flask, str]]:
    """An installation at a name, as `make run` prints it."""
    app = create_app(Settings(instance_dir=tmp_path, secret_key="browser-tests-secret-long-enough"))
    database = app.extensions["database"]
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        open_place(session)
        session.flush()
        accounts(session)
    with served(app) as base:
        named = base.replace("127.0.0.1", "localhost")
        app.config["SETTINGS"] = replace(app.config["SETTINGS"], public_base_url=named)
        yield app, named


def protect(app: Flask, secret: str | None) -> None:
    with app.extensions["database"].write() as session:
        session.execute(sa.update(User).values(totp_secret=secret))


def plug_in(page: Page) -> tuple[object, str]:
    """Give the page's browser a device with passkeys; return the line to it and its number."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    return line, line.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]


@pytest.mark.parametrize("width", [PHONE, DESK], ids=["360", "1280"])
def test_a_passkey_from_adding_to_removing(
    chromium: Browser, installation: tuple[Flask, str], width: dict[str, int]
) -> None:
    app, base = installation
    context = chromium.new_context(viewport=width, locale="vi-VN")  # type: ignore[arg-type]
    page = context.new_page()
    line, device = plug_in(page)
    sign_in(page, base, "evaluator", PASSWORD)
    page.wait_for_url("**/danh-gia")
    protect(app, TOTP)
    page.goto(f"{base}/tai-khoan")
    page.get_by_role("link", name="Khóa truy cập (passkey)").click()
    check(page, "passkeys-none")
    page.get_by_label("Tên của khóa truy cập").fill("Máy cơ quan")
    page.get_by_role("button", name="Thêm khóa truy cập").click()
    page.get_by_text("Đã thêm khóa truy cập").wait_for()
    check(page, "passkeys")
    assert len(line.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]) == 1  # type: ignore[attr-defined]

    page.get_by_role("button", name="Thêm khóa truy cập").click()  # without a name nothing is asked of the device
    page.get_by_label("Tên của khóa truy cập").fill("Máy cơ quan")
    page.get_by_role("button", name="Thêm khóa truy cập").click()
    page.get_by_text("có thể thiết bị đã có khóa").wait_for()  # one device, one passkey

    page.get_by_role("button", name="Đăng xuất").first.click()
    sign_in(page, base, "evaluator", PASSWORD)
    page.wait_for_url("**/dang-nhap/ma")
    check(page, "code-or-passkey")
    page.get_by_role("button", name="Đăng nhập bằng khóa truy cập").click()
    page.wait_for_url("**/danh-gia")
    with app.extensions["database"].read() as session:
        assert session.scalars(sa.select(Passkey)).one().used_at is not None

    page.goto(f"{base}/tai-khoan/khoa")
    page.get_by_role("button", name="Xóa (Máy cơ quan)").click()
    page.get_by_text("Bạn chưa có khóa truy cập nào").wait_for()
    context.close()


def test_without_a_script_the_six_digits_alone_are_offered(chromium: Browser, installation: tuple[Flask, str]) -> None:
    app, base = installation
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False, locale="vi-VN")  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, base, "evaluator", PASSWORD)
    protect(app, TOTP)
    page.goto(f"{base}/tai-khoan/khoa")
    assert "sáu chữ số thì không" in page.locator("main").inner_text()
    page.get_by_label("Tên của khóa truy cập").fill("Máy cơ quan")
    page.get_by_role("button", name="Thêm khóa truy cập").click()
    assert "Trình duyệt không gửi khóa truy cập nào" in page.locator("main").inner_text()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_page_of_passkeys(
    chromium: Browser, installation: tuple[Flask, str], scheme: str
) -> None:
    app, base = installation
    context = chromium.new_context(viewport=PHONE, bypass_csp=True, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, base, "evaluator", PASSWORD)
    page.wait_for_url("**/danh-gia")
    protect(app, TOTP)
    page.goto(f"{base}/tai-khoan/khoa")
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [violation["id"] for violation in found["violations"]] == []
    context.close()
