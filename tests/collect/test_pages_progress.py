"""Progress: counts against targets, laggards first, what to do, and whose it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from survey.collect.progress.board import (
    Calendar,
    Known,
    Method,
    Status,
    TargetPlan,
    UnitProgress,
    by_counter,
    by_service,
)
from survey.collect.progress.sparkline import sparkline
from survey.collect.queries.progress import Count, counts, day_counts
from survey.models import Agency, Channel, Counter, Population, Response, Round, RoundState, Service
from tests.support.evaluation import accounts, sign_in
from tests.support.places import open_place

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
TODAY = date(2026, 3, 10)
#: ten days of twenty are over
CALENDAR = Calendar(date(2026, 3, 1), date(2026, 3, 20), TODAY, ZONE, 5)


def standing(responses: int, target: int | None = 100, days_ago: int = 0) -> UnitProgress:
    last = datetime(2026, 3, 10, 3, tzinfo=UTC) - timedelta(days=days_ago) if responses else None
    return UnitProgress(1, 1, None, responses, target, None if target is None else 1000, last, CALENDAR)


@pytest.mark.parametrize(
    ("responses", "days_ago", "expected"),
    [
        (0, 0, Status.NONE),
        (49, 7, Status.QUIET),
        (24, 0, Status.FAR_BEHIND),  # half of the days are over: 50 were wanted by now
        (25, 0, Status.BEHIND),
        (39, 0, Status.BEHIND),
        (40, 6, Status.ON_PACE),
        (100, 30, Status.REACHED),
    ],
)
def test_status(responses: int, days_ago: int, expected: Status) -> None:
    assert standing(responses, days_ago=days_ago).status is expected


def test_what_is_still_wanted() -> None:
    assert (standing(35).missing, standing(35).per_day) == (65, 7)  # 65 in ten days
    assert (standing(120).missing, standing(120).per_day) == (0, 0)
    assert standing(3, target=None).status is Status.NO_TARGET


def test_targets_by_both_methods() -> None:
    # 600/(1 + 600·0.0025) = 240; 1000/(1 + 1000·0.0009) = 526.3…
    assert TargetPlan().target(600) == 240
    assert TargetPlan(error=0.03).target(1000) == 527
    assert TargetPlan().target(0) == 0
    # half-width 5 points at the cautious share of one half, N = 600: 1.96² · 0.25 / 0.0025 = 384 → 234 or so of 600
    assert 230 <= TargetPlan(Method.HALF_WIDTH).target(600) <= 240
    # where counter-days doubled the variance of the round before: 768 without end, 337 or so of 600
    assert 335 <= TargetPlan(Method.HALF_WIDTH, deff=2.0).target(600) <= 340
    assert TargetPlan(Method.HALF_WIDTH, deff=0.8).target(600) == TargetPlan(Method.HALF_WIDTH).target(600)


def test_a_target_is_shared_by_the_counters_that_take_the_field() -> None:
    land, records = Service(id=1, code="dat-dai"), Service(id=2, code="ho-tich")
    department = Agency(id=7, code="so")
    first = Counter(id=1, agency_id=9, services=[land], deciding_agencies=[department])
    both = Counter(id=2, agency_id=9, services=[land, records], deciding_agencies=[department])
    found = Known(
        [
            Count(1, 7, 1, 12, datetime(2026, 3, 9, 3, tzinfo=UTC)),
            Count(None, 7, 1, 3, datetime(2026, 3, 9, tzinfo=UTC)),
        ],
        [],
        {(7, 1): 600, (7, 2): 200},  # targets 240 and 134 (200/1.5 = 133.3)
        [first, both],
        frozenset({1}),
    )
    at = {s.counter_id: s for s in by_counter(found, TargetPlan(), CALENDAR)}
    assert (at[1].target, at[1].responses, at[1].has_code, at[1].shared) == (120, 12, True, 2)
    assert (at[2].target, at[2].responses, at[2].has_code) == (120 + 134, 0, False)
    assert [(part.service_id, part.responses, part.target) for part in at[2].parts] == [(1, 0, 120), (2, 0, 134)]
    # half of the 600 transactions is this counter's share: 12 of 300
    assert (at[1].transactions, at[1].rate) == (300, 4.0)
    cells = {(s.agency_id, s.service_id): s for s in by_service(found, TargetPlan(), CALENDAR)}
    assert (cells[7, 1].responses, cells[7, 1].target, cells[7, 1].rate) == (15, 240, 2.5)
    assert cells[7, 2].status is Status.NONE


def test_days_are_not_shown_below_the_minimum() -> None:
    assert standing(4).trend is None
    assert standing(5).trend is not None


def test_the_drawing_holds_the_days() -> None:
    drawn = sparkline({date(2026, 3, 1): 2, date(2026, 3, 4): 4}, date(2026, 3, 1), date(2026, 3, 4))
    assert (drawn.total, drawn.top, len(drawn.bars)) == (6, 4, 2)
    (x, y, width, height), (x2, y2, _, height2) = drawn.bars
    assert (x, width, x2) == (0, 34, 105)
    assert (y2, height2, height, y) == (2, 24, 12, 14)


def test_counts_and_local_days(database) -> None:
    with database.write() as session:
        open_place(session)
        session.flush()
        round_ = session.scalars(sa.select(Round)).one()
        agency = session.scalars(sa.select(Agency.id).where(Agency.code == "so-tu-phap")).one()
        service = session.scalars(sa.select(Service.id).where(Service.code == "ho-tich")).one()
        counter = session.scalars(sa.select(Counter.id).where(Counter.code == "Q2")).one()
        # 16:59 UTC is 23:59 of the same local day, 17:00 is midnight of the next
        hours = [(9, 16, 59, None), (9, 17, 0, None), (10, 2, 0, None), (10, 3, 0, "honeypot"), (11, 17, 0, None)]
        for k, (day, hour, minute, excluded) in enumerate(hours):
            session.add(
                Response(
                    key=f"{k:016d}",
                    round_id=round_.id,
                    counter_id=counter,
                    deciding_agency_id=agency,
                    service_id=service,
                    channel=Channel.QR,
                    language="vi",
                    answers="4" * 24,
                    submitted_at=datetime(2026, 3, day, hour, minute, tzinfo=UTC),
                    excluded=excluded,
                )
            )
    with database.read() as session:
        round_ = session.scalars(sa.select(Round)).one()
        (found,) = counts(session, round_.id)
        assert (found.counter_id, found.agency_id, found.service_id, found.responses) == (counter, agency, service, 4)
        assert found.last == datetime(2026, 3, 11, 17, tzinfo=UTC)
        days = day_counts(session, round_, date(2026, 3, 9), date(2026, 3, 10))
        assert {one.day: one.responses for one in days} == {date(2026, 3, 9): 1, date(2026, 3, 10): 2}


def shown(client, address: str = "/tien-do") -> str:
    return BeautifulSoup(client.get(address).text, "html.parser").find("main").get_text(" ", strip=True)


def test_the_page_shows_counts_against_targets(people) -> None:
    client = people.test_client()
    sign_in(client, "evaluator")
    text = shown(client)
    # so-tu-phap: 60 responses of 600 transactions, target 240
    assert "60 / 240" in text
    assert "10,0 %" in text
    assert "40 / 134" in text
    assert "dùng điện thoại quét thử" in text or "tờ áp phích" in text
    assert "/ 384" not in text
    other = shown(client, "/tien-do?dot=r1&cach=half-width&e=10")
    assert "60 / 240" not in other
    assert client.get("/tien-do?dot=khong-co").status_code == 404
    assert shown(client, "/tien-do?e=khong").startswith("Tiến độ")


@pytest.mark.parametrize("role", ["staff", "manager"])
def test_a_unit_sees_itself_only(people, role) -> None:
    client = people.test_client()
    sign_in(client, role)
    text = shown(client)
    assert "Sở Tư pháp" in text
    assert "Sở Nông nghiệp" not in text
    assert "Quầy số 1" not in text


@pytest.mark.parametrize("state", [RoundState.OPEN, RoundState.CLOSED])
def test_counts_of_a_unit_move_by_whole_blocks_whether_the_round_is_open_or_closed(people, state) -> None:
    """The attack: after the close the page gave the exact number of respondents of services that the results hide."""
    database = people.extensions["database"]
    with database.write() as session:
        round_ = session.scalars(sa.select(Round)).one()
        mine = session.scalars(sa.select(Response.id).order_by(Response.id)).first()
        gone = session.get_one(Response, mine)
        gone.excluded, round_.state = "test", state
        agency = session.get_one(Agency, gone.deciding_agency_id).code
    assert agency == "so-tu-phap"
    client = people.test_client()
    sign_in(client, "manager")
    text = shown(client)
    assert "55 / 240" in text
    assert "59" not in text
    assert "bội số của 5" in text


def test_no_round_yet(app) -> None:
    with app.extensions["database"].write() as session:
        open_place(session)
        session.flush()
        session.execute(sa.delete(Population))
        session.execute(sa.delete(Round))
        accounts(session)
    client = app.test_client()
    sign_in(client, "admin")
    assert "Chưa có đợt khảo sát nào" in shown(client)


def test_what_was_counted_is_cached_until_a_response_comes_or_goes(people) -> None:
    """At a million responses both counts are scans; a stamp tells whether they still hold."""
    database, scans = people.extensions["database"], []

    @sa.event.listens_for(database.engine, "before_cursor_execute")
    def _note(_connection, _cursor, statement, *_more) -> None:
        if "GROUP BY response.counter_id" in statement:
            scans.append(statement)

    client = people.test_client()
    sign_in(client, "evaluator")

    first = shown(client)
    assert (len(scans), shown(client) == first, len(scans)) == (2, True, 2)
    with database.write() as session:
        one = session.scalars(sa.select(Response).where(Response.excluded.is_(None))).first()
        one.excluded = "burst"
        session.flush()
    assert shown(client) != first
    assert len(scans) == 4
