"""Ranks are ranges, groups are what the data separate, and a change is called one only when it can be told."""

from __future__ import annotations

import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.models import Round
from survey.results.comparisons import agency_ranks, changes_since_last_round
from survey.results.compute import round_results
from tests.support.evaluation import close_rounds, sign_in
from tests.support.reading import words


def league(client: FlaskClient, address: str = "/danh-gia/r1/xep-hang") -> dict[str, list[str]]:
    reply = client.get(address)
    assert reply.status_code == 200
    page = BeautifulSoup(reply.get_data(as_text=True), "html.parser")
    return {
        str(row["data-agency"]): [words(cell) for cell in row.find_all("td")] for row in page.select(".league tbody tr")
    }


def test_ranks_are_ranges_and_too_few_have_none(rounds: Flask, client: FlaskClient) -> None:
    """By hand: 75 % and 50 %, standard error of the difference 8.9 points, 2.8 of them apart: separated at 95 %."""
    sign_in(client, "evaluator")
    table = league(client)
    assert list(table) == ["", "so-tu-phap", "so-dat-dai", "trung-tam"]
    assert {agency: cells[1:4] for agency, cells in table.items()} == {
        "": ["–", "–", "106"],
        "so-tu-phap": ["1", "A", "60"],
        "so-dat-dai": ["2", "B", "40"],
        "trung-tam": ["–", "–", "6"],
    }


def test_a_change_is_called_one_only_when_it_can_be_told(rounds: Flask, client: FlaskClient) -> None:
    sign_in(client, "evaluator")
    table = league(client)
    assert table["so-tu-phap"][4].startswith("+41,7 (")
    assert table["so-tu-phap"][4].endswith("tốt hơn")
    assert table["so-dat-dai"][4].startswith("0,0 (")
    assert table["so-dat-dai"][4].endswith("không phân biệt được với không đổi")
    assert table["trung-tam"][4] == "–"


def test_the_first_round_has_nothing_to_compare_with(rounds: Flask, client: FlaskClient) -> None:
    sign_in(client, "evaluator")
    assert "Chưa có đợt trước để so sánh." in client.get("/danh-gia/r0/xep-hang").get_data(as_text=True)


def test_a_manager_sees_the_rank_among_all_and_no_other_agency(rounds: Flask, client: FlaskClient) -> None:
    close_rounds(rounds)
    sign_in(client, "manager")
    table = league(client)
    assert list(table) == ["", "so-tu-phap"]
    assert table["so-tu-phap"][1] == "1"


def test_looking_again_never_alters_a_rank(rounds: Flask) -> None:
    with rounds.extensions["database"].read() as session:
        first, second = (agency_ranks(round_results(session, "r1")) for _ in range(2))
    assert first.equals(second)


def test_another_rule_of_the_index_marks_the_comparison(rounds: Flask, client: FlaskClient) -> None:
    with rounds.extensions["database"].write() as session:
        session.execute(sa.update(Round).where(Round.code == "r0").values(rules={"composition": "mean_items"}))
    with rounds.extensions["database"].read() as session:
        before = changes_since_last_round(session, round_results(session, "r1"))
    assert before is not None
    assert not before.comparable
    sign_in(client, "evaluator")
    assert "Câu hỏi hoặc cách tính chỉ số của hai đợt khác nhau" in client.get("/danh-gia/r1/xep-hang").get_data(
        as_text=True
    )


def test_kind_and_words_in_the_address_find_rows_and_keep_the_province(rounds: Flask, client: FlaskClient) -> None:
    sign_in(client, "evaluator")
    for path in ("/danh-gia/r1/xep-hang", "/danh-gia/r1/bang-nhiet"):
        page = BeautifulSoup(client.get(f"{path}?loai=centre").get_data(as_text=True), "html.parser")
        found = [str(row["data-agency"]) for row in page.select("tr[data-agency]") if row["data-agency"]]
        assert found == ["trung-tam"], path
        page = BeautifulSoup(client.get(f"{path}?tim=nong").get_data(as_text=True), "html.parser")
        found = [str(row["data-agency"]) for row in page.select("tr[data-agency]") if row["data-agency"]]
        assert found == ["so-dat-dai"], path
    assert league(client, "/danh-gia/r1/xep-hang?loai=centre")["trung-tam"][1] == "–"
    assert list(league(client, "/danh-gia/r1/xep-hang?loai=nothing")) == ["", "so-tu-phap", "so-dat-dai", "trung-tam"]
