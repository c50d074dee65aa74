"""Name index: finds what a cell means by its code or by its name, written the way people write names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from survey.core.text import fold

_PARTS = re.compile(r"[^|;,\n\r]+")
_OFFICE = re.compile(r"(?:ubnd|uy ban nhan dan|linh vuc) (?=.)")


def words_of(text: str) -> str:
    """A text for a loose comparison: no marks, no case, words parted by single spaces."""
    return " ".join(re.findall(r"[^\W_]+", fold(text)))


def _loose(text: str) -> str:
    """Words without what people leave out: `UBND xã Mường Lèo` and `Xã Mường Lèo` are the same office."""
    words = words_of(text)
    return words[found.end() :] if (found := _OFFICE.match(words)) else words


@dataclass
class Names:
    """Things that a cell may name: by code first, then by name, then by the words of a name alone."""

    _codes: dict[str, list[int]] = field(default_factory=dict)
    _names: dict[str, list[int]] = field(default_factory=dict)
    _words: dict[str, list[int]] = field(default_factory=dict)
    #: id → code
    codes: dict[int, str] = field(default_factory=dict)
    _past: set[int] = field(default_factory=set)

    def add(self, number: int, code: str, names: Iterable[str], *, past: bool = False) -> None:
        """Add a thing by its id. One of the `past` gives way to a present one of the same name."""
        self.codes[number] = code
        if past:
            self._past.add(number)
        _put(self._codes, fold(code), number)
        _put(self._words, _loose(code), number)
        for name in names:
            _put(self._names, fold(name), number)
            _put(self._words, _loose(name), number)

    def all(self, text: str) -> list[int]:
        """The ids of everything a text can mean."""
        if not text:
            return []
        found = self._codes.get(fold(text)) or self._names.get(fold(text)) or self._words.get(_loose(text)) or []
        present = [number for number in found if number not in self._past]
        return present or found

    def find(self, text: str) -> int | None:
        """The id of the one thing a text means; None for nothing and for several."""
        found = self.all(text)
        return found[0] if len(found) == 1 else None

    def find_list(self, text: str) -> tuple[list[int], list[str]]:
        """The ids in a list of codes or names, and the parts that are none.

        Parted by commas, semicolons, bars or lines, codes also by spaces; a name may have commas itself.
        """
        spans = [part.span() for part in _PARTS.finditer(text) if part[0].strip()]
        found: list[int] = []
        unknown: list[str] = []
        at = 0
        while at < len(spans):
            for end in range(min(len(spans), at + 8), at, -1):
                part = text[spans[at][0] : spans[end - 1][1]].strip()
                number = self.find(part)
                if number is not None:
                    found.append(number)
                    at = end
                    break
            else:
                pieces = [(self.find(piece), piece) for piece in part.split()]
                known = [number for number, _ in pieces if number is not None]
                found += known if known else []
                unknown += [piece for number, piece in pieces if number is None] if known else [part]
                at += 1
        return list(dict.fromkeys(found)), unknown

    def with_zeros(self, text: str) -> str:
        """The code that a number without its leading zeros may stand for: 7 for 007. Empty when none does."""
        if not (text.isascii() and text.isdecimal()):
            return ""
        found = [c for c in self.codes.values() if c.isascii() and c.isdecimal() and c.lstrip("0") == text.lstrip("0")]
        return found[0] if len(set(found)) == 1 else ""


def _put(index: dict[str, list[int]], key: str, number: int) -> None:
    if key and number not in index.setdefault(key, []):
        index[key].append(number)
