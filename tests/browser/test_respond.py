"""The citizen's form in Chromium, as the people it is for meet it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

HEIGHTS = "all => all.map(one => one.getBoundingClientRect().height).filter(height => height)"
REFUSE_STORAGE = """
for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"])
  Object.defineProperty(window, name, { get() { throw new DOMException("refused", "SecurityError"); } });
"""


def answer_all(page, level="4"):
    for radio in page.locator(f".scale input[value='{level}']").all():
        radio.check()


def no_sideways_scroll(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("width", [320, 360, 768])
def test_the_whole_form_on_a_phone_and_a_tablet(site, phone, width):
    page = phone(width)
    page.goto(site.form)
    assert no_sideways_scroll(page)
    answer_all(page)
    assert page.locator("#progress").inner_text().strip() == "Đã trả lời 16/16"
    page.get_by_label("Ông/Bà muốn nói thêm điều gì?").fill("Cảm ơn")
    page.get_by_role("button", name="Gửi đánh giá").click()
    page.wait_for_url("**/thanks")
    assert page.locator("h1").inner_text() == "Cảm ơn Ông/Bà đã đánh giá"
    assert [row.answers[:16] for row in site.rows()] == ["4" * 16]
    assert site.rows()[0].duration_s is not None
    assert page.context.cookies() == []


def test_without_script(site, phone):
    page = phone(script=False)
    page.goto(site.form)
    answer_all(page, "5")
    page.get_by_role("button", name="Gửi đánh giá").click()
    page.wait_for_url("**/thanks")
    assert site.rows()[0].answers.startswith("5" * 16)
    assert page.context.cookies() == []


def test_with_storage_that_throws(site, phone):
    page = phone()
    page.add_init_script(REFUSE_STORAGE)
    page.goto(site.form)
    answer_all(page)
    page.get_by_role("button", name="Gửi đánh giá").click()
    page.wait_for_url("**/thanks")
    assert len(site.rows()) == 1


def test_targets_are_large_and_text_may_be_doubled(site, phone):
    page = phone(320)
    page.goto(site.form)
    heights = page.locator(".scale label, .na, #send, .languages button").evaluate_all(HEIGHTS)
    assert min(heights) >= 44
    assert min(page.locator(".scale label").evaluate_all(HEIGHTS)) >= 48
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert no_sideways_scroll(page)


def test_double_tap_is_one_response(site, phone):
    page = phone()
    page.goto(site.form)
    answer_all(page)
    page.get_by_role("button", name="Gửi đánh giá").dblclick(no_wait_after=True)
    page.wait_for_url("**/thanks")
    assert len(site.rows()) == 1


def test_back_after_thanks_shows_an_empty_form_for_the_next_person(site, phone):
    page = phone()
    page.goto(site.form)
    answer_all(page)
    page.get_by_role("button", name="Gửi đánh giá").click()
    page.wait_for_url("**/thanks")
    page.go_back()
    page.wait_for_selector("#form")
    assert page.locator("input:checked").count() == 0
    answer_all(page, "2")
    page.get_by_role("button", name="Gửi đánh giá").click()
    page.wait_for_url("**/thanks")
    assert [row.answers[0] for row in site.rows()] == ["4", "2"]


def test_a_reload_keeps_the_answers_and_two_tabs_do_not_share_them(site, phone):
    page = phone()
    page.goto(site.form)
    page.locator(".scale input[value='4']").first.check()
    key = page.locator("input[name=key]").input_value()
    page.reload()
    assert page.locator("input:checked").count() == 1
    assert page.locator("input[name=key]").input_value() == key
    other = page.context.new_page()
    other.goto(site.form)
    assert other.locator("input:checked").count() == 0


@pytest.mark.parametrize("script", [True, False])
def test_the_language_can_be_switched_midway(site, phone, script):
    page = phone(script=script)
    page.goto(site.form)
    answer_all(page, "3")
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("html[lang=en]")
    assert page.locator("input:checked").count() == 16
    page.get_by_role("button", name="Send my rating").last.click()
    page.wait_for_url("**/thanks*")
    assert page.locator("html").get_attribute("lang") == "en"
    assert [row.language for row in site.rows()] == ["en"]


@pytest.mark.parametrize("storage", ["works", "throws"])
def test_offline_the_form_is_kept_and_sent_later(site, phone, storage):
    page = phone()
    if storage == "throws":
        page.add_init_script(REFUSE_STORAGE)
    page.goto(site.form)
    answer_all(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="Gửi đánh giá").click()
    page.wait_for_selector("#queued:visible")
    assert "Chưa gửi" in page.locator("#queued-state").inner_text()
    assert page.locator("#queued-memory").is_visible() == (storage == "throws")
    assert site.rows() == []
    page.context.set_offline(False)
    expect(page.locator("#queued-state")).to_contain_text("Đã gửi")
    assert [row.answers[:16] for row in site.rows()] == ["4" * 16]


def test_the_page_opens_offline_after_one_visit(site, phone):
    page = phone()
    page.goto(site.form)
    kept = """async () => navigator.serviceWorker.controller !== null
        && (await (await caches.open("sipas")).keys()).some(one => one.url === location.href)"""
    for _ in range(50):
        if page.evaluate(kept):
            break
        page.wait_for_timeout(200)
    page.context.set_offline(True)
    page.goto(site.form)
    assert page.locator("fieldset.item").count() > 16
    answer_all(page)
    page.get_by_role("button", name="Gửi đánh giá").click()
    page.wait_for_selector("#queued:visible")
    page.context.set_offline(False)
    expect(page.locator("#queued-state")).to_contain_text("Đã gửi")
    assert len(site.rows()) == 1


def test_a_mistake_moves_the_focus_to_its_summary(site, phone):
    page = phone()
    page.goto(site.form)
    page.get_by_role("button", name="Gửi đánh giá").click()
    page.wait_for_selector("#summary")
    assert page.evaluate("document.activeElement.id") == "summary"
    page.locator("#summary a").click()
    assert re.search(r"#i-\w+$", page.url)


def test_the_keyboard_alone_finishes(site, phone):
    page = phone(1280, 800)
    page.goto(site.form)
    page.locator(".scale input").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.value") == "3"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.locator("#send").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/thanks")
    assert site.rows()[0].answers[0] == "3"


def test_a_question_with_a_condition_appears_and_goes(site, phone):
    page = phone()
    page.goto(site.form)
    hidden = page.locator("fieldset[data-show-if]").first
    assert not hidden.is_visible()
    rule = page.evaluate("JSON.parse(document.querySelector('fieldset[data-show-if]').dataset.showIf)")
    (code, values), *_ = rule.items()
    page.locator(f"input[name='a.{code}'][value='{values[0]}']").check()
    assert hidden.is_visible()
    hidden.locator("input").first.check()
    page.locator(f"input[name='a.{code}'][value=x]").check()
    assert not hidden.is_visible()


@pytest.mark.parametrize("site", ["sipas-2023-2026"], indirect=True)
def test_a_long_questionnaire_goes_section_by_section(site, phone):
    page = phone()
    page.goto(site.form)
    assert page.locator("section.part:visible").count() == 1
    assert not page.locator("#send").is_visible()
    for _ in range(20):
        for radio in page.locator("section.part:visible .scale input[value='4']").all():
            radio.check()
        following = page.get_by_role("button", name="Tiếp theo")
        if not following.is_visible():
            break
        following.click()
        assert page.evaluate("document.activeElement.tagName") == "H2"
    page.locator("#send").click()
    page.wait_for_url("**/thanks")
    assert site.rows()[0].answers.startswith("4" * 39)


@pytest.mark.parametrize("site", ["sipas-2023-2026"], indirect=True)
def test_a_long_questionnaire_is_one_page_without_script(site, phone):
    page = phone(script=False)
    page.goto(site.form)
    assert page.locator("fieldset .scale:visible").count() == 39
    assert page.locator("#send").is_visible()


def test_a_kiosk_forgets_who_walked_away(site, phone):
    page = phone(1024, 768)
    page.clock.install()
    page.goto(site.form + "?kiosk=1")
    page.locator(".scale input[value='2']").first.check()
    page.clock.run_for(65_000)
    assert page.locator("#idle").is_visible()
    page.clock.run_for(30_000)
    assert page.locator("input:checked").count() == 0
    assert not page.locator("#idle").is_visible()
    assert site.rows() == []


def test_a_kiosk_returns_to_an_empty_form_after_thanks(site, phone):
    page = phone(1024, 768)
    page.goto(site.form + "?kiosk=1")
    answer_all(page)
    page.locator("#send").click()
    page.wait_for_url("**/thanks?kiosk=1")
    page.wait_for_url(site.form + "?kiosk=1", timeout=15_000)
    assert page.locator("input:checked").count() == 0
    page.go_back()
    page.wait_for_timeout(300)
    assert page.locator("input:checked").count() == 0


def test_forced_colours_keep_the_chosen_answer_apart(site, phone):
    page = phone(forced_colors="active")
    page.goto(site.form)
    page.locator(".scale input[value='4']").first.check()
    width = page.evaluate("getComputedStyle(document.querySelector('input:checked ~ span'), '::before').borderTopWidth")
    assert width == "3px"


def test_nothing_is_asked_of_anybody_else_and_nothing_fails(site, phone):
    page = phone()
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(site.form)
    page.wait_for_timeout(1500)
    assert all(url.startswith(site.base) for url in asked)
    assert errors == []
