"""The documents move with the code: commands, settings, dependencies, targets, pictures and links."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import click
import flask
import pytest

from survey.cli import OLD_NAMES
from survey.core.config import Settings

ROOT = Path(__file__).parents[2]
#: commands that Flask and its extensions bring along
FOREIGN = {"run", "shell", "routes", "limiter"}
#: where a command may be named: documents, units, targets, and the messages of the program itself
COMMANDING = [
    *(ROOT / name for name in ("README.md", "Makefile")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "docs" / "deploy").glob("*.*")),
    *sorted((ROOT / "survey").rglob("*.md")),
    *sorted(path for path in (ROOT / "survey").rglob("*.py") if "flask --app app " in path.read_text("utf-8")),
]


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def commands(group: click.Group, before: str = "") -> set[str]:
    """Return the full names of all commands of a group that `--help` shows."""
    found: set[str] = set()
    for name, command in group.commands.items():
        full = f"{before} {name}".strip()
        if not command.hidden:
            found |= commands(command, full) if isinstance(command, click.Group) else {full}
    return found


def command_of(group: click.Group, words: Sequence[str]) -> click.Command:
    """Return the command that a line of words begins with."""
    command = group.commands[words[0]]
    return command_of(command, words[1:]) if isinstance(command, click.Group) else command


def first_cells(text: str, heading: str) -> set[str]:
    """Return what stands between backticks in the first column of the table under a heading."""
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return {
        name for row in re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)
    }


def test_every_command_is_documented_and_none_is_invented(app: flask.Flask) -> None:
    ours = {name for name in commands(app.cli) if name.split()[0] not in FOREIGN}
    written = {
        " ".join(word for word in cell.split() if re.fullmatch(r"[a-z-]+", word) and not word.startswith("-"))
        for cell in first_cells(text_of("docs/operations.md"), "Commands")
    }
    assert written == ours


def test_every_old_name_is_documented_with_its_new_one() -> None:
    section = text_of("docs/operations.md").split("\n## Commands\n", 1)[1].split("\n## ", 1)[0]
    written = re.findall(r"`([^`]+)` → `([^`]+)`", " ".join(section.split()))
    assert written == list(OLD_NAMES.items())


@pytest.mark.parametrize("document", COMMANDING, ids=lambda path: path.name)
def test_documents_name_no_command_that_is_hidden_or_does_not_exist(app: flask.Flask, document: Path) -> None:
    known = commands(app.cli)
    lines = re.findall(r"flask --app app +([a-z][a-z-]*(?: +[a-z][a-z-]*)*)", document.read_text("utf-8"))
    named = [" ".join(line.split()) for line in lines if line != "app"]
    unknown = [line for line in named if not any(line == one or line.startswith(one + " ") for one in known)]
    assert unknown == []


def test_every_setting_is_documented_with_its_default() -> None:
    table = text_of("docs/operations.md").split("\n## Settings\n", 1)[1].split("\n## ", 1)[0]
    written = first_cells(text_of("docs/operations.md"), "Settings")
    assert written == {field.name.upper() for field in fields(Settings)}
    for name in ("port", "host", "zone"):
        assert f"`{getattr(Settings, name)}`" in table
    assert f"`{','.join(Settings.languages)}`" in table


def names_of(requirements: str) -> set[str]:
    return {
        re.split(r"[\[<>=]", line)[0].strip()
        for line in text_of(requirements).splitlines()
        if line and not line.startswith(("#", "-r"))
    }


def test_every_dependency_has_a_reason() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", text_of("docs/adr/0001-dependencies.md"), re.MULTILINE)
    reasons = {name.strip(): reason.strip() for row, reason in rows for name in re.sub(r"\(.*?\)", "", row).split(",")}
    needed = {n for name in ("", "-postgres", "-scale", "-dev") for n in names_of(f"requirements{name}.txt")}
    missing = {name for name in needed if not reasons.get(name)}
    assert missing == set()
    assert set(reasons) - needed <= {"package", "---"}


def test_every_target_of_make_is_listed() -> None:
    makefile = text_of("Makefile")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)) - {"debian"}
    assert targets == set(re.findall(r"^([a-z-]+):.*## \w", makefile, re.MULTILINE))
    assert {"help", "run", "serve", "init", "test"} <= targets


DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "benchmarks").glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text("utf-8")):
        if not target.startswith(("https://", "http://", "mailto:")):
            assert (document.parent / target).exists(), target


def test_the_readme_shows_form_poster_and_results_lightly() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\((docs/images/[^)]+\.png)\)", text_of("README.md"))
    assert {"docs/images/form.png", "docs/images/poster.png", "docs/images/results.png"} <= set(pictures)
    for picture in pictures:
        assert (ROOT / picture).stat().st_size < 200_000
        assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")


def test_every_decision_has_its_place() -> None:
    numbers = [path.name[:4] for path in sorted((ROOT / "docs" / "adr").glob("*.md"))]
    assert numbers == [f"{k:04d}" for k in range(1, len(numbers) + 1)]


@pytest.mark.parametrize("decision", sorted((ROOT / "docs" / "adr").glob("*.md")), ids=lambda path: path.name)
def test_a_decision_has_date_status_and_consequences(decision: Path) -> None:
    text = decision.read_text("utf-8")
    assert text.startswith(f"# {int(decision.name[:4])}. ")
    line = text.splitlines()[2]
    assert re.fullmatch(
        r"Date: \d{4}-\d{2}-\d{2}(, rewritten \d{4}-\d{2}-\d{2})? · Status: (accepted|superseded by \d+)", line
    )
    assert len(text.split("\n## Consequences\n", 1)[1].strip()) > 100


def test_every_control_of_the_threat_model_has_its_test() -> None:
    text = text_of("docs/security.md").split("\n## Threats\n", 1)[1].split("\n## Checked", 1)[0]
    assert missing_tests(text) == []
    rows = [row for row in text.splitlines() if row.startswith("| ") and not row.startswith(("| threat", "|---"))]
    assert len(rows) > 40
    assert [row for row in rows if "::" not in row.rsplit(" | ", 1)[-1]] == []


def missing_tests(text: str) -> list[str]:
    """Return the tests that a text names and the tree does not have."""
    missing = []
    for path, name in re.findall(r"`(tests/[\w/.]+)(?:::(\w+))?`", text):
        source = (ROOT / path).read_text("utf-8") if (ROOT / path).exists() else ""
        if not source or (name and not re.search(rf"^(async )?def {name}\(", source, re.MULTILINE)):
            missing.append(f"{path}::{name}")
    return missing


def test_every_chapter_of_asvs_holds_by_a_test_or_says_why_not() -> None:
    section = text_of("docs/security.md").split("\n## OWASP ASVS 5.0, level 2\n", 1)[1].split("\n### ", 1)[0]
    assert missing_tests(section) == []
    rows = [[cell.strip() for cell in row.strip("|").split(" |")] for row in re.findall(r"^\| V\d.*", section, re.M)]
    assert [row[0].split()[0] for row in rows] == [f"V{number}" for number in range(1, 18)]
    for chapter, holds, test in rows:
        word, _, reason = holds.partition(":")
        if word == "does not apply":
            assert len(reason.split()) > 4, chapter
            continue
        assert test.count("`tests/") >= 1, chapter
        assert word.startswith("yes") or len(reason.split()) > 10, chapter
