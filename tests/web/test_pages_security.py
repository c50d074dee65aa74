"""What every reply carries, and what people read when something fails."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from http.cookies import SimpleCookie

import flask
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from survey.collect.respond import stamp
from survey.models import Response
from survey.web.security import HEADERS
from tests.support.evaluation import accounts, post, sign_in, token
from tests.support.places import CODE, SECRET, fill, make_app

FORGED = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "/evil.example",
    "X-Forwarded-Server": "evil.example",
    "X-Original-Host": "evil.example",
    "Forwarded": "for=1.2.3.4;host=evil.example;proto=https",
}


@pytest.mark.parametrize("path", ["/", f"/K/{CODE}", "/nowhere", "/static/form.css", "/sw.js"])
def test_the_headers_are_on_every_reply(citizen, path):
    reply = citizen.get(path)
    for name, value in HEADERS.items():
        assert reply.headers[name] == value
    assert "unsafe" not in reply.headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in reply.headers


def test_https_is_insisted_on_once_the_public_address_has_it(tmp_path):
    app = make_app(tmp_path, public_base_url="https://danhgia.example.vn")
    assert app.test_client().get("/").headers["Strict-Transport-Security"].startswith("max-age=31536000")
    app.extensions["database"].dispose()


@pytest.mark.parametrize(("lang", "words"), [("vi", "Không có trang này"), ("en", "This page does not exist")])
def test_an_error_page_is_in_the_readers_language(citizen, lang, words):
    reply = citizen.get("/nowhere", query_string={"lang": lang})
    assert reply.status_code == 404
    assert f"<h1>{words}</h1>" in reply.text


@pytest.mark.parametrize(
    "path", ["/nowhere", "/K/ABCD2345", "/K/x", "/phan-anh/PA-2222-3333-4444", "/ket-qua/khong-co"]
)
@pytest.mark.parametrize("lang", ["vi", "en", "vi-simple"])
def test_a_page_that_is_not_there_has_a_way_on(citizen, path, lang):
    reply = citizen.get(path, query_string={"lang": lang})
    assert reply.status_code == 404
    way = BeautifulSoup(reply.text, "html.parser").select_one("main p.act a[href]")
    assert way is not None
    on = citizen.get(way["href"])
    assert on.status_code == 200
    assert BeautifulSoup(on.text, "html.parser").select_one("form input[name=code]") is not None


@pytest.mark.parametrize("known", [None, 7])
def test_every_reply_that_slows_says_when_to_try_again(tmp_path, known):
    """Whatever view gives it, by its status alone; after five minutes where the view knows no better."""
    app = make_app(tmp_path)

    def slowed() -> tuple[str, int]:
        if known:
            flask.g.retry_after = known
        return "slowly", 429

    app.add_url_rule("/slowly", view_func=slowed)
    app.add_url_rule("/abort", view_func=lambda: flask.abort(429))
    assert app.test_client().get("/slowly").headers["Retry-After"] == str(known or 300)
    assert app.test_client().get("/abort").headers["Retry-After"] == "300"
    app.extensions["database"].dispose()


@pytest.mark.parametrize("address", ["/phan-anh", "/dang-nhap"])
def test_pages_that_slow_say_when_to_try_again(site, address):
    client = site().test_client()
    body = {"key": "k" * 24, "agency": "so-tu-phap", "text": "Nên đặt thêm ghế", "username": "admin", "password": "x"}
    body["csrf_token"] = token(client.get("/dang-nhap").text)
    replies = [client.post(address, data=body) for _ in range(21)]
    slowed = [reply for reply in replies if reply.status_code == 429]
    assert slowed
    assert all(1 <= int(reply.headers["Retry-After"]) <= 3600 for reply in slowed)


def test_a_failure_of_ours_is_told_without_a_trace_even_without_a_database(place, citizen, monkeypatch):
    place.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setitem(place.extensions, "is_demo", (0.0, False))
    with place.extensions["database"].engine.begin() as connection:
        for table in ("installation", "counter_code"):
            connection.exec_driver_sql(f"drop table {table}")
    reply = citizen.get(f"/K/{CODE}")
    assert reply.status_code in {500, 503}
    assert "Đây không phải lỗi của Ông/Bà" in reply.text
    assert "Traceback" not in reply.text
    assert "sqlite" not in reply.text.lower()


@pytest.fixture(scope="module")
def peopled(tmp_path_factory):
    """A database with a place and accounts, made once."""
    folder = tmp_path_factory.mktemp("peopled")
    app = make_app(folder)
    with app.extensions["database"].write() as session:
        accounts(session)
    app.extensions["database"].dispose()  # the last connection moves the log into the file
    return folder / "sipas.db"


@pytest.fixture
def site(tmp_path, peopled):
    """Make applications over one installation with accounts; they are closed at the end."""
    made = []
    shutil.copy(peopled, tmp_path / "sipas.db")

    def make(**settings):
        app = make_app(tmp_path, **settings)
        made.append(app)
        return app

    yield make
    for app in made:
        app.extensions["database"].dispose()


def cookie(reply):
    """Return the session cookie a reply sets."""
    (found,) = SimpleCookie(reply.headers["Set-Cookie"]).values()
    return found


@pytest.mark.parametrize(("base", "secure"), [("https://danhgia.example.vn", True), ("http://danhgia.example.vn", "")])
def test_the_session_cookie_is_kept_from_scripts_and_from_plain_lines(site, base, secure):
    reply = site(public_base_url=base).test_client().get("/dang-nhap")  # a token is kept in the session
    found = cookie(reply)
    assert (found["secure"], found["httponly"], found["samesite"]) == (secure, True, "Lax")
    assert (found["domain"], found["path"]) == ("", "/")
    assert found.key == ("__Host-sipas" if secure else "sipas")  # RFC 6265bis: no neighbour's page can plant that one


def test_citizens_get_no_cookie(citizen):
    for path in ("/", f"/K/{CODE}", f"/K/{CODE}/thanks", "/ket-qua", "/quyen-rieng-tu", "/nowhere"):
        assert "Set-Cookie" not in citizen.get(path).headers


def test_a_session_from_before_the_sign_in_is_worth_nothing_after_it(site):
    """Fixation: whoever planted a cookie in a browser is not signed in by the person who uses it."""
    app = site()
    victim, attacker = app.test_client(), app.test_client()
    attacker.get("/dang-nhap")
    planted = attacker.get_cookie("sipas").value
    victim.set_cookie("sipas", planted)
    assert sign_in(victim, "admin").status_code == 303
    assert victim.get_cookie("sipas").value != planted
    attacker.set_cookie("sipas", planted)
    assert attacker.get("/tai-khoan").status_code == 302
    before = token(attacker.get("/dang-nhap").text)
    assert victim.post("/tai-khoan/dang-xuat", data={"csrf_token": before}).status_code == 400


@pytest.mark.parametrize("proxies", [0, 1])
@pytest.mark.parametrize("base", ["", "https://danhgia.example.vn"])
def test_a_forged_host_reaches_no_page_link_or_redirect(site, proxies, base):
    app = site(trusted_proxies=proxies, public_base_url=base)
    scheme = "https" if base else "http"
    signed = app.test_client()
    page = signed.get("/dang-nhap", base_url=f"{scheme}://localhost").text
    signed.post(
        "/dang-nhap",
        data={"csrf_token": token(page), "username": "admin", "password": "ruong bac thang xanh"},
        base_url=f"{scheme}://localhost",
    )
    paths = ("/", "//evil.example/", f"/k/{CODE}", f"/K//{CODE}", f"/K/{CODE}", "/ket-qua", "/ket-qua/", "/dang-nhap")
    signed_in = ("/tai-khoan", "/quay", "/quay/1", "/quay/1/to-dan", "/quan-tri/tai-khoan", "/danh-gia", "/tien-do")
    name = app.config["SESSION_COOKIE_NAME"]
    cookie_ = signed.get_cookie(name).value
    for path in (*paths, *signed_in, "/quay//1", "/tai-khoan/"):
        reply = app.test_client(use_cookies=False).get(path, headers={**FORGED, "Cookie": f"{name}={cookie_}"})
        assert b"evil.example" not in reply.data.replace(b"/evil.example/", b"") or path.startswith("//"), path
        assert "evil" not in reply.headers.get("Location", ""), path
        assert reply.headers.get("Location", "/").startswith("/"), path


@pytest.mark.parametrize("base", ["", "http://danhgia.example.vn"])
def test_a_forged_host_gives_nobody_an_invitation(site, base):
    client = site(public_base_url=base).test_client()
    sign_in(client, "admin")
    page = client.get("/quan-tri/tai-khoan").text
    body = {"csrf_token": token(page), "username": "lan", "display_name": "Lan", "role": "evaluator", "agency": ""}
    cookie_ = client.get_cookie("sipas").value
    plain = client.application.test_client(use_cookies=False)
    reply = plain.post("/quan-tri/tai-khoan", data=body, headers={**FORGED, "Cookie": f"sipas={cookie_}"})
    assert re.search(rf"{base or 'http://localhost:8000'}/moi/[\w-]{{40,}}", reply.text)
    assert "evil" not in reply.text


def test_secrets_rotate_without_signing_anyone_out_or_losing_a_form(site):
    old, new = SECRET, "a new secret of the test suite, long enough as well"
    before = site(secret=old)
    client = before.test_client()
    sign_in(client, "admin")
    open_form = {"csrf_token": token(client.get("/tai-khoan").text)}
    held, opened = client.get_cookie("sipas").value, fill(before.test_client())

    after = site(secret=new, secret_key_fallbacks=(old,))
    client = after.test_client()
    client.set_cookie("sipas", held)
    assert client.get("/tai-khoan").status_code == 200
    assert client.post("/tai-khoan/mat-khau", data={"csrf_token": "x" + open_form["csrf_token"]}).status_code == 400
    assert client.post("/tai-khoan/mat-khau", data=open_form).status_code == 422  # taken, and found incomplete
    assert after.test_client().post(f"/K/{CODE}", data=opened).status_code == 303
    with after.extensions["database"].read() as session:
        assert session.scalars(sa.select(Response)).one().opened_at is not None
    sign_in(fresh := after.test_client(), "staff")

    ended = site(secret=new)
    for kept, status in ((held, 302), (fresh.get_cookie("sipas").value, 200)):
        client = ended.test_client()
        client.set_cookie("sipas", kept)
        assert client.get("/tai-khoan").status_code == status


def test_a_page_s_time_counts_when_signed_by_a_former_secret_and_by_no_other():
    now = datetime(2026, 3, 1, 3, tzinfo=UTC)
    signed = stamp.sign_time(now, "old secret")
    assert stamp.read_time(signed, "new secret", now, ["older secret", "old secret"]) == now
    assert stamp.read_time(signed, "new secret", now, ["older secret"]) is None
    assert stamp.read_time(stamp.sign_time(now, "new secret"), "new secret", now, ["old secret"]) == now


def test_a_signed_in_page_goes_nowhere_else(site):
    """Open redirects: only paths of this site are followed after signing in."""
    for target in (
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
    ):
        client = site().test_client()
        reply = post(client, "/dang-nhap", username="admin", password="ruong bac thang xanh", next=target)
        assert reply.status_code == 303
        assert reply.location == "/danh-gia", target
