"""The citizen's form in Chromium, as the people it is for meet it."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from survey.models import Agency, Counter, Service
from tests.support.places import CODE, MANY

pytestmark = pytest.mark.browser

HEIGHTS = "all => all.map(one => one.getBoundingClientRect().height).filter(size => size)"
REFUSE_STORAGE = """
for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"])
  Object.defineProperty(window, name, { get() { throw new DOMException("refused", "SecurityError"); } });
"""


DRAFT = "sessionStorage.getItem('draft:' + location.pathname.replace('/thanks', ''))"
VOICES = """
window.said = [];
window.SpeechSynthesisUtterance = function (text) { this.text = text; };
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => %s,
  addEventListener: () => null,
  cancel: () => window.said.push("(quiet)"),
  speak: (one) => window.said.push(one.lang + ": " + one.text),
} });
"""


def answer_all(page, level="4"):
    more = page.get_by_role("button", name="Kể thêm")  # a kiosk begins with the overall question alone
    if more.count() and more.is_visible():
        more.click()
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
    assert page.locator("#progress").inner_text().strip() == "Đã trả lời 17/17"
    page.get_by_label("Ông/Bà có điều gì muốn góp ý thêm không?").fill("Cảm ơn")
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
    assert min(page.locator(".scale label").evaluate_all(HEIGHTS)) >= 88
    assert min(page.locator(".scale label").evaluate_all(HEIGHTS.replace("height", "width"))) >= 55.9
    for width in (320, 360, 768, 1280):
        page.set_viewport_size({"width": width, "height": 740})
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert no_sideways_scroll(page), width
        cut = page.locator(".scale label").evaluate_all(
            "all => all.filter(one => one.scrollWidth > one.clientWidth + 1)"
        )
        assert cut == [], width


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
    expect(page.locator("input:checked")).to_have_count(0)
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


def test_a_draft_is_wiped_after_half_an_hour(site, phone):
    page = phone()
    page.clock.install()
    page.goto(site.form)
    page.locator(".scale input[value='4']").first.check()
    page.clock.run_for(29 * 60_000)
    page.reload()
    assert page.locator("input:checked").count() == 1
    assert page.evaluate(DRAFT) is not None
    page.clock.run_for(31 * 60_000)
    assert page.evaluate(DRAFT) is None
    page.reload()
    assert page.locator("input:checked").count() == 0


def test_a_draft_is_wiped_after_sending(site, phone):
    page = phone()
    page.goto(site.form)
    answer_all(page)
    assert page.evaluate(DRAFT) is not None
    page.get_by_role("button", name="Gửi đánh giá").click()
    page.wait_for_url("**/thanks")
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0


@pytest.mark.parametrize("script", [True, False])
def test_the_language_can_be_switched_midway(site, phone, script):
    page = phone(script=script)
    page.goto(site.form)
    answer_all(page, "3")
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("html[lang=en]")
    assert page.locator("input:checked").count() == 17
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
    expect(page.locator("#queued h2")).to_contain_text("Đã gửi")
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
    expect(page.locator("#queued h2")).to_contain_text("Đã gửi")
    assert len(site.rows()) == 1


def test_a_page_reloaded_offline_is_another_persons_form(site, phone):
    page = phone()
    page.goto(site.form)
    for _ in range(50):
        if page.evaluate("navigator.serviceWorker.controller !== null"):
            break
        page.wait_for_timeout(200)
    page.goto(site.form)  # this time through the service worker, which keeps the very page that is shown
    page.wait_for_timeout(500)
    page.context.set_offline(True)
    for level in ("4", "2"):
        answer_all(page, level)
        page.get_by_role("button", name="Gửi đánh giá").click()
        page.wait_for_selector("#queued:visible")
        if level == "4":
            page.goto(site.form)
            page.wait_for_timeout(200)
    page.context.set_offline(False)
    expect(page.locator("#queued h2")).to_contain_text("Đã gửi")
    assert sorted(row.answers[0] for row in site.rows()) == ["2", "4"]


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
    page.keyboard.press("Enter")  # in a radio it does not send
    assert site.rows() == []
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.locator("#send").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/thanks")
    assert site.rows()[0].answers[16] == "3"  # the overall question stands first and is kept after the items


def test_a_question_with_a_condition_appears_and_goes(site, phone):
    page = phone()
    page.goto(site.form)
    page.get_by_text("Thêm vài điều về Ông/Bà").click()
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
def test_a_long_questionnaire_goes_in_steps_and_back_goes_one_step_back(site, phone):
    page = phone()
    page.goto(site.base + "/")
    page.goto(site.form)
    assert page.locator("section.part:visible").count() == 1
    assert "bước 1/12" in page.locator(".steps").inner_text()
    assert not page.locator("#send").is_visible()
    page.locator(".overall input[value='4']").check()
    assert page.locator("#send").inner_text() == "Gửi luôn"  # one tap is worth sending
    for step in range(1, 13):
        assert f"bước {step}/12" in page.locator(".steps").inner_text()
        for radio in page.locator("section.part:visible .scale input[value='4']").all():
            radio.check()
        if step == 3:
            page.reload()
            assert "bước 3/12" in page.locator(".steps").inner_text()
            page.go_back()
            expect(page.locator(".steps")).to_contain_text("bước 2/12")
            page.get_by_role("button", name="Tiếp theo").click()
        if step < 12:
            page.get_by_role("button", name="Tiếp theo").click()
            assert page.evaluate("document.activeElement.tagName") == "H2"
    assert page.locator("#send").inner_text() == "Gửi đánh giá"
    page.locator("#send").click()
    page.wait_for_url("**/thanks")
    assert site.rows()[0].answers.startswith("4" * 40)


@pytest.mark.parametrize("site", ["sipas-2023-2026"], indirect=True)
def test_a_long_questionnaire_is_one_page_without_script(site, phone):
    page = phone(script=False)
    page.goto(site.form)
    assert page.locator("fieldset .scale:visible").count() == 40
    assert page.locator("#send").is_visible()


def test_a_kiosk_forgets_who_walked_away(site, phone):
    page = phone(1024, 768)
    page.clock.install()
    page.goto(site.form + "?kiosk=1")
    page.locator(".scale input[value='2']").first.check()
    page.clock.run_for(65_000)
    assert "Ông/Bà còn trả lời tiếp không ạ?" in page.locator("#idle").inner_text()
    assert "Sau 25 giây, màn hình sẽ xóa để mời người khác." in page.locator("#idle").inner_text()
    page.get_by_role("button", name="Tôi còn trả lời").click()
    assert not page.locator("#idle").is_visible()
    page.clock.run_for(65_000)
    assert page.locator("input:checked").count() == 1
    page.clock.run_for(30_000)
    assert page.locator("input:checked").count() == 0
    assert not page.locator("#idle").is_visible()
    assert site.rows() == []


def test_a_kiosk_returns_to_an_empty_form_after_thanks(site, phone):
    page = phone(1024, 768)
    page.clock.install()
    page.goto(site.form + "?kiosk=1")
    answer_all(page)
    page.locator("#send").click()
    page.wait_for_url("**/thanks?kiosk=1")
    page.clock.run_for(6_000)
    assert "4 giây" in page.locator("[data-return]").inner_text()
    page.mouse.click(20, 20)  # somebody still reads
    page.clock.run_for(9_000)
    assert "/thanks" in page.url
    page.clock.run_for(1_500)
    page.wait_for_url(site.form + "?kiosk=1")
    assert page.locator("input:checked").count() == 0
    page.go_back()
    page.wait_for_timeout(300)
    assert page.locator("input:checked").count() == 0


def test_a_kiosk_returns_without_script_too(site, phone):
    page = phone(1024, 768, script=False)
    page.goto(site.form + "?kiosk=1")
    answer_all(page)
    page.locator("#send").click()
    page.wait_for_url("**/thanks?kiosk=1")
    page.wait_for_url(site.form + "?kiosk=1", timeout=15_000)
    assert page.locator("input:checked").count() == 0


def test_a_kiosk_forgets_what_the_server_had_filled_in_too(site, phone):
    page = phone(1024, 768)
    page.clock.install()
    page.goto(site.form + "?kiosk=1")
    answer_all(page, "2")
    page.get_by_label("Ông/Bà có điều gì muốn góp ý thêm không?").fill("chưa gửi")
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("html[lang=en]")
    assert page.locator("input:checked").count() == 17
    page.clock.run_for(95_000)
    page.wait_for_selector("html[lang=vi]")  # the next person begins in the first language
    assert page.locator("input:checked").count() == 0
    assert page.locator("#comment").input_value() == ""
    page.go_back()
    page.wait_for_timeout(300)
    assert page.locator("input:checked").count() == 0
    assert site.rows() == []


def test_a_kiosk_without_a_network_counts_its_queue_and_serves_the_next(site, phone):
    with site.database.write() as session:
        session.execute(sa.update(Counter).values(kiosk=True))
    page = phone(1024, 768)
    page.clock.install()
    page.goto(site.form)
    page.context.set_offline(True)
    for number in (1, 2):
        answer_all(page, str(number))
        page.locator("#send").click()
        page.wait_for_selector("#queued:visible")
        expect(page.locator("#queued-state")).to_contain_text(f"Số phiếu đang chờ: {number}")
        page.clock.run_for(11_000)
        page.wait_for_selector("#form:visible")
        assert page.locator("input:checked").count() == 0
        expect(page.locator("#status")).to_contain_text(f"Số phiếu đang chờ: {number}")
    page.context.set_offline(False)
    page.clock.run_for(25_000)
    expect(page.locator("#status")).to_be_hidden()
    rows = site.rows()
    assert sorted(row.answers[0] for row in rows) == ["1", "2"]
    assert {row.channel for row in rows} == {"kiosk"}
    assert len({row.key[:12] for row in rows}) == 2  # nothing ties two people at one tablet together


def test_a_counter_set_to_be_a_kiosk_needs_no_other_address(site, phone):
    with site.database.write() as session:
        session.execute(sa.update(Counter).values(kiosk=True))
    page = phone(768, 1024)
    page.goto(site.form)
    answer_all(page)
    page.locator("#send").click()
    page.wait_for_url("**/thanks?kiosk=1")
    assert page.locator("[data-return]").is_visible()
    assert [row.channel for row in site.rows()] == ["kiosk"]


def test_two_people_one_after_the_other_on_one_page_are_both_counted(site, phone):
    page = phone()
    page.goto(site.form)
    page.context.set_offline(True)
    for level in ("4", "2"):
        answer_all(page, level)
        page.get_by_role("button", name="Gửi đánh giá").click()
        page.wait_for_selector("#queued:visible")
        page.locator("#again").click()
    page.context.set_offline(False)
    expect(page.locator("#status")).to_contain_text("Đã gửi")
    rows = site.rows()
    assert sorted(row.answers[0] for row in rows) == ["2", "4"]
    assert rows[0].key != rows[1].key
    assert rows[0].key[:12] == rows[1].key[:12]  # a family: see survey/results/doubtful_responses.py


def test_questions_are_read_aloud_where_there_is_a_voice(site, phone):
    page = phone()
    page.add_init_script(VOICES % '[{lang: "en-US"}, {lang: "vi-VN"}]')
    page.goto(site.form)
    buttons = page.get_by_role("button", name="Nghe đọc")
    assert buttons.count() == 1  # the others would make the page longer for everybody
    buttons.click()
    page.get_by_text("Thêm vài điều về Ông/Bà").click()
    assert buttons.count() == page.locator("fieldset.item:not([hidden])").count()
    buttons.first.click()
    quiet, said = page.evaluate("said")
    assert quiet == "(quiet)"
    question = page.locator("fieldset.item legend").first.inner_text().strip().rstrip("?")
    scale = "Rất không hài lòng. Không hài lòng. Bình thường. Hài lòng. Rất hài lòng"
    assert said == f"vi-VN: {question}. {scale}"
    assert not page.locator(".listen").first.get_attribute("aria-hidden")


@pytest.mark.parametrize("voices", ["[]", '[{lang: "en-US"}]'])
def test_no_button_promises_a_voice_that_is_not_there(site, phone, voices):
    page = phone()
    page.add_init_script(VOICES % voices)
    page.goto(site.form)
    assert page.locator("#progress").is_visible()
    assert page.locator(".listen").count() == 0


def test_forced_colours_keep_the_chosen_answer_apart(site, phone):
    page = phone(forced_colors="active")
    page.goto(site.form)
    page.locator(".scale input[value='4']").first.check()
    width = page.evaluate("getComputedStyle(document.querySelector('input:checked')).borderTopWidth")
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


def test_a_field_that_says_who_decides_leaves_no_question_about_the_agency(site, phone):
    with site.database.write() as session:
        land = session.scalars(sa.select(Service).where(Service.code == "dat-dai")).one()
        land.deciding_agency = session.scalars(sa.select(Agency).where(Agency.code == "so-dat-dai")).one()
    page = phone(360)
    page.goto(site.form.replace(CODE, MANY))
    agency = page.locator("#agency")
    expect(agency).to_be_visible()
    page.locator("#service").select_option("dat-dai")
    expect(agency).to_be_hidden()
    page.locator("#service").select_option("ho-tich")
    expect(agency).to_be_visible()
