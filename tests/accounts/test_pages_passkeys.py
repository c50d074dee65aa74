"""Passkeys: added, used after the password, removed; and what an attacker would bring in their place."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from survey.accounts.passkeys import relying_party
from survey.models import AuditEvent, Passkey, Role, User
from tests.support.authenticator import Authenticator
from tests.support.clock import set_clock
from tests.support.evaluation import NOW, PASSWORD, TOTP, post, sign_in, token

ORIGIN = "https://danhgia.example.vn"


@pytest.fixture
def people(people: Flask) -> Flask:
    """Accounts of each role with one-time codes, at an address with a name."""
    people.config["SETTINGS"] = replace(people.config["SETTINGS"], public_base_url=ORIGIN)
    people.config["SESSION_COOKIE_SECURE"] = False
    at(people, 0)
    return people


def at(app: Flask, seconds: float) -> None:
    set_clock(app, NOW + timedelta(seconds=seconds))


def signed_in(app: Flask, name: str) -> FlaskClient:
    """A person whose account has one-time codes; signed in before these were asked for."""
    client = app.test_client()
    with app.extensions["database"].write() as session:
        session.execute(sa.update(User).values(totp_secret=None))
    assert sign_in(client, name).status_code == 303
    with app.extensions["database"].write() as session:
        session.execute(sa.update(User).values(totp_secret=TOTP))
    return client


def options(page: str) -> str:
    form = BeautifulSoup(page, "html.parser").find("form", attrs={"data-passkey": True})
    assert form is not None, page
    return str(form["data-options"])


def add(client: FlaskClient, device: Authenticator, origin: str = ORIGIN, name: str = "máy cơ quan") -> TestResponse:
    page = client.get("/tai-khoan/khoa").get_data(as_text=True)
    fields = {"csrf_token": token(page), "name": name, "credential": device.create(options(page), origin)}
    return client.post("/tai-khoan/khoa", data=fields)


def asked(app: Flask, name: str) -> tuple[FlaskClient, str]:
    """A browser that gave the password, and the page that asks for code or passkey."""
    client = app.test_client()
    assert sign_in(client, name).location == "/dang-nhap/ma"
    return client, client.get("/dang-nhap/ma").get_data(as_text=True)


def use(client: FlaskClient, page: str, credential: str) -> TestResponse:
    return client.post("/dang-nhap/khoa", data={"csrf_token": token(page), "credential": credential})


def events(app: Flask) -> list[str]:
    with app.extensions["database"].read() as session:
        found = session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id))
        return [action for action in found if "passkey" in action]


@pytest.mark.parametrize("role", list(Role))
def test_every_role_adds_a_passkey_signs_in_by_it_and_removes_it(people: Flask, role: Role) -> None:
    client, device = signed_in(people, role.value), Authenticator(role.value)
    assert add(client, device).location == "/tai-khoan/khoa"
    shown = client.get("/tai-khoan/khoa").get_data(as_text=True)
    assert "máy cơ quan" in shown
    assert "chưa dùng" in shown
    at(people, 60)
    browser, page = asked(people, role.value)
    assert use(browser, page, device.get(options(page), ORIGIN)).status_code == 303
    assert browser.get("/tai-khoan").status_code == 200
    with people.extensions["database"].read() as session:
        row = session.scalars(sa.select(Passkey)).one()
        assert (row.sign_count, row.used_at) == (1, NOW + timedelta(seconds=60))
        number = row.id
    assert post(client, f"/tai-khoan/khoa/{number}/xoa", form_at="/tai-khoan/khoa").status_code == 303
    assert "data-passkey" not in asked(people, role.value)[1]
    assert events(people) == ["user.passkey_added", "user.passkey_removed"]


def test_the_six_digits_go_on_beside_it_without_a_script(people: Flask) -> None:
    add(signed_in(people, "admin"), Authenticator())
    with people.extensions["database"].write() as session:
        session.execute(sa.update(User).values(totp_secret="GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"))
    set_clock(people, NOW.fromtimestamp(59, NOW.tzinfo))  # RFC 6238, appendix B
    browser, page = asked(people, "admin")
    assert browser.post("/dang-nhap/ma", data={"csrf_token": token(page), "code": "287082"}).status_code == 303


def test_an_answer_is_taken_once_and_only_for_the_challenge_it_was_made_for(people: Flask) -> None:
    device = Authenticator()
    add(signed_in(people, "admin"), device)
    at(people, 60)
    browser, page = asked(people, "admin")
    credential, cookie = device.get(options(page), ORIGIN), browser.get_cookie("sipas")
    assert cookie is not None
    assert use(browser, page, credential).status_code == 303
    at(people, 61)
    thief = people.test_client()
    thief.set_cookie("sipas", cookie.value)  # whoever copied cookie and answer comes too late
    assert use(thief, page, credential).status_code == 422
    other, page = asked(people, "admin")
    assert use(other, page, credential).status_code == 422
    assert other.get("/tai-khoan").status_code == 302
    assert events(people) == ["user.passkey_added", "user.passkey_failed"]


def test_a_page_that_imitates_ours_gets_nothing(people: Flask) -> None:
    device = Authenticator()
    client = signed_in(people, "admin")
    assert add(client, device, origin="https://danhgia-example.vn").status_code == 422
    add(client, device)
    at(people, 60)
    browser, page = asked(people, "admin")
    assert use(browser, page, device.get(options(page), "https://danhgia-example.vn")).status_code == 422


def test_another_person_s_and_another_device_s_signature_open_nothing(people: Flask) -> None:
    mine, theirs, unknown = Authenticator("a"), Authenticator("b"), Authenticator("a")
    add(signed_in(people, "admin"), mine)
    add(signed_in(people, "evaluator"), theirs)
    at(people, 60)
    for device in (theirs, unknown):  # the second one claims the name of mine
        browser, page = asked(people, "admin")
        assert use(browser, page, device.get(options(page), ORIGIN)).status_code == 422


def test_a_copied_device_that_counts_on_from_before_is_refused(people: Flask) -> None:
    device = Authenticator()
    add(signed_in(people, "admin"), device)
    for seconds, count, status in ((60, 6, 303), (120, 3, 422), (180, 7, 303)):
        at(people, seconds)
        device.count = count
        browser, page = asked(people, "admin")
        assert use(browser, page, device.get(options(page), ORIGIN)).status_code == status


@pytest.mark.parametrize(
    "brought",
    [
        "",
        "x",
        "{}",
        "[]",
        "null",
        '{"id": 1}',
        json.dumps({"id": "AA", "rawId": "AA", "type": "public-key"}),
        "9" * 30_000,
    ],
)
def test_anything_else_is_no_passkey_and_no_error_of_ours(people: Flask, brought: str) -> None:
    client = signed_in(people, "admin")
    page = client.get("/tai-khoan/khoa").get_data(as_text=True)
    fields = {"csrf_token": token(page), "name": "x", "credential": brought}
    assert client.post("/tai-khoan/khoa", data=fields).status_code == 422
    assert add(client, Authenticator()).status_code == 303
    at(people, 60)
    browser, page = asked(people, "admin")
    assert use(browser, page, brought).status_code == 422


def test_a_found_screen_adds_no_passkey(people: Flask) -> None:
    client = signed_in(people, "admin")
    at(people, 601)
    reply = add(client, Authenticator())
    assert reply.status_code == 403
    assert "verification" in reply.get_data(as_text=True)
    fields = {i["name"]: i.get("value", "") for i in BeautifulSoup(reply.text, "html.parser").select("main form input")}
    assert client.post("/tai-khoan/khoa", data={**fields, "verification": PASSWORD}).status_code == 303  # as it was


def test_an_administrator_who_drops_the_codes_drops_the_passkeys_too(people: Flask) -> None:
    add(signed_in(people, "evaluator"), Authenticator())
    with people.extensions["database"].read() as session:
        number = session.scalars(sa.select(User.id).where(User.username == "evaluator")).one()
    address = f"/quan-tri/tai-khoan/{number}"
    assert post(signed_in(people, "admin"), f"{address}/bo-ma", form_at=address).status_code == 303
    with people.extensions["database"].read() as session:
        assert session.scalars(sa.select(Passkey)).all() == []


def test_codes_come_first_and_numbers_have_no_passkeys(people: Flask) -> None:
    client = people.test_client()
    sign_in(client, "staff")
    assert client.get("/tai-khoan/khoa").location == "/tai-khoan/ma"
    people.config["SETTINGS"] = replace(people.config["SETTINGS"], public_base_url="http://10.1.2.3:8000")
    told = signed_in(people, "staff").get("/tai-khoan/khoa").get_data(as_text=True)
    assert "data-passkey" not in told
    assert "Không dùng được khóa truy cập tại http://10.1.2.3:8000" in told


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://danhgia.example.vn", "danhgia.example.vn"),
        ("https://danhgia.example.vn:8443", "danhgia.example.vn"),
        ("http://localhost:8000", "localhost"),
        ("http://danhgia.example.vn", None),
        ("https://203.0.113.7", None),
        ("https://[2001:db8::1]", None),
    ],
)
def test_which_addresses_have_passkeys(address: str, host: str | None) -> None:
    party = relying_party(address)
    assert (party.host if party else None) == host
    assert party is None or party.origin == address


def test_nobody_removes_a_passkey_of_another(people: Flask) -> None:
    add(signed_in(people, "admin"), Authenticator())
    other = signed_in(people, "evaluator")
    with people.extensions["database"].read() as session:
        number = session.scalars(sa.select(Passkey.id)).one()
    page = other.get("/tai-khoan/khoa").get_data(as_text=True)
    other.post(f"/tai-khoan/khoa/{number}/xoa", data={"csrf_token": token(page)})
    with people.extensions["database"].read() as session:
        assert session.scalars(sa.select(Passkey.id)).all() == [number]
