"""Whatever is posted, no reply is a server error and no row breaks a rule."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from survey.collect.respond import routes
from survey.models import Comment, Response
from tests.support.places import CODE, MANY

names = st.sampled_from(
    ["key", "opened", "duration", "comment", "agency", "service", "website", "switch", "lang", "a.cc_thai_do"]
) | st.text(max_size=12).map(lambda text: f"a.{text}")
values = (
    st.sampled_from(
        ["1", "5", "x", "6", "", "so-tu-phap", "A" * 24, "0" * 400, "\x00", "e\u0301", "-1", "9" * 30, "en"]
    )
    | st.text(max_size=60)
    | st.integers().map(str)
)
bodies = st.lists(st.tuples(names, values), max_size=25)
KINDS = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "application/json", ""]
quiet = settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@pytest.fixture(autouse=True)
def _no_limit(monkeypatch):
    monkeypatch.setattr(routes, "_within_limits", lambda *_: True)


@pytest.mark.slow(reason="sends hundreds of odd requests")
@quiet
@given(pairs=bodies, code=st.sampled_from([CODE, MANY]))
@example(pairs=[("key", "k" * 24), ("a.cc_thai_do", "4"), ("comment", "\u202e\x07xin\x00 chào")], code=CODE)
def test_any_fields(place, citizen, pairs, code):
    body = urlencode(pairs, errors="surrogatepass").encode()
    reply = citizen.post(f"/K/{code}", data=body, content_type="application/x-www-form-urlencoded")
    assert reply.status_code in {200, 303, 422}


@pytest.mark.slow(reason="sends hundreds of odd requests")
@quiet
@given(
    body=st.binary(max_size=400),
    kind=st.sampled_from(
        ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "application/json", ""]
    ),
)
def test_any_bytes(place, citizen, body, kind):
    assert citizen.post(f"/K/{CODE}", data=body, content_type=kind).status_code < 500


@pytest.mark.parametrize("size", [100_000, 300_000, 1024 * 1024, 1024 * 1024 + 1, 3_000_000])
@pytest.mark.parametrize("name", ["comment", "a.cc_thai_do", "key"])
def test_any_size(place, citizen, size, name):
    reply = citizen.post(f"/K/{CODE}", data={"key": "k" * 24, "a.cc_thai_do": "4", name: "ế" * (size // 9)})
    assert reply.status_code in {413, 422}
    assert 'lang="vi"' in reply.text


def test_too_many_fields(place, citizen):
    body = "&".join(f"a.{number}=4" for number in range(20_000))
    reply = citizen.post(f"/K/{CODE}", data=body, content_type="application/x-www-form-urlencoded")
    assert reply.status_code in {413, 422}


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods(citizen, method):
    assert getattr(citizen, method)(f"/K/{CODE}").status_code in {400, 405}  # refused unsigned, or unknown


@pytest.mark.slow(reason="sends hundreds of odd requests")
@quiet
@given(code=st.text(max_size=30), query=st.text(max_size=30))
def test_any_address(citizen, code, query):
    for address in (f"/K/{quote(code)}", "/", f"/{quote(code)}"):
        reply = citizen.get(address, query_string={"code": query, "lang": query})
        assert reply.status_code < 500


def test_what_was_stored_of_all_this_is_sound(place, citizen):
    for number, comment in enumerate(["\x00a\x1b", "\ud7ff", "=1+1", "​", "a\r\nb"]):
        body = {"key": f"{number:024}", "a.cc_thai_do": "4", "comment": comment}
        assert citizen.post(f"/K/{CODE}", data=body).status_code == 303
    with place.extensions["database"].read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Response)) == 5
        # keys are random: their order is nobody's
        assert set(session.scalars(sa.select(Comment.text))) == {"a", "\ud7ff", "=1+1", "a\nb"}
        assert session.execute(sa.text("pragma integrity_check")).scalar() == "ok"
        lengths = session.scalars(sa.select(sa.func.length(Response.answers)).distinct()).all()
        slots = session.scalar(sa.text("select count(*) from answer_slot"))
    assert lengths == [slots]
