"""Header detection: finds the heading row of a table as offices and survey tools write it.

Above it may stand titles; it may take two rows, the upper one merged over groups (Excel, SurveyMonkey), or three
(Qualtrics: codes, wordings, JSON). Which row it is, is told by how many of its words are headings that somebody waits
for; a file without any such word has them in its first wide row of words.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from survey.core.text import clean, fold

SCANNED = 30
"""Rows in which the heading is looked for."""
ENOUGH = 2
"""Known headings from which on a row is believed."""
SUB_HEADINGS = frozenset({"response", "open-ended response", "other (please specify)", "phan hoi", "cau tra loi"})
"""What survey tools write below a question that has one column; folded."""
_NUMBER = re.compile(r"[\d.,\s/:%-]*\d[\d.,\s/:%-]*", re.ASCII)
_IMPORT_ID = '{"ImportId"'

Row = tuple[int, list[str]]
Known = Callable[[str], str]
"""Returns what a heading stands for; empty for one that nobody knows."""


@dataclass(frozen=True)
class Headings:
    """The heading of a table: its last row's number, and a name for each column, no two alike."""

    row: int
    columns: tuple[str, ...]
    #: names that stand over several columns; the later ones are called “name (2)”
    repeated: frozenset[str] = frozenset()
    #: column → the IANA zone in which its times are written, where the file says so
    zones: tuple[tuple[int, str], ...] = ()


def column_letter(position: int) -> str:
    """The letters a spreadsheet shows over a column: A for 0, Z for 25, AA for 26."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def is_lettered(names: Sequence[str]) -> bool:
    """Say whether headings are the letters given to a file that had none."""
    return bool(names) and list(names) == [column_letter(place) for place in range(len(names))]


def find_headings(rows: Sequence[Row], known: Known, at: int = 0) -> Headings:
    """Detect the heading among the first rows of a file; `at` names its last row when a person has said so.

    `rows` holds at least one row with text.
    """
    cleaned = [(number, [clean(cell) for cell in cells]) for number, cells in rows]
    if is_lettered(cleaned[0][1]):
        return _named(*cleaned[0])
    survey = _of_qualtrics(cleaned)
    if survey is not None and at in {0, survey.row}:
        return survey
    best: tuple[int, Headings] | None = None
    for k, (number, cells) in enumerate(cleaned):
        below = cleaned[k + 1] if k + 1 < len(cleaned) else (0, [])
        two = below[0] == number + 1 and _goes_on(cells, below[1])
        last, names = (below[0], _merged(cells, below[1])) if two else (number, cells)
        if at and last != at:
            if number == at:
                return _named(number, cells)
            continue
        score = len({code for name in names if name and (code := known(name))})
        if at or best is None or score > best[0]:
            best = (score, _named(last, names))
        if at:
            break
    if best is not None and (at or best[0] >= ENOUGH):
        return best[1]
    number, cells = _first_wide(cleaned)
    return _named(number, cells)


def _first_wide(rows: Sequence[Row]) -> Row:
    """The first row that is at least half as wide as the widest and holds words alone, else the first."""
    widest = max(sum(map(bool, cells)) for _, cells in rows)
    for number, cells in rows:
        filled = [cell for cell in cells if cell]
        if len(filled) >= max(2, widest / 2) and not any(_NUMBER.fullmatch(cell) for cell in filled):
            return number, cells
    return rows[0]


def _goes_on(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Say whether the heading goes on in the row below: under groups, and with nothing under what stands alone."""
    width = max(len(upper), len(lower))
    above, under = ([*row, *[""] * (width - len(row))] for row in (upper, lower))
    if not any(above) or not any(under) or any(_NUMBER.fullmatch(cell) for cell in under if cell):
        return False
    if all(fold(cell) in SUB_HEADINGS for cell in under if cell):
        return True
    grouped, group = False, False
    for k in range(width):
        opens = k + 1 < width and not above[k + 1] and bool(under[k + 1])
        if above[k]:
            group = bool(under[k]) and opens
            if under[k] and not group and fold(under[k]) not in SUB_HEADINGS:
                return False
        elif under[k]:
            if not group:
                return False
            grouped = True
        else:
            group = False
    return grouped


def _merged(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """One name a column of a heading in two rows: the lower one, with its group where that is needed."""
    width = max(len(upper), len(lower))
    above, under = ([*row, *[""] * (width - len(row))] for row in (upper, lower))
    names, groups, group = [], [], ""
    for one, two in zip(above, under, strict=True):
        group = one or (group if two else "")
        plain = not two or fold(two) in SUB_HEADINGS
        names.append(one or group if plain else two)
        groups.append("" if plain else group)
    often = Counter(names)
    return [
        f"{group} [{name}]" if group and often[name] > 1 else name for name, group in zip(names, groups, strict=True)
    ]


def _of_qualtrics(rows: Sequence[Row]) -> Headings | None:
    """The heading of a Qualtrics export: a row of codes, one of wordings and one of JSON."""
    for k, (number, cells) in enumerate(rows[:5]):
        marks = [cell.startswith(_IMPORT_ID) for cell in cells if cell]
        if k < 2 or not marks or not all(marks):
            continue
        codes, texts = rows[k - 2][1], rows[k - 1][1]
        names = [f"{code}. {text}" if text and text != code else code for code, text in zip(codes, texts, strict=False)]
        made = _named(number, names)
        return Headings(made.row, made.columns, made.repeated, tuple(_zones(cells)))
    return None


def _zones(cells: Sequence[str]) -> list[tuple[int, str]]:
    """The zones that Qualtrics names in its row of JSON, for example "America/Denver"."""
    found = []
    for k, cell in enumerate(cells):
        try:
            zone = json.loads(cell).get("timeZone")
        except (ValueError, AttributeError, RecursionError):
            continue
        if isinstance(zone, str):
            found.append((k, zone))
    return found


def _named(number: int, names: Sequence[str]) -> Headings:
    """Headings with a name for each column: nameless ones are called by their letter, repeated ones counted."""
    kept = list(names)
    while kept and not kept[-1]:
        kept.pop()
    seen: Counter[str] = Counter()
    columns: list[str] = []
    taken = set(kept)
    for k, name in enumerate(kept):
        seen[name] += 1
        made = name or f"({column_letter(k)})"
        while name and seen[name] > 1 and (made := f"{name} ({seen[name]})") in taken:
            seen[name] += 1
        columns.append(made)
    repeated = frozenset(name for name, count in Counter(kept).items() if name and count > 1)
    return Headings(number, tuple(columns), repeated)
