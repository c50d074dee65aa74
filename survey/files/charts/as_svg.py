"""A drawing as an SVG file that needs no stylesheet."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from survey.files.charts.drawing import PAPER, Drawing, Ink, Mark, TextRun

FONTS = "Be Vietnam Pro, Noto Sans, Segoe UI, Roboto, sans-serif"


def svg(drawing: Drawing) -> bytes:
    """The text of the file."""
    w, h = _number(drawing.width), _number(drawing.height)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img" '
        f'font-family="{FONTS}">\n<title>{escape(drawing.title)}</title>\n'
        f'<rect width="{w}" height="{h}" fill="{PAPER}"/>\n'
    )
    return "".join([head, *_marks(drawing.marks), "</svg>\n"]).encode()


def _marks(marks: tuple[Mark, ...]) -> Iterator[str]:
    for number, mark in enumerate(marks):
        if isinstance(mark, TextRun):
            yield _text(mark)
            continue
        points = " ".join(f"{_number(x)},{_number(y)}" for x, y in mark.points)
        clip = ""
        if mark.clip is not None:
            x, y, w, h = map(_number, mark.clip)
            yield f'<clipPath id="c{number}"><rect x="{x}" y="{y}" width="{w}" height="{h}"/></clipPath>\n'
            clip = f' clip-path="url(#c{number})"'
        if mark.radius:
            (x, y), r = points.split(","), _number(mark.radius)
            yield f'<circle cx="{x}" cy="{y}" r="{r}"{_ink(mark.ink)}/>\n'
        else:
            yield f'<{"polygon" if mark.closed else "polyline"} points="{points}"{_ink(mark.ink)}{clip}/>\n'


def _text(words: TextRun) -> str:
    bold = ' font-weight="600"' if words.bold else ""
    seam = f' stroke="{words.seam}" stroke-width="4" paint-order="stroke"' if words.seam else ""
    place = f'x="{_number(words.x)}" y="{_number(words.y)}" font-size="{_number(words.size)}"'
    return f'<text {place} fill="{words.colour}"{bold}{seam} xml:space="preserve">{escape(words.text)}</text>\n'


def _ink(ink: Ink) -> str:
    parts = [f' fill="{ink.fill or "none"}"']
    if ink.stroke:
        parts.append(f' stroke="{ink.stroke}" stroke-width="{_number(ink.width)}"')
        parts += [f' stroke-dasharray="{" ".join(map(_number, ink.dash))}"'] if ink.dash else []
    parts += [f' opacity="{_number(ink.opacity)}"'] if ink.opacity < 1 else []
    return "".join(parts)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
