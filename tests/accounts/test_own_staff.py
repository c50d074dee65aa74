"""Managers invite their own staff: of their agency and those below it, of no higher role, and nobody else's."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.accounts.operations.create_user import create_user
from survey.core.actor import Actor
from survey.models import Agency, AuditEvent, Role, Round, RoundState, User
from tests.support.evaluation import NOW, post, sign_in

AT = "/can-bo-don-vi"


@pytest.fixture
def manager(people: Flask, client: FlaskClient) -> FlaskClient:
    """Signed in as the head of so-tu-phap, below which a centre stands; so-dat-dai has staff of its own."""
    with people.extensions["database"].write() as session:
        codes = {agency.code: agency for agency in session.scalars(sa.select(Agency))}
        codes["trung-tam"].parent_id = codes["so-tu-phap"].id
        for name, role, agency in (
            ("duoi", Role.STAFF, "trung-tam"),
            ("khac", Role.STAFF, "so-dat-dai"),
            ("truong-duoi", Role.MANAGER, "trung-tam"),
        ):
            create_user(session, username=name, password=None, role=role, agency_id=codes[agency].id, actor=Actor(NOW))
    assert sign_in(client, "manager").status_code == 303
    return client


def number(app: Flask, name: str) -> int:
    with app.extensions["database"].read() as session:
        found: int = session.scalars(sa.select(User.id).where(User.username == name)).one()
        return found


def test_a_manager_sees_own_staff_and_those_below_alone(manager: FlaskClient) -> None:
    page = BeautifulSoup(manager.get(AT).get_data(as_text=True), "html.parser")
    names = {row.get_text(strip=True) for row in page.select("tbody th")}
    assert names == {"staff", "duoi"}
    offered = {str(option["value"]) for option in page.select("select[name=agency] option")}
    assert offered - {""} == {"so-tu-phap", "trung-tam"}
    assert page.select("[name=role]") == []


def test_an_invited_person_is_staff_whatever_is_posted(people: Flask, manager: FlaskClient) -> None:
    reply = post(manager, AT, username="lan", display_name="Lò Thị Lan", agency="trung-tam", role="admin")
    assert reply.status_code == 200
    assert "/moi/" in reply.get_data(as_text=True)
    with people.extensions["database"].read() as session:
        made = session.scalars(sa.select(User).where(User.username == "lan")).one()
        assert (made.role, made.agency.code) == (Role.STAFF, "trung-tam")
        events = session.execute(
            sa.select(AuditEvent.action, User.username)
            .join(User, User.id == AuditEvent.user_id)
            .where(AuditEvent.subject == "user:lan")
            .order_by(AuditEvent.id)
        ).all()
    assert [tuple(event) for event in events] == [("user.created", "manager"), ("user.invited", "manager")]


def test_no_account_is_made_elsewhere(people: Flask, manager: FlaskClient) -> None:
    for agency in ("so-dat-dai", "", "khong-co"):
        reply = post(manager, AT, username="lan", display_name="", agency=agency)
        assert reply.status_code == 422, agency
    with people.extensions["database"].read() as session:
        assert session.scalar(sa.select(sa.func.count()).where(User.username == "lan")) == 0


@pytest.mark.parametrize("whose", ["khac", "truong-duoi", "manager", "admin", "evaluator"])
@pytest.mark.parametrize("step", ["moi", "dong", "mo"])
def test_other_peoples_accounts_are_not_there(people: Flask, manager: FlaskClient, whose: str, step: str) -> None:
    with people.extensions["database"].read() as session:
        before = session.scalars(sa.select(User).where(User.username == whose)).one()
        facts = (before.active, before.password_hash, before.session_epoch)
    assert post(manager, f"{AT}/{number(people, whose)}/{step}", form_at=AT).status_code == 404
    assert post(manager, f"{AT}/99999/{step}", form_at=AT).status_code == 404
    with people.extensions["database"].read() as session:
        after = session.scalars(sa.select(User).where(User.username == whose)).one()
        assert (after.active, after.password_hash, after.session_epoch) == facts


def test_own_staff_are_closed_opened_and_invited_again(people: Flask, manager: FlaskClient) -> None:
    at = f"{AT}/{number(people, 'duoi')}"

    def is_open() -> bool:
        with people.extensions["database"].read() as session:
            found: bool = session.scalars(sa.select(User.active).where(User.username == "duoi")).one()
            return found

    assert post(manager, f"{at}/dong", form_at=AT).status_code == 303
    assert not is_open()
    assert post(manager, f"{at}/mo", form_at=AT).status_code == 303
    assert is_open()
    assert "/moi/" in post(manager, f"{at}/moi", form_at=AT).get_data(as_text=True)


def test_a_head_begins_at_the_own_agency(people: Flask, client: FlaskClient) -> None:
    assert sign_in(client, "manager").location == "/danh-gia/co-quan-toi"
    assert client.get("/danh-gia/co-quan-toi").location == "/danh-gia/r1/co-quan/so-tu-phap"
    assert client.get("/danh-gia/r1/co-quan/so-tu-phap").status_code == 200
    with people.extensions["database"].write() as session:
        session.scalars(sa.select(Round)).one().state = RoundState.DRAFT
    assert client.get("/danh-gia/co-quan-toi").location == "/danh-gia"
