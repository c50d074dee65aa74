"""Signing in, out, and what a session is worth."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from survey.models import AuditEvent, User
from survey.web.redirects import safe_next
from tests.support.evaluation import PASSWORD, post, sign_in, token


def audited(app: Flask) -> list[tuple[str, str]]:
    with app.extensions["database"].read() as session:
        return [(e.action, e.subject) for e in session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id))]


def test_the_right_password_opens_the_results(people: Flask, client: FlaskClient) -> None:
    reply = sign_in(client, "evaluator")
    assert (reply.status_code, reply.location) == (303, "/danh-gia")
    assert client.get("/danh-gia").status_code == 200
    assert audited(people)[-1] == ("user.signed_in", "user:evaluator")


def test_the_user_name_forgives_case_and_spaces(people: Flask, client: FlaskClient) -> None:
    assert sign_in(client, "  Evaluator ").status_code == 303


@pytest.mark.parametrize(("name", "password"), [("evaluator", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_name_or_password_says_the_same(people: Flask, client: FlaskClient, name: str, password: str) -> None:
    reply = sign_in(client, name, password)
    assert reply.status_code == 422
    assert "Tên đăng nhập hoặc mật khẩu chưa đúng." in reply.get_data(as_text=True)
    assert client.get("/danh-gia").status_code == 302


def test_an_account_that_was_closed_cannot_sign_in(people: Flask, client: FlaskClient) -> None:
    with people.extensions["database"].write() as session:
        session.execute(sa.update(User).where(User.username == "evaluator").values(active=False))
    assert sign_in(client, "evaluator").status_code == 422


def test_staff_land_on_their_counters(people: Flask, client: FlaskClient) -> None:
    assert sign_in(client, "staff").location == "/quay"


def test_signing_in_returns_to_the_page_that_was_asked_for(people: Flask, client: FlaskClient) -> None:
    sent_away = client.get("/danh-gia/r1?lang=en")
    assert sent_away.status_code == 302
    page = client.get(sent_away.location).get_data(as_text=True)
    assert 'name="next" value="/danh-gia/r1?lang=en"' in page
    assert sign_in(client, "evaluator", next="/danh-gia/r1").location == "/danh-gia/r1"


@pytest.mark.parametrize(
    "target",
    ["https://example.org/", "//example.org", "/\\example.org", "/a\\b", "javascript:alert(1)", "/\n/example.org", ""],
)
def test_next_never_leaves_the_site(people: Flask, client: FlaskClient, target: str) -> None:
    assert safe_next(target) is None
    assert sign_in(client, "evaluator", next=target).location == "/danh-gia"


def test_a_cookie_from_before_signing_in_is_worth_nothing_after(people: Flask, client: FlaskClient) -> None:
    """Fixation: what an attacker planted in the session does not survive."""
    with client.session_transaction() as session:
        session["planted"] = "yes"
    before = token(client.get("/dang-nhap").get_data(as_text=True))
    sign_in(client, "evaluator")
    with client.session_transaction() as session:
        assert "planted" not in session
        assert len(session["session"]) == 43
    assert client.post("/dang-xuat", data={"csrf_token": before}).status_code == 400


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(people: Flask, client: FlaskClient) -> None:
    cookies = sign_in(client, "evaluator").headers.getlist("Set-Cookie")
    (cookie,) = [one for one in cookies if one.startswith("sipas=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_under_tls_the_cookie_is_secure(people: Flask, client: FlaskClient) -> None:
    people.config["SESSION_COOKIE_SECURE"] = True
    reply = client.get("/dang-nhap", base_url="https://danhgia.example.vn")
    assert "Secure" in reply.headers["Set-Cookie"]


def test_sign_out_needs_a_post_and_ends_the_session(people: Flask, client: FlaskClient) -> None:
    sign_in(client, "evaluator")
    assert client.get("/dang-xuat").status_code == 405
    assert client.get("/danh-gia").status_code == 200
    assert post(client, "/dang-xuat", form_at="/tai-khoan").status_code == 303
    assert client.get("/danh-gia").status_code == 302


def test_a_post_without_token_is_refused(people: Flask, client: FlaskClient) -> None:
    assert client.post("/dang-nhap", data={"username": "evaluator", "password": PASSWORD}).status_code == 400
    sign_in(client, "evaluator")
    assert client.post("/dang-xuat").status_code == 400
    assert client.get("/danh-gia").status_code == 200


def test_raising_the_epoch_signs_out_everywhere(people: Flask, client: FlaskClient) -> None:
    sign_in(client, "evaluator")
    with people.extensions["database"].write() as session:
        session.execute(sa.update(User).where(User.username == "evaluator").values(session_epoch=1))
    assert client.get("/danh-gia").status_code == 302


def test_changing_the_password_ends_other_sessions_and_keeps_this_one(people: Flask, client: FlaskClient) -> None:
    other = people.test_client()
    sign_in(client, "evaluator")
    sign_in(other, "evaluator")
    new = "nuong lua chin vang"
    reply = post(client, "/tai-khoan/mat-khau", current=PASSWORD, new=new, again=new)
    assert (reply.status_code, reply.location) == (303, "/tai-khoan")
    assert "Đã đổi mật khẩu" in client.get("/tai-khoan").get_data(as_text=True)
    assert other.get("/tai-khoan").status_code == 302
    assert sign_in(other, "evaluator").status_code == 422
    assert sign_in(other, "evaluator", new).status_code == 303
    assert ("user.password_changed", "user:evaluator") in audited(people)


@pytest.mark.parametrize(
    ("current", "new", "again", "message"),
    [
        ("wrong", "nuong lua chin vang", "nuong lua chin vang", "Mật khẩu hiện tại chưa đúng."),
        (PASSWORD, "nuong lua chin vang", "nuong lua", "không giống nhau"),
        (PASSWORD, "ngan qua", "ngan qua", "ít nhất 12 ký tự"),
        (PASSWORD, PASSWORD, PASSWORD, "phải khác mật khẩu hiện tại"),
        (PASSWORD, "matkhau123456", "matkhau123456", "quá dễ đoán"),
        (PASSWORD, "evaluator-son-la", "evaluator-son-la", "không được chứa tên đăng nhập"),
    ],
)
def test_a_password_change_that_is_refused_says_why(
    people: Flask, client: FlaskClient, current: str, new: str, again: str, message: str
) -> None:
    sign_in(client, "evaluator")
    reply = post(client, "/tai-khoan/mat-khau", current=current, new=new, again=again)
    assert reply.status_code == 422
    assert message in reply.get_data(as_text=True)
    assert sign_in(people.test_client(), "evaluator").status_code == 303


def test_a_first_password_must_be_changed_before_anything_else(people: Flask, client: FlaskClient) -> None:
    with people.extensions["database"].write() as session:
        session.execute(sa.update(User).where(User.username == "evaluator").values(must_change_password=True))
    sign_in(client, "evaluator")
    assert client.get("/danh-gia").location == "/tai-khoan/mat-khau"
    new = "nuong lua chin vang"
    post(client, "/tai-khoan/mat-khau", current=PASSWORD, new=new, again=new)
    assert client.get("/danh-gia").status_code == 200


def test_the_public_page_loads_no_user_and_sets_no_cookie(people: Flask, client: FlaskClient) -> None:
    reply = client.get("/K/K7MP2XQA")
    assert reply.status_code == 200
    assert "Set-Cookie" not in reply.headers
    sign_in(client, "evaluator")
    with client:
        client.get("/K/K7MP2XQA")
        from flask import g

        assert "user" not in g
