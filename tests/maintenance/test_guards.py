"""Triggers and indexes are those of the migrations, or doctor and start say which are not."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from survey.core.config import Settings
from survey.core.db import Database
from survey.maintenance.doctor import WRONG, examine
from survey.migrations.guards import SERVER_TRIGGERS, find_broken_guards
from tests.support.office import OFFICE

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def run(database: Database, statement: str) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_a_migrated_database_has_all_guards(database: Database) -> None:
    assert find_broken_guards(database) == []
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect() as connection:
            made = connection.scalars(sa.text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"))
            assert set(made) == set(SERVER_TRIGGERS)


def test_what_was_dropped_altered_or_added_is_named(database: Database) -> None:
    run(database, "DROP INDEX ix_response_counted")
    if database.engine.dialect.name == "sqlite":
        run(database, "DROP TRIGGER audit_event_no_delete")
        run(database, "DROP TRIGGER publication_kept")
        run(database, "CREATE TRIGGER publication_kept BEFORE DELETE ON publication BEGIN SELECT 1; END")
        run(database, "CREATE TRIGGER better AFTER INSERT ON response BEGIN UPDATE response SET answers = '5'; END")
        assert find_broken_guards(database) == [
            "index ix_response_counted is missing",
            "trigger audit_event_no_delete is missing",
            "trigger publication_kept was altered",
            "trigger better is not ours",
        ]
        return
    run(database, "ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only")
    run(database, "DROP TRIGGER publication_kept ON publication")
    run(
        database,
        "CREATE OR REPLACE FUNCTION publication_refuse() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RETURN NEW; END $$",
    )
    assert find_broken_guards(database) == [
        "index ix_response_counted is missing",
        "trigger audit_event_append_only is switched off",
        "trigger publication_frozen was altered",
        "trigger publication_kept is missing",
        "trigger publication_no_truncate was altered",
    ]


def test_the_doctor_names_them(app: Flask, settings: Settings) -> None:
    run(app.extensions["database"], "DROP TRIGGER audit_event_no_delete")
    wrong = [finding.what for finding in examine(settings, app.extensions["database"], NOW) if finding.state == WRONG]
    assert "trigger audit_event_no_delete is missing" in wrong


@pytest.mark.slow(reason="starts the program in a process of its own")
def test_the_start_names_them_and_goes_on(app: Flask, settings: Settings) -> None:
    run(app.extensions["database"], "DROP TRIGGER audit_event_no_delete")
    environment = {
        "PATH": os.environ["PATH"],
        "INSTANCE_DIR": str(settings.instance_dir),
        "SECRET_KEY": "k" * 40,
        "PUBLIC_BASE_URL": "https://danhgia.example.vn",
        **OFFICE,
        "PYTHONUTF8": "1",
    }
    command = [sys.executable, "-m", "survey.serve", "--prepare", "--production"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, "audit_event_no_delete is missing" in done.stderr) == (0, True), done.stderr
