"""Intra-class correlation of people of one counter and day: of a round, on its page, and in targets."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import orm

from scoring.planner import size_for
from scoring.scheme import Rules
from survey.core.db import Database
from survey.models import Response, Round, RoundState
from survey.results.compute import round_results
from survey.results.intraclass import effect_before, intraclass
from tests.support.counter_days import give_counters
from tests.support.evaluation import accounts, scored_round, sign_in
from tests.support.reading import soup, words


def of_one_mind(session: orm.Session) -> list[list[float]]:
    """Let 106 people come to one agency's service, mostly of one mind on a counter's day; return these, satisfied 1."""
    scored_round(session)
    give_counters(session, days=19, unknown=1000, pile=False)
    session.scalars(sa.select(Round)).one().rules = Rules(min_n=1).to_mapping()
    first = session.scalars(sa.select(Response).order_by(Response.id)).first()
    assert first is not None
    groups: dict[tuple[object, date], list[float]] = defaultdict(list)
    for response in session.scalars(sa.select(Response).where(Response.excluded.is_(None))):
        day = (response.submitted_at + timedelta(hours=7)).date()
        good = (3 * day.day + (response.counter_id or 0)) % 4 > 0
        good = good if response.id % 7 else not good
        response.answers = ("5" if good else "1") * 16 + response.answers[16:]
        response.deciding_agency_id, response.service_id = first.deciding_agency_id, first.service_id
        groups[response.counter_id, day].append(float(good))
    return list(groups.values())


def correlation(groups: list[list[float]]) -> float:
    """Return the intra-class correlation of groups by analysis of variance (Donner 1986)."""
    every = np.concatenate(groups)
    sizes = np.array([len(group) for group in groups])
    between = sum(len(group) * (np.mean(group) - every.mean()) ** 2 for group in groups) / (len(groups) - 1)
    within = sum(((np.array(group) - np.mean(group)) ** 2).sum() for group in groups) / (len(every) - len(groups))
    common = (len(every) - (sizes**2).sum() / len(every)) / (len(groups) - 1)
    return float((between - within) / (between + (common - 1) * within))


def test_intraclass_correlation_of_a_round_is_that_of_its_counter_days(database: Database) -> None:
    with database.write() as session:
        groups = of_one_mind(session)
        found = intraclass(session, round_results(session, "r1"))
        plain = round_results(session, "r1", rules=Rules(clusters="none", min_n=1))
        assert intraclass(session, plain) is None
        errors = [
            table.loc[(table["agency"] == "") & (table["level"] == "overall"), "se"].astype(float).iloc[0]
            for table in (round_results(session, "r1").table, plain.table)
        ]
    assert found is not None
    assert (found.clusters, found.size) == (len(groups), 106 / len(groups))
    assert found.icc == pytest.approx(correlation(groups))
    assert found.icc > 0.3
    assert found.deff == pytest.approx((errors[0] / errors[1]) ** 2)
    assert found.wider == pytest.approx(errors[0] / errors[1])
    assert found.matters


def test_nothing_is_said_of_unknown_counters_or_a_handful_of_days(database: Database) -> None:
    with database.write() as session:
        scored_round(session)
        assert intraclass(session, round_results(session, "r1")) is None
    with database.write() as session:
        give_counters(session, days=2, unknown=1000, pile=False)
        assert intraclass(session, round_results(session, "r1", rules=Rules(min_n=1))) is None


def test_the_page_says_it_and_targets_by_half_width_follow(app: Flask, client: FlaskClient) -> None:
    with app.extensions["database"].write() as session:
        groups = of_one_mind(session)
        accounts(session)
        old = session.scalars(sa.select(Round)).one()
        old.closes_on, old.state = date(2026, 4, 1), RoundState.CLOSED
        more = {"name": "Đợt 2", "version_id": old.version_id, "zone": old.zone}
        session.add(
            Round(code="r2", opens_on=date(2026, 5, 1), closes_on=date(2027, 5, 1), state=RoundState.OPEN, **more)
        )
    icc, size = correlation(groups), 106 / len(groups)
    effect = 1 + (size - 1) * icc
    sign_in(client, "evaluator")
    said = words(soup(client, "/danh-gia/r1").select_one("#same-day").parent)  # type: ignore[union-attr]
    assert "Người cùng quầy, cùng ngày trả lời giống nhau" in said
    assert f"(ICC) là {icc:.2f}".replace(".", ",") in said
    assert "Đơn vị chọn mẫu người cùng quầy, cùng ngày" in words(soup(client, "/danh-gia/r1").select_one(".caveats"))
    assert soup(client, "/danh-gia/r2").select_one("#same-day") is None
    with app.extensions["database"].read() as session:
        rounds = {one.code: one for one in session.scalars(sa.select(Round))}
        assert effect_before(session, rounds["r2"]) == pytest.approx(effect)
        assert effect_before(session, rounds["r1"]) is None
    note = words(soup(client, "/tien-do?dot=r2&cach=half-width&e=5"))
    assert f"gấp {effect:.2f} lần".replace(".", ",") in note
    assert size_for(0.05, 600, deff=effect) > size_for(0.05, 600)
    assert "gấp" not in words(soup(client, "/tien-do?dot=r2"))
