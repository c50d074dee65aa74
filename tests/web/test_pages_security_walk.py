"""Every page of every role: nothing inline, a token in every form. Every address of another agency's things: closed."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.routing import Rule

from app import create_app
from survey.collect.operations.enter_form import Pile, begin_pile
from survey.core.actor import Actor
from survey.core.config import Settings
from survey.migrations import upgrade
from survey.models import (
    Action,
    ActionEvidence,
    ActionState,
    Agency,
    AgencyEmblem,
    BatchKind,
    Case,
    CaseKind,
    CaseOrigin,
    Channel,
    Comment,
    Counter,
    CounterCode,
    EmblemFormat,
    ImportBatch,
    PlanRequest,
    Role,
    Round,
    RoundState,
    User,
    Withdrawal,
    WithdrawalKind,
    WithdrawalReason,
    WithdrawalState,
)
from survey.web.security import HEADERS
from tests.accounts.test_pages_auth_roles import EVERYONE, VALUES, VALUES_OF
from tests.collect.test_pages_paper import fields
from tests.support.evaluation import accounts, publish_scored, scored_round, sign_in, token

NOW = datetime(2026, 3, 10, 3, tzinfo=UTC)
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
UNIT_ROLES = (Role.MANAGER.value, Role.STAFF.value)


def theirs(session) -> None:
    """Add to `r1` what belongs to `so-dat-dai`: the first comment, action, pile and form, and a counter with a code."""
    session.flush()
    agency = session.scalars(sa.select(Agency).where(Agency.code == "so-dat-dai")).one()
    round_ = session.scalars(sa.select(Round)).one()
    admin = session.scalars(sa.select(User).where(User.username == "admin")).one()
    counter = Counter(agency=agency, code="Q9", name=f"Quầy đất đai {HOSTILE}")
    session.add_all(
        [
            counter,
            CounterCode(code="T7MP2XQA", counter=counter, created_at=NOW),
            Comment(
                round_id=round_.id,
                agency_id=agency.id,
                text=f"Chờ lâu {HOSTILE}",
                received_week=date(2026, 2, 1),
            ),
            Case(
                id=1,
                code_hash="0" * 64,
                agency_id=agency.id,
                kind=CaseKind.REPORT,
                origin=CaseOrigin.FORM,
                text=f"Chờ lâu {HOSTILE}",
                masked=f"Chờ lâu {HOSTILE}",
                search="",
                received_on=date(2026, 3, 1),
                due_on=date(2026, 3, 13),
                arrived_on=date(2026, 3, 1),
                forward_by=date(2026, 3, 6),
            ),
            Action(
                round_id=round_.id,
                agency_id=agency.id,
                what=f"Đặt thêm ghế {HOSTILE}",
                responsible="Trưởng bộ phận",
                due_on=date(2026, 2, 1),
                created_at=NOW,
                created_by_id=admin.id,
                updated_at=NOW,
            ),
        ]
    )
    session.flush()
    session.add(
        Withdrawal(
            kind=WithdrawalKind.CODE,
            state=WithdrawalState.WAITING,
            reason=WithdrawalReason.OTHER,
            note=f"Áp phích hỏng {HOSTILE}",
            agency_id=agency.id,
            counter_id=counter.id,
            counted=0,
            facts={"renew": True},
            at=NOW,
        )
    )
    round_.second_pass = 1
    pile = Pile(round_, counter, agency.id, None, Channel.PAPER, date(2026, 3, 9))
    begin_pile(session, pile, actor=Actor(NOW, admin.id))
    session.add_all(followed_up(round_, agency, admin))


def followed_up(round_: Round, agency: Agency, admin: User) -> list[object]:
    """Return an agency's accepted action, evidence, plan that was asked for, emblem, and files that were brought."""
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "PNG")
    brought = {"source": "tep.csv", "content_hash": "0" * 64, "rows": 0, "created_at": NOW, "user_id": admin.id}
    return [
        Action(
            round_id=round_.id,
            agency_id=agency.id,
            what=f"Bảng hướng dẫn mới {HOSTILE}",
            responsible="Trưởng bộ phận",
            due_on=date(2026, 12, 31),
            state=ActionState.DONE,
            evidence="Ảnh chụp",
            accepted_at=NOW,
            created_at=NOW,
            created_by_id=admin.id,
            updated_at=NOW,
        ),
        ActionEvidence(
            id=1,
            action_id=1,
            name="anh.png",
            media_type="image/png",
            size=len(picture.getvalue()),
            content_hash="0" * 64,
            data=picture.getvalue(),
            at=NOW,
            by_id=admin.id,
        ),
        PlanRequest(
            id=1,
            round_id=round_.id,
            agency_id=agency.id,
            due_on=date(2026, 2, 1),
            document="12/UBND",
            text=f"Kế hoạch {HOSTILE}",
            created_at=NOW,
            created_by_id=admin.id,
        ),
        AgencyEmblem(agency_id=agency.id, format=EmblemFormat.PNG, data=picture.getvalue(), uploaded_at=NOW),
        ImportBatch(id=101, kind=BatchKind.RESPONSES, round_id=round_.id, **brought),
        ImportBatch(id=102, kind=BatchKind.AGENCIES, **brought),
    ]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Flask]:
    """An installation in which every kind of page has something to show."""
    folder = tmp_path_factory.mktemp("walk")
    app = create_app(Settings(instance_dir=folder, secret_key="s" * 40, public_base_url="http://danhgia.example.vn"))
    upgrade(app.extensions["database"])
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
        theirs(session)
    keyer = app.test_client()
    sign_in(keyer, "admin")
    body = fields(keyer.get("/phieu-giay/1/nhap").text)
    assert (
        keyer.post(
            "/phieu-giay/1/nhap", data=body | {next(name for name in body if name.startswith("a.")): "5"}
        ).status_code
        == 303
    )
    with app.extensions["database"].write() as session:
        publish_scored(session)
        published = session.scalars(sa.select(Round)).one()
        coming = {"opens_on": date(2998, 1, 1), "closes_on": date(2998, 12, 31)}  # paper forms are printed for it
        session.add(Round(code="r2", name="Đợt sau", version_id=published.version_id, state=RoundState.DRAFT, **coming))
    yield app
    app.extensions["database"].dispose()


