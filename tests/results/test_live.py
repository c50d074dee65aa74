"""Open rounds below evaluator: released totals alone, and no two looks with one response between them."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from survey.core.db import Database
from survey.models import Agency, Response, Round
from survey.results.operations.release_responses import release_responses
from tests.support.evaluation import NOW, accounts, scored_round, sign_in
from tests.support.jobs import ask
from tests.support.reading import soup, words

DAY = NOW.date()


@pytest.fixture
def place(app: Flask) -> Flask:
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
    return app


@pytest.fixture
def manager(place: Flask, client: FlaskClient) -> FlaskClient:
    sign_in(client, "manager")
    return client


def respond(database: Database, answers: list[str], agency: str = "so-tu-phap") -> None:
    """Store responses with these ratings, padded by blanks."""
    with database.write() as session:
        round_ = session.scalars(sa.select(Round)).one()
        agency_id = session.scalars(sa.select(Agency.id).where(Agency.code == agency)).one()
        width = session.scalars(sa.select(sa.func.length(Response.answers))).first()
        count = session.scalar(sa.select(sa.func.count()).select_from(Response))
        for number, text in enumerate(answers):
            session.add(
                Response(
                    key=f"live-response-{count + number:08d}",
                    round_id=round_.id,
                    deciding_agency_id=agency_id,
                    channel="qr",
                    language="vi",
                    answers=text.ljust(width, "."),
                    submitted_at=NOW,
                )
            )


def release(database: Database, night: int = 0) -> tuple[int, int]:
    with database.write() as session:
        done = release_responses(session, DAY + timedelta(days=night))
    return done.added, done.withdrawn


def printed(client: FlaskClient) -> dict[tuple[str, ...], int]:
    """Return every number that the page's file prints: n, ratings and levels of each row."""
    reply = client.get("/danh-gia/r1/ket-qua.csv")
    rows = csv.DictReader(io.StringIO(reply.get_data().decode("utf-8-sig")))
    return {
        (row["agency"], row["service"], row["level"], row["key"], name): int(row[name])
        for row in rows
        for name in ("n", "valid", "c1", "c2", "c3", "c4", "c5")
        if row[name]
    }


def test_before_the_first_night_nothing_is_shown(manager: FlaskClient) -> None:
    page = soup(manager, "/danh-gia/r1")
    assert "Chưa thể hiện gì" in words(page.select_one("#released"))
    assert printed(manager) == {} or not any(printed(manager).values())


def test_one_more_response_changes_nothing_that_a_manager_can_print(manager: FlaskClient, place: Flask) -> None:
    """The attack: tables from before and after one response, whose 16 answers were their difference."""
    database = place.extensions["database"]
    release(database)
    before = printed(manager)
    assert before
    respond(database, ["11"])
    assert printed(manager) == before
    release(database, 1)
    after = printed(manager)
    steps = {after.get(key, 0) - before.get(key, 0) for key in before.keys() | after.keys()}
    assert all(step == 0 or step >= 5 for step in steps if step >= 0)


def test_every_other_page_of_an_open_round_shows_the_same_totals(manager: FlaskClient, place: Flask) -> None:
    release(place.extensions["database"])
    for path in ("xep-hang", "co-quan/so-tu-phap", "phan-to", "bang-nhiet", "dien-bien", "kiem-soat", "toan-tinh"):
        page = soup(manager, f"/danh-gia/r1/{path}")
        assert page.select_one("#released") is not None, path
        assert page.select("svg.chart, #province-index, section[aria-labelledby=services]") == [], path
    for path in (
        "tai-ve",
        "tai-ve/chi-so.csv",
        "xep-hang.csv",
    ):
        assert manager.get(f"/danh-gia/r1/{path}").status_code == 409, path
    for path in ("tai-ve/bang-tinh.xlsx", "tai-ve/bao-cao/so-tu-phap.pdf"):
        assert ask(manager, f"/danh-gia/r1/{path}").status_code == 409, path


def test_an_evaluator_sees_every_response_at_once(place: Flask) -> None:
    client = place.test_client()
    sign_in(client, "evaluator")
    assert soup(client, "/danh-gia/r1").select_one("#province-index") is not None


def test_a_response_that_rated_nothing_and_the_newest_of_every_item_stay_behind(database: Database) -> None:
    """By hand, two items: after 60, 40 and 7 responses of the round are released, twelve more come to one agency."""
    with database.write() as session:
        scored_round(session)
    release(database)
    with database.read() as session:
        waiting = session.scalar(sa.select(sa.func.count()).where(Response.live_since.is_(None)))
    respond(database, ["."] * 3)
    assert release(database, 1) == (0, 0)
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Response.live_since.is_(None))) == waiting + 3


def test_exclusions_leave_what_is_shown_five_at_a_time(database: Database) -> None:
    with database.write() as session:
        scored_round(session)
    release(database)
    with database.write() as session:
        agency = session.scalars(sa.select(Agency.id).where(Agency.code == "so-tu-phap")).one()
        shown = session.scalars(
            sa.select(Response.id)
            .where(Response.live_since.is_not(None), Response.deciding_agency_id == agency)
            .order_by(Response.id)
        ).all()
        session.execute(sa.update(Response).where(Response.id.in_(shown[:4])).values(excluded="test"))
    sunday = (6 - DAY.weekday()) % 7
    assert release(database, sunday)[1] == 0
    with database.write() as session:
        session.execute(sa.update(Response).where(Response.id.in_(shown[4:12])).values(excluded="test"))
    assert release(database, sunday + 3) == (0, 0)  # on other nights nothing leaves
    respond(database, ["1" * 16] * 12, "so-dat-dai")
    assert release(database, sunday + 7) == (0, 12)  # and nothing comes anywhere when something leaves
    assert release(database, sunday + 8) == (12, 0)
    with database.read() as session:
        left = session.scalar(
            sa.select(sa.func.count()).where(Response.live_since.is_not(None), Response.deciding_agency_id == agency)
        )
        assert left == len(shown) - 12
