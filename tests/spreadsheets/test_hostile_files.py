"""Files and texts made to exhaust the machine end at once, with a sentence. The limits of sizes are in test_xlsx.py."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from survey.core.errors import InputError
from survey.core.spreadsheet_text import neutralise
from survey.core.text import clean, fold, like_pattern, parse_code
from survey.printing.posters.svg import clean_svg
from survey.results.operations.mask_comment import mask_comment
from survey.spreadsheets.guess_columns import _forms
from survey.spreadsheets.read import MAX_COLUMNS, parse_whole, read_table
from survey.spreadsheets.times import parse_day, parse_instant, parse_moment
from survey.web import assets

MUCH = 100_000


@contextmanager
def frugal(seconds: float, megabytes: float) -> Iterator[None]:
    """Fail when what is within takes longer, or holds more memory at once."""
    tracemalloc.start()
    began = time.process_time()
    try:
        yield
    finally:
        taken, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert taken < seconds
    assert peak < megabytes * 1e6


def rows(data: bytes, name: str = "x") -> list[tuple[int, list[str]]]:
    return list(read_table(io.BytesIO(data), name))


def workbook_with(part: str, text: bytes) -> bytes:
    """Return a workbook in which one part is replaced."""
    plain, made = io.BytesIO(), io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["agency", "service"])
    book.active.append(["a", "b"])
    book.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, text if name == part else source.read(name))
    return made.getvalue()


LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (k, b"&l%d;" % (k - 1) * 10) for k in range(1, 10))
BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">' + LAUGHS + b"]>"
FETCH = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>'
SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
SHEET += b'<c r="A1" t="inlineStr"><is><t>&l9;</t></is></c></row></sheetData></worksheet>'
OTHER = b"<x>&l9;</x>"


@pytest.mark.parametrize("head", [BOMB, FETCH], ids=["entities in entities", "a file of ours"])
@pytest.mark.parametrize(
    ("part", "body"), [("xl/worksheets/sheet1.xml", SHEET), ("xl/workbook.xml", OTHER), ("xl/styles.xml", OTHER)]
)
def test_entities_in_a_workbook_are_refused(part: str, body: bytes, head: bytes) -> None:
    with frugal(3, 60), pytest.raises(InputError, match="damaged"):
        rows(workbook_with(part, head + body))


def test_workbooks_are_read_by_a_parser_that_takes_no_entities() -> None:
    assert openpyxl.DEFUSEDXML


@pytest.mark.parametrize(
    "data",
    [
        (",".join(f"a{k}" for k in range(MUCH))).encode(),
        b"a,b\n" + b"," * MUCH + b"x",
        b'a,b\n"' + b"x" * MUCH,
        b"a" * MUCH,
    ],
    ids=["a column a word", "a row of commas", "a cell without an end", "one word"],
)
def test_a_table_made_of_nothing_but_cells_ends_at_once(data: bytes) -> None:
    with frugal(2, 80), suppress(InputError):
        rows(data)


def test_a_wide_table_is_refused_and_a_usual_one_is_not() -> None:
    with pytest.raises(InputError, match="more rows or columns"):
        rows(",".join(f"a{k}" for k in range(MAX_COLUMNS + 1)).encode())
    assert rows((",".join(f"a{k}" for k in range(300)) + "\n" + "1," * 299 + "1").encode())


def svg(view: str = "0 0 9 9", width: str = "9", d: str = "M0 0h9v9z") -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}" width="{width}"><path d="{d}"/></svg>'.encode()


ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
READERS: dict[str, Callable[[str], object]] = {
    "code": parse_code,
    "clean": clean,
    "fold": fold,
    "search": like_pattern,
    "date": parse_day,
    "moment": parse_moment,
    "number": parse_whole,
    "instant": lambda text: parse_instant(text, ZONE),
    "heading": lambda text: list(_forms(text)),
    "comment": mask_comment,
    "cell": neutralise,
    "accept": assets.accepts_gzip,
}
HOSTILE = {
    "brackets": "[" * (MUCH // 2) + "]" * (MUCH // 2) + "x",
    "opened": "a[" * (MUCH // 2),
    "spaces": "1" + " " * MUCH + "x",
    "digits": "1" * MUCH + "x",
    "dots": "1." * (MUCH // 2) + "x",
    "codes": "a[1] " * (MUCH // 5) + ".",
    "dates": "1/1/2026 " * (MUCH // 9),
    "gzip": "gzip; q=0." + "0" * MUCH + "x",
    "many gzip": "gzip ;" * (MUCH // 6),
    "mail": "a@" * (MUCH // 2),
    "dashes": "-" * MUCH + "=",
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_makes_a_reader_slow(reader: str, text: str) -> None:
    began = time.process_time()
    READERS[reader](HOSTILE[text])
    assert time.process_time() - began < 1.5


@pytest.mark.parametrize(
    "picture",
    [
        svg(width="1" * MUCH + "x"),
        svg(width="1" + " " * MUCH + "x"),
        svg(view="0 " * MUCH),
        svg(d="M" + "1" * MUCH),
        svg(d="M0 0" + "h1" * 50_000),
        b"<!DOCTYPE svg" + b" " * MUCH + b"[" + svg(),
        b"<svg>" * 50_000,
    ],
)
def test_no_picture_makes_its_reader_slow(picture: bytes) -> None:
    began = time.process_time()
    with suppress(InputError):
        clean_svg(picture)
    assert time.process_time() - began < 3
