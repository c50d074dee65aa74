"""Static files: named by content, compressed once, cached for good."""

from __future__ import annotations

import gzip

import brotli
import pytest

from survey.web.assets import Assets


def address(place, name):
    return place.extensions["assets"].address(name)


@pytest.mark.parametrize(
    ("accepted", "encoding", "unpack"),
    [
        ("gzip, deflate, br", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("br;q=0, gzip;q=0.5", "gzip", gzip.decompress),
        ("gzip;q=0", None, bytes),
        ("", None, bytes),
    ],
)
def test_the_smallest_form_a_client_takes(place, citizen, accepted, encoding, unpack):
    reply = citizen.get(address(place, "form.js"), headers={"Accept-Encoding": accepted})
    plain = place.extensions["assets"].find("form.js").body
    assert reply.headers.get("Content-Encoding") == encoding
    assert unpack(reply.data) == plain
    assert reply.headers["Vary"] == "Accept-Encoding"
    assert reply.mimetype == "text/javascript"


def test_a_hashed_name_is_kept_for_a_year_and_a_plain_or_old_one_is_asked_again(place, citizen):
    forever = "public, max-age=31536000, immutable"
    assert citizen.get(address(place, "form.css")).headers["Cache-Control"] == forever
    for name in ("/static/form.css", "/static/form.000000000000.css"):
        reply = citizen.get(name)
        assert (reply.status_code, reply.headers["Cache-Control"]) == (200, "no-cache")
    again = citizen.get("/static/form.css", headers={"If-None-Match": citizen.get("/static/form.css").headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_changed_file_has_another_name(tmp_path):
    (tmp_path / "base.css").write_text("a{color:red}")
    (tmp_path / "page.css").write_text('@import "base.css";\n/* why */\nb{background:url("x.svg")}')
    (tmp_path / "x.svg").write_text("<svg/>")
    assets = Assets(tmp_path, keep=False)
    first = assets.address("page.css")
    body = assets.find("page.css").body.decode()
    assert "a{color:red}" in body
    assert "why" not in body
    assert assets.address("x.svg") in body
    (tmp_path / "base.css").write_text("a{color:blue}")
    assert assets.address("page.css") != first


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "nothing.css", "fonts", ""])
def test_only_files_of_the_folder_are_sent(citizen, name):
    assert citizen.get(f"/static/{name}").status_code == 404


def test_a_missing_file_is_noticed_when_the_page_is_written(place):
    with pytest.raises(LookupError, match=r"nothing\.css"):
        address(place, "nothing.css")
