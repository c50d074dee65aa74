"""A page's chart as plain marks at absolute places, in CSS pixels: SVG and PNG are written from the same ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reportlab.pdfbase.pdfmetrics import stringWidth

from survey.files.charts.page_tree import ChartOnPage, GroupOnPage, Node
from survey.files.charts.stylesheet import Element, style
from survey.printing.posters.typesetting import REGULAR, SEMIBOLD, Fitted, fit, register_fonts

WIDTH = 960.0
MARGIN, GAP = 24.0, 16.0
INNER = WIDTH - 2 * MARGIN
TITLE, SMALL = 18.0, 13.0
INK, MUTED, PAPER = "#1e1b18", "#5b554e", "#fbfaf7"
ROOM = 10_000.0
"""Height that wrapped text may take: there is no end of the sheet."""
SYMBOLS = {"▲": ((0.05, 0.02), (0.65, 0.02), (0.35, 0.62)), "▼": ((0.05, 0.62), (0.65, 0.62), (0.35, 0.02)),
           "✓": ((0.05, 0.32), (0.25, 0.06), (0.68, 0.62), (0.25, 0.2))}  # fmt: skip
"""Signs that the font has not: corners in sizes of type, upwards from the line."""
SYMBOL_WIDTH = 0.72

Box = tuple[float, float, float, float]
"""Left, top, width, height."""
Point = tuple[float, float]


@dataclass(frozen=True)
class Ink:
    """How a mark is drawn; empty: not at all."""

    fill: str = ""
    stroke: str = ""
    width: float = 1.0
    dash: tuple[float, ...] = ()
    opacity: float = 1.0


@dataclass(frozen=True)
class VectorMark:
    """A line through points, closed or open, or with a radius a circle around the one point."""

    points: tuple[Point, ...]
    ink: Ink
    closed: bool = False
    radius: float = 0.0
    #: what of it is seen; None: all
    clip: Box | None = None


@dataclass(frozen=True)
class TextRun:
    """Text whose line begins at a place."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    bold: bool = False
    #: colour of a seam around the letters, which parts them from what is behind; empty: none
    seam: str = ""

    @property
    def font(self) -> str:
        """The font's name."""
        return SEMIBOLD if self.bold else REGULAR

    @property
    def extent(self) -> float:
        """Its width."""
        return float(stringWidth(self.text, self.font, self.size))


Mark = VectorMark | TextRun


@dataclass(frozen=True)
class Drawing:
    """A sheet with its marks, the first beneath all others."""

    title: str
    width: float
    height: float
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class _Frame:
    """Where the inside of an `svg` element lies, and how its lengths are stretched."""

    left: float
    top: float
    width: float
    height: float
    stretch: tuple[float, float] = (1.0, 1.0)
    clip: Box | None = None

    def across(self, length: str, default: str = "0") -> float:
        return self._length(length or default, self.width, self.stretch[0])

    def down(self, length: str, default: str = "0") -> float:
        return self._length(length or default, self.height, self.stretch[1])

    def point(self, x: str, y: str) -> Point:
        return self.left + self.across(x), self.top + self.down(y)

    def at(self, x: float, y: float) -> Point:
        return self.left + x * self.stretch[0], self.top + y * self.stretch[1]

    @staticmethod
    def _length(length: str, whole: float, stretch: float) -> float:
        return float(length[:-1]) * whole / 100 if length.endswith("%") else float(length) * stretch


def draw_sheet(chart: ChartOnPage, source: str) -> Drawing:
    """A page's chart with its title above, and beneath it what explains it and where it is from (`source`)."""
    register_fonts()
    marks, y = _head(chart.title)
    height = float(chart.drawing.attributes["height"])
    marks += _element(chart.drawing, _Frame(MARGIN, y, INNER, height), [], {}, outermost=True)
    return _finished(chart, source, marks, y + height + 16)


