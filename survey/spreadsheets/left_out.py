"""Row filter: totals, signatures and column numbers, which offices write around a table, are left out and named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from survey.core.text import fold

_TOTAL = re.compile(
    r"(?:tong|tong cong|tong so|cong|cong tong|tong toan tinh|total|grand total)(?: ?\([^()]*\))?[ :.]*"
)
_SIGNATURE = re.compile(
    r"(?:nguoi lap.*|nguoi tong hop.*|nguoi bao cao.*|thu truong.*|ke toan truong.*|noi nhan ?:.*|\(?ky,? .*ho ten.*"
    r"|(?:tm|kt|tl|tuq)\. .*|.{0,60}, ?ngay .{0,10} ?thang .{0,10} ?nam .{0,10}|ghi chu ?:.*)"
)
_PART = re.compile(r"[IVXLC]{1,6}[.)]?|[A-Z][.)]?", re.ASCII)
_PLACE = re.compile(r"\(?(\d{1,3})\)?(?: ?= ?[\d()+ ]+)?", re.ASCII)
MAX_LOOKED_AT = 200
"""Characters from which on a cell is no word of this kind."""
MAX_NOTED = 50


@dataclass(frozen=True)
class LeftOutRow:
    """A row that was left out: its number and what it says first."""

    row: int
    text: str


@dataclass
class LeftOut:
    """The rows of a table that were left out: the first of them, and how many there are."""

    shown: list[LeftOutRow] = field(default_factory=list)
    count: int = 0
    #: (row, cells) of total rows, to be compared with what the rows add up to
    totals: list[tuple[int, list[str]]] = field(default_factory=list)
    #: positions of what every row of the table has: one that has it all is a row, whatever it says; None: not known
    needed: Sequence[int] | None = None
    _signed: bool = False
    _began: bool = False

    def takes(self, number: int, cells: Sequence[str]) -> bool:
        """Say whether a row is left out, and note it."""
        filled = [cell for cell in cells if cell]
        if not filled:
            return False
        first = not self._began
        self._began = True
        if is_total(filled[0]) or (len(filled) > 1 and is_total(filled[1]) and _PART.fullmatch(filled[0])):
            self.totals.append((number, list(cells)))
            del self.totals[:-MAX_NOTED]
            return self._note(number, filled[0])
        if first and _numbers_columns(filled):
            return self._note(number, filled[0])
        if all(is_signature(cell) for cell in filled):
            self._signed = True
            return self._note(number, filled[0])
        if self.needed and all(cells[k] for k in self.needed):
            return False
        sparse = len(filled) <= max(2, len(cells) // 3) and len(filled) < len(cells)
        if (self._signed and sparse) or (sparse and any(is_signature(cell) for cell in filled)):
            self._signed = True
            return self._note(number, filled[0])
        if self.needed is not None and len(filled) < len(cells) and _is_title(filled):
            return self._note(number, filled[-1])
        return False

    def _note(self, number: int, text: str) -> bool:
        self.count += 1
        if len(self.shown) < MAX_NOTED:
            self.shown.append(LeftOutRow(number, text[:60]))
        return True


@lru_cache(maxsize=10_000)
def is_total(text: str) -> bool:
    """Say whether a cell is the word of a total row: `Tổng cộng`, `Cộng:`."""
    return len(text) <= MAX_LOOKED_AT and _TOTAL.fullmatch(fold(text)) is not None


@lru_cache(maxsize=10_000)
def is_signature(text: str) -> bool:
    """Say whether a cell belongs to who signed a table: `Người lập biểu`, `Sơn La, ngày … tháng … năm …`."""
    return len(text) <= MAX_LOOKED_AT and _SIGNATURE.fullmatch(fold(text)) is not None


def _is_title(filled: Sequence[str]) -> bool:
    """Say whether a row names a part of the table: `I | KHỐI SỞ, NGÀNH`, or words in capitals alone."""
    *before, text = filled
    capitals = len(text) > 3 and text.isupper() and " " in text
    if not before:
        return capitals
    return len(before) == 1 and _PART.fullmatch(before[0]) is not None and (capitals or text[:1].isupper())


def _numbers_columns(filled: Sequence[str]) -> bool:
    """Say whether a row below the heading counts the columns: (1) (2) (3)."""
    places = [_PLACE.fullmatch(cell) for cell in filled]
    numbers = [int(place[1]) for place in places if place]
    bracketed = any(cell.startswith("(") for cell in filled)
    counted = range(numbers[0], numbers[0] + len(numbers)) if numbers else ()
    return len(filled) > 2 and len(numbers) == len(filled) and bracketed and numbers == list(counted)
