"""Pagination and filters of long lists: what is wanted stands in the address, 50 rows a page, the same rows as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import flask

from survey.core.spreadsheet_text import neutralise
from survey.core.text import clean, searchable

PER_PAGE = 50
PAGE_ARGUMENT = "trang"
RowT = TypeVar("RowT")


@dataclass(frozen=True)
class ListPage(Generic[RowT]):
    """One page of a list."""

    rows: Sequence[RowT]
    #: rows of all pages
    total: int
    number: int
    pages: int

    @property
    def before(self) -> str:
        """The address of the page before; empty on the first."""
        return address(trang=self.number - 1) if self.number > 1 else ""

    @property
    def after(self) -> str:
        """The address of the next page; empty on the last."""
        return address(trang=self.number + 1) if self.number < self.pages else ""


def list_page(rows: Sequence[RowT], size: int = PER_PAGE) -> ListPage[RowT]:
    """The page of a list that the address names; the nearest one where there is none of that number."""
    pages = max(1, -(-len(rows) // size))
    number = min(max(1, flask.request.args.get(PAGE_ARGUMENT, 1, int)), pages)
    return ListPage(rows[size * (number - 1) : size * number], len(rows), number, pages)


def asked(name: str, among: Collection[str] | None = None) -> str:
    """A part of the filter in the address; empty where it is none of those that there are."""
    given = clean(flask.request.args.get(name, ""))[:200]
    return given if among is None or given in among else ""


def address(endpoint: str = "", **changes: object) -> str:
    """The address of this list, or of another view of its rows, with parts of the filter changed: its first page."""
    request = flask.request
    kept = {name: value for name, value in request.args.items() if value and name != PAGE_ARGUMENT}
    parts = {name: str(value) for name, value in {**kept, **changes}.items() if value not in ("", None)}
    return flask.url_for(endpoint or str(request.endpoint), **{**(request.view_args or {}), **parts})


def word_filter(typed: str) -> Callable[[str], bool]:
    """What says whether a text holds typed words; typed without marks they are found with marks too."""
    wanted = clean(typed).casefold()
    return lambda text: wanted in searchable(text)


def csv_answer(headings: Sequence[str], rows: Iterable[Sequence[object]], name: str) -> flask.Response:
    """Rows as a CSV file that Excel opens with its letters right and runs nothing of."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(headings)
    writer.writerows([neutralise(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    answer = flask.Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.csv")
    return answer
