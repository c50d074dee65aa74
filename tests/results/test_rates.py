"""Rates of late results, apologies and ways of filing: worked out by hand, and what readers below evaluator see."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from survey.core.db import Database
from survey.models import Agency, Response, Round, RoundState
from survey.results.compute import round_results
from survey.results.rates import find, rate_figures, rate_rows, rate_table, rates_age, rates_of
from tests.support.clock import set_clock
from tests.support.evaluation import NOW, scored_round, sign_in
from tests.support.reading import soup, words

#: agency → (late and apologised to, late without, on time, early, not due yet, no answer)
SAID = {"so-tu-phap": (9, 3, 38, 10, 0, 0), "so-dat-dai": (1, 3, 24, 8, 3, 1), "trung-tam": (2, 1, 3, 0, 0, 0)}
LETTERS = (("l", "y"), ("l", "n"), ("o", "_"), ("e", "_"), ("n", "_"), (".", "."))


def say(session) -> None:  # type: ignore[no-untyped-def]
    """Let those who answered `r1` say when their result came; half of each place filed online."""
    round_ = session.scalars(sa.select(Round).where(Round.code == "r1")).one()
    places = {slot.code: k for k, slot in enumerate(sorted(round_.version.slots, key=lambda slot: slot.position))}
    codes = dict(session.execute(sa.select(Agency.id, Agency.code)).all())
    left = {
        code: [pair for pair, n in zip(LETTERS, said, strict=True) for _ in range(n)] for code, said in SAID.items()
    }
    half: Counter[str] = Counter()
    for response in session.scalars(
        sa.select(Response).where(Response.round_id == round_.id, Response.excluded.is_(None)).order_by(Response.id)
    ):
        code = codes[response.deciding_agency_id]
        half[code] += 1
        answers = list(response.answers)
        answers[places["timeliness"]], answers[places["apology"]] = left[code].pop(0)
        answers[places["filing"]] = "o" if half[code] <= sum(SAID[code]) / 2 else "c"
        response.answers = "".join(answers)
    assert not any(left.values())


def test_rates_are_weighted_by_transactions(database: Database) -> None:
    with database.write() as session:
        scored_round(session)
        session.flush()
        say(session)
    with database.read() as session:
        results = round_results(session, "r1")
        told = {rate.key: rate for rate in rates_of(results.definition)}
        assert list(told) == [
            *("timeliness/l", "timeliness/o", "timeliness/e", "apology/y"),
            *("filing/c", "filing/o", "filing/p"),
        ]
        figures = rate_figures(session, results, limited=False)

        def index(agency: str, key: str) -> float:
            figure = find(figures, agency, told[key])
            assert figure is not None
            return figure.index

        late = {"so-tu-phap": 100 * 12 / 60, "so-dat-dai": 100 * 4 / 36, "trung-tam": 100 * 3 / 6}
        for agency, share in late.items():
            assert index(agency, "timeliness/l") == pytest.approx(share)
        assert index("so-dat-dai", "timeliness/e") == pytest.approx(100 * 8 / 36)  # three are not due, one is silent
        assert index("so-tu-phap", "apology/y") == pytest.approx(75)
        assert index("so-tu-phap", "filing/o") == pytest.approx(50)
        assert index("so-tu-phap", "filing/p") == 0
        # a response stands for N/n transactions of its stratum, as in an item's index: 10, 5 and 100/6
        above = 12 * 10 + 4 * 5 + 3 * 100 / 6
        below = 60 * 10 + 36 * 5 + 6 * 100 / 6
        assert index("", "timeliness/l") == pytest.approx(100 * above / below)
        whole = find(figures, "", told["timeliness/l"])
        assert whole is not None
        assert whole.n == 102
        assert whole.lo < whole.index < whole.hi


def test_an_interval_is_that_of_a_share_of_a_simple_sample(database: Database) -> None:
    """so-tu-phap is one stratum of 60 of 600, people of one day without a counter: √(p(1 − p)/(n − 1) · (1 − n/N))."""
    with database.write() as session:
        scored_round(session)
        session.flush()
        say(session)
    with database.read() as session:
        results = round_results(session, "r1")
        figures = rate_figures(session, results, limited=False)
        figure = find(figures, "so-tu-phap", rates_of(results.definition)[0])
    assert figure is not None
    assert figure.se == pytest.approx(100 * (0.2 * 0.8 / 59 * (1 - 60 / 600)) ** 0.5)


def test_a_change_of_a_rate_is_tested_without_the_correction_for_a_finite_population(database: Database) -> None:
    """Whether an office changed is asked of how it works (Cochran 1977, 2.14): √(p(1 − p)/(n − 1))."""
    with database.write() as session:
        scored_round(session)
        session.flush()
        say(session)
    with database.read() as session:
        table = rate_table(session, round_results(session, "r1"), limited=False)
    late = table[(table["agency"] == "so-tu-phap") & (table["key"] == "timeliness/l")].iloc[0]
    assert late["se_test"] == pytest.approx(100 * (0.2 * 0.8 / 59) ** 0.5)


@pytest.fixture
def site(rounds: Flask) -> Flask:
    with rounds.extensions["database"].write() as session:
        say(session)
        session.execute(sa.update(Round).where(Round.state == RoundState.OPEN).values(state=RoundState.CLOSED))
    return rounds


def test_below_evaluator_nothing_tells_of_a_handful(site: Flask) -> None:
    """Three of trung-tam and four of so-dat-dai were late, and who they are may be known there."""
    with site.extensions["database"].read() as session:
        results = round_results(session, "r1")
        figures = rate_figures(session, results, limited=True)
        late, apology = (
            next(r for r in rates_of(results.definition) if r.key == k) for k in ("timeliness/l", "apology/y")
        )
        for agency in ("so-dat-dai", "trung-tam"):
            hidden = find(figures, agency, late)
            assert hidden is not None
            assert (hidden.exists, hidden.n) == (False, None)
        hidden = find(figures, "so-tu-phap", apology)  # three were not apologised to
        assert hidden is not None
        assert not hidden.exists


def test_overview_and_agency_page_tell_them(site: Flask) -> None:
    client = site.test_client()
    sign_in(client, "evaluator")
    overview = soup(client, "/danh-gia/r1")
    row = overview.select_one("#rates-table")
    assert row is not None
    cells = [words(one) for one in overview.select('tr[data-place="so-tu-phap"] td')]
    assert cells[0].startswith("20,0")
    assert cells[3].startswith("75,0")
    page = soup(client, "/danh-gia/r1/co-quan/so-tu-phap")
    late = [words(one) for one in page.select('tr[data-rate="timeliness/l"] > *')]
    assert late[0] == "Trễ hơn ngày hẹn"
    assert late[1] == "60"
    assert late[2].startswith("20,0")
    unit = site.test_client()
    sign_in(unit, "manager")
    seen = soup(unit, "/danh-gia/r1").select("tr[data-place]")
    assert {str(one["data-place"]) for one in seen} == {"", "so-tu-phap"}


def test_a_change_is_told_with_its_interval(site: Flask) -> None:
    """Nobody of the round before was asked: there is nothing to compare with, and the page says nothing."""
    with site.extensions["database"].read() as session:
        rows = rate_rows(session, round_results(session, "r1"), "so-tu-phap", limited=False)
    assert rows[0].change != rows[0].change  # NaN
    assert not rows[0].moved


def one_more(database: Database) -> None:
    """Let somebody answer as the first did."""
    with database.write() as session:
        of_round = sa.select(Response).join(Round, Round.id == Response.round_id).where(Round.code == "r1")
        first = session.scalars(of_round.where(Response.excluded.is_(None)).limit(1)).one()
        columns = sa.inspect(Response).column_attrs.keys()
        same = {name: getattr(first, name) for name in columns if name not in ("id", "key")}
        session.add(Response(**same, key="f" * 32))


def test_rates_of_an_open_round_and_their_changes_are_of_one_moment(rounds: Flask) -> None:
    """One more response: the rates shown and those tested both wait for it, the index does not."""
    database = rounds.extensions["database"]
    with database.write() as session:
        say(session)
    with database.read() as session:
        counted = round_results(session, "r1").responses
        before = rate_rows(session, round_results(session, "r1"), "so-tu-phap", limited=False)
    one_more(database)
    with database.read() as session:
        results = round_results(session, "r1")
        after = rate_rows(session, results, "so-tu-phap", limited=False)
        age = rates_age(session, results, limited=False)
    assert results.responses == counted + 1
    assert [row.figure for row in after] == [row.figure for row in before]
    assert age is not None
    assert timedelta(0) < age < timedelta(minutes=10)


@pytest.mark.parametrize("address", ["", "/toan-tinh", "/co-quan/so-tu-phap"])
def test_pages_tell_of_when_rates_are_that_are_older(rounds: Flask, client: FlaskClient, address: str) -> None:
    """Nothing while they are of all who answered; then the instant, to the minute."""
    database = rounds.extensions["database"]
    with database.write() as session:
        say(session)
    set_clock(rounds, NOW + timedelta(seconds=50))
    sign_in(client, "evaluator")
    assert soup(client, f"/danh-gia/r1{address}").select(".as-of") == []
    one_more(database)
    set_clock(rounds, NOW + timedelta(seconds=59))
    told = {words(one) for one in soup(client, f"/danh-gia/r1{address}").select(".as-of")}
    assert told == {"Tính đến 01/03/2026 10:00; phiếu đến sau đó chưa được tính ở đây."}
