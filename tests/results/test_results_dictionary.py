"""docs/data-dictionary.md names every table, column and exported column, and nothing that is gone."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import survey.models  # noqa: F401 (registers the tables)
from scoring import nonresponse
from scoring.table import COLUMNS
from survey.core.db import Base
from survey.files.charts import numbers as chart_numbers
from survey.files.exports.codebook import MEANINGS
from survey.files.exports.content import (
    CHANGE_COLUMNS,
    CHANGES,
    FACTS,
    FRAMES,
    PLACE,
    RANKS,
    RATES,
    STATUS,
    TARGETS,
    column_meanings,
)
from survey.files.exports.microdata import DESIGN, UNIT
from survey.results.print_order import to_frame

TEXT = (Path(__file__).parents[2] / "docs" / "data-dictionary.md").read_text("utf-8")


def sections() -> dict[str, set[str]]:
    """Return the names in the first column of each table, by heading."""
    found: dict[str, set[str]] = {}
    for part in re.split(r"^#{2,3} ", TEXT, flags=re.MULTILINE)[1:]:
        heading = part.splitlines()[0].strip()
        found[heading] = set(re.findall(r"^\| `(\w+)` \|.*\S.* \|$", part, flags=re.MULTILINE))
    return found


def every_name(heading: str) -> set[str]:
    """Return all names in the first column of the table beneath a heading, where one row may have several."""
    part = TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\|([^|]*)\|", part, flags=re.MULTILINE))))


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
    sheets = {
        column.code for columns in (PLACE, STATUS, FACTS, RANKS, RATES, TARGETS, FRAMES, CHANGES) for column in columns
    }
    tables = {name for columns in column_meanings().values() for name in columns}
    assert written["Files: workbook"] == (sheets - tables) | {column.code for column in FACTS}
    assert written["Files: microdata"] == {*DESIGN, UNIT, "month", "channel", "language"} == set(MEANINGS)


def test_every_column_of_a_chart() -> None:
    dicts = [node for node in ast.walk(ast.parse(inspect.getsource(chart_numbers))) if isinstance(node, ast.Dict)]
    columns = {key.value for node in dicts for key in node.keys if isinstance(key, ast.Constant)}
    assert {"label", "adjusted", "share"} < columns
    assert every_name("The numbers of a chart") == columns


def test_every_column_of_the_print_order() -> None:
    assert every_name("The print order of a plan") == set(to_frame([]))
