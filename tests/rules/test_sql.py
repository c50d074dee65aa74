"""SQL stands in `queries/` and `operations/` only: what a page or a module asks of the database has a name there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [ROOT / "app.py", *sorted((ROOT / "survey").rglob("*.py")), *sorted((ROOT / "scoring").rglob("*.py"))]
HOMES = {"queries", "operations"}
ALLOWED = {
    "survey/core/db.py": "sets up each connection: PRAGMA, BEGIN",
    "survey/migrations": "a migration is SQL, and reads which one a database stands at",
}
"""Files and folders outside of the homes that may hold SQL, each with its reason."""
CONSTRUCTS = {"select", "insert", "update", "delete", "union", "union_all", "exists"}
STATEMENTS = {"execute", "executemany", "scalars", "scalar", "stream_scalars", "exec_driver_sql"}
"""Methods that run a statement, whatever they are called on."""
SESSION_METHODS = {"get", "get_one", "query", "add", "add_all", "delete", "merge", "flush", "refresh"}
"""Methods that read or write rows when they are called on a session; others have methods of these names too."""
SESSION_MAKERS = {"read", "glance", "read_autocommit", "write", "write_together", "sessionmaker", "Session"}


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def is_home(path: str) -> bool:
    return bool(HOMES & set(path.split("/")[:-1])) or any(path == one or path.startswith(one + "/") for one in ALLOWED)


def sql_names(tree: ast.AST) -> set[str]:
    """Return how a module calls SQLAlchemy's constructs: `sa.select`, `select`, `postgresql.insert`."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "sqlalchemy":
                    names |= {f"{alias.asname or alias.name}.{construct}" for construct in CONSTRUCTS}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy":
            for alias in node.names:
                name = alias.asname or alias.name
                names |= {name} if alias.name in CONSTRUCTS else {f"{name}.{construct}" for construct in CONSTRUCTS}
    return names


def opens_session(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Call) and ast.unparse(expression.func).split(".")[-1] in SESSION_MAKERS


def session_names(tree: ast.AST) -> set[str]:
    """Return the names of sessions: parameters annotated as such, what `with database().read() as …` binds."""
    names = {"session"}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation and ast.unparse(node.annotation).split(".")[-1] == "Session":
            names.add(node.arg)
        elif isinstance(node, ast.withitem) and node.optional_vars and opens_session(node.context_expr):
            names.add(ast.unparse(node.optional_vars))
    return names


def sql_in(source: str) -> Iterator[str]:
    """Yield `line: call` of every statement that a module builds or runs."""
    tree = ast.parse(source)
    constructs, sessions = sql_names(tree), session_names(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        receiver, _, method = called.rpartition(".")
        if (
            called in constructs
            or (receiver not in ("", "self") and method in STATEMENTS)
            or (receiver in sessions and method in SESSION_METHODS)
        ):
            yield f"{node.lineno}: {called}"


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("import sqlalchemy as sa\nsa.select(User)", ["2: sa.select"]),
        ("from sqlalchemy import delete as remove\nremove(User)", ["2: remove"]),
        ("from sqlalchemy.dialects import sqlite\nsqlite.insert(User)", ["2: sqlite.insert"]),
        ("with database().read() as reading:\n    reading.get(User, 1)", ["2: reading.get"]),
        ("def page(s: orm.Session):\n    s.add(user)", ["2: s.add"]),
        ("connection.cursor().execute('VACUUM')", ["1: connection.cursor().execute"]),
        ("flask.session.get('language')\nvalues.get('x')\nnames.add(1)\nselect(1)", []),
    ],
)
def test_the_rule_sees_what_it_forbids(line: str, seen: list[str]) -> None:
    assert list(sql_in(line)) == seen


def test_sql_stands_in_queries_and_operations_only() -> None:
    outside = [
        f"{place(path)}:{call}"
        for path in SOURCES
        if not is_home(place(path))
        for call in sql_in(path.read_text("utf-8"))
    ]
    assert outside == []


def test_every_exception_is_needed() -> None:
    for name in ALLOWED:
        files = [path for path in SOURCES if place(path) == name or place(path).startswith(name + "/")]
        assert any(True for path in files for _call in sql_in(path.read_text("utf-8"))), name


WHO_COUNTS = re.compile(r"excluded\.(is_\(None\)|concat)|excluded IS NULL")
ASKS_ITSELF = {
    "survey/results/queries/packed.py": "the same two conditions, the first written so that no index is used",
    "survey/results/queries/withdrawn.py": "what evaluators alone see: the figures with what was taken back",
}
"""Queries of figures that say themselves which responses count, each with its reason."""


def test_figures_ask_in_one_place_which_responses_count() -> None:
    """Unit roles see what was settled (`survey.structure.queries.counted`): a condition of one's own shows them all."""
    rooms = ("survey/results/queries", "survey/files", "survey/publication/queries", "survey/improvement/queries")
    found = {
        place(path) for path in SOURCES if place(path).startswith(rooms) and WHO_COUNTS.search(path.read_text("utf-8"))
    }
    assert found == set(ASKS_ITSELF)
