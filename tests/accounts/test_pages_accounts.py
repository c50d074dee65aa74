"""Accounts: invitations, what administrators may do, one-time codes, and attempts that are slowed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from survey.accounts.operations.invitations import accept_invitation, find_invitation, invite
from survey.accounts.operations.second_factor import matching_step, use_code
from survey.core.actor import Actor
from survey.core.config import ROLES, load_settings
from survey.core.errors import InputError
from survey.models import AuditEvent, Invitation, RecoveryCode, Role, User
from tests.support.clock import set_clock
from tests.support.evaluation import NOW, PASSWORD, post, sign_in, token

NEW = "bon tu khong lien quan"


def signed_in(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    assert sign_in(client, name).status_code == 303
    return client


def number_of(app: Flask, name: str) -> int:
    with app.extensions["database"].read() as session:
        return session.scalars(sa.select(User.id).where(User.username == name)).one()


def invited(app: Flask, **fields: str) -> str:
    """Make an account as the administrator; return the path of its link."""
    given = {"username": "lan", "display_name": "Cán bộ mới", "role": "staff", "agency": "so-tu-phap"} | fields
    reply = post(signed_in(app, "admin"), "/quan-tri/tai-khoan", **given)
    assert reply.status_code == 200, reply.get_data(as_text=True)
    found = re.search(r"(/moi/[\w-]{43})<", reply.get_data(as_text=True))
    assert found is not None
    return found[1]


def test_an_invited_person_sets_a_password_and_signs_in(people: Flask) -> None:
    link = invited(people)
    client = people.test_client()
    for _ in range(3):  # link previews open it, too
        assert client.get(link).status_code == 200
    assert post(client, link, new=NEW, again=NEW).location == "/dang-nhap"
    assert sign_in(client, "lan", NEW).location == "/quay"
    assert client.get("/quay").status_code == 200
    assert client.get("/danh-gia").status_code == 403


def test_a_link_works_once_and_not_for_ever(people: Flask) -> None:
    link = invited(people)
    client = people.test_client()
    weak = post(client, link, new="123456789012", again="123456789012")
    assert weak.status_code == 422
    assert post(client, link, new=NEW, again=NEW + "x").status_code == 422
    assert post(client, link, new=NEW, again=NEW).status_code == 303
    assert client.get(link).status_code == 410
    assert client.get("/moi/" + "x" * 43).status_code == 410


def test_a_link_is_kept_as_a_hash_and_ends_after_seven_days(people: Flask) -> None:
    database, now = people.extensions["database"], datetime(2026, 3, 1, tzinfo=UTC)
    with database.write() as session:
        user = session.scalars(sa.select(User).where(User.username == "staff")).one()
        secret = invite(session, user, actor=Actor(now))
        assert secret not in str([row.token_hash for row in session.scalars(sa.select(Invitation))])
        assert find_invitation(session, secret, now + timedelta(days=7) - timedelta(seconds=1)) is not None
        assert find_invitation(session, secret, now + timedelta(days=7)) is None
        second = invite(session, user, actor=Actor(now))
        assert find_invitation(session, secret, now) is None
        accept_invitation(session, second, password_hash="hash", now=now)
        assert find_invitation(session, second, now) is None


def test_an_invitation_takes_the_old_password_and_sessions_away(people: Flask) -> None:
    staff = signed_in(people, "staff")
    number = number_of(people, "staff")
    reply = post(
        signed_in(people, "admin"), f"/quan-tri/tai-khoan/{number}/moi", form_at=f"/quan-tri/tai-khoan/{number}"
    )
    assert "/moi/" in reply.get_data(as_text=True)
    assert staff.get("/quay").status_code == 302
    assert sign_in(people.test_client(), "staff").status_code == 422


def test_a_changed_role_ends_the_sessions(people: Flask) -> None:
    manager, number = signed_in(people, "manager"), number_of(people, "manager")
    admin = signed_in(people, "admin")
    at = f"/quan-tri/tai-khoan/{number}"
    assert post(admin, at, display_name="x", role="staff", agency="so-tu-phap").status_code == 303
    assert manager.get("/danh-gia").status_code == 302
    told = post(admin, at, display_name="x", role="manager", agency="")
    assert (told.status_code, "Hãy chọn cơ quan" in told.get_data(as_text=True)) == (422, True)
    assert post(admin, at, display_name="x", role="root", agency="").status_code == 422
    with people.extensions["database"].read() as session:
        event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "user.changed")).one()
        assert (event.before["role"], event.after["role"], event.user_id) == (
            "manager",
            "staff",
            number_of(people, "admin"),
        )


def test_the_last_administrator_stays(people: Flask) -> None:
    admin, number = signed_in(people, "admin"), number_of(people, "admin")
    at = f"/quan-tri/tai-khoan/{number}"
    assert post(admin, at, display_name="", role="evaluator", agency="").status_code == 422
    post(admin, at + "/dong", form_at=at)
    page = admin.get(at)
    assert (page.status_code, "người quản trị cuối cùng" in page.get_data(as_text=True)) == (200, True)


def test_a_closed_account_signs_in_no_more(people: Flask) -> None:
    evaluator, at = signed_in(people, "evaluator"), f"/quan-tri/tai-khoan/{number_of(people, 'evaluator')}"
    admin = signed_in(people, "admin")
    assert post(admin, at + "/dong", form_at=at).status_code == 303
    assert evaluator.get("/danh-gia").status_code == 302
    assert sign_in(people.test_client(), "evaluator").status_code == 422
    assert post(admin, at + "/mo", form_at=at).status_code == 303
    assert sign_in(people.test_client(), "evaluator").status_code == 303


def test_signing_out_everywhere_ends_the_other_sessions(people: Flask) -> None:
    here, there = signed_in(people, "evaluator"), signed_in(people, "evaluator")
    assert post(here, "/tai-khoan/dang-xuat", form_at="/tai-khoan").location == "/dang-nhap"
    assert there.get("/danh-gia").status_code == 302


def test_accounts_are_found_by_name_without_marks_and_by_role(people: Flask) -> None:
    invited(people)
    admin = signed_in(people, "admin")

    def names(query: str) -> list[str]:
        return re.findall(
            r'tai-khoan/\d+">([\w-]+)</a>', admin.get(f"/quan-tri/tai-khoan?{query}").get_data(as_text=True)
        )

    assert names("tim=can+bo+moi") == ["lan"]
    assert names("vai-tro=staff") == ["lan", "staff"]
    assert len(names("")) == 5


def enrolled(app: Flask, client: FlaskClient) -> tuple[str, list[str]]:
    """Enrol a telephone; return its key and the recovery codes."""
    set_clock(app, NOW)
    page = client.get("/tai-khoan/ma").get_data(as_text=True)
    assert "style=" not in page
    secret = re.search(r'<code class="hash">([A-Z2-7]{32})</code>', page)
    assert secret is not None
    sent = {"csrf_token": token(page), "code": pyotp.TOTP(secret[1]).at(NOW), "password": PASSWORD}
    for wrong in ({"code": "000000"}, {"password": "whoever found the screen open"}):
        refused = client.post("/tai-khoan/ma", data=sent | wrong)
        assert refused.status_code == 422
        assert secret[1] in refused.get_data(as_text=True)  # a mistyped digit does not ask to scan again
    right = client.post("/tai-khoan/ma", data=sent)
    codes = re.findall(r"<code>((?:[A-Z2-7]{4}-){3}[A-Z2-7]{4})</code>", right.get_data(as_text=True))
    assert len(set(codes)) == 8
    return secret[1], codes


def test_a_telephone_s_code_is_asked_for_beside_the_password(people: Flask) -> None:
    _secret, codes = enrolled(people, signed_in(people, "evaluator"))
    client = people.test_client()
    assert sign_in(client, "evaluator").location == "/dang-nhap/ma"
    assert client.get("/danh-gia").status_code == 302  # the password alone opens nothing
    assert post(client, "/dang-nhap/ma", code="123").status_code == 422
    assert post(client, "/dang-nhap/ma", code=codes[0].lower()).location == "/danh-gia"
    assert client.get("/danh-gia").status_code == 200
    again = people.test_client()
    sign_in(again, "evaluator")
    assert post(again, "/dang-nhap/ma", code=codes[0]).status_code == 422  # each lets in once
    assert post(again, "/dang-nhap/ma", code=codes[1]).status_code == 303


def test_the_step_cannot_be_left_out(people: Flask) -> None:
    enrolled(people, signed_in(people, "admin"))
    client = people.test_client()
    assert client.get("/dang-nhap/ma").location == "/dang-nhap"
    sign_in(client, "admin")
    with client.session_transaction() as session:
        assert "session" not in session
        session["pending"]["until"] = 0
        session.modified = True
    assert client.get("/dang-nhap/ma").location == "/dang-nhap"


def test_codes_of_rfc_6238_and_none_twice(people: Flask) -> None:
    """Appendix B of RFC 6238: at 59 s the SHA-1 code of the key `12345678901234567890` ends in 287082."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    at = datetime.fromtimestamp(59, UTC)
    assert matching_step(secret, "287 082", at) == 1
    assert matching_step(secret, "287082", at + timedelta(seconds=30)) == 1
    assert matching_step(secret, "287082", at + timedelta(seconds=61)) is None
    with people.extensions["database"].write() as session:
        user = session.scalars(sa.select(User).where(User.username == "admin")).one()
        user.totp_secret = secret
        assert use_code(session, user, "287082", now=at)
        assert not use_code(session, user, "287082", now=at)
        assert not use_code(session, user, "", now=at)


