"""Everybody can use the public pages: axe finds nothing, and 2018 phones can read our scripts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from survey.collect.operations.use_receipt_code import use_receipt_code
from survey.collect.respond import routes
from survey.models import Round, RoundState
from tests.support.places import CODE, MANY, REVOKED
from tests.support.receipts import issued

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "tests" / "vendor"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page):
    page.evaluate((VENDOR / "axe-core" / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules}).then(result => result.violations)", RULES)
    return [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found]


#: colours are those of the scheme in every language, words those of the language in both schemes
LOOKS = [("vi", "light"), ("vi", "dark"), ("en", "light"), ("vi-simple", "light")]


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_axe_finds_nothing_on_any_public_page(site, phone, language, scheme):
    page = phone(color_scheme=scheme, bypass_csp=True)
    receipt, used = receipts(site)
    for path in (
        "/",
        f"/K/{CODE}",
        f"/K/{MANY}",
        f"/K/{receipt}",
        f"/K/{CODE}/thanks",
        f"/K/{CODE}/thanks?kiosk=1",
        f"/K/{used}",
        f"/K/{REVOKED}",
        "/K/NOPE",
        "/nowhere",
        f"/K/{CODE}?kiosk=1",
        *("/phan-anh", "/phan-anh/PA-7K3M-Q2XA-9D4T", "/quyen-rieng-tu", "/tiep-can", "/da-noi-da-lam", "/ket-qua"),
    ):
        page.goto(f"{site.base}{path}{'&' if '?' in path else '?'}lang={language}")
        assert page.locator("html").get_attribute("lang") == language
        assert violations(page) == [], path
    with site.database.write() as session:
        session.execute(sa.update(Round).values(state=RoundState.CLOSED))
    page.goto(f"{site.form}?lang={language}")
    assert violations(page) == [], "closed"


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_axe_finds_nothing_in_any_state_of_the_form(site, phone, monkeypatch, language, scheme):
    page = phone(color_scheme=scheme, bypass_csp=True)
    page.goto(f"{site.base}/?lang={language}")
    page.locator("#code").fill("K7")
    page.locator("button.primary").click()
    page.wait_for_selector("#e-code")
    assert violations(page) == [], "half a code"
    page.goto(f"{site.base}/K/{MANY}?lang={language}")
    page.locator("#comment").fill("ơ" * 2001)
    page.locator("#send").click()
    page.wait_for_selector("#summary")
    assert violations(page) == [], "mistakes"
    page.goto(f"{site.base}/K/{CODE}?lang={language}")
    page.locator(".scale input[value='4']").first.check()
    assert violations(page) == [], "an answer chosen"
    page.context.set_offline(True)
    page.locator("#send").click()
    page.wait_for_selector("#queued:visible")
    assert violations(page) == [], "kept for later"
    page.locator("#again").click()
    page.locator(".scale input[value='4']").first.check()
    page.context.set_offline(False)
    page.wait_for_timeout(300)
    monkeypatch.setattr(routes, "_within_limits", lambda *_: False)
    page.locator("#send").click()
    page.wait_for_selector("#summary")
    assert violations(page) == [], "too many at once"
    assert page.evaluate("document.activeElement.id") == "summary"
    with site.database.write() as session:
        session.execute(sa.update(Round).values(closes_on=date(2020, 1, 1)))
    page.locator("#send").click()
    page.wait_for_selector("#send", state="detached")
    assert page.locator("input:checked").count() == 1
    assert violations(page) == [], "too late"


@pytest.mark.parametrize("site", ["sipas-2023-2026"], indirect=True)
@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_axe_finds_nothing_on_the_steps_of_a_long_questionnaire(site, phone, language, scheme):
    page = phone(color_scheme=scheme, bypass_csp=True)
    page.goto(f"{site.form}?lang={language}")
    assert violations(page) == [], "the first step"
    page.locator(".overall input[value='4']").check()
    assert violations(page) == [], "one tap"
    page.get_by_role("button", name="Next" if language == "en" else "Tiếp theo", exact=True).click()
    assert violations(page) == [], "the next step"


def receipts(site):
    """The code of a fresh receipt and of a used one."""
    with site.database.write() as session:
        fresh, used = issued(session, 1, 2, datetime(2026, 1, 1, tzinfo=UTC))
        use_receipt_code(session, used)
    return fresh, used


@pytest.mark.parametrize("script", sorted(path.name for path in (ROOT / "static").glob("*.js")))
def test_scripts_are_written_for_the_webview_of_2018(phone, script):
    page = phone()
    page.evaluate((VENDOR / "acorn" / "acorn.js").read_text("utf-8"))
    parse = "source => { acorn.parse(source, {ecmaVersion: 2018}); return true; }"
    assert page.evaluate(parse, (ROOT / "static" / script).read_text("utf-8"))
    with pytest.raises(Exception, match="Unexpected token"):
        page.evaluate(parse, "a?.b")


def test_scripts_open_no_window_and_keep_no_cookie():
    for path in (ROOT / "static").glob("*.js"):
        source = path.read_text("utf-8")
        assert not [word for word in ("window.open", "document.cookie", "eval(", "innerHTML") if word in source], path


def test_wishes_of_the_reader_are_respected(site, phone):
    page = phone(reduced_motion="reduce", color_scheme="dark")
    page.goto(site.form)
    look = "name => getComputedStyle(document.querySelector(name))"
    assert page.evaluate(f"({look})('#send').transitionDuration") == "0s"
    dark = page.evaluate(f"({look})('html').backgroundColor")
    page.emulate_media(color_scheme="light")
    assert (dark, page.evaluate(f"({look})('html').backgroundColor")) == ("rgb(23, 21, 26)", "rgb(251, 250, 247)")
    page.emulate_media(media="print")
    for name in ("#progress", ".act", ".languages"):
        assert not page.locator(name).first.is_visible()
    assert page.locator("fieldset.item").first.is_visible()


def test_axe_does_look(phone):
    page = phone()
    page.set_content("<html lang=vi><title>x</title><main><h1>x</h1><input></main></html>")
    assert "label" in [rule for rule, _ in violations(page)]