def draw_group(group: GroupOnPage, source: str) -> Drawing:
    """The charts of a page that belong together, in rows beside each other, each with its name above."""
    register_fonts()
    marks, y = _head(group.title)
    wide = (INNER - GAP * (group.columns - 1)) / group.columns
    for start in range(0, len(group.parts), group.columns):
        row = group.parts[start : start + group.columns]
        labels = [fit(part.label, SEMIBOLD, SMALL, wide, ROOM) for part in row]
        notes = [fit(part.note, REGULAR, SMALL, wide, ROOM) if part.note else None for part in row]
        above = y + max(label.height for label in labels) + 4
        below = above + max(float(part.drawing.attributes["height"]) for part in row) + 4
        for column, (part, label, note) in enumerate(zip(row, labels, notes, strict=True)):
            x = MARGIN + column * (wide + GAP)
            frame = _Frame(x, above, wide, float(part.drawing.attributes["height"]))
            marks += _block(label, x, y, INK, bold=True)
            marks += _element(part.drawing, frame, [], {}, outermost=True)
            marks += _block(note, x, below, MUTED) if note else ()
        y = below + max((note.height for note in notes if note), default=0.0) + 12
    return _finished(group, source, marks, y + 4)


def _head(text: str) -> tuple[list[Mark], float]:
    """The title of a sheet, and where what is beneath it begins."""
    title = fit(text, SEMIBOLD, TITLE, INNER, ROOM)
    return list(_block(title, MARGIN, MARGIN, INK, bold=True)), MARGIN + title.height + 12


def _finished(chart: ChartOnPage | GroupOnPage, source: str, marks: list[Mark], y: float) -> Drawing:
    """A sheet with its legends, which begin at `y`."""
    for text in [*chart.legends, f"{chart.page} · {source}"]:
        block = fit(text, REGULAR, SMALL, INNER, ROOM)
        marks += _block(block, MARGIN, y, MUTED)
        y += block.height + 4
    return Drawing(chart.title, WIDTH, round(y + MARGIN, 1), tuple(marks))


def _block(block: Fitted, x: float, top: float, colour: str, *, bold: bool = False) -> Iterator[Mark]:
    for number, line in enumerate(block.lines):
        words = TextRun(x, top + block.leading * number + block.size, line, block.size, colour, bold)
        yield from _signs(words)


def _element(
    node: Node, frame: _Frame, path: Sequence[Element], given: Mapping[str, str], *, outermost: bool = False
) -> Iterator[Mark]:
    """Yield the marks of an element and of all inside of it."""
    here = [*path, (node.tag, node.classes)]
    ruled = style(here, given)
    if node.tag == "svg":
        inner = frame if outermost else _inside(node, frame)
        for child in node.children:
            if isinstance(child, Node):
                yield from _element(child, inner, here, ruled)
    elif node.tag == "g":
        for child in node.children:
            if isinstance(child, Node):
                yield from _element(child, frame, here, ruled)
    elif node.tag == "text":
        yield from _text(node, frame, here, ruled)
    elif "url(" in node.attributes.get("fill", ""):
        return  # a pattern, for print and forced colours
    else:
        for shape in _shapes(node, frame, _ink(ruled, filled=node.tag not in ("line", "polyline"))):
            if shape.ink.fill or shape.ink.stroke:
                yield shape


def _inside(node: Node, frame: _Frame) -> _Frame:
    """The frame of a nested drawing; one with a box of its own is stretched to its width and shows nothing beyond."""
    at = node.attributes
    left, top = frame.point(at.get("x", "0"), at.get("y", "0"))
    width, height = frame.across(at.get("width", "100%")), frame.down(at.get("height", "100%"))
    if "viewbox" not in at:
        return _Frame(left, top, width, height)
    _x, _y, wide, high = map(float, at["viewbox"].split())
    return _Frame(left, top, width, height, (width / wide, height / high), (left, top, width, height))


def _ink(ruled: Mapping[str, str], *, filled: bool) -> Ink:
    fill, stroke = ruled.get("fill", INK) if filled else "", ruled.get("stroke", "")
    return Ink(
        "" if fill == "none" else fill,
        "" if stroke == "none" else stroke,
        float(ruled.get("stroke-width", "1").removesuffix("px")),
        tuple(map(float, ruled.get("stroke-dasharray", "").split())),
        float(ruled.get("opacity", "1")),
    )