def test_an_administrator_lets_in_who_lost_everything(people: Flask) -> None:
    enrolled(people, signed_in(people, "evaluator"))
    at = f"/quan-tri/tai-khoan/{number_of(people, 'evaluator')}"
    assert post(signed_in(people, "admin"), at + "/bo-ma", form_at=at).status_code == 303
    assert sign_in(people.test_client(), "evaluator").location == "/danh-gia"
    with people.extensions["database"].read() as session:
        assert session.scalars(sa.select(RecoveryCode)).all() == []


@pytest.mark.parametrize("role", list(Role))
def test_every_role_may_have_a_second_factor(people: Flask, role: Role) -> None:
    enrolled(people, signed_in(people, role.value))
    assert sign_in(people.test_client(), role.value).location == "/dang-nhap/ma"


def test_a_role_of_whom_a_second_factor_is_demanded_does_nothing_without(people: Flask) -> None:
    demanding = replace(people.config["SETTINGS"], second_factor_roles=("manager",))
    people.config["SETTINGS"] = demanding
    client = signed_in(people, "manager")
    for page in ("/danh-gia", "/tai-khoan", "/quay"):
        assert client.get(page).location == "/tai-khoan/ma"
    assert "phải dùng mã một lần" in client.get("/tai-khoan/ma").get_data(as_text=True)
    enrolled(people, client)
    assert client.get("/danh-gia").status_code == 200
    assert signed_in(people, "staff").get("/tai-khoan").status_code == 200


