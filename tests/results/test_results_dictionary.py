"""docs/data-dictionary.md names every table, column and exported column, and nothing that is gone."""

from __future__ import annotations

import re
from pathlib import Path

import survey.models  # noqa: F401 (registers the tables)
from scoring import nonresponse
from scoring.table import COLUMNS
from survey.core.db import Base
from survey.files.exports.codebook import MEANINGS
from survey.files.exports.content import (
    CHANGE_COLUMNS,
    CHANGES,
    FACTS,
    PLACE,
    RANKS,
    RATES,
    STATUS,
    TARGETS,
    column_meanings,
)
from survey.files.exports.microdata import DESIGN, UNIT

TEXT = (Path(__file__).parents[2] / "docs" / "data-dictionary.md").read_text("utf-8")


def sections() -> dict[str, set[str]]:
    """Return the names in the first column of each table, by heading."""
    found: dict[str, set[str]] = {}
    for part in re.split(r"^#{2,3} ", TEXT, flags=re.MULTILINE)[1:]:
        heading = part.splitlines()[0].strip()
        found[heading] = set(re.findall(r"^\| `(\w+)` \|.*\S.* \|$", part, flags=re.MULTILINE))
    return found


def test_every_table_and_column() -> None:
    written = {name.strip("`"): columns for name, columns in sections().items() if re.fullmatch(r"`\w+`", name)}
    assert written == {table.name: {column.name for column in table.columns} for table in Base.metadata.sorted_tables}


def test_no_cell_is_empty() -> None:
    assert re.findall(r"^\|.*\| *\|", TEXT, flags=re.MULTILINE) == []


def test_every_column_of_results() -> None:
    assert sections()["Results: `results` and `score`"] == {name for name, _ in COLUMNS}


def test_every_column_of_the_files_of_a_round() -> None:
    written = sections()
    assert written["Files: what those who did not answer could change"] == {name for name, _ in nonresponse.COLUMNS}
    assert written["Files: ranks"] == set(column_meanings()["ranks"])
    assert written["Files: changes"] == set(column_meanings()["changes"]) == set(CHANGE_COLUMNS)
    sheets = {column.code for columns in (PLACE, STATUS, FACTS, RANKS, RATES, TARGETS, CHANGES) for column in columns}
    tables = {name for columns in column_meanings().values() for name in columns}
    assert written["Files: workbook"] == (sheets - tables) | {column.code for column in FACTS}
    assert written["Files: microdata"] == {*DESIGN, UNIT, "month", "channel", "language"} == set(MEANINGS)
