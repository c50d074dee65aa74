"""Guessing: names, passwords and codes are slowed wherever they are tried, and grave steps ask who it is once more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from survey.accounts import attempts
from survey.accounts.attempts import FREE_BY_ADDRESS, FREE_BY_NAME, MAX_WAIT
from survey.accounts.operations.rate_counts import KEPT
from survey.accounts.verification import RECENT
from survey.models import AuditEvent, RateCount, Role, User
from survey.web import security
from survey.web.security import WIDER
from tests.support.clock import set_clock
from tests.support.evaluation import NOW, PASSWORD, post, sign_in, token

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
NEW = "bon tu khong lien quan"


@pytest.fixture
def people(people: Flask) -> Flask:
    set_clock(people, NOW)
    return people


def later(app: Flask, seconds: float) -> None:
    instant = app.extensions["clock"]() + timedelta(seconds=seconds)
    set_clock(app, instant)


def tried_from(app: Flask, address: str, name: str, typed: str = "wrong") -> TestResponse:
    """Try to sign in from an address, with a browser that nobody knows."""
    client = app.test_client()
    page = client.get("/dang-nhap").get_data(as_text=True)
    form = {"csrf_token": token(page), "username": name, "password": typed}
    return client.post("/dang-nhap", data=form, environ_base={"REMOTE_ADDR": address})


def test_failures_slow_down_and_never_lock(people: Flask, client: FlaskClient) -> None:
    for _ in range(FREE_BY_NAME):
        assert sign_in(client, "evaluator", "wrong").status_code == 422
    slowed = sign_in(client, "evaluator")
    assert slowed.status_code == 429
    assert f"Xin chờ {slowed.headers['Retry-After']} giây" in slowed.get_data(as_text=True)
    assert sign_in(people.test_client(), "admin").status_code == 303
    later(people, MAX_WAIT)
    assert sign_in(client, "evaluator").status_code == 303


def test_the_wait_doubles_up_to_its_limit_and_is_forgotten(people: Flask) -> None:
    waits = []
    with people.test_request_context("/dang-nhap"):
        for _ in range(12):
            attempts.record_failure("name:a", "user.sign_in_failed", "a")
            said = attempts.wait_message("name:a")
            waits.append(int("".join(filter(str.isdigit, said)) or 0))
        assert waits == [0, 0, 0, 0, 3, 5, 9, 17, 31, 31, 31, 31]  # whole seconds, rounded up
        assert attempts.wait_message("name:b") == ""
        later(people, KEPT.total_seconds() + 1)
        attempts.record_failure("name:b", "user.sign_in_failed", "a")
        assert attempts.wait_message("name:a") == ""
        with people.extensions["database"].read() as session:
            assert sorted(session.scalars(sa.select(RateCount.count))) == [0, 1]  # what has ended is gone


def test_names_that_are_tried_are_not_stored(people: Flask) -> None:
    """People type their password into the wrong field."""
    sign_in(people.test_client(), "mat khau cua toi", "x")
    with people.extensions["database"].read() as session:
        assert {len(key) for key in session.scalars(sa.select(RateCount.key_hash))} == {64}


def test_two_servers_on_one_database_count_a_name_together(people: Flask) -> None:
    other = create_app(people.config["SETTINGS"])
    set_clock(other, NOW)
    for number in range(FREE_BY_NAME):
        assert sign_in((people, other)[number % 2].test_client(), "evaluator", "wrong").status_code == 422
    for server in (people, other):
        assert sign_in(server.test_client(), "evaluator").status_code == 429
    other.extensions["database"].dispose()


def test_one_address_that_tries_many_names_is_slowed(people: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "FREE_BY_ADDRESS", 3)
    for k in range(3):
        assert tried_from(people, "203.0.113.1", f"nobody{k}").status_code == 422
    assert tried_from(people, "203.0.113.1", "admin", PASSWORD).status_code == 429
    assert tried_from(people, "198.51.100.7", "admin", PASSWORD).status_code == 303
    assert FREE_BY_ADDRESS >= 30  # a whole office behind one connection


def test_a_line_of_ipv6_has_one_limit(people: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attack of the issue: 2^64 addresses of one line, each with a limit of its own."""
    monkeypatch.setattr(attempts, "FREE_BY_ADDRESS", 3)
    for k in range(3):
        assert tried_from(people, f"2001:db8:1:2::{k}", f"nobody{k}").status_code == 422
    assert tried_from(people, "2001:db8:1:2:ffff::9", "admin", PASSWORD).status_code == 429
    assert tried_from(people, "2001:db8:1:3::9", "admin", PASSWORD).status_code == 303


def test_a_site_of_ipv6_has_a_wider_one(people: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "FREE_BY_ADDRESS", 2)
    for k in range(2 * WIDER):
        assert tried_from(people, f"2001:db8:1:{k:x}::1", f"nobody{k}").status_code == 422
    assert tried_from(people, "2001:db8:1:ffff::9", "admin", PASSWORD).status_code == 429
    assert tried_from(people, "2001:db8:2::9", "admin", PASSWORD).status_code == 303


