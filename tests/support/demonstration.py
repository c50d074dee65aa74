"""The demonstration province, loaded once a run for all tests that only look at it."""

from __future__ import annotations

import fcntl
import json
import shutil
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from survey.core.db import Database
from survey.demo.operations.load_demo import Demo, load_demo

NOW = datetime(2026, 11, 25, 6, tzinfo=UTC)
"""When it was loaded."""


def copy_demonstration(shared: Path, empty: Path, target: Path) -> Demo:
    """Put a loaded database at `target`; made in the folder `shared` by whichever worker of the run comes first."""
    with (shared / "demonstration.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = shared / "demonstration.json"
        if not told.exists():
            shutil.copy(empty, shared / "demonstration.db")
            database = Database(f"sqlite:///{shared / 'demonstration.db'}")
            with database.write() as session:
                demo = load_demo(session, now=NOW)
            database.dispose()
            told.write_text(json.dumps(asdict(demo)), "utf-8")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(shared / "demonstration.db", target)
    facts = json.loads(told.read_text("utf-8"))
    return Demo(**facts | {"others": tuple((name, who) for name, who in facts["others"])})
