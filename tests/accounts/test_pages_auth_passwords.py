"""What a password must be, how it is kept, and who gets an account."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from survey.accounts import passwords
from survey.accounts.operations.create_user import create_user
from survey.accounts.queries import users
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import fold
from survey.models import AuditEvent, Role, User
from tests.support.evaluation import PASSWORD, accounts, scored_round

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_the_hash_is_argon2id_and_salted() -> None:
    first, second = passwords.hash_password(PASSWORD), passwords.hash_password(PASSWORD)
    assert first.startswith("$argon2id$")
    assert first != second
    assert passwords.verify(first, PASSWORD)
    assert not passwords.verify(first, PASSWORD + " ")


def test_a_keyboard_that_decomposes_letters_signs_in_all_the_same() -> None:
    word = "ruộng bậc thang xanh"
    assert passwords.verify(passwords.hash_password(word), unicodedata.normalize("NFD", word))


def test_no_hash_and_a_broken_hash_are_never_right() -> None:
    assert not passwords.verify(None, "")
    assert not passwords.verify("not a hash", PASSWORD)


@pytest.mark.parametrize("weak", ["qwertyuiopasdf", "matkhau2026!!!!", "aaaaaaaaaaaaaaaa", "1234567890123", "a" * 201])
def test_weak_passwords_are_refused(weak: str) -> None:
    with pytest.raises(InputError):
        passwords.check_new(weak, "evaluator")


def test_drawn_passwords_differ_and_are_accepted() -> None:
    drawn = {passwords.new_password() for _ in range(50)}
    assert len(drawn) == 50
    for password in drawn:
        passwords.check_new(password, "evaluator")


def test_the_list_of_common_passwords_is_folded_so_that_it_can_match() -> None:
    words = [w for w in passwords.COMMON.read_text("utf-8").splitlines() if w and not w.startswith("#")]
    assert len(words) > 100
    assert [w for w in words if fold(w).replace(" ", "") != w] == []


def test_an_account_is_made_with_its_audit_event(app: Flask) -> None:
    with app.extensions["database"].write() as session:
        made = create_user(session, username=" Admin ", password=PASSWORD, role=Role.ADMIN, actor=Actor(NOW))
        assert made.username == "admin"
    with app.extensions["database"].read() as session:
        event = session.scalars(sa.select(AuditEvent)).one()
        assert (event.action, event.subject, event.user_id) == ("user.created", "user:admin", None)
        assert PASSWORD not in str(event.after)
        assert "argon2" not in str(event.after)


@pytest.mark.parametrize(
    ("name", "role"), [("admin", Role.ADMIN), ("có dấu", Role.ADMIN), ("", Role.ADMIN), ("new", Role.STAFF)]
)
def test_an_account_that_cannot_be_is_refused_whole(app: Flask, name: str, role: Role) -> None:
    with app.extensions["database"].write() as session:
        create_user(session, username="admin", password=PASSWORD, role=Role.ADMIN, actor=Actor(NOW))
    with pytest.raises(InputError), app.extensions["database"].write() as session:
        create_user(session, username=name, password=PASSWORD, role=role, actor=Actor(NOW))
    with app.extensions["database"].read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(User)) == 1


def test_a_manager_sees_the_agency_and_everything_below(app: Flask) -> None:
    from survey.models import Agency

    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
        by_code = {a.code: a for a in session.scalars(sa.select(Agency))}
        by_code["so-dat-dai"].parent = by_code["so-tu-phap"]
        by_code["trung-tam"].parent = by_code["so-dat-dai"]
        session.flush()
        seen = {u.username: users.visible_agencies(session, u) for u in users.all_users(session)}
    assert seen["manager"] == {"so-tu-phap", "so-dat-dai", "trung-tam"}
    assert seen["admin"] is None
    assert seen["evaluator"] is None
    assert seen["staff"] == frozenset()
