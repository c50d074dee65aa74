"""The audit log: newest first, cut as asked, in plain words, a page at a time; and nothing that is not in it."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

import survey
from survey.accounts import audit_words
from survey.accounts.operations import audit
from survey.accounts.queries.audit import PAGE
from survey.core.actor import Actor
from survey.models import AuditEvent, User
from tests.support.evaluation import accounts, post, scored_round, sign_in

SURVEY = Path(survey.__file__).parent
OPERATIONS = sorted(SURVEY.glob("*/operations/*.py"))
FIRST = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)
"""Half past midnight on 2 March in Hanoi."""


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
    client = app.test_client()
    assert sign_in(client, "admin").status_code == 303
    return client


def record(app: Flask, subject: str, at: datetime = FIRST, user_id: int | None = None, **fields: object) -> None:
    with app.extensions["database"].write() as session:
        audit.record(session, action="agency.renamed", subject=subject, actor=Actor(at, user_id), **fields)  # type: ignore[arg-type]


def lines(client: FlaskClient, query: str = "") -> list[str]:
    """The lines of the log, each with its text in one row."""
    reply = client.get(f"/quan-tri/nhat-ky?{query}")
    assert reply.status_code == 200, query
    page = BeautifulSoup(reply.get_data(as_text=True), "html.parser")
    return [" ".join(line.get_text(" ").split()) for line in page.select(".events > li")]


def test_the_newest_comes_first_and_says_what_it_was_before(app: Flask, admin: FlaskClient) -> None:
    at = "/quan-tri/tai-khoan/4"
    with app.extensions["database"].read() as session:
        assert session.get_one(User, 4).username == "staff"
    post(admin, at, display_name="Nguyễn Thị Lan", role="evaluator", agency="")
    newest, before = lines(admin)[:2]
    assert "admin · Sửa tài khoản · tài khoản staff" in newest
    assert "Tên: staff → đổi thành Nguyễn Thị Lan" in newest
    assert "Vai trò: Cán bộ một cửa → đổi thành Cán bộ đánh giá" in newest
    assert "Cơ quan: Sở Tư pháp → đổi thành –" in newest
    assert "Đăng nhập" in before


def test_it_is_cut_by_person_action_subject_and_local_days(app: Flask, admin: FlaskClient) -> None:
    record(app, "agency:So-100%")
    record(app, "agency:so-1000", FIRST + timedelta(days=1), user_id=1)
    assert len(lines(admin, "viec=agency.renamed")) == 2
    assert len(lines(admin, "viec=agency.")) == 2
    assert [line[:10] for line in lines(admin, "doi-tuong=so-100%25")] == ["02/03/2026"]  # % is no wildcard
    assert len(lines(admin, "doi-tuong=agency:SO")) == 2
    assert len(lines(admin, "viec=agency.renamed&nguoi=admin")) == 1
    assert len(lines(admin, "viec=agency.renamed&nguoi=-")) == 1
    assert len(lines(admin, "viec=agency.renamed&tu=2026-03-02&den=2026-03-02")) == 1
    assert len(lines(admin, "viec=agency.renamed&den=01/03/2026")) == 0
    assert lines(admin, "viec=agency.renamed&nguoi=evaluator") == []


def test_pages_do_not_shift_while_lines_are_added(app: Flask, admin: FlaskClient) -> None:
    for number in range(PAGE + 3):
        record(app, f"agency:n{number}")
    page = BeautifulSoup(admin.get("/quan-tri/nhat-ky?viec=agency.renamed").get_data(as_text=True), "html.parser")
    older = page.find("a", rel="next")
    assert older is not None
    record(app, "agency:later")
    following = lines(admin, str(older["href"]).split("?", 1)[1])
    assert [line.split()[-1] for line in following] == ["n2", "n1", "n0"]


@pytest.mark.parametrize(
    "query",
    [
        "truoc=-1",
        "truoc=99999999999999999999",
        "truoc=x",
        "tu=0001-01-01&den=9999-12-31",
        "tu=99/99/9999",
        "endpoint=x&_external=1&_anchor=y",
        "viec=%00&nguoi=%27&doi-tuong=%5C",
    ],
)
def test_any_address_is_answered(admin: FlaskClient, query: str) -> None:
    if "%00" not in query:
        lines(admin, query)
    assert admin.get(f"/quan-tri/nhat-ky?{query}").status_code == 200


def recorded() -> set[str]:
    """Every action that the code writes down, read from its syntax tree."""
    found = set()
    for path in OPERATIONS:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and re.fullmatch(r"[a-z_]+\.(?!csv|json|yaml|xlsx)[a-z_]+", text):
                found.add(text)
    return found


def test_everything_that_is_written_down_has_words() -> None:
    told = {name for names in audit_words_of().values() for name in names}
    assert len(recorded()) > 40
    assert sorted(recorded() - told) == []


def audit_words_of() -> dict[str, dict[str, str]]:
    from app import create_app
    from survey.core.config import Settings

    with create_app(Settings(secret_key="words of the audit log, long enough")).test_request_context():
        return audit_words.actions()


#: writes that nobody signed in makes, or that write down nothing by design
UNRECORDED = {"record_response", "mask_comment", "audit", "install_questionnaire", "jobs"}


def test_every_operation_of_a_person_writes_it_down() -> None:
    """Each public function that takes who asked for it reaches `audit.record`, itself or through what it calls."""
    calls: dict[str, set[str]] = {}
    by_people = set()
    for path in OPERATIONS:
        for function in ast.parse(path.read_text("utf-8")).body:
            if not isinstance(function, ast.FunctionDef):
                continue
            names = {ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
            calls.setdefault(function.name, set()).update(name.rsplit(".", 1)[-1] for name in names)
            if "audit.record" in names:
                calls[function.name].add("AUDIT")
            arguments = {each.arg for each in (*function.args.args, *function.args.kwonlyargs)}
            if arguments & {"actor", "change"} and not function.name.startswith("_") and path.stem not in UNRECORDED:
                by_people.add(function.name)
    assert len(by_people) > 25

    def reaches(name: str, seen: frozenset[str] = frozenset()) -> bool:
        called = calls.get(name, set())
        return "AUDIT" in called or any(reaches(each, seen | {name}) for each in called - seen if each in calls)

    assert sorted(name for name in by_people if not reaches(name)) == []


def test_every_write_to_accounts_is_written_down_with_who_did_it(app: Flask, admin: FlaskClient) -> None:
    at = "/quan-tri/tai-khoan/2"  # evaluator
    made = {"username": "lan", "display_name": "", "role": "staff", "agency": "so-tu-phap"}
    post(admin, "/quan-tri/tai-khoan", **made)
    post(admin, at, display_name="Hoa", role="evaluator", agency="")
    post(admin, at + "/dang-xuat", form_at=at)
    post(admin, at + "/dong", form_at=at)
    post(admin, at + "/mo", form_at=at)
    post(admin, at + "/moi", form_at=at)
    post(admin, "/tai-khoan/dang-xuat", form_at="/tai-khoan")
    with app.extensions["database"].read() as session:
        events = session.execute(
            sa.select(AuditEvent.action, AuditEvent.subject).where(AuditEvent.user_id == 1).order_by(AuditEvent.id)
        ).all()
    assert [tuple(event) for event in events] == [
        ("user.signed_in", "user:admin"),
        ("user.created", "user:lan"),
        ("user.invited", "user:lan"),
        ("user.changed", "user:evaluator"),
        ("user.signed_out_everywhere", "user:evaluator"),
        ("user.closed", "user:evaluator"),
        ("user.reopened", "user:evaluator"),
        ("user.invited", "user:evaluator"),
        ("user.signed_out_everywhere", "user:admin"),
    ]
    with app.extensions["database"].read() as session:
        kept = str([(e.before, e.after) for e in session.scalars(sa.select(AuditEvent))])
    assert "password" not in kept
    assert "argon2" not in kept
