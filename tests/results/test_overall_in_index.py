"""The overall question in the index, where the round says so: worked out by hand; outside of it otherwise."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm

from scoring.scheme import DataError, Rules
from survey.core.db import Database
from survey.models import Agency, Response, Round, RoundState
from survey.questionnaires import OVERALL
from survey.results.compute import round_results
from tests.support.evaluation import scored_round, sign_in
from tests.support.reading import soup, words


def say_whole(session: orm.Session) -> None:
    """Let 30 of so-tu-phap's 60 say "very satisfied" of the whole; their items are 45 times 5 and 15 times 2."""
    justice = session.scalars(sa.select(Agency.id).where(Agency.code == "so-tu-phap")).one()
    for place, one in enumerate(session.scalars(sa.select(Response).order_by(Response.id))):
        if one.deciding_agency_id == justice and place % 2:
            one.answers = f"{one.answers[:16]}5{one.answers[17:]}"


def rule(session: orm.Session, **rules: object) -> None:
    round_ = session.scalars(sa.select(Round).where(Round.code == "r1")).one()
    round_.rules = {**Rules().to_mapping(), **rules}


@pytest.fixture
def asked(database: Database) -> Database:
    with database.write() as session:
        scored_round(session)
        session.flush()
        say_whole(session)
    return database


@pytest.mark.parametrize(
    ("composition", "without", "within"),
    [
        ("pooled", 75, 100 * (45 * 16 + 30) / (60 * 16 + 30)),
        ("mean_items", 75, (16 * 75 + 100) / 17),  # an item more
        ("mean_elements", 75, (5 * 75 + 100) / 6),  # an element more
    ],
)
def test_it_enters_as_one_more_item(asked: Database, composition: str, without: float, within: float) -> None:
    for inside, expected in ((False, without), (True, within)):
        with asked.write() as session:
            rule(session, composition=composition, overall_in_index=inside)
        with asked.read() as session:
            results = round_results(session, "r1")
        rows = results.table[(results.table["agency"] == "so-tu-phap") & (results.table["service"] == "")]
        found = {(row["level"], row["key"]): row for row in rows.to_dict("records")}
        assert found["overall", "all"]["index"] == pytest.approx(expected)
        assert (("item", OVERALL) in found) is inside
        assert found["aspect", "service"]["index"] == pytest.approx(75)  # the aspect stays that of its items
        if inside:
            assert (found["item", OVERALL]["index"], found["item", OVERALL]["n"]) == (100, 30)


def test_rules_stored_before_leave_it_outside() -> None:
    assert not Rules.from_mapping({}).overall_in_index
    assert not Rules().overall_in_index
    with pytest.raises(DataError, match="every composition but 'custom'"):
        Rules(composition="custom", element_weights={"access": 1.0}, overall_in_index=True)
    with pytest.raises(DataError, match="overall_in_index must be true or false"):
        Rules(overall_in_index=1)  # type: ignore[arg-type]


def test_every_page_and_file_of_such_a_round_is_there(rounds: Flask) -> None:
    with rounds.extensions["database"].write() as session:
        say_whole(session)
        rule(session, overall_in_index=True)
        session.execute(sa.update(Round).values(state=RoundState.CLOSED))
    client = rounds.test_client()
    sign_in(client, "evaluator")
    for address in (
        *("", "/xep-hang", "/toan-tinh", "/bang-nhiet", "/dien-bien", "/phan-to?theo=kenh", "/kiem-soat"),
        *("/co-quan/so-tu-phap", "/co-quan/so-tu-phap/manh-yeu", "/noi-can-xem-lai"),
    ):
        reply = client.get(f"/danh-gia/r1{address}")
        assert reply.status_code == 200, address
    page = soup(client, "/danh-gia/r1/co-quan/so-tu-phap")
    assert "Câu hỏi chung được tính như một câu nữa." in words(page.main)
    table = client.get("/danh-gia/r1/ket-qua.csv?bang=day-du").get_data(as_text=True)
    assert f",item,{OVERALL}," in table
