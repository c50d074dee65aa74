"""Looking changes nothing: every address × every role × GET, HEAD and OPTIONS, every table before and after."""

from __future__ import annotations

import pytest
from flask import Flask

from survey.models import Role
from tests.accounts.test_pages_auth_roles import EVERYONE, addresses
from tests.support.clock import set_clock
from tests.support.evaluation import NOW, post, sign_in
from tests.support.stored import everything

LOOKING = ("OPTIONS", "HEAD", "GET")


@pytest.fixture
def people(people: Flask) -> Flask:
    set_clock(people, NOW)
    return people


def every_address(app: Flask) -> list[str]:
    """Return the address of every rule, those that take nothing but POST too."""
    return sorted({at for method in ("GET", "POST") for _endpoint, at in addresses(app, method)})


@pytest.mark.slow(reason="builds every page, report and file twice for each role")
@pytest.mark.parametrize("person", EVERYONE)
def test_looking_changes_no_table(people: Flask, person: str) -> None:
    client = people.test_client()
    if person != "anonymous":
        sign_in(client, person)
    before = everything(people)
    for at in every_address(people):
        replies = {method: client.open(at, method=method) for method in LOOKING}
        assert replies["OPTIONS"].status_code in {200, 404}, at
        head, get = replies["HEAD"], replies["GET"]
        assert (at, head.status_code, head.location) == (at, get.status_code, get.location)
        assert head.data == b""
        changed = {name for name, rows in everything(people).items() if rows != before[name]}
        assert (at, changed) == (at, set())


@pytest.mark.parametrize("method", LOOKING)
@pytest.mark.parametrize("at", ["/quay/1/bien-nhan", "/quay/1/doi-ma", "/quay/1/thu-hoi", "/K/K7MP2XQA"])
def test_looking_at_receipts_and_codes_makes_none(people: Flask, at: str, method: str) -> None:
    """The attack of the issue: HEAD of the page of receipts made twenty codes, without a token."""
    client = people.test_client()
    sign_in(client, "admin")
    before = everything(people)
    client.open(at, method=method, data={"how-many": "20"})
    assert everything(people) == before


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND"])
def test_no_address_knows_another_method(people: Flask, method: str) -> None:
    client = people.test_client()
    sign_in(client, Role.ADMIN.value)
    before = everything(people)
    for at in every_address(people):
        assert (at, client.open(at, method=method).status_code) == (at, 405)
    assert everything(people) == before


def test_the_comparison_notices_what_is_written(people: Flask) -> None:
    client = people.test_client()
    sign_in(client, "admin")
    before = everything(people)
    post(client, "/quan-tri/linh-vuc/ho-tich", name="Hộ tịch hai")
    assert everything(people) != before
