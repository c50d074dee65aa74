"""The budget of a first visit on a slow network (budget.json), kept by the real replies in each language and length."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from tests.support.places import CODE, make_app

BUDGET = json.loads((Path(__file__).parents[1] / "support" / "budget.json").read_text("utf-8"))
PHONE = {"Accept-Encoding": "gzip, deflate, br"}
LANGUAGES = ("vi", "en", "vi-simple")


@pytest.fixture(scope="module", params=["sipas-service-16", "sipas-2023-2026"])
def visitor(request, tmp_path_factory):
    app = make_app(tmp_path_factory.mktemp("budget"), questionnaire=request.param, languages=LANGUAGES)
    yield app.test_client(use_cookies=False)
    app.extensions["database"].dispose()


def weight(reply):
    """Return what a reply takes on the wire: body and headers."""
    assert reply.status_code == 200
    return len(reply.data) + len(str(reply.headers))


def addresses(soup, selector, name):
    return [tag[name] for tag in soup.select(selector)]


@pytest.mark.parametrize("query", [f"?lang={language}" for language in LANGUAGES] + ["?kiosk=1"])
def test_a_first_visit_keeps_the_budget(visitor, query):
    page = visitor.get(f"/K/{CODE}{query}", headers=PHONE)
    soup = BeautifulSoup(visitor.get(f"/K/{CODE}{query}").text, "html.parser")
    sheets = addresses(soup, "link[rel=stylesheet]", "href")
    scripts = addresses(soup, "script[src]", "src")
    icons = addresses(soup, "link[rel=icon]", "href")
    styles = "".join(visitor.get(sheet).text for sheet in sheets)
    latin = re.sub(r"@font-face\{[^}]*unicode-range[^}]*\}", "", styles)  # a face for other letters is not fetched
    fonts = re.findall(r'url\("([^"]+)"\)', latin)
    every = [*sheets, *scripts, *icons, *fonts]

    items = len(soup.select("fieldset.item:has(.scale)")) - 1
    assert items in {16, 39}
    most = BUDGET["html_and_css_bytes" if items == 16 else "html_and_css_bytes_of_39_items"]
    assert weight(page) + sum(weight(visitor.get(one, headers=PHONE)) for one in sheets) <= most
    assert sum(weight(visitor.get(one, headers=PHONE)) for one in scripts) <= BUDGET["script_bytes"]
    assert sum(weight(visitor.get(one, headers=PHONE)) for one in fonts) <= BUDGET["fonts_bytes"]
    assert 1 + len(every) <= BUDGET["requests"]
    assert 1 + len(sheets) == BUDGET["requests_before_usable"]
    assert all(tag.has_attr("defer") for tag in soup.select("script"))
    assert sum(bool(urlsplit(one).netloc) for one in every) == BUDGET["third_party_requests"]
    for one in (*sheets, *scripts, *icons, *fonts):
        assert visitor.get(one).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert styles.count("font-display:swap") == styles.count("@font-face")


def test_nothing_on_a_public_page_or_in_its_files_names_another_host(visitor):
    for path in ("/", f"/K/{CODE}", f"/K/{CODE}/thanks", "/K/NOPE"):
        soup = BeautifulSoup(visitor.get(path).text, "html.parser")
        found = [tag.get("src") or tag.get("href") for tag in soup.select("[src], link[href]")]
        assert not [one for one in found if urlsplit(one).netloc]
        policy = visitor.get(path).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "http" not in policy
        for one in found:
            assert not re.search(rb"https?://(?!www\.w3\.org/)", visitor.get(one).data)
