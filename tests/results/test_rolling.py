"""The rolling year: rounds of twelve months counted together, by hand."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm

from survey.models import Population, Round
from survey.results.compute import round_results
from survey.results.rolling import rolling_year
from tests.results.test_response_plan import two_rounds
from tests.support.evaluation import accounts, sign_in


def quarters(session: orm.Session, ended: date) -> None:
    """`r0` ends on a day, `r1` on 11 March 2026; so-tu-phap: 20 of 60, then 45 of 60; so-dat-dai 20 of 40 twice."""
    two_rounds(session)
    before = session.scalars(sa.select(Round).where(Round.code == "r0")).one()
    before.opens_on, before.closes_on = ended.replace(day=1), ended


def test_answers_of_a_year_are_added_up(app: Flask) -> None:
    with app.extensions["database"].write() as session:
        quarters(session, date(2025, 9, 30))
    with app.extensions["database"].read() as session:
        year = rolling_year(session, round_results(session, "r1"))
        assert year is not None
        assert [one.code for one in year.rounds] == ["r1", "r0"]
    court, land = year.figures["so-tu-phap", "ho-tich"], year.figures["so-dat-dai", "dat-dai"]
    assert (court.n, court.index) == (120, pytest.approx(100 * (20 + 45) / 120))
    assert (land.n, land.index) == (80, pytest.approx(50))
    assert court.lo < court.index < court.hi
    assert court.hi - court.lo < 20  # of 60 alone it is 20.7 wide


def test_without_transactions_of_one_round_every_answer_counts_the_same(app: Flask) -> None:
    with app.extensions["database"].write() as session:
        quarters(session, date(2025, 9, 30))
        earlier = session.scalars(sa.select(Round.id).where(Round.code == "r0")).one()
        session.execute(sa.delete(Population).where(Population.round_id == earlier))
    with app.extensions["database"].read() as session:
        year = rolling_year(session, round_results(session, "r1"))
    assert year is not None
    assert year.figures["so-tu-phap", "ho-tich"].index == pytest.approx(100 * 65 / 120)


def test_a_round_that_ended_longer_ago_is_left_out(app: Flask) -> None:
    with app.extensions["database"].write() as session:
        quarters(session, date(2025, 3, 11))
    with app.extensions["database"].read() as session:
        assert rolling_year(session, round_results(session, "r1")) is None


def test_the_page_of_small_cells_names_the_rounds(app: Flask) -> None:
    with app.extensions["database"].write() as session:
        quarters(session, date(2025, 9, 30))
        accounts(session)
    client = app.test_client()
    sign_in(client, "evaluator")
    assert "Cộng các đợt của mười hai tháng" in client.get("/danh-gia/r1/o-it-phieu").get_data(as_text=True)
    assert "Cộng các đợt của mười hai tháng" not in client.get("/danh-gia/r0/o-it-phieu").get_data(as_text=True)
