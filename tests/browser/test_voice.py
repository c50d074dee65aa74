"""Recorded voice in Chromium: an administrator records with the microphone, a citizen listens, script or none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Playwright, expect

from survey.collect.recordings import folder, keep_recording
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.support.evaluation import PASSWORD, accounts
from tests.support.places import CODE, make_app
from tests.support.serving import served
from tests.support.sounds import OGG

pytestmark = pytest.mark.browser
MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
AXE = str(Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[Flask, str]]:
    app = make_app(tmp_path, languages=("vi", "en"))
    with app.extensions["database"].write() as session:
        accounts(session)
    with served(app) as base:
        yield app, base


@pytest.fixture
def with_microphone(engine: Playwright) -> Iterator[Browser]:
    browser = engine.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *MICROPHONE])
    yield browser
    browser.close()


def test_what_an_administrator_records_is_heard(with_microphone: Browser, office: tuple[Flask, str]) -> None:
    app, base = office
    desk = with_microphone.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True).new_page()
    desk.goto(f"{base}/dang-nhap")
    desk.fill("input[name=username]", "admin")
    desk.fill("input[name=password]", PASSWORD)
    desk.click("main button[type=submit]")
    desk.goto(f"{base}/quan-tri/giong-doc/vi")
    row = desk.locator("#w-cc_thai_do")
    row.get_by_role("button", name="Ghi âm").click()
    row.get_by_role("button", name="Dừng và giữ").click()  # can be pressed once something was heard
    expect(row.locator("audio")).to_be_visible()
    assert [path.suffix for path in folder(app.config["SETTINGS"].storage, "vi").glob("cc_thai_do.[ow]*")]
    desk.add_script_tag(path=AXE)
    assert desk.evaluate("async () => (await axe.run('main')).violations.map(one => one.id)") == []
    desk.context.close()

    phone = with_microphone.new_context(viewport={"width": 360, "height": 740}).new_page()
    fetched: list[str] = []
    phone.on("request", lambda request: fetched.append(request.url) if "/am-thanh/" in request.url else None)
    phone.goto(f"{base}/K/{CODE}")
    question = phone.locator("#i-cc_thai_do")
    assert phone.locator(".listen").count() == 1  # no button without a file
    assert fetched == []
    question.get_by_role("button", name="Nghe").click()
    phone.wait_for_function("() => document.querySelector('#i-cc_thai_do audio').currentTime > 0")
    assert len(set(fetched)) == 1
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    phone.context.close()


def test_without_a_script_the_browsers_own_player_is_there(chromium: Browser, office: tuple[Flask, str]) -> None:
    app, base = office
    keep_recording(app.config["SETTINGS"].storage, "vi", "cc_thai_do", "", OGG)
    for scheme in ("light", "dark"):
        page = chromium.new_context(
            viewport={"width": 360, "height": 740},
            java_script_enabled=False,
            color_scheme=scheme,  # type: ignore[arg-type]
        ).new_page()
        page.goto(f"{base}/K/{CODE}")
        player = page.locator("#i-cc_thai_do audio")
        expect(player).to_be_visible()
        box = player.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["x"] + box["width"] <= 360
        assert page.locator("audio").count() == 1
        page.context.close()


def test_a_machine_never_speaks_over_a_recorded_voice(chromium: Browser, office: tuple[Flask, str]) -> None:
    app, base = office
    voices = """
        const voices = ["vi-VN", "hmn-VN", "hm", "blt"].map((lang) => ({ lang, name: lang }));
        Object.defineProperty(window, "speechSynthesis", { value: { getVoices: () => voices, addEventListener() {} } });
        window.SpeechSynthesisUtterance = function () {};
    """
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    context.add_init_script(voices)
    page = context.new_page()
    page.goto(f"{base}/K/{CODE}")
    expect(page.locator(".promise .listen")).to_have_count(1)  # second choice, where nothing is recorded
    context.add_init_script(
        "new MutationObserver(() => document.documentElement.setAttribute('lang', 'hmn'))"
        ".observe(document, { childList: true })"
    )
    page.reload()
    assert page.locator("html").get_attribute("lang") == "hmn"
    expect(page.locator("#progress")).not_to_be_empty()  # the script ran
    assert page.locator(".listen").count() == 0
    context.close()
    keep_recording(app.config["SETTINGS"].storage, "vi", "cc_thai_do", "", OGG)
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    context.add_init_script(voices)
    page = context.new_page()
    page.goto(f"{base}/K/{CODE}")
    expect(page.locator(".listen")).to_have_count(1)  # the recorded one alone
    assert page.locator(".promise .listen").count() == 0
    context.close()
