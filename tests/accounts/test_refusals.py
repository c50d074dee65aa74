"""What was refused reaches the audit log: closed pages, slowed tries, tokens; and leaves it for a collector."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from survey.accounts.attempts import FREE_BY_NAME
from survey.core.actor import Actor
from survey.models import AuditEvent, User
from survey.publication.operations.api_clients import create_api_client
from tests.support.clock import set_clock
from tests.support.evaluation import NOW, close_rounds, sign_in
from tests.support.places import CODE, fill

HOUR = 3600.0


@pytest.fixture
def people(people: Flask) -> Flask:
    set_clock(people, NOW)
    return people


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds by which counts in memory are kept; a test sets them."""
    moment = [1_000_000.0]
    monkeypatch.setattr("survey.web.rate_counts.time.time", lambda: moment[0])
    return moment


def refused(app: Flask, action: str = "access.") -> list[tuple[str | None, str, str, dict[str, object]]]:
    """Who, what, on what, and the facts of each line about refusals, oldest first."""
    with app.extensions["database"].read() as session:
        rows = session.execute(
            sa.select(User.username, AuditEvent)
            .outerjoin(User, User.id == AuditEvent.user_id)
            .where(AuditEvent.action.startswith(action))
            .order_by(AuditEvent.id)
        )
        return [(name, event.action, event.subject, event.after or {}) for name, event in rows]


def test_who_knocks_at_closed_doors_is_in_the_log(people: Flask) -> None:
    """The attack: a manager walks through numbers of others and nothing tells of it."""
    close_rounds(people)
    client = people.test_client()
    sign_in(client, "manager")
    assert client.get("/quan-tri/nhat-ky").status_code == 403
    assert client.get("/danh-gia/r1/co-quan/so-dat-dai").status_code == 404
    assert refused(people) == [
        ("manager", "access.denied", "page:admin.audit", {"count": 1, "status": 403, "address": "/quan-tri/nhat-ky"}),
        (
            "manager",
            "access.denied",
            "page:evaluator.detail",
            {"count": 1, "status": 404, "address": "/danh-gia/r1/co-quan/so-dat-dai"},
        ),
    ]


def test_equal_refusals_within_a_minute_are_one_line_with_their_number(people: Flask, at: list[float]) -> None:
    client = people.test_client()
    sign_in(client, "staff")
    for _ in range(7):
        client.get("/quan-tri/nhat-ky")
    at[0] += 61
    client.get("/quan-tri/nhat-ky")
    assert [facts["count"] for *_who, facts in refused(people)] == [1, 7]  # the first; six that waited, and the eighth


def test_a_page_that_is_not_there_or_not_guarded_is_no_refusal(people: Flask) -> None:
    client = people.test_client()
    sign_in(client, "admin")
    for address in ("/khong-co", "/ket-qua/none", "/K/AAAAAAAA", "/moi/a-secret-token"):
        assert client.get(address).status_code in {404, 410}, address
    assert people.test_client().get("/quan-tri/nhat-ky").status_code == 302
    assert refused(people) == []


def test_slowed_sign_ins_name_the_account_and_never_what_was_typed(people: Flask) -> None:
    for name in ("evaluator", "my-password-typed-as-a-name"):
        for _ in range(FREE_BY_NAME + 2):
            sign_in(people.test_client(), name, "wrong")
    lines = refused(people, "access.slowed")
    assert [(who, subject) for who, _action, subject, _facts in lines] == [(None, "user:evaluator"), (None, "user:?")]
    assert "my-password" not in json.dumps(lines)


def test_a_citizen_who_is_slowed_is_nobody(people: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    citizen = people.test_client(use_cookies=False)
    body = fill(citizen)
    monkeypatch.setattr("survey.collect.respond.routes._within_limits", lambda *_args: False)
    reply = citizen.post(f"/K/{CODE}", data=body, environ_base={"REMOTE_ADDR": "203.0.113.77"})
    assert reply.status_code == 429
    assert refused(people) == [(None, "access.slowed", "page:respond.send", {"count": 1})]


def test_use_of_a_token_is_a_line_an_hour_and_a_wrong_one_a_line_a_minute(people: Flask, at: list[float]) -> None:
    with people.extensions["database"].write() as session:
        client, token = create_api_client(session, name="Cổng", scopes=["results"], actor=Actor(NOW))
        number = client.id
    caller = people.test_client()
    for seconds in (0.0, 100.0, 200.0, HOUR + 1):
        at[0] = 1_000_000.0 + seconds
        assert caller.get("/api/v1/rounds", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert caller.get("/api/v1/rounds", headers={"Authorization": "Bearer of-nobody"}).status_code == 401
    assert refused(people) == [
        (None, "access.token_used", f"api_client:{number}", {"count": 1}),
        (None, "access.token_used", f"api_client:{number}", {"count": 3}),
        (None, "access.token_refused", "api_client:?", {"count": 1}),
    ]
    assert token not in json.dumps(refused(people))


def test_a_collector_gets_each_event_once(people: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("survey.accounts.queries.audit.CHUNK", 2)
    client = people.test_client()
    sign_in(client, "manager")
    client.get("/quan-tri/nhat-ky")
    run = people.test_cli_runner().invoke
    lines = [json.loads(line) for line in run(args=["audit", "export"]).stdout.splitlines()]
    with people.extensions["database"].read() as session:
        stored = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id)).all()
        assert [line["id"] for line in lines] == [event.id for event in stored]
    last = lines[-1]
    assert (last["user"], last["action"], last["subject"]) == ("manager", "access.denied", "page:admin.audit")
    assert datetime.fromisoformat(last["at"]) == NOW.astimezone(UTC)
    assert run(args=["audit", "export", "--after", str(last["id"])]).stdout == ""
    alone = run(args=["audit", "export", "--action", "access."]).stdout.splitlines()
    assert [json.loads(line)["id"] for line in alone] == [last["id"]]


def test_the_page_and_its_file_show_what_was_refused(people: Flask) -> None:
    curious = people.test_client()
    sign_in(curious, "manager")
    curious.get("/quan-tri/nhat-ky")
    admin = people.test_client()
    sign_in(admin, "admin")
    page = " ".join(admin.get("/quan-tri/nhat-ky?viec=access.").get_data(as_text=True).split())
    assert "Bị từ chối mở trang" in page
    assert "/quan-tri/nhat-ky.jsonl?viec=access." in page
    reply = admin.get("/quan-tri/nhat-ky.jsonl?viec=access.&nguoi=manager")
    assert reply.headers["Content-Disposition"] == "attachment; filename=nhat-ky.jsonl"
    assert [json.loads(line)["user"] for line in reply.text.splitlines()] == ["manager"]
    assert admin.get("/quan-tri/nhat-ky.jsonl?viec=access.&nguoi=staff").text == ""
