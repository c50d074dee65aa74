"""From a closed round to the public page in Chromium: two people, no script needed, nothing for axe to find."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, Page

from app import create_app
from survey.core.actor import Actor
from survey.core.config import Settings
from survey.migrations import upgrade
from survey.models import Round
from survey.structure.operations.close_round import close_round
from tests.support.evaluation import (
    NOW,
    PASSWORD,
    accounts,
    protect_accounts,
    publish_scored,
    scored_round,
    second_evaluator,
)
from tests.support.serving import served

pytestmark = pytest.mark.browser
AXE = str(Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[Flask, str]]:
    """A running installation with a closed round, and the accounts of two evaluators."""
    app = create_app(Settings(instance_dir=tmp_path, secret_key="k" * 40))
    database = app.extensions["database"]
    upgrade(database)
    with database.write() as session:
        scored_round(session)
        accounts(session)
        second_evaluator(session)
        close_round(session, session.scalars(sa.select(Round)).one(), actor=Actor(NOW))
    with served(app) as base:
        yield app, base


def signed_in(chromium: Browser, base: str, name: str, *, script: bool) -> Page:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=script)
    page = context.new_page()
    page.goto(f"{base}/dang-nhap")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    return page


@pytest.mark.parametrize("script", [True, False])
def test_two_people_publish_and_everyone_sees(chromium: Browser, office: tuple[Flask, str], script: bool) -> None:
    app, base = office
    first = signed_in(chromium, base, "evaluator", script=script)
    first.goto(f"{base}/danh-gia/r1")
    first.get_by_role("link", name="Công bố").first.click()
    first.get_by_role("button", name="Chốt kết quả thành bản dự thảo").click()
    assert first.get_by_role("status").inner_text().startswith("Đã chốt kết quả")
    first.get_by_role("link", name="Mở bản dự thảo").click()
    assert first.get_by_role("button", name="Tôi đã xem kỹ: xác nhận").count() == 0

    second = signed_in(chromium, base, "hai", script=script)
    protect_accounts(app)
    second.goto(first.url)
    second.get_by_role("button", name="Tôi đã xem kỹ: xác nhận").click()
    first.reload()
    first.get_by_role("button", name="Công bố cho mọi người xem").click()
    first.get_by_role("link", name="Bản công bố lần 1").click()
    first.get_by_role("link", name="Mở trang công khai").click()

    citizen = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=script).new_page()
    citizen.goto(f"{base}/ket-qua")
    citizen.get_by_role("link", name="Đợt 1").click()
    assert citizen.locator("main .headline").first.inner_text() == "Cứ 100 câu trả lời có 72 hài lòng."
    for summary in citizen.locator("main summary").all():
        summary.click()
    assert "72,2" in citizen.locator(".main-fact").inner_text()
    assert citizen.evaluate("document.documentElement.scrollWidth") <= 360 if script else True
    card = citizen.locator("img.card-picture")
    if script:  # decode() waits for the picture, whose request may still be on its way
        assert card.evaluate("image => image.decode().then(() => image.naturalWidth)") == 360
    else:
        assert card.count() == 1
    for page in (first, second, citizen):
        page.context.close()


@pytest.mark.parametrize("script", [True, False])
def test_on_a_phone_the_index_comes_first_and_my_agency_is_found(
    chromium: Browser, office: tuple[Flask, str], script: bool
) -> None:
    app, base = office
    with app.extensions["database"].write() as session:
        publish_scored(session)
    context = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=script)
    page = context.new_page()
    page.goto(f"{base}/ket-qua/r1")
    box = page.locator("main .headline").first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 370  # in the upper half of the screen
    assert not page.locator(".hash").first.is_visible()
    page.get_by_role("searchbox", name="Tìm cơ quan của tôi").fill("tu phap")
    page.get_by_role("button", name="Tìm").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Sở Tư pháp"
    assert page.locator(".headline").inner_text() == "Cứ 100 câu trả lời có 75 hài lòng."
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_public_and_publishing_pages(
    chromium: Browser, office: tuple[Flask, str], scheme: str
) -> None:
    app, base = office
    with app.extensions["database"].write() as session:
        publish_scored(session)
        publish_scored(session, reason="Thiếu phiếu giấy của một quầy.")
    found = {}
    context = chromium.new_context(
        viewport={"width": 360, "height": 740},
        bypass_csp=True,
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    addresses = ["/ket-qua", "/ket-qua/r1", "/ket-qua/r1?lang=en", "/ket-qua/r1/an-ban/1", "/dang-nhap"]
    addresses += ["/ket-qua/r1/so-tu-phap", "/ket-qua/r1/tim?ten=trung+tam", "/ket-qua/r1/tim?ten=zzz"]
    addresses += ["/danh-gia/r1/cong-bo", "/danh-gia/r1/cong-bo/1"]
    for address in addresses:
        if address == "/danh-gia/r1/cong-bo":
            page.goto(f"{base}/dang-nhap?lang=vi")
            page.fill("input[name=username]", "evaluator")
            page.fill("input[name=password]", PASSWORD)
            page.click("main button[type=submit]")
        page.goto(base + address)
        for details in page.locator("main details").all():
            details.evaluate("element => { element.open = true }")
        page.add_script_tag(path=AXE)
        violations = page.evaluate("async () => (await axe.run()).violations")
        if violations:
            found[address] = [(v["id"], [node["html"][:120] for node in v["nodes"]][:3]) for v in violations]
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
    context.close()
    assert found == {}
