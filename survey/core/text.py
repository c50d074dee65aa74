"""Text at the boundary: NFC, white space, and the public codes."""

from __future__ import annotations

import re
import secrets
import unicodedata

CODE_ALPHABET = "23456789ACDEFGHJKMNPQRTVWXY"
"""Uppercase letters and digits, one of each look-alike pair (0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V).

All are in the QR code's alphanumeric set.
"""
CODE_LENGTH = 8

_CODE = re.compile(f"[{CODE_ALPHABET}]{{{CODE_LENGTH}}}")
_IN_ADDRESS = re.compile(r"/K/([^/?#\s]+)", re.IGNORECASE)
_LOOK_ALIKE = str.maketrans("ZSBU", "258V")
"""Letters that no code has, and the one character of the alphabet each is taken for."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_MARKED_D = str.maketrans("đĐ", "dD")


def clean(text: str) -> str:
    """One line of text as it is stored: NFC, no control characters, single spaces, no edges."""
    return " ".join(_CONTROL.sub("", unicodedata.normalize("NFC", text)).split())


def clean_block(text: str) -> str:
    """Free text of several lines as it is stored: NFC, no control characters, line feeds alone."""
    text = _CONTROL.sub("", unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n"))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def fold(text: str) -> str:
    """Text for comparison without marks or case: `Sở Nội vụ` and `so noi vu` fold alike."""
    decomposed = unicodedata.normalize("NFD", clean(text).translate(_MARKED_D))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def searchable(text: str) -> str:
    """Text in which `like_pattern` finds what is typed with marks or without: in lower case, and folded."""
    return f"{clean(text).casefold()}\n{fold(text)}"


def like_pattern(typed: str) -> str:
    """The LIKE pattern (escape `!`) that finds typed words in a `searchable` text.

    Words typed with marks find only these, words without marks find both: `thai do` finds `thái độ`.
    """
    return "%" + re.sub(r"([!%_])", r"!\1", clean(typed).casefold()) + "%"


def is_name_in_addresses(code: str) -> bool:
    """Say whether a code can stand in an address of a page; `them` (add) is the page that makes one."""
    return code.isascii() and all(c.isalnum() or c in "-_." for c in code) and code not in {"", ".", "..", "them"}


def new_code() -> str:
    """A fresh public code (27^8, about 38 bits, from the system's random source)."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def parse_code(typed: str) -> str | None:
    """The code a person typed or scanned in canonical form, or None when it cannot be one.

    Case, spaces, dots, hyphens and slashes are forgiven: `k7mp-2xqa` is `K7MP2XQA`; so is the whole address that the
    code leads to. A letter that only looks like one of the alphabet is read as that (`Z` as `2`); 0, O, 1, I and L
    look like several or none.
    """
    typed = unicodedata.normalize("NFKC", typed)
    within = _IN_ADDRESS.search(typed)
    bare = within[1] if within else typed
    code = re.sub(r"[\s./\-–—_]+", "", bare).upper().translate(_LOOK_ALIKE)
    return code if _CODE.fullmatch(code) else None
