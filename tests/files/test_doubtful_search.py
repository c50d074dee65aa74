"""Doubtful responses of a large round: looked for by the worker, kept with their age, made again when data changed."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from survey.core.file_store import remove_of_round
from survey.files.jobs import worker
from survey.files.jobs.worker import search_again
from survey.models import Job, Response, Round
from survey.results.queries import doubtful
from tests.support.clock import set_clock
from tests.support.evaluation import NOW, sign_in
from tests.support.jobs import ask, run_jobs
from tests.support.reading import soup, words

ROUND = "/danh-gia/r1"
SEARCH = "/danh-gia/r1/phieu-dang-ngo"
FOUND = "Trong 106 phiếu đã xem, có 0 phiếu cần xem lại."


@pytest.fixture
def people(people: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A round of 106 responses, which is large here."""
    for module in ("survey.results.sensitivity", "survey.results.pages.doubts"):
        monkeypatch.setattr(f"{module}.LARGE", 100)
    set_clock(people, NOW)
    return people


@pytest.fixture
def evaluator(people: Flask) -> FlaskClient:
    client = people.test_client()
    sign_in(client, "evaluator")
    return client


def told(client: FlaskClient) -> str:
    return words(soup(client, ROUND).select_one("section[aria-labelledby=doubts]"))


def searched(app: Flask, after: timedelta) -> bool:
    return search_again(app.extensions["database"], app.config["SETTINGS"], NOW + after)


def exclude_one(app: Flask) -> None:
    with app.extensions["database"].write() as session:
        session.scalars(sa.select(Response).where(Response.key == f"{1:016d}")).one().excluded = "flagged"


def kept_file(app: Flask) -> Path:
    (file,) = (Path(app.config["SETTINGS"].storage) / "searches").iterdir()
    return file


