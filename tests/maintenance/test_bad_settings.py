"""A wrong setting ends every command with one sentence and exit code 2: no traceback, no half-started server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.cli import FlaskGroup

from survey.core.config import Settings, load_settings
from survey.core.errors import InputError
from tests.support.commands import Commands
from tests.support.office import OFFICE

ROOT = Path(__file__).parents[2]
#: each wrong setting, and what the sentence must name
WRONG = [
    ({"PUBLIC_BASE_URL": "danhgia.example.vn"}, "PUBLIC_BASE_URL"),
    ({"PUBLIC_BASE_URL": "https://[::1"}, "PUBLIC_BASE_URL"),
    ({"PUBLIC_BASE_URL": "https://:443"}, "PUBLIC_BASE_URL"),
    ({"DATABASE_URL": "sipas"}, "DATABASE_URL"),
    ({"DATABASE_URL": "postgres://user:hidden@host/sipas"}, "DATABASE_URL"),
    ({"DATABASE_URL": "postgresql+psycopg://user:hidden@host:port/sipas"}, "DATABASE_URL"),
    ({"DATABASE_URL": "postgresql+asyncless://user:hidden@host/sipas"}, "DATABASE_URL"),
    ({"PORT": "eighty"}, "PORT"),
    ({"PORT": "70000"}, "PORT"),
    ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES"),
    ({"ZONE": "Asia/Hanoi"}, "ZONE"),
    ({"ZONE": "../etc/passwd"}, "ZONE"),
    ({"LANGUAGES": "vi,fr"}, "LANGUAGES"),
    ({"PRODUCTION": "ja"}, "PRODUCTION"),
    ({"PRODUCTION": "true"}, "SECRET_KEY"),
    ({"PRODUCTION": "true", "SECRET_KEY": "k" * 40}, "PUBLIC_BASE_URL"),
    ({"PRODUCTION": "true", "SECRET_KEY": "k" * 40, "PUBLIC_BASE_URL": "https://a.example.vn"}, "HOTLINE"),
    ({"HOTLINE": "gọi chị Lan"}, "HOTLINE"),
    ({"HOTLINE": "1900<script>"}, "HOTLINE"),
    ({"PORTAL_URL": "javascript:alert(1)"}, "PORTAL_URL"),
    ({"PORTAL_URL": "dichvucong.gov.vn"}, "PORTAL_URL"),
    ({"DATA_LICENCE": "CC BY"}, "DATA_LICENCE"),
]
COMMANDS = [
    ["doctor"],
    ["init"],
    ["round", "list"],
    ["database", "backup"],
    ["import", "agencies", "none.csv"],
    ["score", "--help"],
    ["backup"],
    ["no-such-command"],
    ["--help"],
]


def refused(output: str, named: str) -> None:
    """One line that names the setting, and no password."""
    assert output.startswith("Error: "), output
    assert output.count("\n") == 1, output
    assert named in output
    assert "hidden" not in output


@pytest.fixture
def flask_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `flask --app app …` in this process, application made from the environment as in a process of its own."""
    for field in fields(Settings):
        monkeypatch.delenv(field.name.upper(), raising=False)

    def run(settings: dict[str, str], *words: str) -> Result:
        runner = CliRunner(env={"INSTANCE_DIR": str(tmp_path / "instance"), **settings})
        return runner.invoke(FlaskGroup(name="flask"), ["--app", str(ROOT / "app.py"), *words])

    return run


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_refuses_every_wrong_setting(
    flask_command: Callable[..., Result], tmp_path: Path, words: list[str]
) -> None:
    for settings, named in WRONG:
        done = flask_command(settings, *words)
        assert (done.exit_code, done.stdout) == (2, ""), (settings, done.output, done.exception)
        refused(done.stderr, named)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("place", "setting"), list(enumerate(WRONG)))
def test_each_wrong_setting_as_an_operator_sees_it(
    commands: Commands, tmp_path: Path, place: int, setting: tuple[dict[str, str], str]
) -> None:
    settings, named = setting
    words = COMMANDS[place % len(COMMANDS)]
    done = commands.run("flask", "--app", "app", *words, **{"INSTANCE_DIR": str(tmp_path), **settings})
    assert (done.returncode, done.stdout) == (2, "")
    refused(done.stderr, named)


