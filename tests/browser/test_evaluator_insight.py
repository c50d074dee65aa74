"""An evaluator's ways through a round in Chromium: filters, groups, strengths, comments; nothing for axe to find."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.test_evaluator_journey import AXE, DESK, PHONE, Site, sign_in, site
from tests.results.test_pages_comments import add_comments
from tests.support.evaluation import earlier_round

pytestmark = pytest.mark.browser

__all__ = ["site"]

ADDRESSES = (
    "/danh-gia/r1",
    "/danh-gia/r1/xep-hang",
    "/danh-gia/r1/kiem-soat",
    "/danh-gia/r1/co-quan/so-tu-phap",
    "/danh-gia/r1/co-quan/so-tu-phap/kiem-soat",
    "/danh-gia/r1/o-it-phieu",
    "/quan-tri/dot/r1/chi-tieu",
    "/danh-gia/r1/bang-nhiet",
    "/danh-gia/r1/dien-bien?co-quan=so-tu-phap",
    "/danh-gia/r1/phan-to?theo=kenh&co-quan=so-tu-phap",
    "/danh-gia/r1/co-quan/so-tu-phap?theo=kenh&nhom=qr",
    "/danh-gia/r1/co-quan/so-dat-dai/manh-yeu",
    "/danh-gia/y-kien?trang-thai=tat-ca",
    "/danh-gia/cach-tinh",
)


@pytest.fixture
def round_site(site: Site) -> Site:
    with site.app.extensions["database"].write() as session:
        earlier_round(session)
        add_comments(session)
    return site


def begin(context: BrowserContext, site: Site) -> Page:
    page = context.new_page()
    sign_in(page, site.base)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(chromium: Browser, round_site: Site, scheme: str) -> None:
    context = chromium.new_context(viewport=PHONE, bypass_csp=True, color_scheme=scheme)  # type: ignore[arg-type]
    page = begin(context, round_site)
    found = {}
    for address in ADDRESSES:
        page.goto(round_site.base + address)
        for details in page.locator("details").all():
            details.evaluate("element => { element.open = true }")
        page.add_script_tag(path=AXE)
        violations = page.evaluate("async () => (await axe.run()).violations")
        if violations:
            found[address] = [(v["id"], [node["html"][:120] for node in v["nodes"]][:3]) for v in violations]
    context.close()
    assert found == {}


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_no_page_scrolls_sideways_or_breaks_the_policy_on_scripts_and_styles(
    chromium: Browser, round_site: Site, size: dict[str, int]
) -> None:
    context = chromium.new_context(viewport=size)  # type: ignore[arg-type]
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text))
    page = begin(context, round_site)
    for address in ADDRESSES:
        page.goto(round_site.base + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], address
    context.close()
    assert complaints == []


@pytest.mark.parametrize("javascript", [True, False])
def test_filters_stand_in_the_address_and_groups_lead_down(
    chromium: Browser, round_site: Site, javascript: bool
) -> None:
    context = chromium.new_context(viewport=PHONE, java_script_enabled=javascript)  # type: ignore[arg-type]
    page = begin(context, round_site)
    page.get_by_role("link", name="Phân tổ").click()
    page.get_by_label("Cơ quan").select_option("so-tu-phap")
    page.get_by_role("button", name="Xem").click()
    page.wait_for_url("**/phan-to?theo=kenh&co-quan=so-tu-phap")
    assert page.locator('tr[data-group="qr"] td').first.inner_text() == "45"
    page.get_by_role("link", name="Mã QR").click()
    assert "theo=kenh" in page.url
    assert page.locator(".group-name").inner_text() == "Kênh trả lời: Mã QR"
    page.get_by_role("link", name="Điểm mạnh, điểm yếu").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Điểm mạnh, điểm yếu: Sở Tư pháp"
    context.close()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_comment_is_read_masked_shown_and_then_stands_with_its_agency(
    chromium: Browser, round_site: Site, javascript: bool
) -> None:
    context = chromium.new_context(viewport=PHONE, java_script_enabled=javascript)  # type: ignore[arg-type]
    page = begin(context, round_site)
    page.get_by_role("link", name="Ý kiến").click()
    page.get_by_label("Từ cần tìm, có dấu hoặc không dấu").fill("thai do can bo")
    page.get_by_role("button", name="Tìm").click()
    assert page.get_by_role("status").inner_text() == "1 ý kiến"
    page.locator(".said ~ details > summary").click()
    assert "[số điện thoại]" in page.get_by_label("Nội dung sẽ hiển thị").input_value()
    page.get_by_label("Nội dung sẽ hiển thị").fill("Thái độ cán bộ rất tốt.")
    page.get_by_label("Thái độ của công chức").check()
    page.get_by_role("button", name="Cho hiển thị").click()
    assert "tim=thai" in page.url
    assert page.locator(".done").inner_text().startswith("Đã lưu ý kiến.")
    page.goto(f"{round_site.base}/danh-gia/r1/co-quan/so-tu-phap")
    assert page.locator("section[aria-labelledby=voices] blockquote").inner_text() == "Thái độ cán bộ rất tốt."
    context.close()
