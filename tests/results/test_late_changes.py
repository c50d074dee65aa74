"""Closed rounds: one late file, one taken back, one left out: no number that units print moves by a few."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import orm

from survey.accounts.queries import users
from survey.core.actor import Actor
from survey.core.db import Database
from survey.models import Agency, Response, Round, RoundState, Service, User
from survey.results.compute import round_results
from survey.results.operations.release_responses import release_responses
from survey.results.operations.settle_closed import settle_closed
from survey.structure.operations.close_round import close_round
from survey.structure.queries.counted import held_back
from tests.support.evaluation import NOW, accounts, publish_scored, scored_round, sign_in
from tests.support.jobs import make_file
from tests.support.reading import soup, words

AGENCY = "/co-quan/so-tu-phap"
PAGES = (
    *("", "/xep-hang", "/toan-tinh", "/bang-nhiet", "/dien-bien", "/phan-to", "/phan-to?theo=kenh", "/kiem-soat"),
    *("/tai-ve", "/phan-to?theo=quay&co-quan=so-tu-phap", AGENCY, f"{AGENCY}/manh-yeu"),
    *(f"{AGENCY}/kiem-soat", f"{AGENCY}/kiem-soat?ky=thang"),
)
FILES = (
    *("ket-qua.csv", "ket-qua.csv?bang=day-du", "xep-hang.csv", "muc-mong-doi.csv", "tai-ve/chi-so.csv"),
    *("tai-ve/thay-doi.csv", "tai-ve/khoang-thu-hang.csv", "co-quan/so-tu-phap/kiem-soat.csv"),
)
Change = Callable[[orm.Session], object]


@pytest.fixture
def closed(app: Flask) -> Flask:
    """A closed round whose unit roles have seen its final figures."""
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
        close_round(session, session.scalars(sa.select(Round)).one(), actor=Actor(NOW))
    return app


@pytest.fixture
def manager(closed: Flask, client: FlaskClient) -> FlaskClient:
    sign_in(client, "manager")
    return client


def everything(client: FlaskClient) -> dict[str, str]:
    """Return the words of every page and the text of every file of the round that a manager may open."""
    seen = {path: words(soup(client, f"/danh-gia/r1{path}").select_one("main")) for path in PAGES}
    for path in FILES:
        reply = client.get(f"/danh-gia/r1/{path}")
        assert reply.status_code == 200, path
        seen[path] = reply.get_data(as_text=True)
    return seen


def numbers(client: FlaskClient) -> dict[tuple[str, ...], int]:
    """Return every count of the full table."""
    text = client.get("/danh-gia/r1/ket-qua.csv?bang=day-du").get_data(as_text=True)
    return {
        (row["agency"], row["service"], row["level"], row["key"], name): int(row[name])
        for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
        for name in ("n", "valid", "c1", "c2", "c3", "c4", "c5")
        if row[name]
    }


def come(session: orm.Session, answers: list[str], channel: str = "qr") -> None:
    """Store responses that count, to so-tu-phap's ho-tich."""
    round_ = session.scalars(sa.select(Round).where(Round.code == "r1")).one()
    agency = session.scalars(sa.select(Agency.id).where(Agency.code == "so-tu-phap")).one()
    service = session.scalars(sa.select(Service.id).where(Service.code == "ho-tich")).one()
    known = session.scalar(sa.select(sa.func.count()).select_from(Response)) or 0
    for number, text in enumerate(answers):
        session.add(
            Response(
                key=f"late-response-{known + number:08d}",
                round_id=round_.id,
                deciding_agency_id=agency,
                service_id=service,
                channel=channel,
                language="vi",
                answers=text.ljust(len(round_.version.slots), "."),
                submitted_at=NOW,
            )
        )


def leave(session: orm.Session, count: int) -> None:
    """Leave out the first responses of so-tu-phap."""
    agency = session.scalars(sa.select(Agency.id).where(Agency.code == "so-tu-phap")).one()
    counting = sa.select(Response.id).where(Response.deciding_agency_id == agency, Response.excluded.is_(None))
    ids = session.scalars(counting.order_by(Response.id).limit(count)).all()
    session.execute(sa.update(Response).where(Response.id.in_(ids)).values(excluded="import_undone"))


def count_again(session: orm.Session) -> None:
    session.execute(sa.update(Response).where(Response.excluded.is_not(None)).values(excluded=None))


def correct(session: orm.Session) -> None:
    leave(session, 1)
    come(session, ["1234512345123451"])


CHANGES: dict[str, Change] = {
    "one of a late file": lambda session: come(session, ["1234512345123451"]),
    "one taken back": lambda session: leave(session, 1),
    "one that counts again": count_again,
    "one corrected": correct,
    "four of a late file": lambda session: come(session, ["1111222233334444"] * 4),
}


