"""The card that other sites may show: how long it is and how a name fits."""

from __future__ import annotations

import textwrap

CARD_WIDTH, CARD_HEIGHT = 360, 170
LINE_LENGTH, LINES = 38, 2


def wrapped(name: str) -> list[str]:
    """A name in at most two lines of the card; an ellipsis stands for what does not fit."""
    return textwrap.wrap(name, LINE_LENGTH, max_lines=LINES, placeholder=" …") or [name]
