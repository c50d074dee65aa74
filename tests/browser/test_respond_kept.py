"""Nothing that a person answered is lost before it is sent: switches, pages drawn again, proxies, hanging networks."""

from __future__ import annotations

import re
import threading
from datetime import date

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect
from werkzeug.serving import make_server

from survey.collect.respond import routes
from survey.models import Response, Round
from tests.browser.test_respond import answer_all
from tests.collect.test_pages_respond import close_round, rounds_of, second_round, utc
from tests.support.clock import set_clock
from tests.support.places import CODE, make_app

pytestmark = pytest.mark.browser

CONTROLLED = "navigator.serviceWorker.controller !== null"
FORM = re.compile(r"/K/\w+(\?.*)?$")


def chosen(page):
    return page.locator("input:checked").count()


def fail_posts(page, answer):
    """Let a proxy in front of the application answer what is posted."""
    page.route(FORM, lambda route: answer(route) if route.request.method == "POST" else route.continue_())


def test_a_switch_of_language_is_a_get_and_back_and_reload_keep_the_answers(site, phone):
    page = phone()
    posted = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    page.goto(site.form)
    answer_all(page)
    key = page.locator("input[name=key]").input_value()
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("html[lang=en]")
    assert "a." not in page.url
    for act in (page.reload, page.go_back, page.go_forward):
        assert chosen(page) == 17
        assert page.locator("input[name=key]").input_value() == key
        act()
    assert chosen(page) == 17
    assert posted == []


def test_a_switch_of_language_without_a_network_changes_nothing(site, phone):
    page = phone()
    page.goto(site.form)
    answer_all(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="English").click()
    expect(page.locator("#status")).to_contain_text("chưa đổi được ngôn ngữ")
    assert chosen(page) == 17


def test_a_page_drawn_from_a_post_is_a_draft_and_never_asks_to_send_again(site, phone, monkeypatch):
    page = phone()
    page.goto(site.form)
    answer_all(page)
    monkeypatch.setattr(routes, "_within_limits", lambda *_: False)
    page.locator("#send").click()
    page.wait_for_selector("#summary")
    assert chosen(page) == 17
    page.locator("fieldset.rate").first.get_by_role("button", name="Xóa").click()
    page.reload()  # a GET: nothing is posted, and what was changed since holds
    expect(page.locator("#summary")).to_have_count(0)
    assert chosen(page) == 16
    monkeypatch.setattr(routes, "_within_limits", lambda *_: True)
    page.locator("#send").click()
    page.wait_for_url("**/thanks")
    assert len(site.rows()) == 1
    page.go_back()
    expect(page.locator("#form")).to_be_visible()
    expect(page.locator("input:checked")).to_have_count(0)


@pytest.mark.parametrize("status", [502, 504, 200])
def test_an_answer_that_is_not_ours_keeps_the_form_on_the_phone(site, phone, status):
    page = phone()
    fail_posts(page, lambda route: route.fulfill(status=status, body="<h1>Bad Gateway</h1>", content_type="text/html"))
    page.goto(site.form)
    answer_all(page)
    page.locator("#send").click()
    page.wait_for_selector("#queued:visible")
    assert page.locator("#queued h2").inner_text() == "Các câu trả lời được giữ trong máy này"
    assert "Khi có mạng" in page.locator("#queued").inner_text()
    assert page.locator("#queued").bounding_box()["y"] < 400
    page.unroute(FORM)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#queued h2")).to_contain_text("Đã gửi")
    assert len(site.rows()) == 1


@pytest.mark.parametrize("path", ["/", f"/K/{CODE}/thanks", "/ket-qua", "/da-noi-da-lam"])
def test_a_form_that_waits_is_sent_from_every_public_page_too(site, phone, path):
    page = phone()
    fail_posts(page, lambda route: route.fulfill(status=502, body="x"))
    page.goto(site.form)
    answer_all(page)
    page.locator("#send").click()
    page.wait_for_selector("#queued:visible")
    page.unroute(FORM)
    with page.expect_response(
        lambda reply: reply.url.endswith("/thanks") and reply.request.redirected_from is not None
    ):
        page.goto(site.base + path)
    assert len(site.rows()) == 1


def test_the_browser_sends_it_by_itself_after_the_page_was_closed(site, phone, monkeypatch):
    """Background Sync: the event that Chromium gives the worker once there is a network."""
    stored, store = threading.Event(), routes._store

    def noted(*given):
        done = store(*given)
        stored.set()
        return done

    monkeypatch.setattr(routes, "_store", noted)
    page = phone()
    # Chromium refuses the wish in a private window, which each context of a test is; the event below is the real one.
    page.add_init_script("SyncManager.prototype.register = () => Promise.resolve()")
    page.goto(site.form)
    page.wait_for_function(f"() => {CONTROLLED}")
    fail_posts(page, lambda route: route.fulfill(status=502, body="x"))
    answer_all(page)
    page.locator("#send").click()
    page.wait_for_selector("#queued:visible")
    expect(page.locator("#queued-sync")).to_be_visible()  # the page says truthfully that it may be closed
    expect(page.locator("#queued-open")).to_be_hidden()
    other = page.context.new_page()
    other.goto("about:blank")
    page.close()
    devtools = other.context.new_cdp_session(other)
    found = []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    devtools.send("ServiceWorker.enable")
    for _ in range(200):  # what it answers comes with the next messages
        if found:
            break
        other.evaluate("0")
    worker = next(one for one in found if one["scopeURL"].startswith(site.base))
    assert site.rows() == []
    devtools.send(
        "ServiceWorker.dispatchSyncEvent",
        {"origin": site.base, "registrationId": worker["registrationId"], "tag": "send", "lastChance": False},
    )
    assert stored.wait(30)
    assert len(site.rows()) == 1


