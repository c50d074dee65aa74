"""Published results: open to everyone, nothing about a handful of people, the same numbers in every form."""

from __future__ import annotations

import csv
import io
import json

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from survey.models import Round, RoundState
from survey.published.disclosure import hidden_agencies
from survey.results import round_results
from tests.evaluation import scored_round


@pytest.fixture
def published(app: Flask) -> Flask:
    with app.extensions["database"].write() as session:
        scored_round(session)
        session.flush()
        session.execute(sa.update(Round).values(state=RoundState.PUBLISHED))
    return app


def test_a_published_round_is_listed_and_shown_without_a_cookie(published: Flask, client: FlaskClient) -> None:
    listed = client.get("/ket-qua")
    assert 'href="/ket-qua/r1"' in listed.get_data(as_text=True)
    shown = client.get("/ket-qua/r1")
    assert shown.status_code == 200
    assert "Set-Cookie" not in listed.headers
    assert "Set-Cookie" not in shown.headers
    assert shown.headers["Cache-Control"] == "public, max-age=300"
    page = BeautifulSoup(shown.get_data(as_text=True), "html.parser")
    assert "72,2" in page.select_one(".main-fact").get_text()
    assert page.select_one("article[typeof=Dataset]") is not None


def test_an_unpublished_round_does_not_exist_for_the_public(published: Flask, client: FlaskClient) -> None:
    with published.extensions["database"].write() as session:
        session.execute(sa.update(Round).values(state=RoundState.CLOSED))
    for address in ("/ket-qua/r1", "/ket-qua/r1/ket-qua.csv", "/ket-qua/r1/ket-qua.json", "/ket-qua/none"):
        assert client.get(address).status_code == 404
    assert "r1" not in client.get("/ket-qua").get_data(as_text=True)


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
    hidden = hidden_agencies(respondents, enough=30, fewest=5)
    assert {agency for agency, n in respondents.items() if n < 30} <= hidden
    answered = [respondents[agency] for agency in hidden if respondents[agency] > 0]
    shown = [agency for agency in respondents if agency not in hidden]
    if answered and shown:
        assert len(answered) >= 2
        assert sum(answered) >= 5


def test_nothing_is_hidden_where_everyone_is_large() -> None:
    assert hidden_agencies({"a": 30, "b": 31, "c": 900}, enough=30, fewest=5) == frozenset()
    assert hidden_agencies({"a": 29, "b": 31, "c": 900}, enough=30, fewest=5) == {"a", "b"}
    assert hidden_agencies({"a": 1, "b": 2, "c": 40, "d": 50}, enough=30, fewest=5) == {"a", "b", "c"}
    assert hidden_agencies({"a": 0, "b": 40}, enough=30, fewest=5) == {"a"}


def csv_rows(client: FlaskClient) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get("/ket-qua/r1/ket-qua.csv").data.decode("utf-8-sig"))))
