"""Numerals of printed tables: what a cell says as a number, how many decimals it was printed with, and what is garbled.

Vietnamese tables write 1.234,5 and English ones 1,234.5; which it is, the cells of the table decide together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

MAX_DECIMALS = 9
"""Decimals from which on a number was computed and not rounded for print."""

_SHAPE = re.compile(r"(?P<sign>[±+\-−–]?) ?(?P<body>\d[\d.,  ]*?)(?P<exp>[eE][-+]?\d{1,3})? ?(?P<percent>%?)", re.ASCII)
_ODD = re.compile(r"[±+\-−–]? ?\d[\d.,  ]*[.,][\d.,  ]*%?", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:(?P<mark>[., ])\d{3})(?:(?P=mark)\d{3})*", re.ASCII)


@dataclass(frozen=True)
class Numeral:
    """A number as it is printed."""

    value: float
    #: digits behind the decimal mark
    decimals: int
    percent: bool = False


def decimal_mark(cells: Iterable[str]) -> str:
    """The decimal mark of a table, `,` or `.`; empty when no cell tells.

    >>> decimal_mark(["1.234", "83,94"]), decimal_mark(["1,234", "83.94"]), decimal_mark(["1.234", "12"])
    (',', '.', '')
    """
    votes = {",": 0, ".": 0}
    for cell in cells:
        found = _SHAPE.fullmatch(cell.strip())
        if found is None:
            continue
        body = found["body"].replace(" ", "").replace(" ", "")
        marks = [c for c in body if c in ",."]
        if not marks:
            continue
        if len(set(marks)) == 2:
            votes[marks[-1]] += marks.count(marks[-1]) == 1
        elif len(marks) == 1:
            head, _, tail = body.partition(marks[0])
            if len(tail) != 3 or len(head) > 3 or head.startswith("0") or found["exp"] or found["percent"]:
                votes[marks[0]] += 1
    if votes[","] == votes["."]:
        return ""
    return max(votes, key=lambda mark: votes[mark])


def read_numeral(cell: str, mark: str) -> Numeral | None:
    """The number of a cell, `mark` being the table's decimal mark; None for what is no number.

    A whole number with a zero in front is a code.

    >>> read_numeral("4.215", ","), read_numeral("83,94%", ",")
    (Numeral(value=4215.0, decimals=0, percent=False), Numeral(value=83.94, decimals=2, percent=True))
    """
    found = _SHAPE.fullmatch(cell.strip())
    if found is None:
        return None
    body = found["body"].strip().replace(" ", " ")
    whole, _, decimals = body.rpartition(mark) if mark and mark in body else (body, "", "")
    if mark and mark in body and (not decimals.isdigit() or mark in whole):
        grouped = _GROUPED.fullmatch(body)
        if grouped is None or ("," in body and "." in body):
            return None
        whole, decimals = body, ""
    grouped = _GROUPED.fullmatch(whole)
    digits = re.sub(r"[., ]", "", whole) if grouped else whole
    if not digits.isdigit() or (len(digits) > 1 and digits[0] == "0" and not decimals):
        return None
    value = float(f"{digits}.{decimals or 0}{found['exp'] or ''}")
    if not isfinite(value):
        return None
    places = max(len(decimals) - int((found["exp"] or "e0")[1:]), 0)
    sign = -1.0 if found["sign"] in {"-", "−", "–"} else 1.0
    return Numeral(sign * value, min(places, MAX_DECIMALS), bool(found["percent"]))


def is_garbled(cell: str, mark: str) -> bool:
    """Say whether a cell is made of digits and marks and yet is no number, for example 83,9,4.

    >>> is_garbled("83,9,4", ","), is_garbled("83,94", ","), is_garbled("III", ",")
    (True, False, False)
    """
    return read_numeral(cell, mark) is None and _ODD.fullmatch(cell.strip()) is not None
