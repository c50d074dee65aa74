"""What every reply carries, and what people read when something fails."""

from __future__ import annotations

import pytest

from survey.security import HEADERS
from tests.places import CODE, make_app


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


def test_a_failure_of_ours_is_told_without_a_trace_even_without_a_database(place, citizen, monkeypatch):
    place.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setitem(place.extensions, "is_demo", (0.0, False))
    with place.extensions["database"].engine.begin() as connection:
        for table in ("installation", "counter_code"):
            connection.exec_driver_sql(f"drop table {table}")
    reply = citizen.get(f"/K/{CODE}")
    assert reply.status_code == 500
    assert "Đây không phải lỗi của Ông/Bà" in reply.text
    assert "Traceback" not in reply.text
    assert "sqlite" not in reply.text.lower()
