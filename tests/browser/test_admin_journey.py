"""An administrator's main job: a file mended, looked at, imported and taken back; a round planned and opened.

With SCREENSHOTS=folder every page of the journey is kept as a picture at both widths.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from datetime import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, Page

from app import create_app
from survey.core.config import ROOT, Settings
from survey.core.db import Base
from survey.models import Agency, Population, Round, RoundState
from tests.support.evaluation import PASSWORD, accounts, scored_round
from tests.support.serving import served

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js"
WIDTHS = ({"width": 360, "height": 740}, {"width": 1280, "height": 800})
SINCE = ROOT / "survey" / "structure" / "administrative" / "son-la-tu-2025-07-01.csv"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Flask, str]]:
    app = create_app(Settings(instance_dir=tmp_path, secret_key="browser-tests-secret-long-enough-for-all"))
    database = app.extensions["database"]
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        scored_round(session)
        accounts(session)
    with served(app) as base:
        yield app, base


def sign_in(page: Page, base: str) -> None:
    page.goto(f"{base}/quan-tri/nhap")
    page.get_by_label("Tên đăng nhập").fill("admin")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()


def keep(page: Page, name: str) -> None:
    """Check that the page fits both screens and axe finds nothing; keep its pictures where that is asked for."""
    folder = os.environ.get("SCREENSHOTS")
    before = page.viewport_size
    for size in WIDTHS:
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], (name, size)
        if folder:
            page.screenshot(path=f"{folder}/{name}-{size['width']}.png")
    page.add_script_tag(path=str(AXE))
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})")
    assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == [], name
    page.set_viewport_size(before)


def write(path: Path, rows: list[list[str]]) -> Path:
    """Write a table as Excel in Vietnamese does: semicolons, CRLF, a byte order mark."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";", lineterminator="\r\n").writerows(rows)
    return path


def choose(page: Page, file: Path) -> None:
    page.get_by_label("Các cơ quan").check()
    page.get_by_label("Tệp", exact=True).set_input_files(file)
    page.get_by_role("button", name="Xem trước").click()


def communes(app: Flask) -> int:
    with app.extensions["database"].read() as session:
        return session.scalar(sa.select(sa.func.count()).where(Agency.kind == "commune")) or 0


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_from_a_wrong_file_to_an_import_taken_back(
    chromium: Browser, site: tuple[Flask, str], tmp_path: Path, script: bool
) -> None:
    app, base = site
    context = chromium.new_context(viewport=WIDTHS[1], java_script_enabled=script, locale="vi-VN", bypass_csp=True)
    page = context.new_page()
    sign_in(page, base)
    rows = list(csv.reader(SINCE.read_text("utf-8-sig").splitlines()))
    at = next(k for k, row in enumerate(rows) if row[2] == "commune")
    right = write(tmp_path / "cơ cấu tỉnh (đã sửa).csv", rows)
    rows[at][2] = "bản"
    wrong = write(tmp_path / "cơ cấu tỉnh.csv", rows)

    choose(page, wrong)
    assert "chưa đúng" in page.get_by_role("alert").inner_text()
    assert page.get_by_role("row", name=f"ô C{at + 1} kind bản").count() == 1
    assert page.get_by_role("button", name="Nhập vào hệ thống").count() == 0
    if script:
        keep(page, "sai")
    page.get_by_role("link", name="Chọn tệp khác").click()
    if script:
        keep(page, "nhap")
    choose(page, right)
    assert "Sẽ thêm" in page.locator(".done").inner_text()
    assert communes(app) == 0
    if script:
        keep(page, "xem-truoc")
    page.get_by_role("button", name="Nhập vào hệ thống").click()
    assert communes(app) == 75
    if script:
        keep(page, "lan-nhap")
    page.get_by_role("button", name="Hoàn tác lần nhập này").click()
    assert "Đã hoàn tác" in page.get_by_role("status").inner_text()
    assert communes(app) == 0
    context.close()


def test_a_round_is_planned_weighted_and_opened(chromium: Browser, site: tuple[Flask, str]) -> None:
    app, base = site
    context = chromium.new_context(viewport=WIDTHS[1], locale="vi-VN", bypass_csp=True)
    page = context.new_page()
    sign_in(page, base)
    page.goto(f"{base}/quan-tri/dot")
    keep(page, "cac-dot")
    page.get_by_role("link", name="Lập đợt khảo sát").click()
    page.get_by_label("Mã", exact=True).fill("2027")
    page.get_by_label("Tên", exact=True).fill("Đợt khảo sát năm 2027")
    page.get_by_label("Ngày đầu").fill("2027-01-04")
    page.get_by_label("Ngày cuối").fill("2027-01-29")
    page.get_by_label("Giờ kết thúc").fill("17:00")
    page.get_by_label("Trung bình các yếu tố").check()
    keep(page, "lap-dot")
    page.get_by_role("button", name="Lập đợt này").click()
    page.get_by_role("link", name="Số giao dịch của đợt").click()
    page.get_by_label("Dán bảng từ Excel").fill("agency\tservice\tN\nso-tu-phap\tho-tich\t1.250\n")
    keep(page, "giao-dich")
    page.get_by_role("button", name="Xem trước").click()
    page.get_by_role("button", name="Nhập vào hệ thống").click()
    page.goto(f"{base}/quan-tri/dot/2027")
    page.get_by_role("link", name="Mở đợt").click()
    keep(page, "opening")
    page.get_by_label("Đúng là muốn như vậy").check()
    page.get_by_role("button", name="Đồng ý, mở đợt").click()
    assert "Đã mở đợt" in page.get_by_role("status").inner_text()
    keep(page, "dot")
    with app.extensions["database"].read() as session:
        found = session.scalars(sa.select(Round).where(Round.code == "2027")).one()
        assert (found.state, found.rules["composition"]) == (RoundState.OPEN, "mean_elements")
        assert (found.opens_at, found.closes_at) == (None, time(17))
        transactions = sa.select(Population.transactions).where(Population.round_id == found.id)
        assert session.scalars(transactions).all() == [1250]
    context.close()


def test_pages_of_the_structure_fit_and_pass_axe(chromium: Browser, site: tuple[Flask, str]) -> None:
    _app, base = site
    context = chromium.new_context(viewport=WIDTHS[1], locale="vi-VN", bypass_csp=True)
    page = context.new_page()
    sign_in(page, base)
    choose(page, SINCE)
    page.get_by_role("button", name="Nhập vào hệ thống").click()
    for name, address in {
        "quan-tri": "/quan-tri",
        "co-quan": "/quan-tri/co-quan",
        "mot-co-quan": "/quan-tri/co-quan/xa-muong-lan",
        "doi-ten": "/quan-tri/co-quan/xa-muong-lan/doi-ten",
        "sap-nhap": "/quan-tri/co-quan/xa-muong-lan/sap-nhap",
        "chia-tach": "/quan-tri/co-quan/xa-muong-lan/chia-tach",
        "linh-vuc": "/quan-tri/linh-vuc",
        "quay": "/quan-tri/quay",
        "mot-quay": "/quan-tri/quay/2",
    }.items():
        page.goto(base + address)
        keep(page, name)
    context.close()
