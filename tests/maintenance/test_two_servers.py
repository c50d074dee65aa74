"""Two servers on one PostgreSQL: an evaluator's and a citizen's day in which each click meets the other one."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from werkzeug.test import Client

from app import create_app
from survey.core.config import Settings
from survey.core.db import Database
from survey.models import Publication, Response, Round, RoundState, User
from tests.collect.test_pages_response_imports import fields
from tests.support.clock import set_clock
from tests.support.evaluation import PASSWORD, TOTP, accounts, post, protect_accounts, second_evaluator, sign_in, token
from tests.support.jobs import ask, file_of, run_jobs
from tests.support.places import CODE, SECRET, fill, open_place

FILES = Path(__file__).parents[1] / "fixtures" / "imports"
MORNING = datetime(2027, 3, 10, 1, tzinfo=UTC)
STEPS = "/danh-gia/r1/cong-bo"


@dataclass
class Pair:
    """Two servers with folders of their own, one database and one storage."""

    a: Flask
    b: Flask

    def client(self, *, cookies: bool = True) -> Client:
        """A browser whose requests reach the servers in turn: a page is shown by A, its form sent to B."""
        turns = cycle((self.a.wsgi_app, self.b.wsgi_app))

        def balance(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            return next(turns)(environ, start)

        return Client(balance, use_cookies=cookies)

    def set_clocks(self, instant: datetime) -> None:
        for app in (self.a, self.b):
            set_clock(app, instant)


@pytest.fixture
def pair(postgresql_database: Database, tmp_path: Path) -> Iterator[Pair]:
    """Both servers in the morning, and an open round with nothing in it."""
    settings = Settings(
        instance_dir=tmp_path / "a",
        database_url=postgresql_database.url,
        secret_key=SECRET,
        storage_dir=str(tmp_path / "shared"),
        public_base_url="http://danhgia.example.vn",
    )
    with postgresql_database.write() as session:
        open_place(session, "sipas-short")
        accounts(session)
        second_evaluator(session)
    made = Pair(create_app(settings), create_app(replace(settings, instance_dir=tmp_path / "b")))
    made.set_clocks(MORNING)
    yield made
    for app in (made.a, made.b):
        app.extensions["database"].dispose()


def responses(pair: Pair) -> int:
    with pair.a.extensions["database"].read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Response)) or 0


def text(page: str) -> str:
    return " ".join(BeautifulSoup(page, "html.parser").get_text(" ").split())


def test_a_citizen_s_day(pair: Pair) -> None:
    """Each form is opened at one server and sent to the other; a repeat at the first one is the same row."""
    phone = pair.client(cookies=False)
    for _ in range(3):
        body = fill(phone)
        pair.set_clocks(MORNING + timedelta(seconds=90))
        sent = [phone.post(f"/K/{CODE}", data=body) for _ in range(2)]
        assert {reply.status_code for reply in sent} == {303}
        assert phone.get(sent[0].location).status_code == 200
        pair.set_clocks(MORNING)
        phone.get("/health/live")  # so that the next form is opened at the other server
    assert responses(pair) == 3
    opened = fill(phone)
    with pair.a.extensions["database"].write() as session:
        session.execute(sa.update(Round).values(state=RoundState.CLOSED, closed_at=MORNING + timedelta(minutes=5)))
    pair.set_clocks(MORNING + timedelta(minutes=10))
    assert phone.post(f"/K/{CODE}", data=opened).status_code == 303  # the other server believes when it was opened
    assert responses(pair) == 4
    for _ in range(2):
        assert BeautifulSoup(phone.get(f"/K/{CODE}").text, "html.parser").find(id="form") is None


def imported(client: Client) -> None:
    """Bring in a file: uploaded, columns, preview and confirmation at different servers."""
    body = {
        "csrf_token": token(client.get("/nhap-phieu").text),
        "dot": "r1",
        "file": (io.BytesIO((FILES / "kobo.csv").read_bytes()), "kobo.csv"),
    }
    sent = client.post("/nhap-phieu", data=body, content_type="multipart/form-data")
    assert sent.status_code == 303, sent.text
    address, chosen = fields(client.get(sent.location).text)
    shown = client.post(address, data=chosen)
    client.get("/health/live")  # the preview was made at one server: it is confirmed at the other
    address, chosen = fields(shown.text, 0)
    done = client.post(address, data=chosen)
    assert done.status_code == 303, text(done.text)
    assert "Đã thêm 4 phiếu." in client.get(done.location).text


def published(pair: Pair, evaluator: Client) -> None:
    """Freeze, review and publish an edition, each step begun at one server and done at the other."""
    second = pair.client()
    sign_in(second, "hai")
    protect_accounts(pair.a)
    drafted = post(evaluator, STEPS)
    assert drafted.status_code == 303, text(drafted.text)
    draft = re.search(rf'{STEPS}/\d+(?=">Mở bản dự thảo)', evaluator.get(STEPS).text)
    assert draft is not None
    assert post(second, f"{draft[0]}/duyet", form_at=draft[0]).location == STEPS
    assert post(evaluator, f"{draft[0]}/cong-khai", form_at=draft[0]).location == STEPS
    with pair.b.extensions["database"].read() as session:
        edition = session.scalars(sa.select(Publication)).one()
    shown = [app.test_client().get("/ket-qua/r1") for app in (pair.a, pair.b)]
    assert [(page.status_code, edition.results_hash in page.text) for page in shown] == [(200, True)] * 2


def test_an_evaluator_s_day(pair: Pair) -> None:
    evaluator = pair.client()
    assert sign_in(evaluator, "evaluator").status_code == 303
    for _ in range(4):
        assert evaluator.get("/danh-gia").status_code == 200
    imported(evaluator)
    assert responses(pair) == 4
    with pair.a.extensions["database"].write() as session:
        # the file's four answers once more, ten times over, so that the round may be published
        rows = [dict(row._mapping) for row in session.execute(sa.select(Response.__table__))]
        again = [{**row, "id": None, "key": f"{row['key'][:50]}-{k}"} for k in range(10) for row in rows]
        session.execute(sa.insert(Response), [{k: v for k, v in row.items() if k != "id"} for row in again])
    overview = [text(evaluator.get("/danh-gia/r1").text) for _ in range(2)]
    assert overview[0] == overview[1]  # both servers count what either of them took
    page = ask(evaluator, "/danh-gia/r1/tai-ve/bang-tinh.xlsx").location
    assert run_jobs(pair.b) == 1  # the other server's worker makes it
    for _ in range(2):
        assert file_of(evaluator, page).data.startswith(b"PK")
        evaluator.get("/health/live")
    closing = post(evaluator, "/quan-tri/dot/r1/dong", form_at="/quan-tri/dot/r1")
    assert closing.status_code == 303, closing.text
    pair.set_clocks(MORNING + timedelta(hours=1))  # forms that were open are taken for half an hour
    published(pair, evaluator)
    cookie = evaluator.get_cookie("sipas")
    assert cookie is not None
    assert evaluator.post("/dang-xuat", data={"csrf_token": token(evaluator.get("/tai-khoan").text)}).status_code == 303
    for app in (pair.a, pair.b):
        copied = app.test_client()
        copied.set_cookie("sipas", cookie.value)
        assert copied.get("/danh-gia").location.startswith("/dang-nhap")


def test_signing_in_with_a_code_and_its_throttle_cross_servers(pair: Pair) -> None:
    with pair.a.extensions["database"].write() as session:
        session.execute(sa.update(User).where(User.username == "admin").values(totp_secret=TOTP))
    client = pair.client()
    asked = sign_in(client, "admin", PASSWORD)
    assert asked.location == "/dang-nhap/ma"
    code = pyotp.TOTP(TOTP).at(MORNING)
    assert post(client, "/dang-nhap/ma", code=code).status_code == 303
    other = pair.client()
    sign_in(other, "admin", PASSWORD)
    assert post(other, "/dang-nhap/ma", code=code).status_code == 422  # taken at the other server