def their_counter(site: Flask) -> int:
    with site.extensions["database"].read() as session:
        return session.scalars(sa.select(Counter.id).where(Counter.code == "Q9")).one()


OWN = {"imports": {"number": 101, "batch_id": 101}, "structure": {"batch_id": 102}}
"""Numbers of what was brought, by the blueprint that shows it."""


def address(site: Flask, rule: Rule, **others: object) -> str:
    values = {**VALUES_OF.get(rule.endpoint, VALUES), **others, **OWN.get(rule.endpoint.partition(".")[0], {})}
    chosen = {name: values[name] for name in rule.arguments if name not in (rule.defaults or {})}
    built = site.url_map.bind("localhost").build(rule.endpoint, chosen | (rule.defaults or {}))
    assert isinstance(built, str)
    return built


def rules(site: Flask, method: str) -> list[Rule]:
    return [rule for rule in site.url_map.iter_rules() if method in (rule.methods or ()) and rule.endpoint != "static"]


def client_of(site: Flask, person: str) -> FlaskClient:
    client = site.test_client()
    if person != "anonymous":
        assert sign_in(client, person).status_code == 303
    return client


@pytest.mark.parametrize("person", EVERYONE)
def test_no_page_has_anything_inline_or_from_elsewhere(site: Flask, person: str) -> None:
    client, seen = client_of(site, person), 0
    for rule in rules(site, "GET"):
        for at in pages(site, rule):
            reply = client.get(at)
            sent = {name: reply.headers[name] for name in HEADERS}
            if rule.endpoint.startswith("published."):  # other sites may show what is published
                sent["Cross-Origin-Resource-Policy"] = HEADERS["Cross-Origin-Resource-Policy"]
            if (rule.endpoint, person) == ("voices.voice", "admin"):  # the one page that records
                sent["Permissions-Policy"] = sent["Permissions-Policy"].replace("microphone=(self)", "microphone=()")
            assert sent == HEADERS, at
            if reply.mimetype != "text/html" or reply.status_code in {302, 303, 308}:
                continue
            seen += 1
            check_page(
                at, reply.get_data(as_text=True), public=(rule.endpoint or "").startswith(("respond.", "cases."))
            )
    assert seen > (5 if person == "anonymous" else 40)


