"""The upgrade of docs/operations.md, carried out line by line over a database of the first version, without network."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from survey.core.db import Database
from survey.maintenance.backup import manifests, read_manifest
from survey.migrations import current, downgrade, newest
from survey.models import Agency, Comment, Round
from tests.conftest import SECRET
from tests.maintenance.test_migrations import revisions
from tests.maintenance.test_upgrades import contents, figures
from tests.rules.test_locks import read
from tests.support.evaluation import NOW, accounts, scored_round

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "operations.md"
ORDER = ("database backup", "stop sipas", "git pull", "pip install", "survey.web.catalogues", "cp docs/deploy",
         "app init", "app doctor", "start sipas")  # fmt: skip


def block() -> str:
    """Return the lines of the guide."""
    section = GUIDE.read_text("utf-8").split("\n### Upgrade\n", 1)[1]
    found = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1]


def program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder in place of `/`: the program at /opt/sipas, an installation at /var/lib/sipas, and what is not ours.

    `systemctl`, `git` and `runuser` write down what they were asked; `pip` looks at the lock as pip does, which finds
    everything installed, and is kept from the network.
    """
    opt, log = tmp_path / "opt" / "sipas", tmp_path / "log"
    (opt / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / "etc" / "systemd" / "system").mkdir(parents=True)
    for name in ("app.py", "survey", "scoring", "templates", "static", "docs", "requirements"):
        (opt / name).symlink_to(ROOT / name)
    note = f'echo "$(basename "$0") $*" >> {log}'
    python = f"exec {sys.executable}"
    program(opt / ".venv" / "bin" / "flask", f'{note}\n{python} -m flask "$@"')
    program(opt / ".venv" / "bin" / "python", f'{note}\n{python} "$@"')
    program(opt / ".venv" / "bin" / "pip", f'{note}\n{python} -m pip "$@" -qq --no-index --dry-run --no-deps')
    (tmp_path / "bin").mkdir()
    for name in ("systemctl", "git"):
        program(tmp_path / "bin" / name, note)
    program(tmp_path / "bin" / "runuser", 'while [ "$1" != "--" ]; do shift; done; shift; exec "$@"')
    return tmp_path


@pytest.fixture
def instance(machine: Path, newest_file: Path) -> Path:
    """An installation of the first version with a round, answers, comments and accounts."""
    folder = machine / "var" / "lib" / "sipas"
    folder.mkdir(parents=True, mode=0o700)
    shutil.copy(newest_file, folder / "sipas.db")
    (folder / "sipas.db").chmod(0o600)
    (folder / "secret_key").write_text(SECRET, "utf-8")
    (folder / "secret_key").chmod(0o600)
    database = Database(f"sqlite:///{folder / 'sipas.db'}")
    with database.write() as session:
        scored_round(session)
        accounts(session)
        session.flush()
        round_id = session.scalars(sa.select(Round.id)).one()
        agency_id = session.scalars(sa.select(Agency.id)).first()
        session.add(Comment(round_id=round_id, agency_id=agency_id, text="Chờ lâu quá", received_week=NOW.date()))
    downgrade(database, revisions()[0])
    database.dispose()
    return folder


def test_the_lines_are_in_the_order_that_loses_nothing() -> None:
    lines = block().replace("&&", "\n").splitlines()
    found = [next((part for part in ORDER if part in line), "") for line in lines]
    assert tuple(part for part in found if part) == ORDER
    rest = [line.strip() for line, part in zip(lines, found, strict=True) if not part]
    assert rest == ["cd /opt/sipas", "systemctl daemon-reload"]


def test_every_file_it_names_exists_and_the_lock_has_hashes() -> None:
    for name in re.findall(r"requirements(?:/|-)[\w.-]*\.lock", block()):
        lock = ROOT / "requirements" / Path(name).name
        entries = read(lock)
        assert len(entries) > 20
        assert [entry.name for entry in entries if not entry.hashes] == []
    assert importlib.util.find_spec("survey.web.catalogues") is not None
    assert list((ROOT / "docs" / "deploy").glob("*.service"))
    assert list((ROOT / "docs" / "deploy").glob("*.timer"))


def test_the_lines_carry_a_first_version_over(machine: Path, instance: Path) -> None:
    database = Database(f"sqlite:///{instance / 'sipas.db'}")
    inspector = sa.inspect(database.engine)
    kept = ("response", "agency", "service", "counter", "user_account", "population")
    columns = {name: [column["name"] for column in inspector.get_columns(name)] for name in kept}
    before = contents(database, columns)
    database.dispose()
    script = block()
    for absolute in ("/opt/sipas", "/var/lib/sipas", "/etc/systemd/system"):
        script = script.replace(absolute, f"{machine}{absolute}")
    environment = {"PATH": f"{machine / 'bin'}:{os.environ['PATH']}", "PYTHONUTF8": "1", "HOME": str(machine)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    asked = (machine / "log").read_text("utf-8").splitlines()
    assert asked == [
        "flask --app app database backup",
        "systemctl stop sipas",
        "git pull",
        "pip install --require-hashes -r requirements/requirements.lock",
        "python -m survey.web.catalogues",
        "systemctl daemon-reload",
        "flask --app app init",
        "flask --app app doctor",
        "systemctl start sipas",
    ]
    units = {path.name for path in (ROOT / "docs" / "deploy").iterdir() if path.suffix in {".service", ".timer"}}
    assert {path.name for path in (machine / "etc" / "systemd" / "system").iterdir()} == units
    (manifest,) = manifests(instance / "backups")
    assert read_manifest(manifest).revision == revisions()[0]
    assert read_manifest(manifest).rows["response"] == 107
    assert [line for line in done.stdout.splitlines() if line.startswith("BAD")] == []
    assert current(database) == newest()
    assert contents(database, columns) == before
    assert len(figures(database)) > 3
    database.dispose()
