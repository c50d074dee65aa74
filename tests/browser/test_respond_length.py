"""How long the form is: screens, scrolling and taps on a small phone, and five answers in a row in each language."""

from __future__ import annotations

import math

import pytest

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 360, 740
BAR = 80
"""Pixels of a screen that stay in sight at a scroll: the line with Send, and a line to find one's place."""
ROWS = "all => all.map(one => new Set(Array.from(one.children, c => Math.round(c.getBoundingClientRect().top))).size)"
CUT = (
    "all => all.filter(one => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1).length"
)


@pytest.mark.parametrize("language", ["vi", "vi-simple"])
def test_sixteen_items_and_the_overall_one_are_six_screens_and_seven_scrolls(site, phone, language):
    page = phone(WIDTH, HEIGHT)
    page.goto(f"{site.form}?lang={language}")
    height = page.evaluate("document.documentElement.scrollHeight")
    assert height / HEIGHT <= 6
    assert math.ceil((height - HEIGHT) / (HEIGHT - BAR)) <= 7


@pytest.mark.parametrize("language", ["vi", "en", "vi-simple"])
def test_the_first_answer_needs_no_scrolling_and_the_shortest_form_two_taps(site, phone, language):
    page = phone(WIDTH, HEIGHT)
    page.goto(f"{site.form}?lang={language}")
    scale = page.locator(".scale").first.bounding_box()
    assert scale["y"] + scale["height"] <= HEIGHT
    page.locator(".scale label").nth(4).click()
    box = page.locator("#send").bounding_box()
    assert box["y"] + box["height"] <= HEIGHT
    assert page.evaluate("window.pageYOffset") == 0
    assert page.locator("#progress").inner_text().startswith(("Đã trả lời 1/17 · còn 16", "Answered 1 of 17"))
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**/thanks*")
    assert site.rows()[0].answers[16] == "5"


@pytest.mark.parametrize(("language", "rows"), [("vi", 1), ("vi-simple", 1), ("en", 5)])
@pytest.mark.parametrize("width", [320, 360])
def test_five_in_a_row_where_the_longest_word_fits_else_they_stack(site, phone, language, rows, width):
    page = phone(width, HEIGHT)
    page.goto(f"{site.form}?lang={language}")
    assert set(page.locator(".scale").evaluate_all(ROWS)) == {rows}
    assert page.locator(".scale label").evaluate_all(CUT) == 0
    sizes = page.locator(".scale span, .scale b").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 14


@pytest.mark.parametrize("language", ["vi", "en", "vi-simple"])
def test_on_a_wide_screen_they_stand_in_a_row_in_every_language(site, phone, language):
    page = phone(768, 1024)
    page.goto(f"{site.form}?lang={language}")
    assert set(page.locator(".scale").evaluate_all(ROWS)) == {1}


def test_at_double_text_and_in_forced_colours_they_stack(site, phone):
    page = phone(WIDTH, HEIGHT)
    page.goto(site.form)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert set(page.locator(".scale").evaluate_all(ROWS)) == {5}
    forced = phone(WIDTH, HEIGHT, forced_colors="active")
    forced.goto(site.form)
    assert set(forced.locator(".scale").evaluate_all(ROWS)) == {5}


def test_does_not_apply_costs_no_row_and_an_answer_can_be_taken_back(site, phone):
    page = phone(WIDTH, HEIGHT)
    page.goto(site.form)
    item = page.locator("fieldset.rate").nth(1)
    before = item.bounding_box()["height"]
    number, unknown = item.locator(".no").bounding_box(), item.locator(".na").bounding_box()
    assert abs((number["y"] + number["height"] / 2) - (unknown["y"] + unknown["height"] / 2)) <= 2
    assert unknown["height"] >= 44
    item.locator("input[value='4']").check()
    assert item.bounding_box()["height"] == before
    item.get_by_role("button", name="Xóa").click()
    assert item.locator("input:checked").count() == 0
    assert not page.locator("#bar.on").count()
    item.locator("input[value='2']").check()
    page.locator("#send").click()
    page.wait_for_url("**/thanks")
    assert site.rows()[0].answers[0] == "2"


def test_screen_readers_hear_question_and_place_and_no_number_in_an_answer(site, phone):
    page = phone(WIDTH, HEIGHT)
    page.goto(site.form)
    name = (
        "Ông/Bà hài lòng đến mức nào về những điều dưới đây? Câu 1 trên 16: "
        "Nơi tiếp nhận hồ sơ có biển chỉ dẫn rõ ràng, dễ thấy."
    )
    group = page.get_by_role("group", name=name, exact=True)
    assert group.count() == 1
    assert group.get_by_role("radio", name="Hài lòng", exact=True).get_attribute("value") == "4"


def test_what_is_personal_is_folded(site, phone):
    page = phone(WIDTH, HEIGHT)
    page.goto(site.form)
    assert not page.get_by_text("Ông/Bà là nam hay nữ?").is_visible()
    page.get_by_text("Thêm vài điều về Ông/Bà (không bắt buộc)").click()
    assert page.get_by_text("Ông/Bà là nam hay nữ?").is_visible()


def test_a_kiosk_begins_with_one_large_question_and_goes_on_when_asked(site, phone):
    page = phone(1024, 768)
    page.goto(site.form + "?kiosk=1")
    assert page.locator("fieldset.item:visible").count() == 1
    assert (
        min(box["height"] for box in (one.bounding_box() for one in page.locator(".scale label:visible").all())) >= 180
    )
    assert page.get_by_role("link", name="Chúng tôi giữ kín cho Ông/Bà thế nào?").is_visible()
    page.get_by_role("button", name="Kể thêm").click()
    assert page.locator("fieldset.rate:visible").count() == 17
