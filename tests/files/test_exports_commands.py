"""`export`: every file by name, whole or not at all, and plain words when something is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from tests.support.evaluation import scored_round

TABLES = ("results", "ranks", "changes")
EXPECTED = {
    "xlsx": {"sipas-r1.xlsx"},
    "csv": {f"sipas-r1-{table}.csv" for table in TABLES},
    "json": {f"sipas-r1-{table}.json" for table in TABLES},
    "parquet": {f"sipas-r1-{table}.parquet" for table in TABLES},
    "sav": {"sipas-r1-microdata.sav"},
    "microdata": {"sipas-r1-microdata.csv", "sipas-r1-microdata.parquet", "sipas-r1-codebook.csv"},
    "scripts": {"sipas-r1.R", "sipas-r1.do"},
}


@pytest.fixture
def place(app: Flask) -> Flask:
    with app.extensions["database"].write() as session:
        scored_round(session)
    return app


def test_every_kind_writes_its_files_and_all_writes_them_all(place: Flask, tmp_path: Path) -> None:
    run = place.test_cli_runner().invoke
    for what, names in {**EXPECTED, "all": set().union(*EXPECTED.values())}.items():
        done = run(args=["export", "--round", "r1", "--what", what, "--out", str(tmp_path / what)])
        assert done.exit_code == 0, done.output
        assert {path.name for path in (tmp_path / what).iterdir()} == names
        assert {Path(line).name for line in done.stdout.splitlines() if line.endswith(tuple(names))} == names


def test_semicolons_come_without_the_scripts_that_read_commas(place: Flask, tmp_path: Path) -> None:
    done = place.test_cli_runner().invoke(
        args=["export", "--round", "r1", "--semicolon", "--english", "--out", str(tmp_path)]
    )
    assert done.exit_code == 0, done.output
    assert not list(tmp_path.glob("*.R"))
    assert (tmp_path / "sipas-r1-results.csv").read_text("utf-8-sig").startswith("agency;service;")
    assert (tmp_path / "sipas-r1-microdata.csv").read_text("utf-8-sig").startswith("agency;service;")


def test_an_unknown_round_and_a_folder_that_cannot_be(place: Flask, tmp_path: Path) -> None:
    run = place.test_cli_runner().invoke
    done = run(args=["export", "--round", "r9", "--out", str(tmp_path / "x")])
    assert done.exit_code == 2
    assert "There is no round r9" in done.output
    blocked = tmp_path / "sipas-r1.xlsx"
    blocked.mkdir()
    done = run(args=["export", "--round", "r1", "--what", "xlsx", "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert "cannot be written" in done.output
    assert not list(tmp_path.glob("*.part"))
