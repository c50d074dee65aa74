"""Lists of a whole province, with 310 counters and 120 accounts: none is longer than four screens."""

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
from survey.demo.operations.load_demo import load_demo
from survey.demo.province import FULL
from survey.migrations import upgrade
from survey.models import Agency, Counter, Population, Role
from tests.support.evaluation import PASSWORD
from tests.support.serving import served

pytestmark = pytest.mark.browser

NOW = datetime(2026, 11, 25, 6, tzinfo=UTC)
AXE = Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js"
LISTS = {
    Role.ADMIN: (
        "/quay",
        "/quan-tri/quay",
        "/quan-tri/quay?xem=co-quan",
        "/quan-tri/co-quan",
        "/quan-tri/linh-vuc",
        "/quan-tri/dot",
        "/quan-tri/dot/2026/giao-dich",
        "/quan-tri/tai-khoan",
        "/quan-tri/nhat-ky",
        "/tien-do",
        "/tien-do?xem=linh-vuc",
        "/tien-do?xem=quay",
    ),
    Role.EVALUATOR: (
        "/danh-gia/y-kien",
        "/danh-gia/y-kien?trang-thai=shown",
        "/danh-gia/2026/xep-hang",
        "/danh-gia/2026/xep-hang?loai=commune&trang=2",
        "/danh-gia/2026/bang-nhiet",
        "/danh-gia/2026/bang-nhiet?loai=department",
        "/danh-gia/2026/o-it-phieu",
        "/danh-gia/2026/cung-co-cau",
        "/danh-gia/2026/ke-hoach",
        "/danh-gia/2026/noi-can-xem-lai",
        "/danh-gia/2026/phan-to",
        "/cai-thien",
        "/cai-thien?tinh-trang=chua-co-ke-hoach",
        "/xu-ly-phan-anh",
        "/phieu-cho-duyet",
    ),
}


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    app: Flask = create_app(Settings(instance_dir=tmp_path_factory.mktemp("full"), secret_key="k" * 40))
    database = app.extensions["database"]
    upgrade(database)
    with database.write() as session:
        load_demo(session, now=NOW, cast=FULL)
        agencies = session.scalars(sa.select(Agency).order_by(Agency.id)).all()
        more = 310 - session.scalar(sa.select(sa.func.count()).select_from(Counter))
        session.add_all([Counter(agency=agencies[-1 - n], code=f"X{n}", name=f"Quầy thêm số {n}") for n in range(more)])
        for n in range(120):
            create_user(
                session,
                username=f"can-bo-{n}",
                password=None,
                role=Role.STAFF,
                actor=Actor(NOW),
                agency_id=agencies[-1 - n % 90].id,
                display_name=f"Cán bộ số {n} của đơn vị",
            )
        for role in LISTS:
            create_user(session, username=f"thu-{role}", password=PASSWORD, role=role, actor=Actor(NOW))
        assert len(agencies) > 95
        assert session.scalar(sa.select(sa.func.count()).select_from(Population)) > 2 * 227
    with served(app) as base:
        yield base


def sign_in(page: Page, base: str, role: Role) -> None:
    page.goto(f"{base}/dang-nhap")
    page.get_by_label("Tên đăng nhập").fill(f"thu-{role}")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_load_state()


@pytest.mark.slow(reason="loads the full province and looks at each of its lists twice")
@pytest.mark.parametrize("role", LISTS, ids=str)
def test_no_list_is_longer_than_four_screens(chromium: Browser, province: str, role: Role) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="vi-VN", bypass_csp=True)
    page = context.new_page()
    sign_in(page, province, role)
    heights, wide = {}, {}
    for address in LISTS[role]:
        page.set_viewport_size({"width": 1280, "height": 900})
        answer = page.goto(province + address)
        assert answer is not None
        assert answer.status == 200, address
        heights[address] = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": 360, "height": 740})
        wide[address] = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert {address: height for address, height in heights.items() if height > 4 * 900} == {}
    assert {address: width for address, width in wide.items() if width > 360} == {}
