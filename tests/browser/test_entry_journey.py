"""Keying in paper forms by keyboard alone, and a file from a wrong cell to an import and back."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from survey.models import Agency, Counter, EntryForm, Round
from tests.support.evaluation import PASSWORD, accounts

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("site", ["sipas-short"], indirect=True)]

FILES = Path(__file__).parents[1] / "fixtures" / "imports"
AXE = Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js"


@pytest.fixture
def desk(site, phone):
    """Return a function that signs a person in at a wide screen."""
    with site.database.write() as session:
        agency = session.scalar(sa.select(Agency).where(Agency.code == "so-tu-phap"))
        session.add(Counter(agency=agency, code="Q9", name="Quầy Tư pháp"))
        session.scalars(sa.select(Round)).one().opens_on = date(2026, 1, 1)
        accounts(session)

    def make(person: str, width: int = 1280, height: int = 800, **options):
        page = phone(width, height, **options)
        page.goto(f"{site.base}/dang-nhap")
        page.fill("[name=username]", person)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "dang-nhap" not in url)
        return page

    return make


def ready(page) -> None:
    """Wait until the page has put the keyboard where it belongs; a person looks before typing."""
    page.locator("input:focus").first.wait_for(state="attached")


def press(page, keys: str) -> None:
    for key in keys:
        page.keyboard.press("Enter" if key == "." else "Backspace" if key == "<" else key)


def enter_until_stored(page, url: str) -> None:
    """Press Enter until the form is sent and the next page is there."""
    for _ in range(30):
        at = page.evaluate("document.activeElement.id")
        if at == "store":
            with page.expect_navigation(url=url):
                page.keyboard.press("Enter")
            ready(page)
            return
        page.keyboard.press("Enter")
    raise AssertionError("the button was never reached")


def test_three_forms_by_keyboard_and_one_of_them_twice(site, desk) -> None:
    page = desk("staff")
    with site.database.write() as session:
        session.scalars(sa.select(Round)).one().second_pass = 3
    page.goto(f"{site.base}/phieu-giay")
    page.get_by_role("button", name="Tiếp tục").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Bắt đầu tập phiếu").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/nhap")
    ready(page)
    assert page.evaluate("document.activeElement.name") == "a.cc_thai_do"
    # 9 is no answer and stays out; a slip is taken back with Backspace and typed over
    press(page, "59454")
    assert page.locator("#live").text_content() == ""
    press(page, "3<4")
    assert page.evaluate("document.activeElement.dataset.number") == "6"
    press(page, "4545")
    assert page.evaluate("document.activeElement.name") == "a.hai_long_chung"
    # the apology is asked only after a late result, and is passed over
    press(page, "5co")
    assert page.evaluate("document.activeElement.name") == "a.gender"
    press(page, "m3")
    enter_until_stored(page, "**/nhap")
    assert "Đã lưu phiếu số 1." in page.text_content("main")
    press(page, "123x5x.44")
    enter_until_stored(page, "**/nhap")
    press(page, "444444444")
    enter_until_stored(page, "**/phieu/3/lan-hai")
    press(page, "444544444")
    enter_until_stored(page, "**/doi-chieu")
    assert page.evaluate("document.activeElement.name") == "d.kq_dung_hen"
    page.keyboard.press("ArrowDown")  # the second pass is what stands on the paper
    page.keyboard.press("Tab")
    with page.expect_navigation(url="**/nhap"):
        page.keyboard.press("Enter")
    assert "Đã sửa phiếu số 3." in page.text_content("main")
    in_force = [row.answers[:9] for row in site.rows() if row.excluded == "waiting"]
    assert in_force == ["545444545", "123x5x.44", "444544444"]
    with site.database.read() as session:
        form = session.get(EntryForm, (1, 3))
        assert (form.compared, form.agreed) == (18, 17)
    page.goto(f"{site.base}/phieu-giay/1")
    assert "94,4 %" in page.text_content("main")


def test_the_plain_form_without_a_script(site, desk) -> None:
    page = desk("staff", script=False)
    page.goto(f"{site.base}/phieu-giay")
    page.click("text=Tiếp tục")
    page.click("text=Bắt đầu tập phiếu")
    ready(page)
    page.keyboard.type("4")
    with page.expect_navigation():
        page.keyboard.press("Enter")  # checks, and goes on to the next blank
    assert site.rows() == []
    ready(page)
    page.keyboard.type("5")
    page.click("text=Lưu và sang phiếu sau")
    page.wait_for_selector("text=Đã lưu phiếu số 1.")
    assert [row.answers[:2] for row in site.rows()] == ["45"]


def test_a_file_is_corrected_previewed_imported_and_taken_back(site, desk, tmp_path) -> None:
    page = desk("evaluator")

    def choose(path: Path) -> None:
        page.goto(f"{site.base}/nhap-phieu")
        page.set_input_files("#file", path)
        page.get_by_role("button", name="Tiếp tục").click()
        page.wait_for_url("**/tep/**")
        page.get_by_role("button", name="Xem trước").click()
        page.wait_for_selector("h1:has-text('Xem trước')")

    choose(FILES / "wrong.csv")
    told = page.text_content("main")
    assert all(f"ô {cell}" in told for cell in ("F2", "A3", "B4"))
    assert page.get_by_role("button", name="Nhập ").count() == 0
    text = (FILES / "wrong.csv").read_text("utf-8-sig")
    text = text.replace(";9;", ";4;").replace("2019", "2026").replace("so-khong-co", "Sở Tư pháp")
    right = tmp_path / "right.csv"
    right.write_text(text, "utf-8-sig")
    choose(right)
    page.get_by_role("button", name="Nhập 3 phiếu").click()
    page.wait_for_url("**/lo/*")
    assert "Đã thêm 3 phiếu." in page.text_content("main")
    assert [row.answers[:9] for row in site.rows()] == ["543444444", "444444444", "444444444"]
    page.get_by_label("Lý do").select_option("twice")
    page.get_by_label("Chuyện gì đã xảy ra").fill("Nhập hai lần")
    page.get_by_role("button", name="Rút lại lần nhập này").click()
    page.wait_for_load_state()
    assert "3 phiếu không được tính nữa" in page.text_content("main")
    assert {row.excluded for row in site.rows()} == {"import_undone"}


@pytest.mark.parametrize("width", [360, 1280])
def test_the_pages_fit_and_are_accessible(site, desk, width) -> None:
    page = desk("admin", width, bypass_csp=True)
    page.goto(f"{site.base}/phieu-giay")
    addresses = ["/phieu-giay", "/nhap-phieu", "/tien-do"]
    page.get_by_role("button", name="Tiếp tục").click()
    addresses.append(page.url.removeprefix(site.base))
    page.get_by_role("button", name="Bắt đầu tập phiếu").click()
    addresses += ["/phieu-giay/1/nhap", "/phieu-giay/1"]
    page.goto(f"{site.base}/nhap-phieu")
    page.set_input_files("#file", FILES / "limesurvey.csv")
    page.get_by_role("button", name="Tiếp tục").click()
    page.wait_for_url("**/tep/**")
    addresses.append(page.url.removeprefix(site.base))
    for address in addresses:
        page.goto(site.base + address)
        look(page, address, width)
    page.get_by_role("button", name="Xem trước").click()
    look(page, "preview", width)


def look(page, address: str, width: int) -> None:
    """Fail when a page is wider than the screen or axe finds something."""
    assert page.evaluate("document.querySelector('main').scrollWidth") <= width, address
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document.querySelector('main'))")["violations"]
    assert found == [], f"{address}: {json.dumps([(v['id'], v['nodes'][0]['html']) for v in found])}"
