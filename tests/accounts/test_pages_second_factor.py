"""Switching one-time codes off, and what ends a sign-in that waits for its code."""

from __future__ import annotations

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask

from survey.accounts.operations.change_user import sign_out_everywhere
from survey.accounts.operations.create_user import create_user
from survey.core.actor import Actor
from survey.models import Role, User
from tests.support.clock import set_clock
from tests.support.evaluation import NOW, PASSWORD, post, sign_in

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.fixture
def guarded(app: Flask) -> Flask:
    """An installation whose administrator is asked for codes."""
    set_clock(app, NOW)
    with app.extensions["database"].write() as session:
        create_user(
            session, username="admin", password=PASSWORD, role=Role.ADMIN, actor=Actor(NOW)
        ).totp_secret = SECRET
    return app


def secret_of(app: Flask) -> str | None:
    with app.extensions["database"].read() as session:
        return session.scalars(sa.select(User.totp_secret)).one()


def test_codes_are_switched_off_by_the_password_alone(guarded: Flask) -> None:
    client, other = guarded.test_client(), guarded.test_client()
    sign_in(client, "admin")
    assert post(client, "/dang-nhap/ma", code=pyotp.TOTP(SECRET).at(NOW)).status_code == 303
    wrong = post(client, "/tai-khoan/ma/tat", form_at="/tai-khoan/ma", password="something else")
    assert (wrong.status_code, secret_of(guarded)) == (422, SECRET)
    right = post(client, "/tai-khoan/ma/tat", form_at="/tai-khoan/ma", password=PASSWORD)
    assert (right.location, secret_of(guarded)) == ("/tai-khoan", None)
    assert client.get("/tai-khoan").status_code == 200  # this session goes on
    assert sign_in(other, "admin").location != "/dang-nhap/ma"


def test_signing_out_everywhere_takes_back_a_sign_in_that_waits(guarded: Flask) -> None:
    client = guarded.test_client()
    assert sign_in(client, "admin").location == "/dang-nhap/ma"
    assert client.get("/dang-nhap/ma").status_code == 200
    with guarded.extensions["database"].write() as session:
        sign_out_everywhere(session, session.scalars(sa.select(User)).one(), actor=Actor(NOW))
    assert client.get("/dang-nhap/ma").location == "/dang-nhap"


def test_guessing_codes_is_slowed_like_guessing_passwords(guarded: Flask) -> None:
    client = guarded.test_client()
    sign_in(client, "admin")
    statuses = [post(client, "/dang-nhap/ma", code="00000").status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]