def test_a_stranger_who_tries_a_name_keeps_nobody_out(people: Flask, client: FlaskClient) -> None:
    """A browser that signed in before passes what others tried; its own guesses are slowed too."""
    sign_in(client, "admin")
    post(client, "/dang-xuat", form_at="/tai-khoan")
    for k in range(2 * FREE_BY_NAME):
        tried_from(people, f"198.51.100.{k}", "admin")
    assert tried_from(people, "198.51.100.99", "admin", PASSWORD).status_code == 429
    assert sign_in(client, "admin").status_code == 303
    post(client, "/dang-xuat", form_at="/tai-khoan")
    for _ in range(FREE_BY_NAME):
        assert sign_in(client, "admin", "wrong").status_code == 422
    assert sign_in(client, "admin").status_code == 429


@pytest.mark.parametrize("forged", ["", "x", "eyJhIjoiYiJ9.aaaa.bbbb"])
def test_a_forged_device_is_a_stranger(people: Flask, client: FlaskClient, forged: str) -> None:
    for _ in range(FREE_BY_NAME):
        tried_from(people, "198.51.100.1", "admin")
    client.set_cookie("sipas_device", forged, path="/dang-nhap")
    assert sign_in(client, "admin").status_code == 429


def test_a_device_is_known_for_the_names_that_signed_in_from_it_alone(people: Flask, client: FlaskClient) -> None:
    sign_in(client, "evaluator")
    post(client, "/dang-xuat", form_at="/tai-khoan")
    for _ in range(FREE_BY_NAME):
        tried_from(people, "198.51.100.1", "admin")
    assert sign_in(client, "admin").status_code == 429


def test_the_cookie_of_a_device_is_the_sign_in_pages_alone(people: Flask, client: FlaskClient) -> None:
    cookies = sign_in(client, "admin").headers.getlist("Set-Cookie")
    (device,) = [cookie for cookie in cookies if cookie.startswith("sipas_device=")]
    assert {"HttpOnly", "Path=/dang-nhap", "SameSite=Strict"} <= set(device.split("; "))
    assert "admin" not in device


@pytest.mark.parametrize(
    ("at", "form_at", "fields"),
    [
        ("/tai-khoan/mat-khau", "/tai-khoan/mat-khau", {"current": "wrong", "new": NEW, "again": NEW}),
        ("/tai-khoan/ma/tat", "/tai-khoan/ma", {"password": "wrong"}),
    ],
)
def test_the_current_password_cannot_be_guessed_from_within(
    people: Flask, client: FlaskClient, at: str, form_at: str, fields: dict[str, str]
) -> None:
    """The attack of the issue: sixty tries in twenty seconds at an open screen."""
    if "ma" in at.split("/"):
        with people.extensions["database"].write() as session:
            session.execute(sa.update(User).where(User.username == "admin").values(totp_secret=SECRET))
    sign_in(client, "admin")
    if "ma" in at.split("/"):
        post(client, "/dang-nhap/ma", code=pyotp.TOTP(SECRET).at(NOW))
    statuses = [post(client, at, form_at=form_at, **fields).status_code for _ in range(10)]
    assert statuses == [422] * FREE_BY_NAME + [429] * 5
    assert sign_in(people.test_client(), "admin").status_code == 303  # another count than the sign-in page's


def asked(reply: TestResponse) -> dict[str, Any]:
    """The fields of the page that asks for the password, as a browser would send them."""
    assert reply.status_code in {403, 422, 429}
    form = BeautifulSoup(reply.data, "html.parser").find("main").find("form")
    return {field["name"]: field.get("value", "") for field in form.find_all("input")}


GRAVE = {
    "admin.create": "invitations",
    "admin.change": "roles",
    "admin.invite_again": "invitations",
    "own_staff.add": "invitations",
    "own_staff.invite_again": "invitations",
    "own_staff.reopen": "roles",
    "people.confirm": "invitations",
    "people.invite_expired": "invitations",
    "admin.reopen": "roles",
    "admin.drop_second_factor": "second factor of others",
    "api_clients.create": "tokens",
    "staff.issue": "codes of receipts",
    "staff.prepare": "tablets of interviewers",
    "passkeys.add": "second factor",
    "passkeys.remove": "second factor",
    "imports.undo": "exclusions",
    "evaluator.ask_for_exclusion": "exclusions",
    "evidence.agree": "exclusions",
    "evidence.disagree": "exclusions",
    "evidence.reverse": "exclusions",
    "evidence.ask_to_reverse": "exclusions",
    "evidence.keep": "exclusions",
    "evidence.release": "what counts",
    "evidence.refuse": "what counts",
}


