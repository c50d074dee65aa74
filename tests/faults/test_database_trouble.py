"""A full disk, a locked or vanished database, a clock set back: people are told kindly, nothing is half-written."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from survey.collect.operations import store_form
from survey.collect.operations.record_response import Outcome
from survey.collect.respond import stamp
from survey.core.db import Database
from survey.models import Response
from tests.faults.serving import Server, stored
from tests.support.clock import set_clock
from tests.support.places import CODE, SECRET, fill, make_app

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def kept(page: str) -> dict[str, str]:
    """Return what the page would send again at the press of its button."""
    form = BeautifulSoup(page, "html.parser").find(id="kept")
    assert form is not None, page
    assert form.find("button") is not None
    return {field["name"]: field["value"] for field in form.select("input")}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path | None]:
    """A file system of 6 MB; None where mounting is not permitted: then the files of the server may not grow."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)]
    if (
        os.getuid()
        or shutil.which("mount") is None
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        yield None
        return
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill_disk(disk: Path | None, server: Server, instance: Path) -> Callable[[], None]:
    """Leave no room for another answer; return what makes room again."""
    if disk is not None:
        ballast = disk / "ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass
        return ballast.unlink
    size = (instance / "sipas.db-wal").stat().st_size
    for worker in server.workers():
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def make_room() -> None:
        for worker in server.workers():
            resource.prlimit(worker, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    return make_room


@pytest.mark.parametrize("way", ["full disk", pytest.param("files may not grow", marks=pytest.mark.faults)])
def test_a_full_disk(tmp_path: Path, small_disk: Path | None, way: str) -> None:
    disk = small_disk if way == "full disk" else None
    instance = (disk or tmp_path) / "instance"
    app = make_app(instance)
    body = fill(app.test_client(), comment="Tôi chờ lâu")
    app.extensions["database"].dispose()
    server = Server(instance)
    server.start()
    try:
        keys = [f"{number:024}" for number in range(400)]
        assert server.request("POST", f"/K/{CODE}", body | {"key": keys[0]})[0] == 303
        make_room = fill_disk(disk, server, instance)
        acknowledged, refused = {keys[0]}, set()
        for key in keys[1:]:
            status, headers, page = server.request("POST", f"/K/{CODE}", body | {"key": key})
            if status == 303:
                acknowledged.add(key)
                continue
            refused.add(key)
            assert (status, headers.get("retry-after")) == (503, "30"), page
            assert kept(page) == body | {"key": key}
            assert "Chưa lưu được phiếu" in page
            if len(refused) == 3:
                break
        assert len(refused) == 3, "the disk was not full"
        assert server.request("GET", f"/K/{CODE}")[0] == 200
        make_room()
        for key in refused:
            assert server.request("POST", f"/K/{CODE}", kept(page) | {"key": key})[0] == 303
        rows = stored(server.url)
        assert (len(rows), set(rows)) == (len(acknowledged | refused), acknowledged | refused)
        database = Database(server.url)
        with database.read() as session:
            assert session.scalar(sa.text("PRAGMA integrity_check")) == "ok"
        database.dispose()
    finally:
        server.stop()


def test_a_database_locked_for_too_long(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    database: Database = app.extensions["database"]
    sa.event.listen(database.engine, "checkout", lambda c, *_: c.execute("PRAGMA busy_timeout=50"))
    citizen = app.test_client(use_cookies=False)
    body = fill(citizen, comment="Tôi chờ lâu")
    other = Database(database.url)
    with other.write() as session:
        session.execute(sa.text("UPDATE counter SET name = name"))
        reply = citizen.post(f"/K/{CODE}", data=body)
        assert (reply.status_code, reply.headers["Retry-After"]) == (503, "30")
        assert kept(reply.text) == body
        assert citizen.get(f"/K/{CODE}").status_code == 200
        assert stored(database.url) == []
    assert citizen.post(f"/K/{CODE}", data=kept(reply.text)).status_code == 303
    assert stored(database.url) == [body["key"]]
    other.dispose()
    database.dispose()


def test_a_server_database_that_is_gone(tmp_path: Path) -> None:
    made = make_app(tmp_path)
    body = fill(made.test_client())
    made.extensions["database"].dispose()
    made.extensions["database"] = Database("postgresql+psycopg://nobody@127.0.0.1:1/gone")
    citizen = made.test_client(use_cookies=False)
    reply = citizen.post(f"/K/{CODE}?kiosk=1", data=body | {"switch": "en"})
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "30")
    assert kept(reply.text) == body
    assert f'action="/K/{CODE}?kiosk=1"' in reply.text
    shown = citizen.get(f"/K/{CODE}")
    assert (shown.status_code, shown.headers["Retry-After"]) == (503, "30")
    assert "nobody" not in shown.text


def test_a_page_that_lost_its_key_gets_one_to_send_again(tmp_path: Path) -> None:
    made = make_app(tmp_path)
    made.extensions["database"].dispose()
    made.extensions["database"] = Database("postgresql+psycopg://nobody@127.0.0.1:1/gone")
    reply = made.test_client().post(f"/K/{CODE}", data={"comment": '"><script>'})
    again = kept(reply.text)
    assert stamp.is_key(again["key"])
    assert again["comment"] == '"><script>'


def test_what_a_citizen_wrote_is_in_no_error(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError) as failed, database.engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO no_such_table VALUES (:words)"), {"words": "Tôi chờ lâu"})
    assert "chờ" not in str(failed.value)


@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(hours=3)])
def test_a_clock_set_back_under_an_open_form(tmp_path: Path, back: timedelta) -> None:
    app = make_app(tmp_path)
    body = fill(app.test_client()) | {"opened": stamp.sign_time(NOW, SECRET)}
    set_clock(app, NOW - back)
    assert app.test_client().post(f"/K/{CODE}", data=body).status_code == 303
    with app.extensions["database"].read() as session:
        assert session.execute(sa.select(Response.opened_at, Response.submitted_at)).all() == [(None, NOW - back)]
    app.extensions["database"].dispose()


def test_a_clock_set_back_between_reading_and_storing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app(tmp_path)
    body = fill(app.test_client()) | {"opened": stamp.sign_time(NOW, SECRET)}
    set_clock(app, NOW)
    stored_outcomes = []
    inner = store_form.record_response

    def late(session, submission, now):
        stored_outcomes.append(inner(session, submission, now - timedelta(minutes=5)))
        return stored_outcomes[-1]

    monkeypatch.setattr(store_form, "record_response", late)
    assert app.test_client().post(f"/K/{CODE}", data=body).status_code == 303
    assert stored_outcomes == [Outcome.ACCEPTED]
    app.extensions["database"].dispose()
