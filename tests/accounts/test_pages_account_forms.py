"""Forms of accounts: what is wrong is said beside the field it is about, once at the top, and what was typed stays."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.evaluation import PASSWORD, post, sign_in

NEW = "bon tu khong lien quan"
USERS = "/quan-tri/tai-khoan"


@pytest.fixture
def admin(people: Flask) -> FlaskClient:
    client = people.test_client()
    assert sign_in(client, "admin").status_code == 303
    return client


def parsed(reply: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(reply.get_data(as_text=True), "html.parser")


def control(page: BeautifulSoup, name: str) -> Tag:
    found = page.select_one(f'form [name="{name}"]')
    assert found is not None, name
    return found


def refused(reply: TestResponse) -> dict[str, str]:
    """Return the errors beside fields by the field's name; each is linked to its control and stands in the summary."""
    page = parsed(reply)
    assert reply.status_code == 422
    assert page.title is not None
    assert page.title.text.startswith("Lỗi: ")
    found = {}
    for wrong in page.select("[aria-invalid]"):
        error = page.find(id=f"{wrong['name']}-error")
        assert error is not None
        assert str(error["id"]) in str(wrong["aria-describedby"]).split()
        found[str(wrong["name"])] = error.text
    summary = [(str(link["href"]).removeprefix("#"), link.text) for link in page.select("#summary li a")]
    assert sorted(summary) == sorted(found.items())
    return found


def test_a_refused_sign_in_does_not_say_which_of_the_two_was_wrong(people: Flask, client: FlaskClient) -> None:
    for name in ("evaluator", "nobody"):
        reply = sign_in(client, name, "wrong")
        assert refused(reply) == {}
        page = parsed(reply)
        assert [line.text for line in page.select("#summary li")] == ["Tên đăng nhập hoặc mật khẩu chưa đúng."]
        assert control(page, "username")["value"] == name
        assert "value" not in control(page, "password").attrs


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        ({"current": "wrong"}, "current", "Mật khẩu hiện tại chưa đúng."),
        ({"again": NEW + "x"}, "again", "Hai lần nhập mật khẩu mới không giống nhau."),
        ({"new": "ngan", "again": "ngan"}, "new", "Mật khẩu cần ít nhất 12 ký tự."),
        ({"new": PASSWORD, "again": PASSWORD}, "new", "Mật khẩu mới phải khác mật khẩu hiện tại."),
    ],
)
def test_a_password_is_refused_beside_its_field(
    people: Flask, client: FlaskClient, sent: dict[str, str], field: str, words: str
) -> None:
    sign_in(client, "evaluator")
    reply = post(client, "/tai-khoan/mat-khau", **{"current": PASSWORD, "new": NEW, "again": NEW} | sent)
    assert refused(reply) == {field: words}
    assert not {PASSWORD, NEW} & set(reply.get_data(as_text=True).split('"'))


def test_an_account_that_cannot_be_keeps_what_was_typed(admin: FlaskClient) -> None:
    sent = {"username": "staff", "display_name": "Lò Thị Hoa", "role": "manager", "agency": "so-dat-dai"}
    reply = post(admin, USERS, **sent)
    assert refused(reply) == {"username": "Tên đăng nhập staff đã có người dùng"}
    page = parsed(reply)
    assert {name: control(page, name)["value"] for name in ("username", "display_name")} == {
        "username": "staff",
        "display_name": "Lò Thị Hoa",
    }
    chosen = {name: control(page, name).select("option[selected]") for name in ("role", "agency")}
    assert {name: [option["value"] for option in options] for name, options in chosen.items()} == {
        "role": ["manager"],
        "agency": ["so-dat-dai"],
    }


def test_all_mistakes_of_an_account_are_told_at_once(admin: FlaskClient) -> None:
    assert refused(post(admin, USERS, username="", display_name="x" * 201, role="staff", agency="none")).keys() == {
        "username",
        "display_name",
        "agency",
    }


def test_the_agency_matters_to_the_roles_that_belong_to_one(admin: FlaskClient) -> None:
    reply = post(admin, f"{USERS}/2", display_name="E", role="staff", agency="")
    assert refused(reply) == {"agency": "Hãy chọn cơ quan của người này"}
    assert post(admin, f"{USERS}/2", display_name="E", role="evaluator", agency="none").status_code == 303


def test_a_program_without_name_and_scope_is_refused_beside_both(admin: FlaskClient) -> None:
    page = parsed(admin.get("/quan-tri/api"))
    assert [box["value"] for box in page.select('[name="scope"][checked]')] == ["published"]
    reply = post(admin, "/quan-tri/api", name=" ")
    page = parsed(reply)
    assert reply.status_code == 422
    assert [link["href"] for link in page.select("#summary a")] == ["#name", "#scope-1"]
    kept = parsed(post(admin, "/quan-tri/api", name=" ", scope="results"))
    assert [box["value"] for box in kept.select('[name="scope"][checked]')] == ["results"]
    assert parsed(post(admin, "/quan-tri/api", name="Cổng dữ liệu")).select_one('[name="name"]')["value"] == (  # type: ignore[index]
        "Cổng dữ liệu"
    )


def test_a_wrong_code_and_a_wrong_password_are_told_beside_their_fields(people: Flask, client: FlaskClient) -> None:
    sign_in(client, "evaluator")
    wrong = {"code": "000000", "password": "something else"}
    assert refused(post(client, "/tai-khoan/ma", **wrong)) == {"password": "Mật khẩu hiện tại chưa đúng."}
    assert list(refused(post(client, "/tai-khoan/ma", **wrong | {"password": PASSWORD}))) == ["code"]
    assert list(refused(post(client, "/tai-khoan/ma", code="", password=""))) == ["code", "password"]
