"""Estimates that borrow and hardened indices: whoever stands below an evaluator reads neither, by page, file or API.

They are watched where they come from: the two functions of `scoring` that make them, and the place where an edition
keeps the hardened ones. With nothing cached, a reader whose walk over every address touches none of these was shown
neither; that an evaluator's walk touches each shows that the watch sees.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.accounts.operations.create_user import create_user
from survey.core.actor import Actor
from survey.models import Agency, Role
from survey.publication.looked_at import FrozenPlaces
from survey.publication.operations.api_clients import create_api_client
from survey.results import borrowed, place_tables
from tests.accounts.test_pages_auth_roles import address
from tests.support.evaluation import NOW, PASSWORD, close_rounds, publish_scored, sign_in
from tests.support.jobs import make_file
from tests.support.stuffed_round import stuffed_round

NAMES = ("hardened", "borrowed", "model_share", "smoothed")


@pytest.fixture
def touched(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What of the evaluators' figures was worked out or read, filled as it happens."""
    found: set[str] = set()
    estimate, harden, read = borrowed.estimates_of, place_tables.harden, FrozenPlaces.__getattribute__

    def read_watched(self: FrozenPlaces, name: str) -> object:
        found.update({"frozen"} & {"frozen" if name in {"hardened", "__dict__"} else ""})
        return read(self, name)

    monkeypatch.setattr(borrowed, "estimates_of", lambda results: found.add("borrowed") or estimate(results))
    monkeypatch.setattr(place_tables, "harden", lambda *given: found.add("hardened") or harden(*given))
    monkeypatch.setattr(FrozenPlaces, "__getattribute__", read_watched)
    return found


@pytest.fixture
def province(people: Flask, state: str) -> Flask:
    with people.extensions["database"].write() as session:
        root = Agency(
            code="tinh", kind="province", level="province", name="Tỉnh", valid_from=NOW.date().replace(year=2020)
        )
        session.add(root)
        session.flush()
        create_user(
            session, username="province", password=PASSWORD, role=Role.MANAGER, agency_id=root.id, actor=Actor(NOW)
        )
        for agency in session.scalars(sa.select(Agency).where(Agency.parent_id.is_(None), Agency.id != root.id)):
            agency.parent_id = root.id
    if state == "published":
        with people.extensions["database"].write() as session:
            publish_scored(session)
    elif state == "closed":
        close_rounds(people)
    return people


def reader(app: Flask, who: str) -> FlaskClient:
    """Return a client: everyone's, a person's (`province`: a manager of the root), or a program's by its scope."""
    client = app.test_client()
    if who in {"published", "results"}:
        with app.extensions["database"].write() as session:
            _, token = create_api_client(session, name=who, scopes=[who], actor=Actor(NOW))
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    elif who != "anonymous":
        assert sign_in(client, who).status_code == 303
    return client


def addresses(app: Flask) -> Iterator[str]:
    """Yield every address that can be looked at, of each agency, figures in each form."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint != "static":
            at = address(app, rule)
            yield at
            if "so-tu-phap" in at:
                yield at.replace("so-tu-phap", "so-dat-dai")
            if "/tai-ve/chi-so." in at:
                yield from (f"/danh-gia/r1/tai-ve/{table}.{form}" for table in ("chi-so", "khoang-thu-hang", "thay-doi")
                            for form in ("csv", "json", "parquet"))  # fmt: skip
            if at.endswith("ket-qua.csv"):
                yield f"{at}?bang=day-du"


def walk(app: Flask, client: FlaskClient) -> str:
    """Look at everything, have every file made that the page of downloads offers, and return what was read."""
    read = []
    for at in addresses(app):
        reply = client.get(at)
        assert reply.status_code < 500, at
        if at.endswith("/openapi.json"):  # it describes what rounds with another headline have
            continue
        read.append(reply.get_data().decode("utf-8", "replace"))
    page = client.get("/danh-gia/r1/tai-ve")
    for form in BeautifulSoup(page.get_data(as_text=True), "html.parser").select("main form[action*='/tai-ve/']"):
        fields = {i["name"]: i["value"] for i in form.select("input[name][value]") if i["name"] != "csrf_token"}
        made = make_file(app, client, form["action"], **fields)
        assert made.status_code == 200, form["action"]
    return "\n".join(read)


@pytest.mark.slow(reason="walks every address and has every file made, for ten readers")
@pytest.mark.parametrize(
    ("state", "who"),
    [
        *(("open", who) for who in ("manager", "results")),
        *(("closed", who) for who in ("staff", "manager", "province", "results")),
        *(("published", who) for who in ("anonymous", "manager", "province", "published")),
    ],
)
def test_nobody_below_an_evaluator_is_shown_them(province: Flask, touched: set[str], who: str) -> None:
    read = walk(province, reader(province, who))
    assert touched == set()
    assert not [name for name in NAMES if name in read]


def test_the_watch_sees_what_evaluators_are_shown(people: Flask, touched: set[str]) -> None:
    with people.extensions["database"].write() as session:
        publish_scored(session)
    touched.clear()
    client = reader(people, "evaluator")
    client.get("/danh-gia/r1/o-it-phieu")
    assert touched == {"borrowed"}
    client.get("/danh-gia/r1/cong-bo/1")
    assert touched == {"borrowed", "frozen"}


def test_the_watch_sees_hardened_indices(app: Flask, touched: set[str]) -> None:
    with app.extensions["database"].write() as session:
        stuffed_round(session)
        create_user(session, username="e", password=PASSWORD, role=Role.EVALUATOR, agency_id=None, actor=Actor(NOW))
    assert reader(app, "e").get("/danh-gia/dem/noi-can-xem-lai").status_code == 200
    assert touched == {"hardened"}
