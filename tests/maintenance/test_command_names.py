"""The tree of commands: old names work as they did, `--help` shows the new ones, and loading them is cheap."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import flask
import pytest

from survey.cli import OLD_NAMES
from tests.rules.test_docs import command_of

#: the flat names of version 0.1 that became part of a group
FLAT = {
    *("create-user", "invite", "import-agencies", "import-services", "import-counters", "import-population"),
    *("import-responses", "undo-import", "counters", "questionnaires", "posters", "receipt-codes", "paper-form"),
    *("verify-publication", "backup", "restore", "backup-test", "move-database"),
}
#: those that stayed: a word each, or a group already
STAYED = {
    "init",
    "demo",
    "doctor",
    "round",
    "results",
    "score",
    "check-table",
    "export",
    "report",
    "api-client",
    "purge",
}
#: what takes seconds to load
HEAVY = {"numpy", "pandas", "scipy", "reportlab"}
ROOT = Path(__file__).parents[2]


def note(new: str) -> str:
    return f"use `flask --app app {new}`"


def test_every_flat_name_still_works() -> None:
    assert set(OLD_NAMES) == FLAT


@pytest.mark.parametrize("old", sorted(FLAT))
def test_an_old_name_is_the_same_command_hidden(app: flask.Flask, old: str) -> None:
    alias, command = app.cli.commands[old], command_of(app.cli, OLD_NAMES[old].split())
    assert alias.hidden
    assert not command.hidden
    assert alias.params == command.params
    assert alias.help == command.help


def test_help_shows_the_new_names_alone(app: flask.Flask) -> None:
    shown = app.test_cli_runner().invoke(args=["--help"]).stdout
    names = {line.split()[0] for line in shown.split("Commands:")[1].splitlines() if line.startswith("  ")}
    assert not names & FLAT
    assert names >= STAYED | {new.split()[0] for new in OLD_NAMES.values()}


def test_an_old_name_says_so_in_the_journal_and_prints_the_same(
    app: flask.Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:12345")
    runner = app.test_cli_runner()
    new, old = (runner.invoke(args=words) for words in (["questionnaire", "list"], ["questionnaires"]))
    assert (new.exit_code, old.exit_code) == (0, 0)
    assert new.stdout == old.stdout
    assert "sipas-service-16\t" in new.stdout
    assert new.stderr == ""
    assert old.stderr.count("\n") == 1
    assert note("questionnaire list") in old.stderr


def test_programs_that_read_stderr_find_nothing_new_under_an_old_name(
    app: flask.Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    done = app.test_cli_runner().invoke(args=["questionnaires"])
    assert (done.exit_code, done.stderr) == (0, "")


def test_what_goes_wrong_under_an_old_name_is_one_message(app: flask.Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:12345")
    failed = app.test_cli_runner().invoke(args=["invite", "nobody"])
    assert (failed.exit_code, failed.stdout) == (2, "")
    assert failed.stderr == "Error: There is no open account nobody\n"


def test_every_group_says_what_it_is_for(app: flask.Flask) -> None:
    groups = [one for name, one in app.cli.commands.items() if isinstance(one, click.Group) and name != "limiter"]
    assert len(groups) == 12
    assert all(group.help and group.help.endswith(".") for group in groups)


def in_a_process(instance: Path, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "INSTANCE_DIR": str(instance), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_help_and_small_commands_load_no_heavy_library(tmp_path: Path) -> None:
    """One process for all: what none has loaded by the end, none has loaded."""
    code = f"""
import sys
from click.testing import CliRunner
from flask.cli import FlaskGroup
group = FlaskGroup(name="flask")
for words in (["--help"], ["score", "--help"], ["print", "posters", "--help"], ["init"], ["round", "list"]):
    done = CliRunner().invoke(group, ["--app", "app", *words])
    assert done.exit_code == 0, done.output
    print(*words, *sorted({HEAVY!r} & sys.modules.keys()))
"""
    assert in_a_process(tmp_path, code).splitlines() == [
        "--help",
        "score --help",
        "print posters --help",
        "init",
        "round list",
    ]


@pytest.mark.slow(reason="starts fresh interpreters")
def test_the_libraries_are_the_ones_that_pages_load() -> None:
    """Else the test above would go on passing after a library was renamed."""
    code = f"import sys, app; app.create_app(); print(*sorted({HEAVY!r} & sys.modules.keys()))"
    assert set(in_a_process(Path(), code).split()) == HEAVY


@pytest.mark.slow(reason="starts a fresh interpreter")
def test_the_server_loads_nothing_for_several_machines() -> None:
    code = "import sys, app; app.create_app(); print(*sorted({'dask', 'distributed'} & sys.modules.keys()))"
    assert in_a_process(Path(), code).split() == []


@pytest.mark.slow(reason="starts a fresh interpreter for each command")
def test_a_command_that_prints_the_address_of_a_page_loads_it(tmp_path: Path) -> None:
    code = """
from click.testing import CliRunner
from flask.cli import FlaskGroup
group = FlaskGroup(name="flask")
for words in (["init"], ["user", "create", "an", "--role", "admin"], ["user", "invite", "an"], ["routes"]):
    done = CliRunner().invoke(group, ["--app", "app", *words])
    assert done.exit_code == 0, done.output
    print(done.stdout)
"""
    printed = in_a_process(tmp_path, code)
    assert "http://localhost:8000/moi/" in printed
    assert "invitations.accept" in printed