def test_the_worker_looks_and_the_page_shows_progress_and_age(
    people: Flask, evaluator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "chưa ai tìm phiếu đáng ngờ" in told(evaluator)
    page = ask(evaluator, SEARCH).location
    assert "tiếp theo" in words(soup(evaluator, page).main)
    noted: list[int] = []
    monkeypatch.setattr(worker, "advance_job", lambda _session, _number, percent: noted.append(percent))
    monkeypatch.setattr(doubtful, "CHUNK", 20)
    assert run_jobs(people) == 1
    assert noted == [18, 37, 56, 74, 93, 99]  # 20, 40, 60, 80, 100 and all 106 counted of 107
    done = soup(evaluator, page)
    link = done.select_one("main a.button")
    assert link is not None
    assert link["href"] == f"{ROUND}#doubts"
    text = told(evaluator)
    assert FOUND in text
    assert "Tìm lúc 01/03/2026 10:00. Từ đó đến nay không có gì thay đổi." in text


def test_what_runs_is_shown_in_per_cent(people: Flask, evaluator: FlaskClient) -> None:
    page = ask(evaluator, SEARCH).location
    with people.extensions["database"].write() as session:
        session.execute(sa.update(Job).values(state="running", progress=35, worker="w", beat_at=NOW))
    shown = soup(evaluator, page)
    assert "Đang tìm phiếu đáng ngờ: 35 %." in words(shown.main)
    bar = shown.select_one("progress")
    assert bar is not None
    assert bar["value"] == "35"
    assert shown.select_one("meta[http-equiv=refresh]") is not None


def test_no_page_looks_through_a_large_round(
    people: Flask, evaluator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object, **_named: object) -> None:
        raise AssertionError("the web process looked through a large round")

    monkeypatch.setattr("survey.results.sensitivity.flagged", fail)
    assert "chưa ai tìm" in told(evaluator)
    ask(evaluator, SEARCH)
    monkeypatch.undo()
    for module in ("survey.results.sensitivity", "survey.results.pages.doubts"):
        monkeypatch.setattr(f"{module}.LARGE", 100)
    run_jobs(people)
    exclude_one(people)
    monkeypatch.setattr("survey.results.sensitivity.flagged", fail)
    text = told(evaluator)  # of before, and says so
    assert FOUND in text
    assert "đã thay đổi; sau một giờ máy tự tìm lại" in text


def test_it_is_made_again_when_asked_or_once_it_is_an_hour_old_and_data_changed(
    people: Flask, evaluator: FlaskClient
) -> None:
    ask(evaluator, SEARCH)
    run_jobs(people)
    assert not searched(people, timedelta(hours=2))  # nothing changed
    exclude_one(people)
    assert not searched(people, timedelta(minutes=59))
    assert searched(people, timedelta(minutes=61))
    assert not searched(people, timedelta(hours=3))
    text = told(evaluator)
    assert "Trong 105 phiếu đã xem" in text
    assert "Tìm lúc 01/03/2026 11:01. Từ đó đến nay không có gì thay đổi." in text
    set_clock(people, NOW + timedelta(minutes=90))
    ask(evaluator, SEARCH)
    run_jobs(people)
    assert "Tìm lúc 01/03/2026 11:30." in told(evaluator)


def test_neither_the_job_nor_what_is_kept_has_anything_of_a_response(people: Flask, evaluator: FlaskClient) -> None:
    ask(evaluator, SEARCH)
    run_jobs(people)
    with people.extensions["database"].read() as session:
        assert session.scalars(sa.select(Job.parameters)).one() == {"round": "r1", "rows": 107}
        responses = session.scalars(sa.select(Response)).all()
    file = kept_file(people)
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    kept = json.loads(file.read_text("utf-8"))
    assert set(kept) == {"version", "of", "at", "found"}
    found = kept["found"]
    assert set(found) == {"responses", "flagged", "counts", "duplicate_comments", "province", "agencies"}
    numbers = {"agency", "n", "n_left", "index", "index_left", "change"}
    assert all(set(row) == numbers for row in (found["province"], *found["agencies"]))
    for response in responses:
        assert response.key not in file.read_text("utf-8")
        assert response.answers not in file.read_text("utf-8")


def test_who_may_ask_and_see(people: Flask, evaluator: FlaskClient) -> None:
    page = ask(evaluator, SEARCH).location
    run_jobs(people)
    assert evaluator.get(f"{page}/tai-ve").status_code == 404  # it stands on the page of the round
    assert ask(evaluator, "/danh-gia/r9/phieu-dang-ngo").status_code == 404
    for person, status in (("admin", 303), ("manager", 403), ("staff", 403)):
        client = people.test_client()
        sign_in(client, person)
        assert (person, ask(client, SEARCH).status_code) == (person, status)
        assert client.get(page).status_code == 404
    assert people.test_client().post(SEARCH).status_code == 400
    manager = people.test_client()
    sign_in(manager, "manager")
    assert soup(manager, ROUND).select_one("section[aria-labelledby=doubts]") is None


def test_a_small_round_is_looked_through_at_once(
    people: Flask, evaluator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("survey.results.sensitivity", "survey.results.pages.doubts"):
        monkeypatch.setattr(f"{module}.LARGE", 106)
    assert FOUND in told(evaluator)
    assert "Tìm lúc" not in told(evaluator)


def test_a_search_of_another_version_is_none(
    people: Flask, evaluator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(evaluator, SEARCH)
    run_jobs(people)
    monkeypatch.setattr("survey.results.kept_search.__version__", "another")
    assert "chưa ai tìm" in told(evaluator)
    assert not searched(people, timedelta(days=1))


def test_it_goes_with_the_raw_answers(people: Flask, evaluator: FlaskClient) -> None:
    ask(evaluator, SEARCH)
    run_jobs(people)
    file = kept_file(people)
    with people.extensions["database"].read() as session:
        number = session.scalars(sa.select(Round.id)).one()
    remove_of_round(people.config["SETTINGS"].storage, number + 1)
    assert file.exists()
    remove_of_round(people.config["SETTINGS"].storage, number)
    assert not file.exists()