FILES = re.compile(r"\.(pdf|png|svg|csv|json|jsonld|xlsx|zip|sav|parquet|js)$")


def pages(site: Flask, rule: Rule) -> list[str]:
    """Return a rule's addresses, also with the other agency's things; none of files, which cost more than a page."""
    found = [address(site, rule)]
    if rule.arguments & {"agency", "counter_id"}:
        found.append(address(site, rule, agency="so-dat-dai", counter_id=their_counter(site)))
    return [at for at in dict.fromkeys(found) if not FILES.search(at)]


def check_page(at: str, page: str, *, public: bool) -> None:
    """Nothing inline, nothing of another host, no markup out of stored text, a token in every signed-in form."""
    soup = BeautifulSoup(page, "html.parser")
    for tag in soup.find_all(True):
        assert not [name for name in tag.attrs if name == "style" or name.startswith("on")], (at, tag)
        for name in ("href", "src", "action", "formaction", "data", "poster"):
            assert not re.match(r"(?i)\s*(javascript|data|vbscript):|//", str(tag.get(name, ""))), (at, tag)
        if tag.name in {"script", "img", "iframe", "object", "embed", "form"} or (tag.name == "link"):
            for name in ("src", "action"):
                assert not str(tag.get(name, "")).startswith("http"), (at, tag)
    assert soup.find(["style", "base", "iframe", "object", "embed", "applet"]) is None, at
    for script in soup.find_all("script"):
        data = script.get("type") == "application/ld+json"  # read by machines, never run
        assert script.get("src") or data, (at, script)
        assert "<" not in script.get_text(), at
    for form in soup.find_all("form", method=re.compile("post", re.IGNORECASE)):
        assert public or form.find("input", attrs={"name": "csrf_token"}), (at, form.get("action"))


ELSEWHERE = frozenset({"agency", "counter_id", "number", "batch_id", "place"})
"""Arguments that name something of an agency."""
SHARED = ("published.", "cases.", "heard.", "health.", "api.", "respond.", "invitations.")
SHARED += ("second_factor.", "passkeys.", "auth.")
"""Pages that are the same for everyone."""


def of_another_agency(site: Flask, method: str) -> Iterator[tuple[str, str]]:
    """Yield (endpoint, address) of all that belongs to `so-dat-dai`."""
    for rule in rules(site, method):
        named = rule.arguments - (rule.defaults or {}).keys()
        if named & ELSEWHERE and not rule.endpoint.startswith(SHARED):
            yield rule.endpoint, address(site, rule, agency="so-dat-dai", counter_id=their_counter(site))


@pytest.mark.parametrize("person", UNIT_ROLES)
def test_nothing_of_another_agency_opens(site: Flask, person: str) -> None:
    client, closed = client_of(site, person), 0
    for endpoint, at in of_another_agency(site, "GET"):
        assert client.get(at).status_code in {403, 404}, (person, endpoint)
        closed += 1
    assert closed > 25
    assert client.get(f"/phieu-giay/moi?dot=r1&quay={their_counter(site)}").status_code in {403, 404}


