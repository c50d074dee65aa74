"""Formula injection: text that a spreadsheet must not take for a formula."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def neutralise(text: str) -> str:
    """Text that Excel and LibreOffice show and do not run: `=1+1` becomes `'=1+1`; control characters go.

    Numbers are written as numbers and never come here, so that a negative figure stays one.
    """
    text = printable(text)
    return "'" + text if is_formula(text) else text


def is_formula(text: str) -> bool:
    """Say whether a spreadsheet could take a text for a formula when it is typed, pasted or read from CSV."""
    return bool(_FORMULA.match(text.lstrip(" \u00a0")))


def printable(text: str) -> str:
    """Text without the control characters that no spreadsheet file can hold."""
    return _CONTROL.sub("", text)
