"""A page that was opened before another's change: saving it changes nothing, and says who did what since."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.core.db import Base, Database, Versioned
from survey.core.errors import StaleEditError
from survey.models import Agency, Comment, Counter, Role, Round, RoundState, Service, User
from survey.models.comments import week_of
from tests.support.evaluation import NOW, sign_in
from tests.support.stored import everything

Fields = dict[str, Any]


@pytest.fixture
def admin(rounds: Flask) -> FlaskClient:
    client = rounds.test_client()
    sign_in(client, "admin")
    return client


@pytest.fixture
def second(rounds: Flask) -> FlaskClient:
    client = rounds.test_client()
    sign_in(client, "evaluator")
    return client


def filled_in(page: str, address: str) -> Fields:
    """Return what a browser would send of the form with this address, as it stands."""
    form = next(f for f in BeautifulSoup(page, "html.parser").find_all("form") if f.get("action", "") == address)
    sent: Fields = {}
    for control in form.find_all(["input", "textarea", "select"]):
        name, kind = control.get("name"), control.get("type", "text")
        if control.name == "select":
            chosen = control.find("option", selected=True) or control.find("option")
            sent[name] = chosen["value"]
        elif control.name == "textarea":
            sent[name] = control.text.removeprefix("\n")
        elif kind in {"checkbox", "radio"}:
            if control.has_attr("checked"):
                sent.setdefault(name, []).append(control["value"])
        elif kind not in {"file", "submit"}:
            sent[name] = control["value"]
    return sent


def open_form(client: FlaskClient, address: str, page: str = "") -> Fields:
    return filled_in(client.get(page or address).get_data(as_text=True), address)


def stored(app: Flask, model: type[Any], **of: Any) -> Any:
    with app.extensions["database"].read() as session:
        found = session.scalars(sa.select(model).filter_by(**of)).one()
        session.expunge(found)
        return found


def number(app: Flask, name: str) -> int:
    return int(stored(app, User, username=name).id)


def test_renaming_an_account_from_an_old_page_gives_no_revoked_role_back(rounds: Flask, admin: FlaskClient) -> None:
    """The attack of the issue: one administrator takes a role away, another saves a name from a page of before."""
    address = f"/quan-tri/tai-khoan/{number(rounds, 'evaluator')}"
    old = open_form(admin, address)
    assert (
        admin.post(address, data={**open_form(admin, address), "role": "staff", "agency": "so-tu-phap"}).status_code
        == 303
    )
    reply = admin.post(address, data={**old, "display_name": "Lò Thị Mai"})
    assert reply.status_code == 409
    kept = stored(rounds, User, username="evaluator")
    assert (kept.role, kept.display_name) == (Role.STAFF, "evaluator")

    page = reply.get_data(as_text=True)
    assert "Chưa có gì được lưu" in page
    summary = BeautifulSoup(page, "html.parser").find(id="summary").text
    assert "admin" in summary  # who
    assert "Vai trò" in summary  # what
    again = filled_in(page, address)
    assert (again["display_name"], again["role"], again["agency"]) == ("Lò Thị Mai", "staff", "so-tu-phap")
    assert admin.post(address, data=again).status_code == 303
    kept = stored(rounds, User, username="evaluator")
    assert (kept.role, kept.display_name) == (Role.STAFF, "Lò Thị Mai")


def test_a_comment_hidden_by_another_is_not_shown_from_an_old_page(
    rounds: Flask, admin: FlaskClient, second: FlaskClient
) -> None:
    with rounds.extensions["database"].write() as session:
        round_ = session.scalars(sa.select(Round).where(Round.code == "r1")).one()
        agency = session.scalars(sa.select(Agency).where(Agency.code == "so-tu-phap")).one()
        comment = Comment(
            round_id=round_.id, agency_id=agency.id, text="Chờ lâu quá", received_week=week_of(NOW.date())
        )
        session.add(comment)
        session.flush()
        number = comment.id
    address = f"/danh-gia/y-kien/{number}"
    old = open_form(admin, address, "/danh-gia/y-kien")
    hidden = open_form(second, address, "/danh-gia/y-kien") | {"decision": "hide"}
    assert second.post(address, data=hidden).status_code == 303
    reply = admin.post(address, data={**old, "decision": "show"})
    assert reply.status_code == 409
    assert stored(rounds, Comment, id=number).state.value == "hidden"


def test_an_end_that_was_put_off_does_not_fall_back(rounds: Flask, admin: FlaskClient, second: FlaskClient) -> None:
    address = "/quan-tri/dot/r1"
    old = open_form(admin, address)
    put_off = open_form(second, address) | {"closes_on": "2999-12-30"}
    assert second.post(address, data=put_off).status_code == 303
    reply = admin.post(address, data={**old, "name": "Đợt mới"})
    assert reply.status_code == 409
    kept = stored(rounds, Round, code="r1")
    assert (kept.name != "Đợt mới", kept.closes_on.isoformat()) == (True, "2999-12-30")
    again = filled_in(reply.get_data(as_text=True), address)
    assert (again["name"], again["closes_on"]) == ("Đợt mới", "2999-12-30")


def addresses(app: Flask) -> dict[str, tuple[str, Fields, Fields]]:
    """Return every form that changes something stored: its address, what one person changes, and another after."""
    with app.extensions["database"].write() as session:
        session.execute(sa.update(Round).where(Round.code == "r0").values(state=RoundState.DRAFT))
        counter = session.scalars(sa.select(Counter)).first()
        assert counter is not None
        counter_id = counter.id
    return {
        "account": (
            f"/quan-tri/tai-khoan/{number(app, 'staff')}",
            {"display_name": "Một"},
            {"role": "manager"},
        ),
        "agency": ("/quan-tri/co-quan/so-tu-phap", {"name_en": "One"}, {"name": "Sở Hai"}),
        "rename": ("/quan-tri/co-quan/so-tu-phap/doi-ten", {}, {"name": "Sở Hai", "since": "2026-01-05"}),
        "end": ("/quan-tri/co-quan/so-tu-phap/ket-thuc", {}, {"since": "2026-01-05"}),
        "service": ("/quan-tri/linh-vuc/ho-tich", {"name_en": "One"}, {"name": "Hộ tịch hai"}),
        "counter": (f"/quan-tri/quay/{counter_id}", {"services": ["dat-dai"]}, {"name": "Quầy hai"}),
        "round": ("/quan-tri/dot/r1", {"name_en": "One"}, {"name": "Đợt hai"}),
        "rules": ("/quan-tri/dot/r0", {"min_n": "50"}, {"min_n_interval": "60"}),
    }


KINDS = ("account", "agency", "rename", "end", "service", "counter", "round", "rules")


@pytest.mark.parametrize("kind", KINDS)
def test_a_stale_save_changes_nothing_and_keeps_what_was_typed(rounds: Flask, admin: FlaskClient, kind: str) -> None:
    address, first, typed = addresses(rounds)[kind]
    old = open_form(admin, address)
    editing = address if first else "/quan-tri/co-quan/so-tu-phap"
    changed = open_form(admin, editing) | (first or {"name_en": "One"})
    assert admin.post(editing, data=changed).status_code == 303
    before = everything(rounds)
    reply = admin.post(address, data={**old, **typed})
    assert reply.status_code == 409
    assert everything(rounds) == before
    again = filled_in(reply.get_data(as_text=True), address)
    assert {name: again[name] for name in typed} == typed
    assert {name: again[name] for name in first} == first
    assert again["opened"] != old["opened"]


@pytest.mark.parametrize("sent", ["", "{}", "[]", "nonsense", '{"v":"1.1","at":"x","f":{}}', '{"v":1,"at":1e99,"f":3}'])
def test_a_form_that_does_not_say_what_it_was_opened_on_saves_nothing(
    rounds: Flask, admin: FlaskClient, sent: str
) -> None:
    address, _first, typed = addresses(rounds)["agency"]
    before = everything(rounds)
    reply = admin.post(address, data={**open_form(admin, address), **typed, "opened": sent})
    assert reply.status_code == 409
    assert everything(rounds) == before


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"rename", "end"}])
def test_what_a_page_shows_is_what_it_reads_back(rounds: Flask, admin: FlaskClient, kind: str) -> None:
    """Else a field that nobody touched would count as typed, and bring the old value back at the second save."""
    address, first, typed = addresses(rounds)[kind]
    old = open_form(admin, address)
    for change in (first, typed):
        assert admin.post(address, data=open_form(admin, address) | change).status_code == 303
    reply = admin.post(address, data=old)
    assert reply.status_code == 409
    fresh = open_form(admin, address)
    again = filled_in(reply.get_data(as_text=True), address)
    for sent in (fresh, again):
        del sent["csrf_token"], sent["opened"]
    assert again == fresh


def test_every_kind_of_thing_that_people_edit_carries_a_version() -> None:
    edited = {mapper.class_.__name__ for mapper in Base.registry.mappers if issubclass(mapper.class_, Versioned)}
    assert edited == {
        *("User", "Agency", "Service", "Counter", "Round", "Action", "Comment", "ColumnMapping", "AgencyEmblem"),
        "Case",
    }


def test_of_two_saves_at_one_instant_the_database_keeps_one(database: Database) -> None:
    """Both read before either writes: the version stands in the condition of the write itself."""
    with database.write() as session:
        session.add(Service(code="a", name="A"))
    if database.engine.dialect.name == "sqlite":  # writers queue: the second reads what the first wrote
        with database.read() as session:
            old = session.scalars(sa.select(Service)).one()
            session.expunge(old)
        with database.write() as session:
            session.scalars(sa.select(Service)).one().name = "B"

        def late() -> None:
            with database.write() as session:
                session.add(old)
                old.name = "C"

        with pytest.raises(StaleEditError):
            late()
    else:
        both, errors = threading.Barrier(2), []

        def rename(name: str) -> None:
            try:
                with database.write() as session:
                    found = session.scalars(sa.select(Service)).one()
                    both.wait(timeout=20)
                    found.name = name
            except StaleEditError as error:
                errors.append(error)

        threads = [threading.Thread(target=rename, args=(name,)) for name in ("B", "C")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(errors) == 1
    with database.read() as session:
        assert session.scalars(sa.select(Service)).one().row_version == 2
