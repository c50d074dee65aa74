"""JSON of a table of results: an array with one object a figure, the same names and order as the CSV's columns."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pandas as pd

from survey.results.as_csv import plain


def json_lines(table: pd.DataFrame) -> Iterator[str]:
    """Yield the array piece by piece, one figure a line; missing values are `null`, text is UTF-8."""
    names = [str(name) for name in table.columns]
    start = "[\n"
    for row in table.itertuples(index=False, name=None):
        figure = dict(zip(names, map(plain, row), strict=True))
        yield start + json.dumps(figure, ensure_ascii=False, allow_nan=False)
        start = ",\n"
    yield "[]\n" if start == "[\n" else "\n]\n"


def json_text(table: pd.DataFrame) -> str:
    """The whole array as text."""
    return "".join(json_lines(table))
