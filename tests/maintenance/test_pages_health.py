"""What machines that watch are told, and what logs never hold."""

from __future__ import annotations

import errno
import json
import logging
import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from survey.core.config import Settings
from survey.core.db import Database
from survey.maintenance.backup import create_backup
from survey.maintenance.doctor import FINE, WARNING, WRONG, examine
from survey.migrations import upgrade
from survey.models import Response, Round
from survey.web.observability import JsonFormatter
from tests.support.clock import set_clock
from tests.support.evaluation import accounts, scored_round, sign_in
from tests.support.places import BACKUP_KEY, CODE, fill

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


def test_live_asks_nothing_of_the_database(settings: Settings) -> None:
    app = create_app(settings)
    assert app.test_client().get("/health/live").get_json() == {"status": "live"}
    app.extensions["database"].dispose()
    assert not (settings.instance_dir / "sipas.db").exists()


def test_ready_waits_for_the_schema(app: Flask, client: FlaskClient) -> None:
    assert client.get("/health/ready").status_code == 200
    with app.extensions["database"].engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '20261125_0500'"))
    assert client.get("/health/ready").status_code == 503


def test_ready_says_no_when_the_database_does_not_answer(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    app = create_app(Settings(instance_dir=tmp_path, secret_key="k" * 40, database_url=f"sqlite:///{tmp_path}"))
    reply = app.test_client().get("/health/ready")
    assert (reply.status_code, reply.get_json()["status"]) == (503, "not ready")


def number(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} ([\d.e+-]+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_metrics_count_forms_by_what_became_of_them(place: Flask, citizen: FlaskClient) -> None:
    assert citizen.post(f"/K/{CODE}", data={}).status_code == 422
    text = citizen.get("/metrics").get_data(as_text=True)
    assert number(text, 'sipas_responses_total{outcome="refused"}') == 1
    assert number(text, 'sipas_request_seconds_count{endpoint="respond.send",method="POST",status="4xx"}') == 1


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.1.2.3", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),  # a proxy on this machine speaks for someone else
        ("10.1.2.3", {"Authorization": "Bearer watch-me-closely"}, 200),
        ("10.1.2.3", {"Authorization": "Bearer wrong"}, 404),
    ],
)
def test_metrics_are_for_this_machine_or_the_token(
    settings: Settings, address: str, headers: dict[str, str], status: int
) -> None:
    app = create_app(
        Settings(instance_dir=settings.instance_dir, secret_key="k" * 40, metrics_token="watch-me-closely")
    )
    upgrade(app.extensions["database"])
    reply = app.test_client().get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert reply.status_code == status
    app.extensions["database"].dispose()


def test_an_empty_token_opens_nothing(client: FlaskClient) -> None:
    reply = client.get("/metrics", headers={"Authorization": "Bearer "}, environ_base={"REMOTE_ADDR": "10.1.2.3"})
    assert reply.status_code == 404


def test_a_line_a_request_without_who_it_was(
    place: Flask, citizen: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "sipas.requests"):
        reply = citizen.get(
            f"/K/{CODE}?x=0912345678",
            headers={"User-Agent": "Zalo on a phone", "Referer": "https://elsewhere.example"},
            environ_base={"REMOTE_ADDR": "203.0.113.77"},
        )
    lines = [JsonFormatter().format(record) for record in caplog.records if record.name == "sipas.requests"]
    line = json.loads(lines[-1])
    assert line["request_id"] == reply.headers["X-Request-ID"]
    assert (line["endpoint"], line["method"], line["status"]) == ("respond.show", "GET", 200)
    for secret in ("203.0.113.77", "Zalo", "elsewhere", "0912345678", CODE):
        assert secret not in lines[-1]


