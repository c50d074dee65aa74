"""Recorded voice: which files are taken, what is heard of them on the form, and who puts them there."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.collect import recordings
from survey.collect.recordings import MAX_BYTES, check_recording, folder, keep_recording, read_voice
from survey.collect.voice import words
from survey.core.errors import InputError
from survey.models import AuditEvent, Response, Round
from survey.questionnaires import bundled
from survey.structure.queries.rounds import definition_of
from tests.support.evaluation import accounts, sign_in, token
from tests.support.places import CODE, make_app
from tests.support.sounds import FILM, M4A, OGG, WEBM

BUDGET = json.loads((Path(__file__).parents[1] / "support" / "budget.json").read_text("utf-8"))
PHONE = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def place(tmp_path: Path) -> Flask:
    return make_app(tmp_path, languages=("vi", "en", "vi-simple"))


@pytest.fixture
def visitor(place: Flask) -> FlaskClient:
    return place.test_client(use_cookies=False)


def storage(app: Flask) -> Path:
    return app.config["SETTINGS"].storage  # type: ignore[no-any-return]


def page(client: FlaskClient, query: str = "") -> BeautifulSoup:
    return BeautifulSoup(client.get(f"/K/{CODE}{query}").get_data(as_text=True), "html.parser")


def record_all(app: Flask, language: str, *, needed: bool = False) -> int:
    """Record everything that is asked in Vietnamese (or only what rates) with a voice; return how much that is."""
    with app.extensions["database"].read() as session:
        definition = definition_of(session.scalars(sa.select(Round)).one().version)
    found = [one for one in words(definition, "vi") if one.needed or not needed]
    for one in found:
        for data in (OGG, M4A):
            keep_recording(storage(app), language, one.name, one.text, data)
    return len(found)


@pytest.mark.parametrize(("data", "ending"), [(OGG, "ogg"), (WEBM, "webm"), (M4A, "m4a")])
def test_a_recording_is_believed_by_its_content(data: bytes, ending: str) -> None:
    assert check_recording(data) == ending
    assert check_recording(data + bytes(MAX_BYTES - len(data))) == ending
    with pytest.raises(InputError, match="may take 24"):
        check_recording(data + bytes(MAX_BYTES - len(data) + 1))


@pytest.mark.parametrize(
    "data",
    [
        b"RIFF" + bytes(4) + b"WAVEfmt " + bytes(30),
        b"ID3\x04" + bytes(40),
        b"<svg onload=alert(1)>" + b"OpusHead",
        b"OggS" + bytes(24) + b"\x01vorbis" + bytes(60),
        WEBM.replace(b"A_OPUS", b"A_VORB"),
        WEBM + b"V_VP8",
        FILM,
        b"MZ" + bytes(64),
    ],
)
def test_what_is_no_recording_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="no recording"):
        check_recording(data)


def test_a_voice_is_what_lies_in_its_folder_and_fits_the_words(tmp_path: Path) -> None:
    keep_recording(tmp_path, "hmn", "cc_thai_do", "Thái độ?", WEBM)
    keep_recording(tmp_path, "hmn", "cc_thai_do", "Thái độ?", M4A)
    by_hand = folder(tmp_path, "hmn")
    (by_hand / "scale-5.ogg").write_bytes(OGG)  # copied there, without a word of what it says
    (by_hand / "notes.doc").write_bytes(b"x")
    (by_hand / "scale-4.ogg").write_bytes(bytes(MAX_BYTES + 1))
    (by_hand / "scale-3.ogg").write_bytes(b"")
    heard = read_voice(tmp_path, "hmn")
    assert [one.ending for one in heard.of("cc_thai_do", "Thái độ?")] == ["webm", "m4a"]
    assert heard.of("cc_thai_do", "Thái độ phục vụ?") == ()  # worded otherwise by now
    assert [one.ending for one in heard.of("scale-5", "Rất hài lòng")] == ["ogg"]
    assert heard.of("scale-4", "x") == heard.of("scale-3", "x") == heard.of("none", "x") == ()
    assert oct(by_hand.stat().st_mode & 0o777) == "0o700"


def test_a_new_recording_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    keep_recording(tmp_path, "vi", "scale-1", "A", WEBM)
    keep_recording(tmp_path, "vi", "scale-1", "A", OGG)  # Opus as well
    assert [one.ending for one in read_voice(tmp_path, "vi").of("scale-1", "A")] == ["ogg"]
    keep_recording(tmp_path, "vi", "scale-1", "A", M4A)
    keep_recording(tmp_path, "vi", "scale-1", "B", OGG)  # the AAC file says A
    assert [one.ending for one in read_voice(tmp_path, "vi").of("scale-1", "B")] == ["ogg"]


def test_every_question_and_answer_has_a_name_that_a_file_can_have() -> None:
    for definition in bundled().values():
        for one in words(definition, "vi"):
            assert recordings._FILE.fullmatch(f"{one.name}.ogg"), one.name


def test_without_files_no_page_has_a_trace_of_a_voice(visitor: FlaskClient) -> None:
    soup = page(visitor)
    assert soup.select("audio, .hear, script[src*=voice]") == []
    assert [button["value"] for button in soup.select(".languages button")] == ["vi", "en", "vi-simple"]


def test_each_question_and_answer_is_heard_and_nothing_is_fetched_before(place: Flask, visitor: FlaskClient) -> None:
    record_all(place, "vi")
    soup = page(visitor)
    questions = soup.select("fieldset.item")
    assert len(questions) > 17
    for fieldset in questions:
        player = fieldset.find("audio", recursive=False)
        assert (player["preload"], player.has_attr("controls")) == ("none", True)
        assert [source["type"] for source in player.select("source")] == ["audio/ogg", "audio/mp4"]
        assert re.fullmatch(rf"/am-thanh/vi/[0-9a-f]+/{fieldset['id'][2:]}\.ogg", player.select("source")[0]["src"])
    shared = soup.select_one("form > .hear")
    assert len(shared.select("audio")) == 6  # five levels and "do not know", once for all questions
    assert shared.select_one("p span").get_text() == "Rất không hài lòng"
    own = [fieldset for fieldset in questions if not fieldset.select(".scale")]
    assert own
    for fieldset in own:
        assert len(fieldset.select("label + audio")) == len(fieldset.select("input[type=radio]"))
    english = page(visitor, "?lang=en")
    assert english.select("audio") == []  # another language's voice is not read over English words


def test_a_recording_is_sent_whole_or_in_parts_and_kept_for_a_year(place: Flask, visitor: FlaskClient) -> None:
    keep_recording(storage(place), "vi", "scale-5", "Rất hài lòng", OGG)
    version = read_voice(storage(place), "vi").version
    sent = visitor.get(f"/am-thanh/vi/{version}/scale-5.ogg")
    assert (sent.status_code, sent.mimetype, sent.data) == (200, "audio/ogg", OGG)
    assert sent.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in sent.headers
    former = visitor.get("/am-thanh/vi/1/scale-5.ogg")
    assert (former.data, former.headers["Cache-Control"]) == (OGG, "no-cache")
    part = visitor.get("/am-thanh/vi/1/scale-5.ogg", headers={"Range": "bytes=0-3"})  # how Safari begins
    assert (part.status_code, part.data) == (206, b"OggS")
    for path in (
        "vi/1/scale-5.m4a",
        "vi/1/scale-5.txt",
        "en/1/scale-5.ogg",
        "xx/1/scale-5.ogg",
        "vi/1/..%2f..%2fsipas.db",
    ):
        assert visitor.get(f"/am-thanh/{path}").status_code == 404, path


def test_the_form_shows_at_once_what_came_or_went(place: Flask, visitor: FlaskClient) -> None:
    assert page(visitor).select("audio") == []
    record_all(place, "vi")
    assert page(visitor).select("audio")
    for path in folder(storage(place), "vi").iterdir():
        path.unlink()
    assert page(visitor).select("audio") == []


def test_the_policy_lets_sound_come_from_here_alone(visitor: FlaskClient) -> None:
    reply = visitor.get(f"/K/{CODE}")
    assert "media-src 'self'" in reply.headers["Content-Security-Policy"].split("; ")
    assert "microphone=()" in reply.headers["Permissions-Policy"]


@pytest.mark.parametrize("query", ["", "?nghe=hmn"])
def test_with_every_word_recorded_the_first_view_keeps_its_budget(
    place: Flask, visitor: FlaskClient, query: str
) -> None:
    record_all(place, "hmn" if query else "vi")
    reply = visitor.get(f"/K/{CODE}{query}", headers=PHONE)
    soup = page(visitor, query)
    assert len(soup.select("audio")) > 24
    sheets = [visitor.get(link["href"], headers=PHONE) for link in soup.select("link[rel=stylesheet]")]
    assert sum(len(one.data) + len(str(one.headers)) for one in (reply, *sheets)) <= BUDGET["html_and_css_bytes"]


def test_a_language_without_spelling_is_heard_over_vietnamese_words(place: Flask, visitor: FlaskClient) -> None:
    """Mông is offered once all that rates is recorded, before a sentence of it is written."""
    record_all(place, "hmn", needed=True)
    button = page(visitor).select(".languages button")[-1]
    assert (button["lang"], button["value"]) == ("hmn", "vi")
    assert button["formaction"] == f"/K/{CODE}?lang=vi&nghe=hmn"
    soup = page(visitor, "?lang=vi&nghe=hmn")
    assert soup.html["lang"] == "vi"
    assert "nghe=hmn" in soup.select_one("#form")["action"]
    assert soup.select_one("fieldset source")["src"].startswith("/am-thanh/hmn/")
    fields = {tag["name"]: tag.get("value", "") for tag in soup.select("#form input[type=hidden]")}
    reply = visitor.post(soup.select_one("#form")["action"], data={**fields, "a.hai_long_chung": "5"})
    assert reply.status_code == 303
    with place.extensions["database"].read() as session:
        assert session.scalars(sa.select(Response)).one().language == "vi"  # the words on the page
    for one in folder(storage(place), "hmn").glob("scale-3.*"):
        one.unlink()
    assert len(page(visitor).select(".languages button")) == 3  # half a voice is not offered


@pytest.fixture
def admin(place: Flask) -> FlaskClient:
    with place.extensions["database"].write() as session:
        accounts(session)
    client = place.test_client()
    assert sign_in(client, "admin").status_code == 303
    return client


def send(client: FlaskClient, language: str, name: str, data: bytes, ending: str = "") -> tuple[int, str]:
    address = f"/quan-tri/giong-doc/{language}"
    fields = {"csrf_token": token(client.get(address).get_data(as_text=True))}
    sent = {**fields, "file": (io.BytesIO(data), "anything.exe")} if data else fields
    reply = client.post(f"{address}/{name}{ending}", data=sent, content_type="multipart/form-data")
    return reply.status_code, reply.get_data(as_text=True)


def test_an_administrator_sees_what_is_missing_and_uploads_it(place: Flask, admin: FlaskClient) -> None:
    soup = BeautifulSoup(admin.get("/quan-tri/giong-doc/hmn").data, "html.parser")
    rows = soup.select("#voice > li")
    definition = bundled()["sipas-service-16"]
    assert [row["id"] for row in rows] == [f"w-{one.name}" for one in words(definition, "hmn")]
    assert all("Chưa ghi" in row.get_text() for row in rows)
    code = definition.items[0].code
    assert send(admin, "hmn", code, OGG)[0] == 303
    soup = BeautifulSoup(admin.get("/quan-tri/giong-doc/hmn").data, "html.parser")
    row = soup.select_one(f"#w-{code}")
    assert "còn thiếu: AAC" in row.get_text()
    assert row.select_one("audio source")["src"].endswith(f"/{code}.ogg")
    assert f"Đã ghi 1 trên {len(rows)}" in soup.get_text()
    assert f"1 trên {len(rows)}" in BeautifulSoup(admin.get("/quan-tri/giong-doc").data, "html.parser").get_text()
    assert send(admin, "hmn", code, b"", "/bo")[0] == 303
    assert list(folder(storage(place), "hmn").iterdir()) == []
    with place.extensions["database"].read() as session:
        noted = session.execute(
            sa.select(AuditEvent.action, AuditEvent.subject).where(AuditEvent.action.startswith("recording."))
        ).all()
    assert noted == [("recording.kept", "voice:hmn"), ("recording.removed", "voice:hmn")]


def test_a_wrong_file_is_refused_beside_its_text_and_changes_nothing(place: Flask, admin: FlaskClient) -> None:
    code = bundled()["sipas-service-16"].items[0].code
    for data, told in (
        (b"", "Hãy chọn một tệp có dữ liệu"),
        (b"MZ" + bytes(40), "không phải bản ghi âm"),
        (bytes(MAX_BYTES * 2), "24"),
    ):
        status, text = send(admin, "vi", code, data)
        assert status == 422
        assert told in text
    assert not folder(storage(place), "vi").exists()
    assert send(admin, "vi", "not_a_question", OGG)[0] == 404
    assert send(admin, "vi", "..%2f..%2fx", OGG)[0] == 404
    assert admin.get("/quan-tri/giong-doc/xx").status_code == 404


def test_the_microphone_opens_on_the_one_page_that_records(admin: FlaskClient) -> None:
    assert "microphone=(self)" in admin.get("/quan-tri/giong-doc/vi").headers["Permissions-Policy"]
    for path in ("/quan-tri/giong-doc", "/quan-tri/quay", f"/K/{CODE}", "/"):
        assert "microphone=()" in admin.get(path).headers["Permissions-Policy"], path


def test_no_machine_speaks_where_somebody_was_recorded_nor_a_minority_language() -> None:
    script = (Path(__file__).parents[2] / "static" / "form.js").read_text("utf-8")
    guard = re.search(r"if \(!speech [^\n]*return;", script)
    assert guard is not None
    assert "/^(vi|en)$/" in guard[0]
    assert 'querySelector("audio")' in guard[0]
