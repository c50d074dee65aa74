"""Encoding check: Vietnamese whose letters were lost to `?`, or written for the fonts of TCVN3 or VNI."""

from __future__ import annotations

import re
from collections.abc import Iterable

from survey.core.errors import InputError
from survey.core.text import clean

_LOST = re.compile(r"[^\W\d_]\?[^\W\d_]|(?<!\w)\?[^\W\d_]|\ufffd")
"""A question mark within a word or in front of one, or the sign that programs put for what they cannot read."""
_SYMBOLS = re.compile(r"[¸µ¶·¹¨»¾¼½©®ª«¬§¤¥¦¢£¡±][^\W\d_]")
"""Signs that stand in front of a letter only where a font of TCVN3 shows them as letters."""
_STRANGERS = re.compile(r"[ËÎÏÑÖØÜÞßäåæçëîïñöøûüþÿÆÅÄÇ]")
"""Letters of Latin-1 that Vietnamese does not have."""


def has_lost_letters(text: str) -> bool:
    """Say whether Vietnamese letters of a text were lost to `?`."""
    return ("?" in text or "\ufffd" in text) and _LOST.search(text) is not None


def is_of_old_font(text: str) -> bool:
    """Say whether a text is written for a font of TCVN3 or VNI."""
    if text.isascii():
        return False
    return bool(_SYMBOLS.search(text) or (_STRANGERS.search(text) and sum(not c.isascii() for c in text) > 1))


def refuse_lost_letters(source: str, cells: Iterable[tuple[str, str]]) -> None:
    """Raise `InputError` for the first (address, text) whose letters were lost."""
    for address, written in cells:
        text = clean(written)
        if has_lost_letters(text):
            raise InputError(
                "%(source)s, cell %(cell)s: “%(text)s” has lost its Vietnamese letters; open the file that it was made "
                "of and save that as .xlsx or as “CSV UTF-8”",
                source=source,
                cell=address,
                text=text[:60],
            )
        if is_of_old_font(text):
            raise InputError(
                "%(source)s, cell %(cell)s: “%(text)s” is written for a font of TCVN3 (.VnTime) or VNI; convert the "
                "file to Unicode first, for example with Unikey",
                source=source,
                cell=address,
                text=text[:60],
            )
