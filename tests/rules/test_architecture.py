"""The contracts of imports in pyproject.toml hold and would be seen broken; and what import-linter cannot say."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [ROOT / "app.py", *sorted((ROOT / "survey").rglob("*.py")), *sorted((ROOT / "scoring").rglob("*.py"))]
NOT_PAGES = {"survey.accounts", "survey.collect.privacy"}
"""Packages with a blueprint that those of all rooms ask: who may open a page, what citizens are told."""
STANDARD = sys.stdlib_module_names


def module_of(path: Path) -> str:
    """Return the dotted name of a source file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Return all nodes of a file's syntax tree."""
    return tuple(ast.walk(ast.parse(path.read_text("utf-8"))))


def calls(path: Path) -> set[str]:
    """Return what a file calls, as it is written; with `()` where it is called without an argument."""
    found = [node for node in nodes_of(path) if isinstance(node, ast.Call)]
    bare = {ast.unparse(call.func) + "()" for call in found if not call.args and not call.keywords}
    return {ast.unparse(call.func) for call in found} | bare


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names a file imports, those within functions and TYPE_CHECKING blocks included."""
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


@cache
def blueprints() -> frozenset[str]:
    """Return the packages and modules that hold a blueprint."""
    return frozenset(module_of(path) for path in SOURCES if calls(path) & {"flask.Blueprint", "Blueprint"})


def test_every_source_is_read() -> None:
    assert len(SOURCES) > 80


def contracts() -> dict[str, dict[str, Any]]:
    """Return the contracts of pyproject.toml by their names."""
    given = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    return {contract["name"]: contract for contract in given["contracts"]}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts over the sources in a folder."""
    program = Path(sys.executable).with_name("lint-imports")
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    command = [program, "--no-cache", ROOT / "pyproject.toml"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_imports_keep_the_contracts() -> None:
    told = lint_imports(ROOT)
    assert told.returncode == 0, told.stdout
    assert re.search(rf"Contracts: {len(contracts())} kept, 0 broken", told.stdout)


#: a module, what is written into it, and the contract that this breaks
BREACHES = [
    ("scoring/ranks.py", "import random", "scoring is pure: no file, no clock, no chance, nothing of ours"),
    ("scoring/ranks.py", "def f():\n    from pathlib import Path", "scoring is pure"),
    ("scoring/ranks.py", "import survey.core.text", "scoring is pure"),
    ("survey/core/text.py", "import flask", "Data do not know the web"),
    ("survey/structure/queries/rounds.py", "from survey.web import context", "Data do not know the web"),
    ("survey/models/rounds.py", "from scoring import scheme", "Models know the database alone"),
    ("survey/structure/queries/rounds.py", "from survey.structure.operations import open_round", "Queries never write"),
    ("survey/results/pages/routes.py", "from survey.collect import entry", "Pages do not import one another"),
    ("survey/web/context.py", "import numpy", "The citizens' form loads no heavy library"),
    ("survey/collect/respond/form.py", "from scoring import moments", "The citizens' form computes nothing"),
    ("survey/serve.py", "from app import create_app", "Nothing imports the composition root"),
    ("survey/core/text.py", "import survey.models", "Rooms stand above what they use"),
    ("survey/core/text.py", "import survey.models", "No circles between rooms"),
]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of sources with every breach in them."""
    folder = tmp_path_factory.mktemp("broken")
    for path in SOURCES:
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    for name, line, _ in BREACHES:
        path = folder / name
        path.write_text(path.read_text("utf-8") + f"\n{line}\n", "utf-8")
    told = lint_imports(folder)
    assert told.returncode == 1, told.stderr
    return told.stdout


@pytest.mark.parametrize(("name", "line", "contract"), BREACHES)
def test_a_breach_of_a_contract_is_seen(broken: str, name: str, line: str, contract: str) -> None:
    assert re.search(rf"^{re.escape(contract)}.* BROKEN$", broken, re.MULTILINE), broken


def test_the_contract_names_every_package_of_pages() -> None:
    packages = {
        module_of(path.parent / "__init__.py") for path in SOURCES if module_of(path) in blueprints()
    } - NOT_PAGES
    inner = {name for name in packages if any(within(name, other) for other in packages - {name})}
    pages = set(contracts()["Pages do not import one another"]["modules"])
    assert pages == packages - inner
    assert pages <= set(contracts()["Data do not know the web"]["forbidden_modules"])


@pytest.mark.parametrize("path", [p for p in SOURCES if within(module_of(p), "scoring")], ids=module_of)
def test_scoring_reads_and_draws_nothing(path: Path) -> None:
    assert {name.split(".")[0] for name in imports(path)} <= STANDARD | {"numpy", "scipy", "pandas", "scoring"}
    assert not calls(path) & {"open", "print", "input", "np.random.seed", "np.random.default_rng()"}


@pytest.mark.parametrize("path", [p for p in SOURCES if "queries" in module_of(p).split(".")], ids=module_of)
def test_queries_never_write(path: Path) -> None:
    assert not calls(path) & {"sa.insert", "sa.update", "sa.delete", "session.add", "session.add_all", "session.commit"}


def test_templates_hold_no_arithmetic() -> None:
    from jinja2 import Environment, nodes

    environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)
    wrong = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        tree = environment.parse(path.read_text("utf-8"))
        for kind in (nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Pow):
            wrong += [f"{path.name}:{node.lineno}" for node in tree.find_all(kind)]
    assert wrong == []
