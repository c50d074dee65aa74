"""Sessions: what a copied cookie is worth, how long they last, and ending them one by one."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from survey.accounts.operations.create_user import create_user
from survey.accounts.queries.sessions import IDLE, LIFETIME
from survey.core.actor import Actor
from survey.core.tokens import hash_token
from survey.models import AuditEvent, Role, User, UserSession
from tests.support.clock import set_clock
from tests.support.evaluation import NOW, PASSWORD, post, sign_in


@pytest.fixture
def people(people: Flask) -> Flask:
    set_clock(people, NOW)
    return people


def sessions(app: Flask) -> list[UserSession]:
    with app.extensions["database"].read() as session:
        found = list(session.scalars(sa.select(UserSession).order_by(UserSession.id)))
        session.expunge_all()
        return found


def copy_of(client: FlaskClient, app: Flask) -> FlaskClient:
    """Return a client with a copy of another's cookie, as a thief has it."""
    stolen = client.get_cookie("sipas")
    assert stolen is not None
    thief = app.test_client()
    thief.set_cookie("sipas", stolen.value)
    return thief


@pytest.mark.parametrize("way", ["/dang-xuat", "/tai-khoan/dang-xuat"])
def test_a_cookie_copied_before_signing_out_leads_to_the_sign_in_page(
    people: Flask, client: FlaskClient, way: str
) -> None:
    sign_in(client, "evaluator")
    thief = copy_of(client, people)
    assert thief.get("/danh-gia").status_code == 200
    assert post(client, way, form_at="/tai-khoan").status_code == 303
    replayed = thief.get("/danh-gia")
    assert (replayed.status_code, replayed.location) == (302, "/dang-nhap?next=/danh-gia")
    assert sessions(people) == []


def test_the_database_has_the_hash_of_a_session_alone(people: Flask, client: FlaskClient) -> None:
    sign_in(client, "evaluator")
    with client.session_transaction() as cookie:
        token = cookie["session"]
    (kept,) = sessions(people)
    assert kept.token_hash == hash_token(token) != token
    assert len(token) == 43  # 256 random bits


def test_twelve_hours_without_use_end_a_session(people: Flask, client: FlaskClient) -> None:
    sign_in(client, "evaluator")
    set_clock(people, NOW + IDLE)
    assert client.get("/danh-gia").status_code == 200  # and its use is written down
    set_clock(people, NOW + 2 * IDLE - timedelta(minutes=2))
    assert client.get("/danh-gia").status_code == 200
    other = people.test_client()
    set_clock(people, NOW)
    sign_in(other, "evaluator")
    set_clock(people, NOW + IDLE + timedelta(seconds=1))
    assert other.get("/danh-gia").status_code == 302


def test_no_session_lasts_for_ever_however_much_it_is_used(people: Flask, client: FlaskClient) -> None:
    sign_in(client, "evaluator")
    for hours in range(0, 25, 6):
        set_clock(people, NOW + timedelta(hours=hours))
        assert client.get("/danh-gia").status_code == 200
    set_clock(people, NOW + LIFETIME + timedelta(seconds=1))
    assert client.get("/danh-gia").status_code == 302


def test_use_is_written_down_once_a_minute(people: Flask, client: FlaskClient) -> None:
    sign_in(client, "evaluator")
    seen = []
    for seconds in (0, 30, 59, 60, 61, 119, 120):
        set_clock(people, NOW + timedelta(seconds=seconds))
        client.get("/danh-gia")
        seen.append((sessions(people)[0].last_seen_at - NOW).total_seconds())
    assert seen == [0, 0, 0, 60, 60, 60, 120]


def test_a_read_only_database_shows_pages_all_the_same(people: Flask, client: FlaskClient) -> None:
    sign_in(client, "evaluator")
    set_clock(people, NOW + timedelta(hours=1))
    database = people.extensions["database"]

    def refuse(_work: object) -> None:
        raise sa.exc.OperationalError("UPDATE", {}, Exception("attempt to write a readonly database"))

    database.write_together = refuse
    assert client.get("/danh-gia").status_code == 200


def test_a_person_sees_their_sessions_and_ends_one(people: Flask, client: FlaskClient) -> None:
    sign_in(client, "evaluator")
    other = people.test_client()
    sign_in(other, "evaluator")
    first, second = sessions(people)
    page = client.get("/tai-khoan").get_data(as_text=True)
    assert f"/tai-khoan/phien/{second.id}/ket-thuc" in page
    assert f"/tai-khoan/phien/{first.id}/ket-thuc" not in page  # this one is left by signing out
    ended = post(client, f"/tai-khoan/phien/{second.id}/ket-thuc", form_at="/tai-khoan")
    assert ended.status_code == 303
    assert other.get("/danh-gia").status_code == 302
    assert client.get("/danh-gia").status_code == 200
    with people.extensions["database"].read() as session:
        assert session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)).all()[-1] == "user.session_ended"


def test_nobody_ends_anothers_session(people: Flask, client: FlaskClient) -> None:
    other = people.test_client()
    sign_in(other, "admin")
    (theirs,) = sessions(people)
    sign_in(client, "evaluator")
    post(client, f"/tai-khoan/phien/{theirs.id}/ket-thuc", form_at="/tai-khoan")
    assert other.get("/quan-tri/tai-khoan").status_code == 200


def test_a_new_role_and_closing_leave_no_session(people: Flask, client: FlaskClient) -> None:
    admin = people.test_client()
    sign_in(admin, "admin")
    with people.extensions["database"].read() as session:
        number = session.scalars(sa.select(User.id).where(User.username == "evaluator")).one()
    at = f"/quan-tri/tai-khoan/{number}"
    sign_in(client, "evaluator")
    post(admin, at, display_name="E", role="staff", agency="so-tu-phap")
    assert client.get("/tai-khoan").status_code == 302
    sign_in(client, "evaluator")
    post(admin, f"{at}/dong", form_at=at)
    assert client.get("/tai-khoan").status_code == 302
    assert [one.user_id for one in sessions(people)] != []
    assert number not in {one.user_id for one in sessions(people)}


def test_sessions_that_ran_out_are_deleted_at_the_next_sign_in(people: Flask, client: FlaskClient) -> None:
    sign_in(client, "evaluator")
    set_clock(people, NOW + LIFETIME + timedelta(hours=1))
    sign_in(people.test_client(), "admin")
    assert len(sessions(people)) == 1


def test_a_citizen_has_no_session(people: Flask, client: FlaskClient) -> None:
    sign_in(client, "evaluator")
    with client.session_transaction() as cookie:
        cookie["planted"] = "x"
    before = sessions(people)
    citizen = people.test_client()
    assert citizen.get("/K/K7MP2XQA").status_code == 200
    assert len(sessions(people)) == len(before)


def test_an_account_made_later_under_a_reused_number_gets_no_session(people: Flask, client: FlaskClient) -> None:
    """The token alone speaks; a number in the cookie says nothing."""
    with people.extensions["database"].write() as session:
        made = create_user(session, username="moi", password=PASSWORD, role=Role.ADMIN, actor=Actor(NOW))
        number = made.id
    with client.session_transaction() as cookie:
        cookie.update(user_id=number, epoch=0, session="x" * 43)
    assert client.get("/quan-tri/tai-khoan").status_code == 302