@pytest.mark.slow(reason="opens every page and file three times for each of five changes")
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_late_change_of_few_moves_nothing_that_a_unit_can_print(
    closed: Flask, manager: FlaskClient, change: Change
) -> None:
    """The attack: all pages and files of before and after one late response, whose 16 answers were their difference."""
    database: Database = closed.extensions["database"]
    evaluator = closed.test_client()
    sign_in(evaluator, "evaluator")
    before, all_before = everything(manager), numbers(evaluator)
    with database.write() as session:
        change(session)
    with database.write() as session:
        assert settle_closed(session) == 0  # no night lets it out
    assert everything(manager) == before
    assert numbers(evaluator) != all_before  # evaluators have it at once
    assert everything(manager) == before  # also after what evaluators computed was cached


def cells(app: Flask, client: FlaskClient) -> list[tuple[object, ...]]:
    """Return every cell of the workbook but the moment at which it was made."""
    reply = make_file(app, client, "/danh-gia/r1/tai-ve/bang-tinh.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(reply.get_data()))
    return [row for sheet in book for row in sheet.iter_rows(values_only=True) if row[0] != "made_at"]


def test_a_late_change_of_few_moves_nothing_in_the_workbook(closed: Flask, manager: FlaskClient) -> None:
    before = cells(closed, manager)
    with closed.extensions["database"].write() as session:
        correct(session)
    assert cells(closed, manager) == before


def test_many_equal_responses_move_all_numbers_by_many_or_none(closed: Flask, manager: FlaskClient) -> None:
    """Seven came by one channel, of one service, without words about themselves: the night lets all of them in."""
    database: Database = closed.extensions["database"]
    before = numbers(manager)
    with database.write() as session:
        come(session, ["1" * 16] * 7)
        assert held_back(session, round_id(session)) == (7, 0)
    with database.write() as session:
        assert settle_closed(session) == 1
        assert held_back(session, round_id(session)) == (0, 0)
    after = numbers(manager)
    # elements and the whole add up items
    assert {after[key] - count for key, count in before.items()} == {
        0,
        7,
        3 * 7,
        4 * 7,
        16 * 7,
    }
    assert after["so-tu-phap", "", "overall", "all", "n"] == 67


@pytest.mark.parametrize(
    "late",
    [
        [("1" * 16, "qr")] * 5 + [("1" * 16, "paper")] * 2,
        [("1" * 16, "qr")] * 5 + [("1" * 15 + ".", "qr")] * 5 + [("." * 15 + "1", "qr")] * 4 + [("1" * 17, "qr")],
    ],
    ids=["two by another channel", "one who answered a further question"],
)
def test_many_of_whom_few_share_a_cell_wait(closed: Flask, late: list[tuple[str, str]]) -> None:
    database: Database = closed.extensions["database"]
    with database.write() as session:
        for answers, channel in late:
            come(session, [answers], channel)
    with database.write() as session:
        assert settle_closed(session) == 0


def test_many_that_go_while_others_come_wait(closed: Flask) -> None:
    with closed.extensions["database"].write() as session:
        leave(session, 12)
        come(session, ["5" * 16] * 12)
        assert settle_closed(session) == 0


def test_an_edition_shows_late_changes_to_everyone(closed: Flask, manager: FlaskClient) -> None:
    database: Database = closed.extensions["database"]
    with database.write() as session:
        come(session, ["1" * 16] * 12)
    assert numbers(manager)["so-tu-phap", "", "overall", "all", "n"] == 60
    with database.write() as session:
        publish_scored(session)
    assert numbers(manager)["so-tu-phap", "", "overall", "all", "n"] == 72


def test_what_was_seen_before_a_round_was_opened_again_stays_the_base_of_what_is_seen(closed: Flask) -> None:
    """Opened again, one more comes, closed again: the first night releases what was seen, and that one waits."""
    database: Database = closed.extensions["database"]
    with database.write() as session:
        round_ = session.scalars(sa.select(Round)).one()
        round_.state = RoundState.OPEN
        come(session, ["1" * 16])
        release_responses(session, NOW.date())
        live = session.scalar(sa.select(sa.func.count()).where(Response.live_since.is_not(None)))
        assert live == 106
        close_round(session, round_, actor=Actor(NOW + timedelta(days=1)))
    with database.read() as session:
        assert held_back(session, round_id(session)) == (1, 0)


def test_a_session_that_read_all_is_refused_to_a_unit(closed: Flask) -> None:
    with closed.extensions["database"].read() as session:
        round_results(session, "r1")
        head = session.scalars(sa.select(User).where(User.username == "manager")).one()
        with pytest.raises(RuntimeError, match="before it was said for whom"):
            users.visible_agencies(session, head)


def round_id(session: orm.Session) -> int:
    return session.scalars(sa.select(Round.id)).one()
