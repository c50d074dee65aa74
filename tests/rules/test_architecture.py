"""Which part may import which: the directions of docs/adr/0004-layers.md, walked over every module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [ROOT / "app.py", *sorted((ROOT / "survey").rglob("*.py")), *sorted((ROOT / "scoring").rglob("*.py"))]
WEB = {"flask", "flask_babel", "flask_wtf", "flask_limiter", "werkzeug", "wtforms", "jinja2"}
PURE = {"numpy", "scipy", "pandas", "scoring"}
DATA = ("survey.core", "survey.models", "survey.migrations", "survey.questionnaires", "survey.spreadsheets")
NOT_PAGES = {"survey.accounts", "survey.collect.privacy"}
"""Packages with a blueprint and much else in them."""
NO_INPUT_OUTPUT = {"os", "io", "pathlib", "time", "datetime", "random", "socket", "subprocess", "urllib", "logging"}


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


def page_package(module: str) -> str:
    """Return the package of pages a module belongs to: the nearest one above it that registers a blueprint; else ""."""
    packages = {module_of(path.parent / "__init__.py") for path in SOURCES if module_of(path) in blueprints()}
    parts = module.split(".")
    above = (".".join(parts[:length]) for length in range(len(parts), 1, -1))
    return next((name for name in above if name in packages and name not in NOT_PAGES), "")


def without_web(path: Path) -> bool:
    """Return whether a module is one of the data: models, migrations, reading of files, operations and queries."""
    module = module_of(path)
    return within(module, *DATA) or bool({"operations", "queries"} & set(module.split(".")))


def test_every_source_is_read() -> None:
    assert len(SOURCES) > 80
    assert {page_package(name) for name in blueprints()} >= {
        "survey.accounts.pages",
        "survey.collect.respond",
        "survey.printing.pages",
        "survey.publication.public",
        "survey.results.pages",
    }


@pytest.mark.parametrize("path", [p for p in SOURCES if within(module_of(p), "scoring")], ids=module_of)
def test_scoring_is_pure(path: Path) -> None:
    standard = {name.split(".")[0] for name in imports(path)} - PURE
    assert not standard & (WEB | NO_INPUT_OUTPUT | {"sqlalchemy", "survey", "app", "yaml"})
    assert not calls(path) & {"open", "print", "input", "np.random.seed", "np.random.default_rng()"}


@pytest.mark.parametrize("path", [p for p in SOURCES if without_web(p)], ids=module_of)
def test_data_layers_do_not_know_the_web(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports(path)} & WEB
    assert not {name for name in imports(path) if page_package(name)}


@pytest.mark.parametrize("path", [p for p in SOURCES if within(module_of(p), "survey.models")], ids=module_of)
def test_models_know_only_the_database(path: Path) -> None:
    ours = {name for name in imports(path) if within(name, "survey")}
    assert all(within(name, "survey.models", "survey.core") for name in ours)


@pytest.mark.parametrize("path", [p for p in SOURCES if "queries" in module_of(p).split(".")], ids=module_of)
def test_queries_never_write(path: Path) -> None:
    assert not {name for name in imports(path) if "operations" in name.split(".")}
    assert not calls(path) & {"sa.insert", "sa.update", "sa.delete", "session.add", "session.add_all", "session.commit"}


def test_pages_do_not_import_one_another() -> None:
    wrong = []
    for path in SOURCES:
        own = page_package(module_of(path))
        if own:
            others = {name for name in imports(path) if page_package(name) not in {"", own}}
            wrong += [f"{module_of(path)} imports {name}" for name in others]
    assert wrong == []


@pytest.mark.parametrize("path", [p for p in SOURCES if within(module_of(p), "survey.collect.respond")], ids=module_of)
def test_the_form_loads_no_heavy_library(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports(path)} & {"pandas", "numpy", "scipy", "reportlab", "scoring"}


def test_nothing_but_the_program_imports_the_root() -> None:
    assert [module_of(p) for p in SOURCES if p.name != "app.py" and "app" in set(imports(p))] == []


def test_templates_hold_no_arithmetic() -> None:
    from jinja2 import Environment, nodes

    environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)
    wrong = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        tree = environment.parse(path.read_text("utf-8"))
        for kind in (nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Pow):
            wrong += [f"{path.name}:{node.lineno}" for node in tree.find_all(kind)]
    assert wrong == []