def test_what_could_not_be_stored_is_a_draft_of_the_form(site, phone, monkeypatch):
    """A 503 of ours is drawn from a POST: a reload asks for the form, and the answers are on it."""
    page = phone()
    page.goto(site.form)
    answer_all(page)
    key = page.locator("input[name=key]").input_value()
    receive = routes._receive

    def fail(*_):
        raise sa.exc.OperationalError("INSERT", {}, Exception("the disk is full"))

    monkeypatch.setattr(routes, "_receive", fail)
    page.locator("#send").click()
    page.wait_for_selector("#kept")
    posted = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    page.reload()
    expect(page.locator("#form")).to_be_visible()
    assert chosen(page) == 17
    assert page.locator("input[name=key]").input_value() == key
    assert posted == []
    monkeypatch.setattr(routes, "_receive", receive)
    page.locator("#send").click()
    page.wait_for_url("**/thanks")
    assert len(site.rows()) == 1


def test_a_hanging_network_shows_the_form_that_was_kept(site, phone):
    page = phone()
    page.goto(site.form)
    for _ in range(50):
        if page.evaluate(CONTROLLED):
            break
        page.wait_for_timeout(200)
    page.goto(site.form)
    page.wait_for_timeout(500)
    page.context.route(FORM, lambda route: None)  # neither an answer nor an error
    page.goto(site.form, timeout=10_000)
    assert page.locator("fieldset.item").count() > 17


def test_what_was_refused_while_nobody_looked_comes_back_into_the_form(site, phone):
    page = phone()
    page.goto(site.form)
    answer_all(page)
    page.locator("#comment").fill("Cần thêm ghế")
    page.context.set_offline(True)
    page.locator("#send").click()
    page.wait_for_selector("#queued:visible")
    with site.database.write() as session:
        session.execute(sa.update(Round).values(closes_on=date(2020, 1, 1)))
    page.context.set_offline(False)
    expect(page.locator("#queued-state")).to_contain_text("Không nhận được phiếu này")
    with site.database.write() as session:
        session.execute(sa.update(Round).values(closes_on=date(2099, 1, 1)))
    page.goto(site.form)
    expect(page.locator("input:checked")).to_have_count(17)
    assert page.locator("#comment").input_value() == "Cần thêm ghế"
    page.locator("#send").click()
    page.wait_for_url("**/thanks")
    assert len(site.rows()) == 1


def test_a_page_from_the_back_cache_keeps_what_was_not_sent(site, phone):
    page = phone()
    page.goto(site.form)
    answer_all(page)
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert chosen(page) == 17


@pytest.fixture
def midnight(tmp_path, phone):
    """A person fills a form in on the last evening of a round; from midnight on the next asks other questions.

    Yields the application, the page, and what lets a number of minutes after midnight pass.
    """
    app = make_app(tmp_path)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    evening = utc("2026-06-30 16:55")  # five minutes before midnight in Viet Nam
    set_clock(app, evening)
    page = phone()
    page.clock.set_fixed_time(evening)
    page.goto(f"http://127.0.0.1:{server.server_port}/K/{CODE}")
    answer_all(page)
    page.locator("#comment").fill("Cần thêm ghế")

    def pass_midnight(minutes):
        close_round(app, opens_on=date(2026, 6, 1), closes_on=date(2026, 6, 30))
        second_round(app, date(2026, 7, 1), "sipas-short")
        set_clock(app, utc(f"2026-06-30 17:{minutes}"))

    yield app, page, pass_midnight
    server.shutdown()
    server.server_close()
    app.extensions["database"].dispose()


def test_a_form_counts_for_the_round_it_was_opened_in_although_the_next_is_open(midnight):
    app, page, pass_midnight = midnight
    pass_midnight(20)
    page.locator("#send").click()
    page.wait_for_url("**/thanks")
    assert rounds_of(app) == ["r1"]


def test_what_the_new_questions_have_no_place_for_is_told_and_the_rest_is_kept(midnight):
    """The form came after the half hour: of 17 answers the shorter questionnaire has 8 items and the overall one."""
    app, page, pass_midnight = midnight
    pass_midnight(40)
    page.locator("#send").click()
    expect(page.locator("#summary")).to_contain_text("9 trên 17 câu trả lời")
    assert chosen(page) == 9
    assert page.locator("#comment").input_value() == "Cần thêm ghế"
    assert rounds_of(app) == []
    page.locator("#send").click()
    page.wait_for_url("**/thanks")
    assert rounds_of(app) == ["r2"]


def test_a_page_kept_by_a_proxy_gets_a_key_and_its_time_from_the_script(tmp_path, phone):
    app = make_app(tmp_path, form_cache_seconds=60)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = phone()
    try:
        with page.expect_response(lambda reply: reply.url.endswith("/opened")):
            page.goto(f"http://127.0.0.1:{server.server_port}/K/{CODE}")
        page.locator(".overall label").first.click()
        page.get_by_role("button", name="Gửi").click()
        page.wait_for_url("**/thanks**")
        with app.extensions["database"].read() as session:
            (row,) = session.scalars(sa.select(Response))
        assert row.opened_at is not None
    finally:
        server.shutdown()
        server.server_close()
        app.extensions["database"].dispose()
