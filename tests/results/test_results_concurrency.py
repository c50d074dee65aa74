"""Four processes post while others export and back up: every answer is stored and nothing is locked out (fault 21)."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from survey.core.db import Base, Database
from survey.models import Response
from survey.results.compute import round_results
from tests.support.places import open_place

ROOT = Path(__file__).parents[2]
PROCESSES, POSTS = 4, 25
POSTERS = """
import os, sys
from pathlib import Path
from app import create_app
from survey.collect.respond.stamp import new_key
from survey.core.config import Settings
from tests.support.places import fill

if all(os.fork() for _ in range(int(sys.argv[3]))):  # the parent: what all import is imported once
    sys.exit(any([os.wait()[1] for _ in range(int(sys.argv[3]))]))
client = create_app(Settings(instance_dir=Path(sys.argv[1]), secret_key="k" * 40)).test_client()
body = fill(client)
for number in range(int(sys.argv[2])):
    assert client.get("/K/K7MP2XQA").status_code == 200
    answered = client.post("/K/K7MP2XQA", data={**body, "key": new_key()})
    assert answered.status_code == 303, (number, answered.status_code, answered.get_data(as_text=True)[:500])
"""


@pytest.mark.slow(reason="four processes post while others read and back up")
def test_posts_during_an_export_and_a_backup(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'sipas.db'}")
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        open_place(session)
    command = [sys.executable, "-c", POSTERS, str(tmp_path), str(POSTS), str(PROCESSES)]
    pipe = subprocess.PIPE
    posters = subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True)
    seen, backups = [0], 0
    try:
        deadline = time.monotonic() + 120
        while posters.poll() is None:
            assert time.monotonic() < deadline, "the posts did not end"
            with database.read() as session:
                seen.append(round_results(session, "r1").responses)
            backup(tmp_path / "sipas.db", tmp_path / "copy.db")
            backups += 1
            time.sleep(0.05)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(posters.pid, signal.SIGKILL)
    _, errors = posters.communicate()
    assert posters.returncode == 0, errors
    with database.read() as session:
        stored = session.scalar(sa.select(sa.func.count()).select_from(Response))
        keys = session.scalar(sa.select(sa.func.count(sa.distinct(Response.key))))
        assert stored == keys == PROCESSES * POSTS
        assert round_results(session, "r1").responses == PROCESSES * POSTS
    assert seen == sorted(seen)
    assert any(0 < count < PROCESSES * POSTS for count in seen), "no export ran while answers came in"
    assert backups > 3
    database.dispose()


def backup(source: Path, target: Path) -> None:
    """Copy a database in use, as docs/operations.md tells, and check the copy."""
    original, copy = sqlite3.connect(source), sqlite3.connect(target)
    try:
        original.backup(copy)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        copy.close()
        original.close()
