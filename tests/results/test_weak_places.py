"""Where in an agency an item is worse: tests of its places worked out by hand, and what is said to whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from scipy import stats
from sqlalchemy import orm

from scoring.scheme import Rules
from survey.models import Agency, Channel, Counter, Population, Response, Round, Service
from survey.results.breakdowns import breakdown, dimensions
from survey.results.compute import RoundResults, round_results
from survey.results.group_sizes import GROUP
from survey.results.weak_places import SERVICE, Where, weak_places
from tests.support.evaluation import NOW, close_rounds, sign_in
from tests.support.reading import soup, words

ALONE = Rules(clusters="none")
"""Every citizen a sampling unit, so that variances can be worked out by hand."""


def dossiers(
    session: orm.Session, places: Sequence[tuple[int, Channel, str, int, int]], service: str | None = None
) -> None:
    """Lay the 60 responses of so-tu-phap anew: (counter, channel, service, how many, how many of them satisfied)."""
    agency = session.scalars(sa.select(Agency.id).where(Agency.code == "so-tu-phap")).one()
    counters = session.scalars(sa.select(Counter.id).order_by(Counter.id)).all()
    services = {one.code: one.id for one in session.scalars(sa.select(Service))}
    round_id = session.scalars(sa.select(Round.id).where(Round.code == "r1")).one()
    own = (Response.round_id == round_id, Response.deciding_agency_id == agency)
    found = iter(session.scalars(sa.select(Response).where(*own).order_by(Response.id)).all())
    for counter, channel, code, many, satisfied in places:
        for number in range(many):
            response = next(found)
            response.counter_id, response.channel, response.service_id = counters[counter], channel, services[code]
            response.answers = ("5" if number < satisfied else "2") * 16 + response.answers[16:]
    assert next(found, None) is None
    if service is not None:
        session.add(Population(round_id=round_id, agency_id=agency, service_id=services[service], transactions=600))


def looked(app: Flask, places: Sequence[tuple[int, Channel, str, int, int]], service: str | None = None) -> Where:
    """What is found of the first three items of so-tu-phap, which are answered alike."""
    database = app.extensions["database"]
    with database.write() as session:
        dossiers(session, places, service)
    with database.read() as session:
        results: RoundResults = round_results(session, "r1", rules=ALONE)
        items = results.definition.scheme().codes[:3]
        found = weak_places(session, results, "so-tu-phap", items)
    assert list(found) == list(items)
    assert len(set(found.values())) == 1
    return found[items[0]]


def test_a_worse_counter_is_named_with_its_adjusted_interval(rounds: Flask) -> None:
    """27 of 30 at one counter, 15 of 30 at the other: 2 tests an item, all 6 told apart, so intervals stay at 95 %.

    Both counters lie in one stratum: the variance is n/(n - 1) (p q / 30 + p' q' / 30) with n = 60.
    """
    found = looked(rounds, [(0, Channel.QR, "ho-tich", 30, 27), (1, Channel.QR, "ho-tich", 30, 15)])
    (place,) = found.places
    assert (place.dimension, place.n, place.index) == ("quay", 30, pytest.approx(50.0))
    assert place.gap == pytest.approx(-40.0)
    se = 100 * (60 / 59 * (0.9 * 0.1 / 30 + 0.5 * 0.5 / 30)) ** 0.5
    margin = float(stats.t.ppf(0.975, 58)) * se
    assert (place.lo, place.hi) == (pytest.approx(-40 - margin), pytest.approx(-40 + margin))
    assert (found.tests, found.sentence.code) == (2, "found")
    with rounds.extensions["database"].read() as session:
        results = round_results(session, "r1", rules=ALONE)
        counters = next(one for one in dimensions(results.definition) if one.code == place.dimension)
        table = breakdown(session, results, counters, "so-tu-phap")
        printed = table[(table[GROUP] == place.group) & (table["service"] == "") & (table["level"] == "item")]
    assert printed["index"].tolist() == [pytest.approx(place.index)] * 16
    assert set(printed["n"]) == {place.n}


def test_what_one_test_would_tell_apart_is_not_named_among_many(rounds: Flask) -> None:
    """By code 24 of 30, on paper 16 of 30: t = 2.27, p = 0.027 alone; half of the 12 tests have it, the others p = 1.

    Benjamini and Hochberg: 0.027 × 12 / 6 = 0.055.
    """
    se = (60 / 59 * (0.8 * 0.2 / 30 + 16 / 30 * 14 / 30 / 30)) ** 0.5
    p = 2 * stats.t.sf((24 - 16) / 30 / se, 58)
    assert p < 0.05 < stats.false_discovery_control([p] * 6 + [1.0] * 6)[0]
    found = looked(
        rounds,
        [
            (0, Channel.QR, "ho-tich", 15, 12),
            (1, Channel.QR, "ho-tich", 15, 12),
            (0, Channel.PAPER, "ho-tich", 15, 8),
            (1, Channel.PAPER, "ho-tich", 15, 8),
        ],
    )
    assert (found.places, found.tests, found.sentence.code) == ((), 4, "none")


def test_a_worse_service_is_named(rounds: Flask) -> None:
    """Two strata of 600 transactions: the variance is p q / 29 + p' q' / 29, without finite-population correction."""
    places = [(0, Channel.QR, "ho-tich", 30, 27), (0, Channel.QR, "dat-dai", 30, 12)]
    found = looked(rounds, places, "dat-dai")
    (place,) = found.places
    assert (place.dimension, place.group, place.n, place.index) == (SERVICE, "dat-dai", 30, pytest.approx(40.0))
    margin = float(stats.t.ppf(0.975, 58)) * 100 * (0.9 * 0.1 / 29 + 0.4 * 0.6 / 29) ** 0.5
    assert (place.lo, place.hi) == (pytest.approx(-50 - margin), pytest.approx(-50 + margin))


def test_a_place_that_breakdowns_hide_is_neither_named_nor_given_away_by_the_others(rounds: Flask) -> None:
    """Three people at the second counter, none of them satisfied; everybody else is."""
    found = looked(rounds, [(0, Channel.QR, "ho-tich", 57, 57), (1, Channel.QR, "ho-tich", 3, 0)])
    assert (found.places, found.tests, found.sentence.code) == ((), 0, "unknown")


def test_a_head_reads_where_and_evaluators_how_much(rounds: Flask, client: FlaskClient) -> None:
    """44 of 45 at one counter, 3 of 15 at the other, five a day, so that days differ: 20.0 - 97.8 = -77.8 points."""
    address = "/danh-gia/r1/co-quan/so-tu-phap/manh-yeu"
    with rounds.extensions["database"].write() as session:
        dossiers(session, [(0, Channel.QR, "ho-tich", 45, 44), (1, Channel.QR, "ho-tich", 15, 3)])
        for counter in session.scalars(sa.select(Counter.id)):
            own = session.scalars(sa.select(Response).where(Response.counter_id == counter).order_by(Response.answers))
            answered = own.all()
            days = max(len(answered) // 5, 1)
            for number, response in enumerate(answered):
                response.submitted_at = NOW + timedelta(days=number % days)
    name = "Quầy số 2 (Trung tâm Phục vụ hành chính công)"
    place = f"Quầy tiếp nhận – {name}: 20,0 % hài lòng, trong số 15 người trả lời."
    sign_in(client, "evaluator")
    page = soup(client, address)
    read = [words(one) for one in page.select("ul.where li")]
    assert len(read) == 3
    assert all(one.startswith(f"{place} Chênh lệch so với phần còn lại của cơ quan: −77,8 điểm (−") for one in read)
    assert [words(one) for one in page.select("p.where")] == ["Ở đây kém hơn so với phần còn lại của cơ quan:"] * 3
    close_rounds(rounds)
    head = rounds.test_client()
    sign_in(head, "manager")
    assert [words(one) for one in soup(head, address).select("ul.where li")] == [place] * 3


def test_heads_read_nothing_of_places_while_the_round_is_open(rounds: Flask, client: FlaskClient) -> None:
    with rounds.extensions["database"].write() as session:
        dossiers(session, [(0, Channel.QR, "ho-tich", 45, 44), (1, Channel.QR, "ho-tich", 15, 3)])
    sign_in(client, "manager")
    page = soup(client, "/danh-gia/r1/co-quan/so-tu-phap/manh-yeu")
    assert page.select(".where") == []
    assert "Quầy số 2" not in words(page.main)
