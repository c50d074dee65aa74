"""The attacks of the issue, sent to a running server by citizens' form with shifted time: each ends on the page.

Twenty-four agencies have ten honest answers a week (tests/support/stuffed_round.py); at one of them 300 forms are made
up. Nothing of it raises a flag of a single response; the place is shown, and the hardened index moves less.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask

from survey.models import Counter, CounterCode, Response, RoundState
from survey.results.compute import round_results
from survey.results.place_indices import hardened_figures
from survey.results.places import look_at_places
from survey.structure.queries.rounds import by_code
from survey.web.security import limiter
from tests.support.clock import set_clock
from tests.support.evaluation import accounts, sign_in
from tests.support.places import fill, open_place
from tests.support.reading import soup, words
from tests.support.serving import Stranger, served
from tests.support.stuffed_round import MONDAY, stuffed_round

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
PLACE, CODE = "co-quan-07", "QRQRQRQR"
FORMS = 300


def at(day: int, minute: float) -> datetime:
    return datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=ZONE) + timedelta(days=day, minutes=minute)


def workdays(first: int) -> list[int]:
    return [day for day in range(first, first + 40) if day % 7 < 5][:25]


def one_every_two_minutes() -> Iterator[datetime]:
    return (at(30, 20 * 60 + 2 * k) for k in range(FORMS))


def twelve_a_day() -> Iterator[datetime]:
    return (at(day, 7.5 * 60 + 20 + 42 * k) for day in workdays(14) for k in range(12))


def twelve_at_three() -> Iterator[datetime]:
    return (at(14 + night, 3 * 60 + 4 * k) for night in range(25) for k in range(12))


def four_every_ten_minutes() -> Iterator[datetime]:
    return (at(30, 7 * 60 + 10 * (k // 4) + 2 * (k % 4)) for k in range(FORMS))


@pytest.mark.slow(reason="300 forms are opened and sent, one after another")
@pytest.mark.parametrize(
    ("times", "level", "moved", "hardened"),
    [
        # 120 honest answers, of which 80 of 100 are satisfied, and 300 made up: (96 + 300) / 420 = 94.29
        pytest.param(one_every_two_minutes, "5", 14.29, 1.0, id="a night"),
        pytest.param(twelve_a_day, "5", 14.29, 14.29, id="25 days in office hours"),
        pytest.param(twelve_at_three, "5", 14.29, 1.0, id="25 nights"),
        pytest.param(four_every_ten_minutes, "5", 14.29, 7.1, id="a day"),
        pytest.param(twelve_a_day, "1", -57.14, 57.14, id="a rival's 25 days"),
    ],
)
def test_three_hundred_invented_answers_are_shown_and_move_less(app: Flask, times, level, moved, hardened) -> None:
    with app.extensions["database"].write() as session:
        open_place(session)
        accounts(session)
        round_ = stuffed_round(session)
        session.execute(sa.delete(Response).where(Response.key.like("co-quan-01-%"), Response.id.in_(nights(session))))
        round_.state = RoundState.OPEN
        counter = session.scalars(sa.select(Counter).join(Counter.agency).where(Counter.agency.has(code=PLACE))).one()
        session.add(CounterCode(code=CODE, counter=counter, created_at=at(-30, 0)))
    with app.extensions["database"].read() as session:
        assert look_at_places(session, round_results(session, "dem")).flagged == []
    with served(app) as base:
        citizen = Stranger(base)
        for number, moment in enumerate(times()):
            limiter.reset()  # the hours between two forms pass at once here
            set_clock(app, moment - timedelta(seconds=75 + number % 60))
            body = fill(citizen, CODE)
            body |= {name: level for name, value in body.items() if value == "4"}
            set_clock(app, moment)
            assert citizen.post(f"/K/{CODE}", data=body).status_code == 303
    with app.extensions["database"].write() as session:
        by_code(session, "dem").state = RoundState.CLOSED
    with app.extensions["database"].read() as session:
        counted = sa.select(sa.func.count()).select_from(Response).where(Response.excluded.is_(None))
        assert session.scalar(counted) == 24 * 120 + FORMS  # nothing is left out by a machine
        results = round_results(session, "dem")
        look = look_at_places(session, results)
        assert look.flagged == [PLACE]
        plain = results.table.query("agency == @PLACE and service == '' and level == 'overall'").iloc[0]["index"]
        assert plain - 80 == pytest.approx(moved, abs=0.01)
        hard = hardened_figures(session, results, look).overall(PLACE)
        assert hard is not None
        assert abs(hard.index - 80) <= hardened
        assert abs(hard.index - 80) < abs(moved)
    client = app.test_client()
    sign_in(client, "evaluator")
    page = soup(client, "/danh-gia/dem/noi-can-xem-lai")
    assert [section["aria-labelledby"] for section in page.select("section.looked-at")] == [f"noi-{PLACE}"]
    assert "Đã gia cố" in words(page.main)


def nights(session) -> list[int]:
    """The numbers of the forty answers in the nights of `co-quan-01`, which are another test's."""
    rows = session.execute(sa.select(Response.id, Response.key).where(Response.key.like("co-quan-01-%"))).all()
    return [number for number, key in rows if int(key.rsplit("-", 1)[1]) >= 120]
