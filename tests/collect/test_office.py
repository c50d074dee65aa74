"""Whom to turn to stands on the pages as a number to call and a link, and a shared screen leads nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests.support.places import CODE, REVOKED, make_app

SETTINGS = {"hotline": "+84 212 3 850 (000)", "portal_url": "https://www.dichvucong.example.vn/phan-anh?a=1&b=2"}


@pytest.fixture
def place(tmp_path: Path) -> Flask:
    return make_app(tmp_path, **SETTINGS)


def contact(app: Flask, path: str) -> BeautifulSoup | None:
    text = app.test_client(use_cookies=False).get(path).get_data(as_text=True)
    return BeautifulSoup(text, "html.parser").select_one(".contact")  # type: ignore[return-value]


PAGES = (f"/K/{CODE}/thanks", f"/K/{REVOKED}", "/quyen-rieng-tu", "/nowhere")


@pytest.mark.parametrize("path", PAGES)
def test_the_number_dials_and_the_portal_opens(place: Flask, path: str) -> None:
    found = contact(place, path)
    assert found is not None
    links = [(link["href"], link.get_text()) for link in found.select("a")]
    assert links == [
        ("tel:+842123850000", "+84 212 3 850 (000)"),
        (SETTINGS["portal_url"], "dichvucong.example.vn"),
    ]


@pytest.mark.parametrize("path", [f"/K/{CODE}/thanks?kiosk=1", f"/quyen-rieng-tu?tu={CODE}"])
def test_a_shared_screen_shows_words_alone(place: Flask, path: str) -> None:
    found = contact(place, path)
    assert found is not None
    assert found.select("a") == []
    assert "+84 212 3 850 (000)" in found.get_text()
    assert "dichvucong.example.vn" in found.get_text()


@pytest.mark.parametrize("path", PAGES)
def test_where_none_is_set_nothing_is_promised(tmp_path: Path, path: str) -> None:
    assert contact(make_app(tmp_path), path) is None