def test_a_signed_in_person_is_a_number_in_the_log(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
    sign_in(client, "admin")
    with caplog.at_level(logging.INFO, "sipas.requests"):
        client.get("/tai-khoan")
    line = json.loads(JsonFormatter().format(caplog.records[-1]))
    assert isinstance(line["user"], int)
    assert "admin" not in json.dumps(line)


def test_a_message_cannot_forge_a_line() -> None:
    record = logging.LogRecord("x", logging.INFO, "f", 1, 'name=%s\n{"level":"info"}', ("a\r\nb",), None)
    formatted = JsonFormatter().format(record)
    assert "\n" not in formatted
    assert json.loads(formatted)["message"] == 'name=a\r\nb\n{"level":"info"}'


def states(findings: list) -> dict[str, str]:  # type: ignore[type-arg]
    return {finding.what: finding.state for finding in findings}


def test_the_doctor_finds_what_is_wrong_and_says_what_to_do(app: Flask, settings: Settings) -> None:
    database = app.extensions["database"]
    with database.write() as session:
        scored_round(session)
        session.execute(sa.update(Response).values(submitted_at=NOW + timedelta(days=2)))
        session.execute(
            sa.update(Round).values(opens_on=NOW.date() - timedelta(90), closes_on=NOW.date() - timedelta(9))
        )
    settings.instance_dir.chmod(0o755)
    found = examine(settings, database, NOW)
    wrong = [finding.what for finding in found if finding.state == WRONG]
    assert len(wrong) == 2
    assert wrong[0].endswith("can be read by others (755)")
    assert wrong[1].startswith("the newest answer is of 2026-03-03 03:00 UTC")
    warned = " / ".join(finding.what for finding in found if finding.state == WARNING)
    for told in (
        "PUBLIC_BASE_URL is not set",
        "CONTACT is not set",
        "HOTLINE is not set",
        "PORTAL_URL is not set",
        "is open but ended on 2026-02-20",
        "there is no backup",
    ):
        assert told in warned
    assert all(finding.advice for finding in found if finding.state != FINE)


def test_the_doctor_is_content_with_a_good_installation(app: Flask, tmp_path: Path) -> None:
    settings = Settings(
        instance_dir=tmp_path / "instance",
        secret_key="k" * 40,
        public_base_url="https://danhgia.example.vn",
        contact="Văn phòng UBND tỉnh",
        hotline="1900 1000",
        portal_url="https://dichvucong.example.vn",
    )
    settings.instance_dir.chmod(0o700)
    database = app.extensions["database"]
    with database.write() as session:
        scored_round(session)
        session.execute(sa.update(Round).values(closes_on=NOW.date() + timedelta(9)))
    create_backup(database, settings.instance_dir / "backups", key=BACKUP_KEY, now=NOW - timedelta(hours=7))
    assert {finding.state for finding in examine(settings, database, NOW)} == {FINE}


def test_the_command_tells_and_exits_by_what_it_found(app: Flask, settings: Settings) -> None:
    settings.instance_dir.chmod(0o755)
    told = app.test_cli_runner().invoke(args=["doctor"])
    assert told.exit_code == 1
    assert "BAD   " in told.stdout
    assert f"chmod 700 {settings.instance_dir}" in told.stdout


def test_ready_says_no_where_no_answer_can_be_stored(app: Flask, client: FlaskClient, settings: Settings) -> None:
    """The disk is full: opening forms goes on, and whoever balances the load must hear of it."""
    handle = settings.instance_dir / "ballast"
    assert client.get("/health/ready").status_code == 200

    def full(*_args: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "posix_fallocate", full)
        reply = client.get("/health/ready")
    assert (reply.status_code, "no room" in reply.get_json()["why"]) == (503, True)
    assert not handle.exists()
    assert sorted(path.name for path in settings.instance_dir.iterdir() if "sipas.db" not in path.name) == []


def test_ready_says_no_where_the_server_only_reads(postgresql_database: Database, settings: Settings) -> None:
    with postgresql_database.engine.connect() as connection:
        name = connection.scalar(sa.text("SELECT current_database()"))
        connection.execute(sa.text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
        connection.commit()
    postgresql_database.dispose()
    app = create_app(replace(settings, database_url=postgresql_database.url))
    reply = app.test_client().get("/health/ready")
    assert (reply.status_code, "only be read" in reply.get_json()["why"]) == (503, True)
    app.extensions["database"].dispose()


def newer_version(app: Flask, *statements: str) -> None:
    """Bring the database on as a version to come would."""
    with app.extensions["database"].engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '20991231_2359'"))
        for statement in statements:
            connection.execute(sa.text(statement))


def test_an_older_server_stays_ready_while_it_can_serve(app: Flask, client: FlaskClient) -> None:
    newer_version(
        app,
        "CREATE TABLE novelty (id INTEGER PRIMARY KEY)",
        "ALTER TABLE response ADD COLUMN mood VARCHAR(8)",
        "ALTER TABLE response ADD COLUMN weather VARCHAR(8) NOT NULL DEFAULT 'fair'",
    )
    assert client.get("/health/ready").status_code == 200


@pytest.mark.parametrize(
    "statement",
    ["ALTER TABLE response DROP COLUMN live_since", "DROP TABLE audit_seal"],
)
def test_it_leaves_when_what_it_reads_is_gone(app: Flask, client: FlaskClient, statement: str) -> None:
    newer_version(app, statement)
    reply = client.get("/health/ready")
    assert (reply.status_code, reply.get_json()["why"]) == (503, "the database waits for a migration")


def test_ready_has_one_line_a_minute(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [0.0]
    monkeypatch.setattr("survey.web.observability.time.perf_counter", lambda: seconds[0])
    with caplog.at_level(logging.INFO, "sipas.requests"):
        for moment in (0.0, 5.0, 30.0, 59.0, 61.0, 90.0):
            seconds[0] = moment
            client.get("/health/ready")
    assert len(caplog.records) == 2
    newer_version(app, "DROP TABLE audit_seal")
    with caplog.at_level(logging.INFO, "sipas.requests"):
        client.get("/health/ready")
    assert len(caplog.records) == 3  # that it is not ready is always said


def test_metrics_tell_when_an_answer_was_refused_last(place: Flask, citizen: FlaskClient) -> None:
    body = fill(citizen)
    with place.extensions["database"].engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE response RENAME TO elsewhere"))
    set_clock(place, NOW)
    assert citizen.post(f"/K/{CODE}", data=body).status_code == 503
    text = citizen.get("/metrics").get_data(as_text=True)
    assert number(text, "sipas_answer_refused_seconds") == NOW.timestamp()
