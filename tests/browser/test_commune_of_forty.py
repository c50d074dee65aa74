"""What the head of a commune with forty responses reads first, on a phone and at a desk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, Page

from app import create_app
from survey.core.config import Settings
from survey.core.db import Base
from survey.models import Agency, Response, Round, Target
from tests.browser.test_evaluator_journey import DESK, PHONE
from tests.support.communes import six_communes
from tests.support.evaluation import PASSWORD, close_rounds
from tests.support.serving import served

pytestmark = pytest.mark.browser
PARTS = (
    ("#against-expected", "Như mong đợi: cứ 100 câu trả lời có 80 câu", "#expected-picture"),
    ("#since-last-month", "Chưa đủ để nói là đã khác tháng trước: 80,0, trước đó 80,0", "#month-picture-title"),
    ("#target-sentence", "Chưa nói được đã đạt chỉ tiêu 86,0 hay chưa: cần thêm khoảng", "#target-picture"),
)
"""A sentence, how it begins, and what labels the picture under it."""


@pytest.fixture
def commune(tmp_path: Path) -> Iterator[tuple[Flask, str]]:
    """The league of six communes after the close; the answers of each month were released as a block."""
    app = create_app(Settings(instance_dir=tmp_path, secret_key="browser-tests-secret-long-enough-for-all"))
    database = app.extensions["database"]
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        six_communes(session)
        round_ = session.scalars(sa.select(Round)).one()
        place = session.scalars(sa.select(Agency.id).where(Agency.code == "xa-f")).one()
        session.add(Target(round_id=round_.id, agency_id=place, element="", value=86.0))
        mine = sa.select(Response.id).where(Response.deciding_agency_id == place).order_by(Response.submitted_at)
        numbers = list(session.scalars(mine))
        for day, block in ((date(2026, 2, 2), numbers[:20]), (date(2026, 3, 2), numbers[20:])):
            session.execute(sa.update(Response).where(Response.id.in_(block)).values(live_since=day))
    close_rounds(app)
    with served(app) as base:
        yield app, base


def read_as_head(page: Page, base: str) -> None:
    page.goto(f"{base}/danh-gia/r1/co-quan/xa-f")
    page.fill("[name=username]", "manager")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("#against-expected")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_three_sentences_and_pictures_come_first(
    chromium: Browser, commune: tuple[Flask, str], size: dict[str, int]
) -> None:
    """Each sentence stands right above its picture; all three before any table, and nothing is cut at the side."""
    _, base = commune
    context = chromium.new_context(viewport=size, locale="vi-VN")  # type: ignore[arg-type]
    page = context.new_page()
    read_as_head(page, base)
    ends = []
    for sentence, begins, label in PARTS:
        said, drawn = page.locator(sentence), page.locator(f"svg[aria-labelledby='{label[1:]}']")
        assert " ".join(said.inner_text().split()).startswith(begins)
        text, picture = said.bounding_box(), drawn.bounding_box()
        assert text is not None
        assert picture is not None
        assert 0 <= picture["y"] - (text["y"] + text["height"]) < 40
        assert picture["height"] >= 60
        assert picture["x"] >= 0
        assert picture["x"] + picture["width"] <= size["width"]
        ends.append(picture["y"] + picture["height"])
    first_table = page.locator("main table, main dl").first.bounding_box()
    assert first_table is not None
    assert max(ends) < first_table["y"]
    assert max(ends) < (3 if size is PHONE else 1) * size["height"]  # at a desk without scrolling
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    context.close()
