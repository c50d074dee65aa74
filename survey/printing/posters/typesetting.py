"""Type on paper: the embedded fonts, and text that shrinks and wraps until it fits its box."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from survey.core.config import ROOT

REGULAR, MEDIUM, SEMIBOLD, BOLD = (f"BeVietnamPro-{w}" for w in ("Regular", "Medium", "SemiBold", "Bold"))
LEADING = 1.28
"""Line height over size: marks above and below Vietnamese letters need more room than Latin alone."""
SMALLEST = 2.0
"""Points; a name of 200 letters, the longest that is stored, fits the smallest label above this."""


@cache
def register_fonts() -> None:
    """Make the four weights known to reportlab, once; only the letters used are embedded."""
    for name in (REGULAR, MEDIUM, SEMIBOLD, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(ROOT / "static" / "fonts" / f"{name}.ttf")))


@dataclass(frozen=True)
class Fitted:
    """Lines of text at the size at which they fit."""

    lines: tuple[str, ...]
    font: str
    size: float

    @property
    def leading(self) -> float:
        """Distance of baselines in points."""
        return self.size * LEADING

    @property
    def height(self) -> float:
        """Height of the block in points."""
        return self.leading * len(self.lines)


@lru_cache(maxsize=2048)  # a sheet of labels or slips sets the same words many times
def fit(text: str, font: str, size: float, width: float, height: float) -> Fitted:
    """`text` wrapped to `width` at the largest size up to `size` at which it is no higher than `height`."""
    register_fonts()
    while True:
        fitted = Fitted(_wrap(text, font, size, width), font, size)
        whole_words = all(_width(word, font, size) <= width for word in text.split())
        if (fitted.height <= height + 0.01 and whole_words) or size <= SMALLEST:
            return fitted
        size = max(SMALLEST, size - 0.5)


def draw(canvas: Canvas, block: Fitted, x: float, top: float, width: float = 0, align: str = "left") -> float:
    """Draw a block whose box begins at (x, top); return the y of its lower edge."""
    canvas.setFont(block.font, block.size)
    for number, line in enumerate(block.lines):
        baseline = top - block.leading * number - block.size * 1.0
        if align == "centre":
            canvas.drawCentredString(x + width / 2, baseline, line)
        else:
            canvas.drawString(x, baseline, line)
    return top - block.height


def _wrap(text: str, font: str, size: float, width: float) -> tuple[str, ...]:
    """Break at spaces, and inside a word only when it is wider than the line; lines are then evened out."""
    words = [piece for word in text.split() for piece in _pieces(word, font, size, width)]
    lines = _greedy(words, font, size, width)
    if len(lines) < 2:
        return tuple(lines)
    narrow = width  # the narrowest measure with as many lines avoids one lone word at the end
    while narrow > width * 0.5:
        candidate = _greedy(words, font, size, narrow - width * 0.04)
        if len(candidate) > len(lines):
            break
        narrow -= width * 0.04
        lines = candidate if max(_width(line, font, size) for line in candidate) <= width else lines
    return tuple(lines)


def _greedy(words: list[str], font: str, size: float, width: float) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and _width(f"{lines[-1]} {word}", font, size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _pieces(word: str, font: str, size: float, width: float) -> list[str]:
    """The word whole, or cut into pieces that fit the line."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and _width(pieces[-1] + letter, font, size) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _width(text: str, font: str, size: float) -> float:
    return float(pdfmetrics.stringWidth(text, font, size))
