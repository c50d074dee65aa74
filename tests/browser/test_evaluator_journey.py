"""The main job, end to end: a scanned code becomes a row, the row changes an index, the file says the same."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import qrcode
import zxingcpp
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from app import create_app
from survey.core.config import Settings
from survey.core.db import Base
from tests.support.evaluation import PASSWORD, accounts, scored_round
from tests.support.places import CODE
from tests.support.serving import served

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js"
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
ADDRESSES = (
    "/danh-gia",
    "/danh-gia/r1",
    "/danh-gia/r1/xep-hang",
    "/danh-gia/r1/toan-tinh",
    "/danh-gia/r1/co-quan/so-tu-phap",
    "/danh-gia/r1/co-quan/so-tu-phap?lang=en",
    "/tai-khoan",
    "/tai-khoan/mat-khau",
    "/ket-qua",
)
"""What a signed-in evaluator opens."""


@dataclass
class Site:
    app: Flask
    base: str


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    app = create_app(Settings(instance_dir=tmp_path, secret_key="browser-tests-secret-long-enough-for-all"))
    database = app.extensions["database"]
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        scored_round(session)
        accounts(session)
    with served(app) as base:
        yield Site(app, base)


def scan(address: str) -> str:
    """Return what a phone reads from the printed code of an address."""
    image = qrcode.make(address, error_correction=qrcode.ERROR_CORRECT_Q).get_image().convert("L")
    return zxingcpp.read_barcodes(image)[0].text


def answer_everything(page: Page, value: str) -> None:
    items = page.locator("fieldset.item:has(.scale)")
    assert items.count() == 17, "sixteen items and the overall question, which is in no index"
    for item in items.all():
        item.locator(f'label:has(input[value="{value}"])').first.click()
    page.locator("#send").click()


def sign_in(page: Page, base: str) -> None:
    page.goto(f"{base}/danh-gia/r1")
    page.get_by_label("Tên đăng nhập").fill("evaluator")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url("**/danh-gia/r1")


def figures(page: Page, agency: str) -> tuple[str, str]:
    """Return (n, overall index) of an agency as the table shows them."""
    row = page.locator(f'tr[data-agency="{agency}"]')
    return row.locator("td").nth(0).inner_text(), row.locator("td").nth(2).locator("b").inner_text()


@pytest.mark.parametrize("javascript", [True, False])
def test_from_the_scanned_code_to_the_file(chromium: Browser, site: Site, javascript: bool, tmp_path: Path) -> None:
    """By hand: one "very dissatisfied" to all 16 beside six satisfied makes 6/7 = 85.7 % of the agency's transactions.

    The province goes from (450 + 100 + 100) / 900 = 72.2 % to (450 + 100 + 100·6/7) / 900 = 70.6 %.
    """
    evaluator = chromium.new_context(viewport=PHONE).new_page()
    sign_in(evaluator, site.base)
    assert figures(evaluator, "") == ("106", "72,2")
    assert figures(evaluator, "trung-tam") == ("6", "100,0")

    citizen = chromium.new_context(viewport=PHONE, java_script_enabled=javascript)
    phone = citizen.new_page()
    phone.goto(scan(f"{site.base}/K/{CODE}"))
    assert "Quầy số 1" in phone.locator("h1").inner_text()
    answer_everything(phone, "1")
    phone.wait_for_url("**/thanks*")
    assert citizen.cookies() == []

    evaluator.reload()
    assert figures(evaluator, "") == ("107", "70,6")
    assert figures(evaluator, "trung-tam") == ("7", "85,7")
    with evaluator.expect_download() as download:
        evaluator.get_by_role("link", name="Tải bảng này (CSV)").click()
    assert download.value.suggested_filename == "Kết quả SIPAS r1.csv"
    download.value.save_as(tmp_path / "r1.csv")
    with (tmp_path / "r1.csv").open(encoding="utf-8-sig", newline="") as file:
        overall = {row["agency"]: row for row in csv.DictReader(file) if row["level"] == "overall"}
    assert overall[""]["n"] == "107"
    assert float(overall[""]["index"]) == pytest.approx(100 * (450 + 100 + 600 / 7) / 900, abs=1e-9)
    assert float(overall["trung-tam"]["index"]) == pytest.approx(600 / 7, abs=1e-9)


def open_pages(context: BrowserContext, base: str) -> Iterator[Page]:
    page = context.new_page()
    sign_in(page, base)
    for address in (
        "/danh-gia",
        "/danh-gia/r1",
        "/danh-gia/r1/co-quan/so-tu-phap",
        "/tai-khoan",
        "/tai-khoan/mat-khau",
    ):
        page.goto(base + address)
        yield page


@pytest.mark.parametrize("size", [{"width": 320, "height": 640}, PHONE, DESK])
def test_no_page_scrolls_sideways_or_complains(chromium: Browser, site: Site, size: dict[str, int]) -> None:
    context = chromium.new_context(viewport=size)  # type: ignore[arg-type]
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text))
    for page in open_pages(context, site.base):
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], page.url
    assert complaints == []


def test_an_evaluator_drills_down_by_keyboard_alone(chromium: Browser, site: Site) -> None:
    page = chromium.new_context(viewport=DESK).new_page()
    sign_in(page, site.base)
    page.locator('tr[data-agency="so-tu-phap"] a').focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/co-quan/so-tu-phap")
    page.get_by_role("link", name="Hộ tịch").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/co-quan/so-tu-phap?linh-vuc=ho-tich")
    assert page.get_by_role("heading", level=1).inner_text() == "Sở Tư pháp: Hộ tịch"


def test_print_tells_the_five_levels_apart_without_colour(chromium: Browser, site: Site) -> None:
    page = chromium.new_context(viewport=DESK).new_page()
    sign_in(page, site.base)
    page.goto(f"{site.base}/danh-gia/r1/co-quan/so-tu-phap")
    pattern = page.locator(".stack-bar .pattern").first
    assert not pattern.is_visible()
    page.emulate_media(media="print")
    assert pattern.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(chromium: Browser, site: Site, scheme: str) -> None:
    context = chromium.new_context(viewport=PHONE, bypass_csp=True, color_scheme=scheme)  # type: ignore[arg-type]
    found = {}
    for page in open_pages(context, site.base):
        page.add_script_tag(path=AXE)
        violations = page.evaluate("async () => (await axe.run()).violations")
        if violations:
            found[page.url] = [(v["id"], [node["html"][:120] for node in v["nodes"]][:3]) for v in violations]
    assert found == {}
