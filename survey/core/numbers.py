"""How numbers are written, whoever shows them: rounded half up, marks by language, an en dash for what is not there."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

NOTHING = "–"


def fixed(value: Any, decimals: int = 1, *, english: bool = False) -> str:
    """A number with a fixed number of decimals: 1234.56 is `1.234,6`, in English `1,234.6`."""
    if value is None or not math.isfinite(value):
        return NOTHING
    text = f"{half_up(value, decimals) + 0:,.{decimals}f}"  # + 0 turns -0.0 into 0.0
    return text if english else text.translate(str.maketrans(",.", ".,"))


def half_up(value: float, decimals: int = 1) -> Decimal:
    """Round a finite number as it is written: halves away from zero, by its shortest decimal form."""
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def with_sign(text: str) -> str:
    """A written difference with its sign: `+1,2`, `−0,3`, `0,0`."""
    if text == NOTHING or not any(c in "123456789" for c in text):
        return text
    return text.replace("-", "−") if text.startswith("-") else f"+{text}"