def test_the_grave_steps_ask_who_it_is_once_more(people: Flask) -> None:
    guarded = {name for name, view in people.view_functions.items() if getattr(view, "verified_recently", False)}
    assert guarded == set(GRAVE)


def test_a_found_screen_gives_nobody_a_role(people: Flask, client: FlaskClient) -> None:
    with people.extensions["database"].read() as session:
        number = session.scalars(sa.select(User.id).where(User.username == "staff")).one()
    at = f"/quan-tri/tai-khoan/{number}"
    sign_in(client, "admin")
    later(people, RECENT.total_seconds() + 1)
    reply = post(client, at, display_name="Lường Thị Mai", role="manager", agency="so-tu-phap")
    assert reply.status_code == 403
    fields = asked(reply)
    assert client.post(at, data={**fields, "verification": ""}).status_code == 422
    wrong = client.post(at, data={**fields, "verification": "wrong"})
    assert wrong.status_code == 422
    assert role(people) is Role.STAFF
    right = client.post(at, data={**asked(wrong), "verification": PASSWORD})
    assert right.status_code == 303
    assert role(people) is Role.MANAGER  # what was typed went along
    assert post(client, at, display_name="L", role="staff", agency="so-tu-phap").status_code == 303  # for ten minutes


def test_the_password_asked_for_cannot_be_guessed_either(people: Flask, client: FlaskClient) -> None:
    sign_in(client, "admin")
    later(people, RECENT.total_seconds() + 1)
    fields = asked(post(client, "/quan-tri/api", name="Máy", scope="results"))
    fields["verification"] = "wrong"
    statuses = [client.post("/quan-tri/api", data=fields).status_code for _ in range(FREE_BY_NAME + 1)]
    assert statuses == [422] * FREE_BY_NAME + [429]


def role(app: Flask) -> Role:
    with app.extensions["database"].read() as session:
        return Role(session.scalars(sa.select(User.role).where(User.username == "staff")).one())


def test_counts_that_cannot_be_reached_refuse_nobody(people: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis that is gone: an answer is worth more than the limit, and so is a person who signs in."""
    from limits.errors import StorageError

    def gone(*_args: object, **_options: object) -> int:
        raise StorageError(ConnectionError("redis"))

    for name in ("incr", "get", "get_expiry", "clear"):
        monkeypatch.setattr(security.limiter.storage, name, gone)
    assert sign_in(people.test_client(), "admin", "wrong").status_code == 422
    assert sign_in(people.test_client(), "admin").status_code == 303


def failures(app: Flask) -> list[tuple[str, str, int]]:
    with app.extensions["database"].read() as session:
        found = session.scalars(
            sa.select(AuditEvent).where(AuditEvent.action.contains("_failed")).order_by(AuditEvent.id)
        )
        return [(event.action, event.subject, (event.after or {})["count"]) for event in found]


def test_failures_reach_the_audit_log_as_one_line_a_minute(people: Flask) -> None:
    for seconds in (0, 1, 2, 58):
        set_clock(people, NOW + timedelta(seconds=seconds))
        tried_from(people, "203.0.113.1", "evaluator")
    tried_from(people, "203.0.113.1", "mat khau cua toi")
    assert failures(people) == [("user.sign_in_failed", "user:evaluator", 1), ("user.sign_in_failed", "user:?", 1)]
    set_clock(people, NOW + timedelta(seconds=120))
    tried_from(people, "203.0.113.1", "evaluator")
    assert failures(people)[2:] == [("user.sign_in_failed", "user:evaluator", 4)]  # and the three before it


def test_the_page_of_the_log_says_that_a_stranger_failed(people: Flask, client: FlaskClient) -> None:
    tried_from(people, "203.0.113.1", "evaluator")
    sign_in(client, "admin")
    post(client, "/tai-khoan/mat-khau", current="wrong", new=NEW, again=NEW)
    page = client.get("/quan-tri/nhat-ky?viec=user.sign_in_failed").get_data(as_text=True)
    assert "Người chưa đăng nhập" in page
    assert "203.0.113.1" not in page
    assert client.get("/quan-tri/nhat-ky?nguoi=-&viec=user.sign_in_failed").get_data(as_text=True).count(
        "<li>"
    ) < page.count("<li>")
    assert failures(people)[-1][:2] == ("user.password_failed", "user:admin")


def test_failures_counted_while_a_clock_was_ahead_make_nobody_wait_for_days(people: Flask) -> None:
    set_clock(people, NOW + timedelta(days=3))
    for _ in range(FREE_BY_NAME + 1):
        sign_in(people.test_client(), "evaluator", "wrong")
    set_clock(people, NOW)
    assert sign_in(people.test_client(), "evaluator").status_code == 303
    for _ in range(FREE_BY_NAME):
        assert sign_in(people.test_client(), "evaluator", "wrong").status_code == 422
    assert sign_in(people.test_client(), "evaluator").status_code == 429  # and counts as ever from then on
