"""docs/architecture.md, docs/CONTRIBUTING.md and docs/glossary.md say what is there: rooms, names, paths, searches."""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

import survey.models  # noqa: F401 (registers the tables)
from survey.core.db import Base

ROOT = Path(__file__).parents[2]
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text("utf-8")
JOURNEYS = ("An answer", "A figure", "A poster", "An import", "An edition")


def section(text: str, heading: str) -> str:
    return text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of a table's rows, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def dotted(text: str) -> list[str]:
    return re.findall(r"`((?:survey|scoring)(?:\.\w+)+)`", text)


def resolve(name: str) -> object:
    """Return the module, class, function or method of a dotted name."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[length:]:
            found = getattr(found, attribute)
        return found
    raise AssertionError(name)


def tracked(folder: str) -> set[str]:
    """Return the entries of a folder as `ls` shows them in a fresh clone."""
    told = subprocess.run(["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=True)
    return {path.removeprefix(f"{folder}/").split("/")[0] for path in told.stdout.splitlines()}


def test_every_room_is_explained_in_one_line() -> None:
    table = rows(section(ARCHITECTURE, "Rooms"))
    entries = [cell.strip("`") for cell, _ in table]
    assert entries == sorted(entries)
    assert set(entries) == tracked("survey")
    assert len(entries) <= 20
    assert [cell for cell, explained in table if not 10 < len(explained) < 120] == []


def test_the_picture_is_that_of_the_contract() -> None:
    given = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in given if contract["name"] == "Rooms stand above what they use"]
    contract = [set(re.findall(r"(?:survey\.)?(\w+)", layer.replace("survey.", ""))) for layer in layers]
    present = tracked("survey") | {"scoring", "cli", "serve"}
    picture = section(ARCHITECTURE, "Rooms").split("```")[1].strip()
    assert [set(line.split()) for line in picture.splitlines()] == [
        line & present for line in contract if line & present
    ]


@pytest.mark.parametrize("heading", JOURNEYS)
def test_a_journey_names_what_exists(heading: str) -> None:
    names = dotted(section(ARCHITECTURE, heading))
    assert len(names) >= 5
    for name in names:
        resolve(name)


def test_a_name_that_is_gone_is_seen() -> None:
    for name in ("survey.core.db.Database.write_alone", "survey.core.dab", "scoring.table.score"):
        with pytest.raises((AssertionError, AttributeError)):
            resolve(name)


@pytest.mark.parametrize("row", rows(section(ARCHITECTURE, "Five searches")), ids=lambda row: row[0])
def test_a_search_by_the_trades_word_finds_it(row: list[str]) -> None:
    _, command, files = row
    told = subprocess.run(shlex.split(command.strip("`")), cwd=ROOT, capture_output=True, text=True, check=True)
    found = set(told.stdout.splitlines())
    named = {path for path in re.findall(r"`([^`]+)`", files) if path.startswith("survey/")}
    assert named
    assert named <= found
    assert len(found) <= 12, "a search that finds everything finds nothing"


def test_the_search_for_sql_leads_to_every_room() -> None:
    (command,) = [row[1] for row in rows(section(ARCHITECTURE, "Five searches")) if "SQL" in row[0]]
    told = subprocess.run(shlex.split(command.strip("`")), cwd=ROOT, capture_output=True, text=True, check=True)
    queries = {path.relative_to(ROOT).as_posix() for path in (ROOT / "survey").rglob("queries/__init__.py")}
    assert set(told.stdout.splitlines()) >= queries
    assert len(queries) >= 8


def test_the_glossary_names_every_table_in_vietnamese() -> None:
    glossary = (ROOT / "docs/glossary.md").read_text("utf-8")
    stored = rows(section(glossary, "Things that are stored"))
    written = {(word.strip("`"), table.strip("`")) for word, _, table, _ in stored}
    assert written == {(mapper.class_.__name__, mapper.local_table.name) for mapper in Base.registry.mappers}
    assert len(stored) == len(written)
    for heading in ("Things that are stored", "Words of surveys"):
        for word, vietnamese, *_ in rows(section(glossary, heading)):
            assert vietnamese, word
            assert vietnamese != word


CONTRIBUTING = ROOT / "docs/CONTRIBUTING.md"
RECIPES = ["question", "export column", "command", "language", "page", "form", "setting"]


def named_paths(text: str) -> set[str]:
    """Return what looks like a path of the repository between backticks, or as an argument of a command."""
    quoted = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    commands = [word for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for word in block.split()]
    words = [word for word in quoted if " " not in word] + commands
    folders = r"(?:survey|scoring|templates|static|tests|docs|requirements|benchmarks)/"
    files = r"[\w.-]+\.(?:py|toml|txt|md|yaml|lock)"
    return {word for word in words if re.match(folders, word) or re.fullmatch(files, word) or word.startswith(".git-")}


def test_contributing_names_what_exists() -> None:
    text = CONTRIBUTING.read_text("utf-8")
    paths = named_paths(text)
    assert len(paths) > 40
    # the name of any room, or of any file in one
    inside = {"commands.py", "__init__.py"}
    missing = [path for path in paths - inside if not list(ROOT.glob(path.replace("<room>", "structure").rstrip("/")))]
    assert missing == []
    for name in re.findall(r"`?survey(?:\.\w+)+`?", text):
        resolve(name.strip("`"))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)(?=[ `\n])", text)) <= targets


def test_contributing_has_the_recipes() -> None:
    headings = re.findall(r"^### Add (?:a|an) (.*)$", CONTRIBUTING.read_text("utf-8"), re.MULTILINE)
    assert [recipe for recipe in RECIPES if recipe not in headings] == []
    text = CONTRIBUTING.read_text("utf-8")
    for recipe in RECIPES:
        steps = re.split(r"^### Add (?:a|an) " + recipe + "$", text, flags=re.MULTILINE)[1].split("\n##", 1)[0]
        assert len(named_paths(steps)) >= 3, recipe
    for command in ("make check", "make test"):
        assert re.search(rf"^\| `{command}` \| .*\d+ cores.* \| .* \|$", text, re.MULTILINE)


def test_a_path_that_is_gone_is_seen() -> None:
    text = "`survey/no/such.py` `nothing.py` `not a path` `word`\n```sh\npytest tests/gone.py\n```\n"
    assert named_paths(text) == {"survey/no/such.py", "nothing.py", "tests/gone.py"}
