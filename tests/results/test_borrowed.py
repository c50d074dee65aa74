"""Small cells: which have an estimate, where it lies, and that cells add up to their agency's own figure."""

from __future__ import annotations

import ast
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from flask import Flask

from scoring.scheme import Rules
from survey.core.actor import Actor
from survey.publication.operations.api_clients import create_api_client
from survey.results.borrowed import estimates_of
from tests.support.evaluation import NOW, accounts, scored_round, sign_in

ROOT = Path(__file__).parents[2]

SERVICES = ("x", "y", "z")


def results(small: int = 10, hidden: bool = False) -> Any:
    """Ten agencies, three services of 85, 80 and 75 %, a little up or down by agency; `z` of `a0` is small and 40 %."""
    rows = []
    for k in range(10):
        cells = []
        for s, base in zip(SERVICES, (85, 80, 75), strict=True):
            is_small = k == 0 and s == "z"
            value, n = (40.0, small) if is_small else (base + (k % 5) - 2.0 + (k + len(cells)) % 3, 200)
            gone = hidden and k == 0 and s == "x"
            cells.append((s, math.nan if gone else value, n))
        whole = sum(value for _, value, _ in cells) / 3
        for s, value, n in [("", whole if math.isfinite(whole) else 70.0, 600), *cells]:
            error = math.sqrt(value * (100 - value) / n) if math.isfinite(value) else math.nan
            rows.append(
                {"agency": f"a{k}", "service": s, "level": "overall", "key": "all", "index": value,
                 "n": n if math.isfinite(value) else pd.NA, "se_test": error, "population": 1000.0}
            )  # fmt: skip
    table = pd.DataFrame(rows)
    return SimpleNamespace(table=table, tested=table, rules=Rules())


def test_a_small_cell_lies_between_its_own_answers_and_what_is_usual() -> None:
    """With a hidden service nothing is benchmarked. The fewer answers, the more comes from the model."""
    (ten,) = estimates_of(results(10, hidden=True))
    (five,) = estimates_of(results(5, hidden=True))
    assert (ten.agency, ten.service, ten.n, ten.direct) == ("a0", "z", 10, 40.0)
    assert 40 < ten.value < five.value < 80
    assert 50 < ten.model_share < five.model_share < 100
    assert ten.lo < ten.value < ten.hi


def test_a_small_cell_is_drawn_to_what_its_agency_has() -> None:
    """By hand: the agency has (83 + 79 + 40) / 3 = 67.3, eleven points below what the model alone adds up to."""
    (cell,), (free,) = estimates_of(results(10)), estimates_of(results(10, hidden=True))
    assert 40 < cell.value < free.value - 11
    assert cell.hi - cell.lo > free.hi - free.lo  # the square of the move is added to the error


def test_without_few_or_firm_cells_there_are_none() -> None:
    assert estimates_of(results(200)) == []
    every = results(10)
    every.tested = every.table = every.table[every.table["agency"] == "a0"]
    assert estimates_of(every) == []


def test_none_but_evaluators_pages_read_borrowed_and_hardened_figures() -> None:
    """They start from unpublished figures: no page of units, no file, no API and no public page has them."""
    readers: dict[str, set[str]] = {"survey.results.borrowed": set(), "survey.results.place_indices": set()}
    for path in (ROOT / "survey").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in readers.keys() & set(names):
                readers[name].add(path.relative_to(ROOT).as_posix())
    assert readers == {
        "survey.results.borrowed": {"survey/results/pages/small_cells.py"},
        "survey.results.place_indices": {"survey/results/pages/places.py", "survey/results/place_sentences.py"},
    }


@pytest.mark.parametrize("path", ["o-it-phieu", "noi-can-xem-lai"])
def test_units_programs_and_everyone_else_are_refused(app: Flask, path: str) -> None:
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
        _client, token = create_api_client(session, name="cong", scopes=["published", "results"], actor=Actor(NOW))
    address = f"/danh-gia/r1/{path}"
    for person in ("manager", "staff"):
        client = app.test_client()
        sign_in(client, person)
        assert client.get(address).status_code == 403, person
    assert app.test_client().get(address).status_code in (302, 303)
    assert app.test_client().get(address, headers={"Authorization": f"Bearer {token}"}).status_code in (302, 303)
    evaluator = app.test_client()
    sign_in(evaluator, "evaluator")
    assert evaluator.get(address).status_code == 200