def test_the_roles_of_settings_are_the_roles() -> None:
    assert set(ROLES) == set(Role)
    with pytest.raises(InputError, match="SECOND_FACTOR_ROLES"):
        load_settings({"SECOND_FACTOR_ROLES": "admin,boss"})
    assert load_settings({"SECOND_FACTOR_ROLES": "admin, evaluator"}).second_factor_roles == ("admin", "evaluator")


def test_signing_in_starts_a_fresh_session(people: Flask) -> None:
    client = people.test_client()
    with client.session_transaction() as session:
        session["planted"] = "x"
    sign_in(client, "admin")
    with client.session_transaction() as session:
        assert "planted" not in session


@pytest.mark.parametrize("role", list(Role))
def test_the_navigation_leads_nowhere_a_role_may_not_go(people: Flask, role: Role) -> None:
    client = signed_in(people, role.value)
    page = client.get("/tai-khoan").get_data(as_text=True)
    menu = page[page.index('class="wide-nav"') : page.index("</nav>", page.index('class="wide-nav"'))]
    links = re.findall(r'href="([^"]+)"', menu)
    assert len(links) >= 2
    for link in links:
        assert (link, client.get(link).status_code) == (link, 200)


def test_a_code_taken_while_the_clock_was_ahead_locks_nobody_out(people: Flask) -> None:
    """A server three days ahead took a code; set right, it takes the code of now, and that one once."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B
    right, ahead = datetime.fromtimestamp(59, UTC), datetime.fromtimestamp(1111111109, UTC)
    with people.extensions["database"].write() as session:
        user = session.scalars(sa.select(User).where(User.username == "admin")).one()
        user.totp_secret = secret
        assert use_code(session, user, "081804", now=ahead)
        assert not use_code(session, user, "081804", now=ahead)
        assert use_code(session, user, "287082", now=right)
        assert not use_code(session, user, "287082", now=right)
        assert not use_code(session, user, "287082", now=right + timedelta(seconds=30))
