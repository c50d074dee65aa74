"""A form's page that proxies keep for everybody: off by default; where on, nobody's form is lost or counted twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from survey.collect.respond import stamp
from survey.models import Counter, Response
from tests.support.clock import set_clock
from tests.support.places import CODE, SECRET, fill, make_app

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)


@pytest.fixture
def shared(tmp_path):
    """The application with its form's pages kept for a minute by proxies."""
    app = make_app(tmp_path, form_cache_seconds=60)
    set_clock(app, NOON)
    yield app
    app.extensions["database"].dispose()


def hidden(page):
    """What the form on a page carries unseen."""
    return {field["name"]: field.get("value", "") for field in BeautifulSoup(page, "html.parser").select("#form input")}


def rows(app):
    with app.extensions["database"].read() as session:
        return session.scalars(sa.select(Response).order_by(Response.id)).all()


def test_without_the_setting_each_person_has_a_page_of_their_own(tmp_path):
    app = make_app(tmp_path)
    reply = app.test_client().get(f"/K/{CODE}")
    assert reply.headers["Cache-Control"] == "no-store"
    assert stamp.is_key(hidden(reply.text)["key"])
    assert "data-opening" not in reply.text
    app.extensions["database"].dispose()


def test_a_shared_page_is_the_same_for_everybody_and_carries_nothing_of_anybody(shared):
    first = shared.test_client().get(f"/K/{CODE}?lang=en")
    set_clock(shared, NOON + timedelta(seconds=50))
    second = shared.test_client().get(f"/K/{CODE}?lang=en")
    assert first.data == second.data
    assert first.headers["Cache-Control"] == "public, max-age=0, s-maxage=60"
    assert "Set-Cookie" not in first.headers
    assert (hidden(first.text)["key"], hidden(first.text)["opened"]) == ("", "")
    assert shared.test_client().get(f"/K/{CODE}/thanks").headers["Cache-Control"] == "public, max-age=0, s-maxage=60"


def test_kiosks_unknown_codes_and_the_signed_in_are_not_shared(shared):
    client = shared.test_client()
    for address in (f"/K/{CODE}?kiosk=1", "/K/AAAAAAAA"):
        assert client.get(address).headers["Cache-Control"] == "no-store"
    signed_in = shared.test_client()
    signed_in.get("/dang-nhap")
    assert signed_in.get(f"/K/{CODE}").headers["Cache-Control"] == "no-store"
    with shared.extensions["database"].write() as session:
        session.execute(sa.update(Counter).values(kiosk=True))
    reply = client.get(f"/K/{CODE}")
    assert (reply.headers["Cache-Control"], stamp.is_key(hidden(reply.text)["key"])) == ("no-store", True)


def test_two_people_without_a_script_behind_one_kept_page_make_two_rows(shared):
    kept = fill(shared.test_client(), comment="Cảm ơn")
    assert kept["key"] == ""
    for minute in (1, 2):
        set_clock(shared, NOON + timedelta(minutes=minute))
        client = shared.test_client()
        asked = client.post(f"/K/{CODE}", data=kept)
        assert asked.status_code == 422
        assert len(rows(shared)) == minute - 1
        page = BeautifulSoup(asked.text, "html.parser")
        assert page.find(id="comment").text.strip() == "Cảm ơn"
        assert len(page.select(".scale input[checked]")) == len([name for name in kept if name.startswith("a.")])
        assert client.post(f"/K/{CODE}", data=kept | hidden(asked.text) | kept_answers(kept)).status_code == 303
    first, second = rows(shared)
    assert first.key != second.key
    assert [row.opened_at for row in (first, second)] == [NOON + timedelta(minutes=minute) for minute in (1, 2)]


def kept_answers(body):
    return {name: value for name, value in body.items() if name.startswith("a.")}


def test_the_second_request_brings_the_signed_time_and_asks_the_database_nothing(shared):
    statements = []
    sa.event.listen(shared.extensions["database"].engine, "before_cursor_execute", lambda *of: statements.append(of[2]))
    reply = shared.test_client().get(f"/K/{CODE}/opened")
    assert reply.headers["Cache-Control"] == "no-store"
    assert stamp.read_time(reply.json["opened"], SECRET, NOON) == NOON
    assert statements == []
    assert shared.test_client().get("/K/nothing/opened").status_code == 404


def test_a_form_with_a_key_and_time_of_its_script_is_stored_at_once(shared):
    client = shared.test_client()
    body = fill(client) | {"key": stamp.new_key(), "opened": client.get(f"/K/{CODE}/opened").json["opened"]}
    set_clock(shared, NOON + timedelta(minutes=3))
    assert client.post(f"/K/{CODE}", data=body).status_code == 303
    assert [row.opened_at for row in rows(shared)] == [NOON]