def _shapes(node: Node, frame: _Frame, ink: Ink) -> Iterator[VectorMark]:
    at = node.attributes
    if node.tag == "line":
        yield VectorMark((frame.point(at["x1"], at["y1"]), frame.point(at["x2"], at["y2"])), ink)
    elif node.tag == "circle":
        yield VectorMark((frame.point(at.get("cx", "0"), at.get("cy", "0")),), ink, radius=float(at["r"]))
    elif node.tag == "rect":
        (x, y), (dx, dy) = frame.point(at["x"], at["y"]), _moved(at.get("transform", ""))
        wide, high = frame.across(at["width"]), frame.down(at["height"])
        x, y = x + dx, y + dy
        yield VectorMark(((x, y), (x + wide, y), (x + wide, y + high), (x, y + high)), ink, closed=True)
    elif node.tag in ("polygon", "polyline"):
        pairs = (pair.split(",") for pair in at["points"].split())
        points = tuple(frame.at(float(x), float(y)) for x, y in pairs)
        yield VectorMark(points, ink, closed=node.tag == "polygon", clip=frame.clip)
    elif node.tag == "path":
        yield VectorMark(tuple(frame.at(x, y) for x, y in _corners(at["d"])), ink, closed=True)


def _moved(transform: str) -> Point:
    found = re.match(r"translate\((\S+) (\S+)\)", transform)
    return (float(found[1]), float(found[2])) if found else (0.0, 0.0)


def _corners(d: str) -> Iterator[Point]:
    """Yield the corners of a path of straight lines (M, L, H, Z)."""
    tokens = re.findall(r"[MLHZ]|-?[\d.]+", d)
    x = y = 0.0
    command = "M"
    while tokens:
        token = tokens.pop(0)
        if token.isalpha():
            command = token
            continue
        x = float(token)
        if command != "H":
            y = float(tokens.pop(0))
        yield x, y


def _text(node: Node, frame: _Frame, path: Sequence[Element], ruled: Mapping[str, str]) -> Iterator[Mark]:
    """Yield the words of a text, one after the other, by where it is held."""
    at = node.attributes
    x, y = frame.point(at.get("x", "0"), at.get("y", "0"))
    x, y = x + float(at.get("dx", "0")), y + float(at.get("dy", "0"))
    runs = []
    for child in node.children:
        own = style([*path, (child.tag, child.classes)], ruled) if isinstance(child, Node) else ruled
        text = re.sub(r"\s+", " ", "".join(child._texts()) if isinstance(child, Node) else child)
        runs.append(_words(text, own))
    extent = sum(map(_extent, runs))
    x -= {"middle": extent / 2, "end": extent}.get(at.get("text-anchor", ""), 0.0)
    for run in runs:
        yield from _signs(replace(run, x=x, y=y))
        x += _extent(run)


def _words(text: str, ruled: Mapping[str, str]) -> TextRun:
    size = _pixels(ruled.get("font-size", "14px"))
    seam = ruled.get("stroke", "") if ruled.get("paint-order") == "stroke" else ""
    return TextRun(0, 0, text, size, ruled.get("fill", INK), ruled.get("font-weight") == "600", seam)


def _pixels(size: str) -> float:
    """A font's size in pixels; pages say it in the reader's own (rem), which are sixteen by default."""
    return 16 * float(size.removesuffix("rem")) if size.endswith("rem") else float(size.removesuffix("px"))


def _extent(words: TextRun) -> float:
    signs = sum(character in SYMBOLS for character in words.text)
    plain = replace(words, text="".join(c for c in words.text if c not in SYMBOLS))
    return plain.extent + signs * SYMBOL_WIDTH * words.size


def _signs(words: TextRun) -> Iterator[Mark]:
    """Yield a text's words, and its signs as small shapes between them."""
    x = words.x
    for part in re.split(f"([{''.join(SYMBOLS)}])", words.text):
        if part in SYMBOLS:
            corners = tuple((x + words.size * a, words.y - words.size * b) for a, b in SYMBOLS[part])
            yield VectorMark(corners, Ink(fill=words.colour), closed=True)
            x += SYMBOL_WIDTH * words.size
        elif part:
            run = replace(words, x=x, text=part)
            yield run
            x += run.extent
