"""Published results: open to everyone, nothing about a handful of people, the same numbers in every form."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from scoring.disclosure import DisclosureRule
from survey.models import Agency, Population, Response
from survey.publication.disclosure import hidden_agencies
from survey.results.compute import round_results
from tests.support.evaluation import publish_scored, scored_round


@pytest.fixture
def published(app: Flask) -> Flask:
    with app.extensions["database"].write() as session:
        scored_round(session)
        publish_scored(session)
    return app


def test_a_published_round_is_listed_and_shown_without_a_cookie(published: Flask, client: FlaskClient) -> None:
    listed = client.get("/ket-qua")
    assert 'href="/ket-qua/r1"' in listed.get_data(as_text=True)
    shown = client.get("/ket-qua/r1")
    assert shown.status_code == 200
    assert "Set-Cookie" not in listed.headers
    assert "Set-Cookie" not in shown.headers
    assert shown.headers["Cache-Control"] == "public, no-cache"
    page = BeautifulSoup(shown.get_data(as_text=True), "html.parser")
    assert "72,2" in page.select_one(".main-fact").get_text()
    described = json.loads(page.select_one('script[type="application/ld+json"]').string)
    assert (described["@type"], described["version"]) == ("Dataset", "1")
    assert described == client.get("/ket-qua/r1/dataset.jsonld").get_json(force=True)


def test_an_unpublished_round_does_not_exist_for_the_public(app: Flask, client: FlaskClient) -> None:
    with app.extensions["database"].write() as session:
        scored_round(session)
    files = ("", "/ket-qua.csv", "/ket-qua.json", "/dataset.jsonld", "/the.svg", "/an-ban/1")
    for address in (*(f"/ket-qua/r1{end}" for end in files), "/ket-qua/none"):
        assert client.get(address).status_code == 404
    assert "r1" not in client.get("/ket-qua").get_data(as_text=True)


def test_what_is_published_stays_when_answers_and_names_change(published: Flask, client: FlaskClient) -> None:
    before = client.get("/ket-qua/r1/ket-qua.csv").data
    with published.extensions["database"].write() as session:
        session.execute(sa.update(Response).values(excluded="duplicate"))
        session.execute(sa.update(Agency).where(Agency.code == "so-tu-phap").values(name="Tên mới"))
    assert client.get("/ket-qua/r1/ket-qua.csv").data == before
    page = client.get("/ket-qua/r1").get_data(as_text=True)
    assert "Sở Tư pháp" in page
    assert "Tên mới" not in page


def test_a_new_edition_stands_beside_the_first(published: Flask, client: FlaskClient) -> None:
    with published.extensions["database"].write() as session:
        session.execute(sa.update(Population).values(transactions=Population.transactions * 2))
        publish_scored(session, reason="Số giao dịch bị nhập thiếu.")
    newest, first = client.get("/ket-qua/r1"), client.get("/ket-qua/r1/an-ban/1")
    assert "Số giao dịch bị nhập thiếu." in newest.get_data(as_text=True)
    assert "Đã có bản công bố mới hơn" in first.get_data(as_text=True)
    assert "Đã có bản công bố mới hơn" not in newest.get_data(as_text=True)
    assert "1.800" in BeautifulSoup(newest.data, "html.parser").select_one(".facts").get_text()
    assert "900" in BeautifulSoup(first.data, "html.parser").select_one(".facts").get_text()
    assert client.get("/ket-qua/r1/an-ban/3").status_code == 404


def test_the_card_is_a_picture_other_sites_may_show(published: Flask, client: FlaskClient) -> None:
    card = client.get("/ket-qua/r1/the/so-tu-phap.svg")
    assert card.mimetype == "image/svg+xml"
    assert card.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    picture = ElementTree.fromstring(card.data)  # noqa: S314 (our own)
    text = " ".join(picture.itertext())
    assert "Sở Tư pháp" in text
    assert "75,0" in text
    assert not [node for node in picture.iter() if node.tag.endswith(("script", "style", "foreignObject"))]
    assert client.get("/ket-qua/r1/the.svg").status_code == 200
    assert client.get("/ket-qua/r1/the/trung-tam.svg").status_code == 404  # hidden on the page, hidden here
    assert client.get("/ket-qua/r1/the/none.svg").status_code == 404


def test_a_small_agency_is_hidden_and_not_to_be_had_by_subtraction(published: Flask, client: FlaskClient) -> None:
    """`trung-tam` has 6 respondents: alone, it were the province less the others; `so-dat-dai` hides with it."""
    page = BeautifulSoup(client.get("/ket-qua/r1").get_data(as_text=True), "html.parser")
    assert [row["data-agency"] for row in page.select("tbody tr")] == ["", "so-tu-phap"]
    assert {row["agency"] for row in csv_rows(client)} == {"", "so-tu-phap"}
    assert {row["agency"] for row in client.get("/ket-qua/r1/ket-qua.json").get_json()} == {"", "so-tu-phap"}


def test_page_csv_json_and_results_agree(published: Flask, client: FlaskClient) -> None:
    with published.extensions["database"].read() as session:
        table = round_results(session, "r1").table
    figures = {(r["agency"], r["level"], r["key"]): r for r in client.get("/ket-qua/r1/ket-qua.json").get_json()}
    assert len(figures) == 2 * 6
    for row in csv_rows(client):
        figure = figures[row["agency"], row["level"], row["key"]]
        source = table[
            (table["agency"] == row["agency"])
            & (table["service"] == "")
            & (table["level"] == row["level"])
            & (table["key"] == row["key"])
        ].iloc[0]
        for name in ("index", "lo", "hi"):
            assert json.dumps(figure[name]) == row[name] == repr(float(source[name]))
    page = BeautifulSoup(client.get("/ket-qua/r1").get_data(as_text=True), "html.parser")
    cell = page.select_one('tr[data-agency="so-tu-phap"] td:not(.count) b')
    assert cell.get_text() == f"{figures['so-tu-phap', 'overall', 'all']['index']:.1f}".replace(".", ",")


def test_a_second_visit_costs_nothing(published: Flask, client: FlaskClient) -> None:
    etag = client.get("/ket-qua/r1").headers["ETag"]
    assert client.get("/ket-qua/r1", headers={"If-None-Match": etag}).status_code == 304


@given(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), st.integers(0, 60), max_size=12))
def test_hidden_agencies_are_never_found_by_subtraction(respondents: dict[str, int]) -> None:
    hidden = hidden_agencies(respondents, DisclosureRule())
    assert {agency for agency, n in respondents.items() if n < 30} <= hidden
    answered = [respondents[agency] for agency in hidden if respondents[agency] > 0]
    shown = [agency for agency in respondents if agency not in hidden]
    if answered and shown:
        assert len(answered) >= 2
        assert sum(answered) >= 5


def test_nothing_is_hidden_where_everyone_is_large() -> None:
    assert hidden_agencies({"a": 30, "b": 31, "c": 900}, DisclosureRule()) == frozenset()
    assert hidden_agencies({"a": 29, "b": 31, "c": 900}, DisclosureRule()) == {"a", "b"}
    assert hidden_agencies({"a": 1, "b": 2, "c": 40, "d": 50}, DisclosureRule()) == {"a", "b", "c"}
    assert hidden_agencies({"a": 0, "b": 40}, DisclosureRule()) == {"a"}


def csv_rows(client: FlaskClient) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get("/ket-qua/r1/ket-qua.csv").data.decode("utf-8-sig"))))