@pytest.mark.parametrize("person", UNIT_ROLES)
def test_nothing_of_another_agency_is_changed(site: Flask, person: str) -> None:
    client = client_of(site, person)
    form = {"csrf_token": token(client.get("/tai-khoan").get_data(as_text=True))}
    before = contents(site)
    for endpoint, at in of_another_agency(site, "POST"):
        assert client.post(at, data=form).status_code in {403, 404}, (person, endpoint)
    client.post("/phieu-giay/moi", data={**form, "dot": "r1", "quay": str(their_counter(site)), "channel": "paper"})
    assert contents(site) == before


def contents(site: Flask) -> dict[str, list[object]]:
    """Return all rows but those of signing in."""
    with site.extensions["database"].read() as session:
        tables = sa.inspect(session.connection()).get_table_names()
        return {
            name: [tuple(row) for row in session.execute(sa.text(f'SELECT * FROM "{name}"'))]  # noqa: S608
            for name in tables
            if name != "audit_event"
        }


NOT_THERE = {
    "paper.spot_page": "a form of a sample is for other units, not for its own; tests/collect/test_spot_checks.py",
}
"""Addresses that lead nowhere for an administrator either, each with the reason."""


def test_what_was_closed_to_them_is_there(site: Flask) -> None:
    """The walk above means something: for an administrator the same addresses open."""
    client = client_of(site, "admin")
    found = {endpoint: client.get(at).status_code for endpoint, at in of_another_agency(site, "GET")}
    assert {endpoint for endpoint, status in found.items() if status == 404} == set(NOT_THERE)


def test_comments_and_files_of_another_agency_stay_away_in_queries(site: Flask) -> None:
    client = client_of(site, "manager")
    for at in ("/danh-gia/y-kien", "/danh-gia/r1", "/danh-gia/r1/xep-hang", "/danh-gia/r1/phan-to", "/tien-do"):
        page = client.get(at, query_string={"co-quan": "so-dat-dai", "agency": "so-dat-dai", "dot": "r1"})
        assert page.status_code in {200, 403, 404}, at
        assert "Đặt thêm ghế" not in page.text, at
        assert "Chờ lâu" not in page.text, at


MAKES = {
    "admin.users": "an account",
    "api_clients.clients": "a token",
    "auth.password_page": "a password; what is shown is the name, for the browser's store of passwords",
    "cases.write": "a citizen's report",
    "casework.new": "a report that was taken down",
    "structure.change_questionnaire": "a new version of a questionnaire; the one that is shown is never altered",
    "structure.imports": "a batch",
}
"""Pages whose filled-in forms change nothing that is stored: they make something new."""


def is_filled(form: Tag) -> bool:
    """Say whether a control of a form shows something as people see it."""
    for control in form.find_all(["input", "textarea", "select"]):
        kind = control.get("type", "text") if control.name == "input" else control.name
        if kind == "select":
            chosen = control.find("option", selected=True)
            filled = chosen is not None and bool(chosen.get("value"))
        elif kind in {"checkbox", "radio"}:
            filled = control.has_attr("checked")
        elif kind == "textarea":
            filled = bool(control.text.strip())
        else:
            filled = kind not in {"hidden", "file", "submit", "password"} and bool(control.get("value"))
        if filled:
            return True
    return False


@pytest.mark.slow(reason="opens every form of every role")
def test_every_form_that_shows_what_is_stored_says_what_it_was_opened_on(site: Flask) -> None:
    """So that no thing people edit is forgotten: a stale save of any of them is refused (optimistic locking)."""
    told: dict[str, bool] = {}
    for person in ("admin", "evaluator", "manager", "staff"):
        client = client_of(site, person)
        for rule in rules(site, "GET"):
            reply = client.get(address(site, rule))
            if reply.mimetype != "text/html" or reply.status_code != 200:
                continue
            for form in BeautifulSoup(reply.text, "html.parser").find_all("form", method=re.compile("post", re.I)):
                if is_filled(form):
                    told[rule.endpoint] = (
                        told.get(rule.endpoint, True) and form.find(attrs={"name": "opened"}) is not None
                    )
    assert {endpoint for endpoint, says in told.items() if not says} == set(MAKES)
    assert sum(told.values()) >= 8
