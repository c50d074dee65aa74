"""Files in the background: one at a time per person, for its owner and an hour, made once where published."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.core.actor import Actor
from survey.core.db import Database
from survey.files.jobs import kinds
from survey.files.jobs.worker import run_next, tidy
from survey.models import Job, JobState, User
from survey.web.operations.jobs import beat, claim_job, enqueue_job, fail_jobs_of
from tests.support.clock import set_clock
from tests.support.evaluation import NOW, accounts, close_rounds, publish_scored, scored_round, sign_in
from tests.support.jobs import WORKER, ask, file_of, make_file, run_jobs

BOOK = "/danh-gia/r1/tai-ve/bang-tinh.xlsx"
PROVINCE = "/danh-gia/r1/tai-ve/bao-cao-toan-tinh.pdf"


@pytest.fixture
def people(people: Flask) -> Flask:
    set_clock(people, NOW)
    close_rounds(people)
    return people


@pytest.fixture
def evaluator(people: Flask) -> FlaskClient:
    client = people.test_client()
    sign_in(client, "evaluator")
    return client


def shown(client: FlaskClient, page: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(page).get_data(as_text=True), "html.parser")


def states(app: Flask) -> list[JobState]:
    with app.extensions["database"].read() as session:
        return list(session.scalars(sa.select(Job.state).order_by(Job.id)))


def test_a_file_waits_is_made_and_is_there_for_an_hour(people: Flask, evaluator: FlaskClient) -> None:
    page = ask(evaluator, BOOK).location
    waiting = shown(evaluator, page)
    assert waiting.select_one("meta[http-equiv=refresh]") is not None
    assert "tiếp theo" in waiting.get_text()
    assert run_jobs(people) == 1
    done = shown(evaluator, page)
    assert done.select_one("meta[http-equiv=refresh]") is None
    reply = file_of(evaluator, page)
    assert (reply.status_code, reply.data[:2]) == (200, b"PK")
    assert reply.headers["Cache-Control"] == "no-store"
    (file,) = (Path(people.config["SETTINGS"].storage) / "jobs").iterdir()
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    set_clock(people, NOW + timedelta(minutes=61))
    assert evaluator.get(f"{page}/tai-ve").status_code == 404
    tidy(people.extensions["database"], people.config["SETTINGS"], NOW + timedelta(minutes=61))
    assert (file.exists(), states(people)) == (False, [])


def test_nobody_else_sees_it(people: Flask, evaluator: FlaskClient) -> None:
    page = ask(evaluator, BOOK).location
    run_jobs(people)
    other = people.test_client()
    sign_in(other, "admin")
    assert (other.get(page).status_code, other.get(f"{page}/tai-ve").status_code) == (404, 404)


def test_one_file_at_a_time(people: Flask, evaluator: FlaskClient) -> None:
    first = ask(evaluator, BOOK).location
    for _ in range(7):
        assert ask(evaluator, PROVINCE).location == first
    assert states(people) == [JobState.WAITING]
    assert "Mỗi lần một tệp" in shown(evaluator, first).get_text()
    other = people.test_client()
    sign_in(other, "admin")
    second = ask(other, BOOK).location
    assert second != first
    assert "1 tệp khác" in shown(other, second).get_text()


def test_asking_is_a_post_with_a_token(people: Flask, evaluator: FlaskClient) -> None:
    assert evaluator.get(BOOK).status_code == 405
    assert evaluator.head(BOOK).status_code == 405
    assert evaluator.post(BOOK).status_code == 400
    assert states(people) == []


def test_what_may_not_be_had_any_more_is_not_made(people: Flask, evaluator: FlaskClient) -> None:
    page = ask(evaluator, "/danh-gia/r1/tai-ve/vi-mo.zip").location
    with people.extensions["database"].write() as session:
        session.scalars(sa.select(User).where(User.username == "evaluator")).one().active = False
    run_jobs(people)
    assert states(people) == [JobState.FAILED]
    with people.extensions["database"].write() as session:
        session.scalars(sa.select(User).where(User.username == "evaluator")).one().active = True
    again = people.test_client()
    sign_in(again, "evaluator")
    assert "không còn được nhận tệp này" in shown(again, page).get_text()


def test_a_defect_is_told_and_the_next_job_goes_on(
    people: Flask, evaluator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ask(evaluator, BOOK).location

    def fail(_work: kinds.Work, path: Path) -> None:
        path.write_bytes(b"half")
        raise ZeroDivisionError

    monkeypatch.setitem(kinds.KINDS, "workbook", kinds.Kind(kinds.RESULT_READERS, fail))
    with pytest.raises(ZeroDivisionError):
        run_jobs(people)
    assert "nhật ký" in shown(evaluator, page).get_text()
    assert list((people.config["SETTINGS"].storage / "jobs").iterdir()) == []
    monkeypatch.undo()
    assert make_file(people, evaluator, BOOK).status_code == 200


def test_a_file_of_a_published_edition_is_made_once(app: Flask) -> None:
    people, evaluator = app, app.test_client()
    set_clock(people, NOW + timedelta(hours=2))
    with people.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
        publish_scored(session)
    sign_in(evaluator, "evaluator")
    first = make_file(people, evaluator, PROVINCE)
    (kept,) = (people.config["SETTINGS"].storage / "published").iterdir()
    page = ask(evaluator, PROVINCE).location
    assert run_jobs(people) == 0  # it is there at once
    assert file_of(evaluator, page).data == first.data
    tidy(people.extensions["database"], people.config["SETTINGS"], NOW + timedelta(hours=4))
    assert kept.exists()


def test_two_workers_take_no_job_twice_and_a_lost_one_is_told(database: Database) -> None:
    with database.write() as session:
        scored_round(session)
        accounts(session)
        people = session.scalars(sa.select(User.id).order_by(User.id)).all()[:2]
        for user_id in people:
            enqueue_job(session, "workbook", {"round": "r1"}, name="a.xlsx", actor=Actor(NOW, user_id))
    taken = []
    for worker in ("a", "b", "c"):
        with database.write() as session:
            job = claim_job(session, worker, NOW)
            taken.append(job.user_id if job else None)
    assert taken == [*people, None]
    with database.write() as session:
        beat(session, "b", NOW + timedelta(minutes=5))
        fail_jobs_of(session, "a", NOW)
    with database.read() as session:
        assert list(session.scalars(sa.select(Job.state).order_by(Job.id))) == [JobState.FAILED, JobState.RUNNING]


def test_a_worker_that_is_not_heard_of_is_given_up(people: Flask, evaluator: FlaskClient) -> None:
    page = ask(evaluator, BOOK).location
    database, settings = people.extensions["database"], people.config["SETTINGS"]
    with database.write() as session:
        claim_job(session, "gone", NOW)
    tidy(database, settings, NOW + timedelta(minutes=1))
    assert states(people) == [JobState.RUNNING]
    tidy(database, settings, NOW + timedelta(minutes=3))
    assert states(people) == [JobState.FAILED]
    assert "hãy yêu cầu lại" in shown(evaluator, page).get_text()


def test_nothing_waits_means_nothing_is_done(people: Flask) -> None:
    assert (
        run_next(people.extensions["database"], people.config["SETTINGS"], people.extensions["clock"], WORKER) is False
    )
