"""`make run` and `make serve`: what they set up, what they print, what they refuse."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from survey.core.config import Settings
from survey.core.errors import InputError
from survey.serve import require_proxy
from tests.support.commands import Commands
from tests.support.office import OFFICE

ROOT = Path(__file__).parents[2]


def start(instance: Path, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Prepare an installation as `make run` does, without starting the server."""
    environment = {"PATH": os.environ["PATH"], "INSTANCE_DIR": str(instance), "PYTHONUTF8": "1", **settings}
    command = [sys.executable, "-m", "survey.serve", "--prepare", *options]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow(reason="starts the program twice, each time in a process of its own")
def test_the_first_run_makes_everything_and_the_second_keeps_it(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    first = start(instance, PORT="8123")
    assert first.returncode == 0, first.stderr
    assert stat.S_IMODE(instance.stat().st_mode) == 0o700
    assert stat.S_IMODE((instance / "secret_key").stat().st_mode) == 0o600
    key = (instance / "secret_key").read_text()
    assert len(key) >= 32
    assert first.stderr == ""
    steps = [line for line in first.stdout.splitlines() if line.endswith("…")]
    assert steps[-3:] == [
        "Bringing the database to the newest migration …",
        "Installing the questionnaires …",
        "Inventing a province with 25 000 answers …",
    ]
    assert re.search(r"^Address: +http://localhost:8123$", first.stdout, re.MULTILINE)
    form = re.search(r"form: +(http://localhost:8123/K/[0-9A-Z]{8})$", first.stdout, re.MULTILINE)
    assert form is not None
    password = re.search(r"password (\S{12,})$", first.stdout, re.MULTILINE)
    assert password is not None

    second = start(instance, PORT="8123")
    assert second.returncode == 0, second.stderr
    assert "Inventing" not in second.stdout
    assert "password" not in second.stdout
    assert password[1] not in second.stdout
    assert (instance / "secret_key").read_text() == key


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"PUBLIC_BASE_URL": "https://danhgia.example.vn"}, "SECRET_KEY"),
        ({"SECRET_KEY": "short", "PUBLIC_BASE_URL": "https://danhgia.example.vn"}, "SECRET_KEY"),
        ({"SECRET_KEY": "k" * 40}, "PUBLIC_BASE_URL"),
        ({"SECRET_KEY": "k" * 40, "PUBLIC_BASE_URL": "danhgia"}, "PUBLIC_BASE_URL"),
        ({"SECRET_KEY": "k" * 40, "PUBLIC_BASE_URL": "https://danhgia.example.vn", "PORT": "eighty"}, "PORT"),
        ({"SECRET_KEY": "k" * 40, "PUBLIC_BASE_URL": "https://danhgia.example.vn"}, "HOTLINE is not set; put"),
        (
            {"SECRET_KEY": "k" * 40, "PUBLIC_BASE_URL": "https://danhgia.example.vn", "HOTLINE": "1900 1000"},
            "PORTAL_URL is not set; put",
        ),
    ],
)
def test_production_refuses_weak_settings(
    commands: Commands, tmp_path: Path, settings: dict[str, str], named: str
) -> None:
    folder = str(tmp_path / "instance")
    told = commands.run("survey.serve", "--prepare", "--production", INSTANCE_DIR=folder, **settings)
    assert told.returncode == 2
    assert named in told.stderr
    assert "Traceback" not in told.stderr
    assert not (tmp_path / "instance" / "sipas.db").exists()


@pytest.mark.slow(reason="starts the program in a process of its own")
def test_production_loads_no_demonstration(tmp_path: Path) -> None:
    settings = {"SECRET_KEY": "k" * 40, "PUBLIC_BASE_URL": "https://danhgia.example.vn", **OFFICE}
    told = start(tmp_path / "instance", "--production", **settings)
    assert told.returncode == 0, told.stderr
    assert "password" not in told.stdout
    assert "/K/" not in told.stdout


def test_a_public_address_needs_a_proxy_in_front(commands: Commands, tmp_path: Path) -> None:
    settings = {"HOST": "0.0.0.0", "INSTANCE_DIR": str(tmp_path / "instance")}  # noqa: S104 (it is refused)
    told = commands.run("survey.serve", "--prepare", **settings)
    assert told.returncode == 2
    assert "TRUSTED_PROXIES" in told.stderr
    assert "ten slow connections" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    ("host", "proxies", "right"),
    [
        ("127.0.0.1", 0, True),
        ("127.0.0.2", 0, True),
        ("::1", 0, True),
        ("localhost", 0, True),
        ("0.0.0.0", 0, False),  # noqa: S104
        ("::", 0, False),
        ("192.168.1.7", 0, False),
        ("danhgia.example.vn", 0, False),
        ("0.0.0.0", 1, True),  # noqa: S104
    ],
)
def test_which_addresses_need_one(host: str, proxies: int, right: bool) -> None:
    settings = Settings(host=host, trusted_proxies=proxies)
    with contextlib.nullcontext() if right else pytest.raises(InputError, match="TRUSTED_PROXIES"):
        require_proxy(settings)
