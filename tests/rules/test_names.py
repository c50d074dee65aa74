"""Names say one thing: no class name twice in two rooms, no word of a private language in identifiers and headings."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for folder in ("survey", "scoring") for path in (ROOT / folder).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "benchmarks").glob("*.md"))]
JUSTIFIED = {
    "Scale": "the answers of a questionnaire: their words there, their numbers and their cut in the scoring",
    "Item": "an item of the questionnaire, and the same item as the scoring reads it",
}
"""Class names that two modules share because they mean the same thing, each with its reason."""
PRIVATE = {"anew", "alike", "meanwhile", "bear", "bears", "before_of", "of_before"}
"""Words nobody searches for; the trade has others (again, equal, concurrent, former)."""


VAGUE = {"found", "told", "made", "kept"}
CLEARED = {"structure", "maintenance"}
"""Rooms in which no identifier is one of the vague ones; others may join."""


def classes(path: Path) -> Iterator[str]:
    """Yield the names of a module's own classes: those within a class or a function are nobody else's."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


@cache
def identifiers(source: str) -> frozenset[str]:
    """Return every name that a source gives or uses."""
    return frozenset(_identifiers(source))


def _identifiers(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        for attribute in ("id", "name", "arg", "attr", "asname"):
            name = getattr(node, attribute, None)
            if isinstance(name, str):
                yield name


@cache
def private_words(name: str) -> set[str]:
    """Return the private words in an identifier or a heading."""
    words = re.findall(r"[a-z]+", re.sub(r"([A-Z])", r"_\1", name).lower())
    return PRIVATE & {*words, *(f"{one}_{two}" for one, two in pairwise(words))}


def test_a_class_name_has_one_meaning() -> None:
    places = defaultdict(list)
    for path in SOURCES:
        for name in classes(path):
            places[name].append(path.relative_to(ROOT).as_posix())
    assert len(places) > 150
    repeated = {name: paths for name, paths in places.items() if len(paths) > 1}
    assert {name: paths for name, paths in repeated.items() if name not in JUSTIFIED} == {}
    assert set(JUSTIFIED) == set(repeated), "a name that is no longer shared needs no reason"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("written_anew", {"anew"}),
        ("AlikeRows", {"alike"}),
        ("secret_of_before", {"of_before"}),
        ("bearer", set()),
        ("before", set()),
        ("of_round_before", set()),
    ],
)
def test_private_words_are_seen(name: str, words: set[str]) -> None:
    assert private_words(name) == words


def test_identifiers_and_first_lines_speak_plainly() -> None:
    wrong = set()
    for path in (*SOURCES, *TESTS):
        source = path.read_text("utf-8")
        first_line = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
        names = {name for name in (*identifiers(source), first_line) if private_words(name)}
        wrong |= {(path.relative_to(ROOT).as_posix(), name) for name in names}
    assert wrong == set()


def test_local_names_say_what_they_hold() -> None:
    """In the rooms cleared of them, nothing is called found, told, made or kept: each is an agency, rows, a path."""
    wrong = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in SOURCES
        if path.relative_to(ROOT / "survey" if path.is_relative_to(ROOT / "survey") else ROOT).parts[0] in CLEARED
        for name in identifiers(path.read_text("utf-8"))
        if name in VAGUE
    }
    assert wrong == set()


def returning(source: str) -> Iterator[str]:
    """The functions whose docstring says that they return something, not what it is."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            words = (ast.get_docstring(node) or "").split(maxsplit=1)
            if words and words[0] in {"Return", "Returns", "Returning"}:
                yield f"{node.name}: {' '.join(words)[:60]}"


def test_a_docstring_begins_with_what_it_is() -> None:
    """`The seconds to wait …`, not `Return the seconds …`: the first word is what a reader searches for."""
    assert list(returning('def size():\n    """Return the size."""')) == ["size: Return the size."]
    assert list(returning('def size():\n    """The size that is returned."""')) == []
    ours = [*SOURCES, ROOT / "app.py", *sorted((ROOT / "benchmarks").rglob("*.py"))]
    assert {path.name: list(wrong) for path in ours if (wrong := list(returning(path.read_text("utf-8"))))} == {}


def test_nothing_is_called_told() -> None:
    """Five functions were, with two meanings: each has its own word now."""
    assert [path.name for path in SOURCES if "told" in identifiers(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_headings_speak_plainly(document: Path) -> None:
    headings = re.findall(r"^#+ (.*)$", document.read_text("utf-8"), re.MULTILINE)
    assert [heading for heading in headings if private_words(heading)] == []


def test_a_repeated_class_name_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "things.py"
    path.write_text("class Thing:\n    class Meta: ...\nclass _Own: ...\ndef make():\n    class Inner: ...\n", "utf-8")
    assert list(classes(path)) == ["Thing"]