@pytest.mark.parametrize("name", ["DATABASE_URL", "LANGUAGES"])  # the others are in test_serve.py
def test_the_server_refuses_the_same(commands: Commands, tmp_path: Path, name: str) -> None:
    settings, named = next(one for one in WRONG if name in one[0])
    done = commands.run("survey.serve", "--prepare", **{"INSTANCE_DIR": str(tmp_path / "instance"), **settings})
    assert (done.returncode, done.stdout) == (2, "")
    refused(done.stderr, named)


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("sipas.env", b"PUBLIC_BASE_URL", "sipas.env line 1"),
        ("sipas.env", b"PUBLIC_BASE_URL=danhgia", "PUBLIC_BASE_URL"),
        ("sipas.env", b"CONTACT=\xc1\xbb", "sipas.env is not a text file"),
        ("sipas.env", None, "sipas.env cannot be read"),
        ("secret_key", None, "secret_key cannot be read"),
        ("", b"", "INSTANCE_DIR must be a folder"),
    ],
)
def test_files_that_are_no_settings(
    flask_command: Callable[..., Result], tmp_path: Path, name: str, content: bytes | None, named: str
) -> None:
    path = tmp_path / "instance" / name
    if name:
        path.parent.mkdir()
    path.mkdir() if content is None else path.write_bytes(content)
    for words in (["doctor"], ["init"], ["round", "list"]):
        done = flask_command({}, *words)
        assert (done.exit_code, done.stdout) == (2, ""), (done.output, done.exception)
        refused(done.stderr, named)


def nowhere(tmp_path: Path) -> list[str]:
    """Addresses that lead nowhere: no server, a folder that cannot be made, a file that is no database."""
    (tmp_path / "file").write_text("no database, but longer than the head of one: " + "x" * 200)
    return [
        "postgresql+psycopg://user:hidden@127.0.0.1:1/sipas",
        f"sqlite:///{tmp_path}/file/below/sipas.db",
        f"sqlite:///{tmp_path}/file",
    ]


def test_a_database_that_does_not_answer(flask_command: Callable[..., Result], tmp_path: Path) -> None:
    for url in nowhere(tmp_path):
        for words in (["round", "list"], ["results", "--round", "r1"], ["init"]):
            done = flask_command({"DATABASE_URL": url}, *words)
            assert (done.exit_code, done.stdout) == (2, ""), (url, done.output, done.exception)
            refused(done.stderr, "The database does not answer")
        looked = flask_command({"DATABASE_URL": url}, "doctor")
        assert looked.exit_code == 1
        assert "BAD   the database does not answer" in looked.stdout
        assert "hidden" not in looked.output


def test_the_server_does_not_start_without_its_database(commands: Commands, tmp_path: Path) -> None:
    settings = {"INSTANCE_DIR": str(tmp_path / "instance"), "DATABASE_URL": nowhere(tmp_path)[-1]}
    done = commands.run("survey.serve", "--prepare", **settings)
    assert done.returncode == 2
    assert "Address:" not in done.stdout
    refused(done.stderr, "The database does not answer")


def test_without_a_command_the_refusal_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a server that makes the application by itself: it must not end silently."""
    from app import create_app

    monkeypatch.setenv("PORT", "eighty")
    with pytest.raises(InputError, match="PORT"):
        create_app()


@pytest.mark.parametrize(
    ("raw", "meant"), [("true", True), ("1", True), ("YES", True), ("on", True), ("false", False), ("0", False)]
)
def test_true_and_false(raw: str, meant: bool, tmp_path: Path) -> None:
    known = {"SECRET_KEY": "k" * 40, "PUBLIC_BASE_URL": "https://danhgia.example.vn/", "INSTANCE_DIR": str(tmp_path)}
    known |= OFFICE
    settings = load_settings({**known, "PRODUCTION": raw})
    assert settings.production is meant
    assert settings.public_base_url == "https://danhgia.example.vn"
