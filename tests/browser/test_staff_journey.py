"""The staff member's main job: sign in, see the counters, look at a poster, take it home, print receipt codes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, Page

from app import create_app
from survey.core.config import Settings
from survey.core.db import Base
from survey.models import Agency, Counter, CounterCode, ReceiptCode
from tests.support.evaluation import NOW, PASSWORD, accounts
from tests.support.paper import picture, pictures, read_codes
from tests.support.places import open_place
from tests.support.receipts import issued
from tests.support.serving import served

pytestmark = pytest.mark.browser

OWN = "NWNWNWNW"
AXE = Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[tuple[Flask, str]]:
    app = create_app(
        Settings(instance_dir=tmp_path, secret_key="browser-tests-secret-long-enough", public_base_url="http://dg.vn")
    )
    database = app.extensions["database"]
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        open_place(session)
        session.flush()
        agency = session.scalars(sa.select(Agency).where(Agency.code == "so-tu-phap")).one()
        counter = Counter(agency=agency, code="Q9", name="Quầy Tư pháp")
        session.add_all([counter, CounterCode(code=OWN, counter=counter, created_at=NOW)])
        accounts(session)
    with served(app) as base:
        yield app, base


def sign_in(page: Page, base: str) -> None:
    page.goto(f"{base}/quay")
    page.get_by_label("Tên đăng nhập").fill("staff")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url("**/quay")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_from_signing_in_to_poster_and_receipts(
    chromium: Browser, unit: tuple[Flask, str], tmp_path: Path, script: bool
) -> None:
    app, base = unit
    with app.extensions["database"].write() as session:
        issued(session, session.scalars(sa.select(Counter.id).where(Counter.code == "Q9")).one(), 3, NOW)
    context = chromium.new_context(viewport=PHONE, java_script_enabled=script, locale="vi-VN")
    page = context.new_page()
    sign_in(page, base)
    assert page.get_by_role("link", name="Quầy số 1").count() == 0
    page.get_by_role("link", name="Quầy Tư pháp").click()

    page.get_by_label("Khổ in").select_option("A5")
    page.get_by_label("Có thêm tiếng Anh ở dưới").check()
    page.get_by_role("button", name="Xem trước").click()
    image = page.get_by_role("img", name="Xem trước: Áp phích A5, Quầy Tư pháp")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 720
    assert page.get_by_label("Có thêm tiếng Anh ở dưới").is_checked()

    with page.expect_download() as download:
        page.get_by_role("button", name="Tải PDF").click()
    assert download.value.suggested_filename == "so-tu-phap-Q9-A5.pdf"
    download.value.save_as(tmp_path / "poster.pdf")
    assert read_codes(picture((tmp_path / "poster.pdf").read_bytes())) == [f"HTTP://DG.VN/K/{OWN}"]

    page.get_by_role("link", name="Mã dùng một lần").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Tải PDF").click()
    download.value.save_as(tmp_path / "slips.pdf")
    printed = {code for sheet in pictures((tmp_path / "slips.pdf").read_bytes()) for code in read_codes(sheet)}
    with app.extensions["database"].read() as session:
        stored = session.scalars(sa.select(ReceiptCode.code)).all()
    assert printed == {f"HTTP://DG.VN/K/{code}" for code in stored}
    assert len(stored) == 3

    page.goto(f"{base}/quay")
    page.get_by_role("link", name="Quầy Tư pháp").click()
    page.get_by_role("link", name="Tạo mã mới").click()
    page.get_by_label("Lý do").select_option("poster")
    page.get_by_label("Chuyện gì đã xảy ra").fill("Áp phích bị chụp lại")
    page.get_by_role("button", name="Đồng ý tạo mã mới").click()
    assert "Cán bộ đánh giá đọc lý do và quyết định" in page.get_by_role("status").inner_text()
    assert OWN in page.locator("#code ~ p").inner_text()  # until an evaluator agrees
    page.get_by_role("link", name="Mọi mã của quầy").click()
    assert page.get_by_role("heading", name=OWN).count() == 1
    context.close()


@pytest.mark.parametrize("width", [PHONE, DESK], ids=["360", "1280"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_the_screen_and_pass_axe(
    chromium: Browser, unit: tuple[Flask, str], width: dict[str, int], scheme: str
) -> None:
    app, base = unit
    with app.extensions["database"].read() as session:
        at = f"/quay/{session.scalar(sa.select(Counter.id).where(Counter.code == 'Q9'))}"
    context = chromium.new_context(viewport=width, color_scheme=scheme, locale="vi-VN", bypass_csp=True)
    page = context.new_page()
    sign_in(page, base)
    for address in (
        "/quay",
        f"{at}?size=8&right=1,5",
        f"{at}?size=8&right=x",
        f"{at}/ma",
        f"{at}/doi-ma",
        f"{at}/bien-nhan",
        f"{at}/phieu-giay",
        "/quay/co-quan/so-tu-phap",
    ):
        page.goto(base + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width["width"], address
        page.add_script_tag(path=str(AXE))
        found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})")
        assert [v["id"] for v in found["violations"]] == [], address
    context.close()
