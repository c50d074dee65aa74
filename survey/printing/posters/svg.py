"""Plain shapes of an SVG picture: taken out of an untrusted file, kept as paths, drawn as vectors.

Nothing of the file survives but filled and stroked outlines: no script, style sheet, link, font, picture or entity can
be in what is kept, for it is written anew from numbers and colours.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

from fontTools.misc.transform import Identity, Transform
from fontTools.pens.basePen import BasePen
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.svgLib.path import parse_path
from fontTools.svgLib.path.shapes import PathBuilder
from PIL import ImageColor
from reportlab.pdfgen.canvas import Canvas

from survey.core.errors import InputError

SHAPES = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"})
GROUPS = frozenset({"svg", "g"})
SILENT = frozenset({"title", "desc", "metadata", "defs"})
"""Elements that draw nothing by themselves: left out, unless they hide something that acts."""
ACTIVE = frozenset({"script", "foreignObject", "iframe", "image", "use", "a", "animate", "set", "animateTransform"})
MAX_SHAPES = 5000
MAX_DEPTH = 40
MAX_KEPT = 3 * 1024 * 1024
SIDE = 1000.0
"""The longer side of what is kept, in its own unit."""

_NUMBER = re.compile(
    r"\s*+([+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:e[+-]?\d++)?)\s*+(?:(?:px|pt|mm|cm|in)\s*+)?", re.IGNORECASE
)
"""Possessive throughout: no text makes it try twice."""
_TRANSFORM = re.compile(r"(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^()]*)\)")
_DOCTYPE = re.compile(r"<!DOCTYPE\s+svg\b[^<>\[\]]*>", re.IGNORECASE)


@dataclass(frozen=True)
class Paint:
    """How a shape is painted; what children inherit. Colours are red, green, blue, or None for no paint."""

    fill: tuple[int, int, int] | None = (0, 0, 0)
    stroke: tuple[int, int, int] | None = None
    width: float = 1.0
    even_odd: bool = False
    hidden: bool = False


@dataclass(frozen=True)
class Outline:
    """One shape: its path in the units of the picture, and its paint."""

    d: str
    paint: Paint


def clean_svg(data: bytes) -> bytes:
    """The picture as flat paths in a fresh SVG file; `InputError` names what cannot be taken."""
    try:
        text = _DOCTYPE.sub("", data.decode("utf-8-sig"), count=1)
    except UnicodeDecodeError as error:
        raise InputError("The SVG emblem is not in UTF-8; save it anew and try again") from error
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        raise InputError("The SVG emblem declares entities, which are not taken; save it as a plain SVG")
    try:
        root = ET.fromstring(text)  # noqa: S314 - a document without a DOCTYPE has no entities to expand or to fetch
    except ET.ParseError as error:
        raise InputError("The SVG emblem cannot be read; save it anew or as PNG") from error
    if _local(root) != "svg":
        raise InputError("The SVG emblem cannot be read; save it anew or as PNG")
    left, low, width, height = _view(root)
    if not 0.2 <= width / height <= 5:
        raise InputError("The emblem is too long for its place; cut it to about a square")
    scale = SIDE / max(width, height)
    place = Identity.scale(scale).translate(-left, -low)
    outlines = list(_outlines(root, place, Paint(), 0))
    if not outlines:
        raise InputError("The SVG emblem draws nothing that posters can print; save it as PNG")
    if len(outlines) > MAX_SHAPES:
        raise InputError("The SVG emblem has more than %(n)d shapes; make it simpler or save it as PNG", n=MAX_SHAPES)
    written = _write(outlines, width * scale, height * scale)
    if len(written) > MAX_KEPT:
        raise InputError("The SVG emblem has more than %(n)d shapes; make it simpler or save it as PNG", n=MAX_SHAPES)
    return written


def draw_svg(canvas: Canvas, data: bytes, x: float, y: float, side: float) -> None:
    """Draw what `clean_svg` wrote into a square with its lower left corner at (x, y), keeping its proportions."""
    root = ET.fromstring(data)  # noqa: S314 - our own file
    _, _, width, height = _view(root)
    scale = side / max(width, height)
    left, top = x + (side - width * scale) / 2, y + side - (side - height * scale) / 2
    place = Transform(scale, 0, 0, -scale, left, top)
    canvas.saveState()
    canvas.setLineJoin(0)
    canvas.setLineCap(0)
    for element in root:
        paint = _paint(element.attrib, Paint())
        path = canvas.beginPath()
        parse_path(element.attrib["d"], TransformPen(_CanvasPen(path), place))
        if paint.fill:
            canvas.setFillColorRGB(*(part / 255 for part in paint.fill))
        if paint.stroke:
            canvas.setStrokeColorRGB(*(part / 255 for part in paint.stroke))
            canvas.setLineWidth(paint.width * scale)
        mode = 0 if paint.even_odd else 1
        canvas.drawPath(path, stroke=1 if paint.stroke else 0, fill=1 if paint.fill else 0, fillMode=mode)
    canvas.restoreState()


class _CanvasPen(BasePen):  # type: ignore[misc]
    """Draw into a path of reportlab's canvas."""

    def __init__(self, path: object) -> None:
        super().__init__(None)
        self.path = path

    def _moveTo(self, pt: tuple[float, float]) -> None:  # noqa: N802 - named by its base
        self.path.moveTo(*pt)  # type: ignore[attr-defined]

    def _lineTo(self, pt: tuple[float, float]) -> None:  # noqa: N802
        self.path.lineTo(*pt)  # type: ignore[attr-defined]

    def _curveToOne(  # noqa: N802
        self, pt1: tuple[float, float], pt2: tuple[float, float], pt3: tuple[float, float]
    ) -> None:
        self.path.curveTo(*pt1, *pt2, *pt3)  # type: ignore[attr-defined]

    def _closePath(self) -> None:  # noqa: N802
        self.path.close()  # type: ignore[attr-defined]


def _local(element: ET.Element) -> str:
    """The name of an SVG element, or nothing for one of another vocabulary (editors leave theirs)."""
    namespace, _, name = element.tag.rpartition("}") if isinstance(element.tag, str) else ("", "", "")
    return name if namespace in {"", "{http://www.w3.org/2000/svg"} else ""


def _outlines(element: ET.Element, place: Transform, above: Paint, depth: int) -> Iterator[Outline]:
    """Yield the shapes of an element and of what it holds, in the order they are painted."""
    name = _local(element)
    _refuse_active(element, name)
    if name in SILENT or not name:
        for inner in element.iter():
            _refuse_active(inner, _local(inner))
        return
    if name not in SHAPES | GROUPS:
        raise InputError(
            "The SVG emblem holds <%(name)s>, which posters cannot print; turn it into paths or save as PNG", name=name
        )
    if depth > MAX_DEPTH:
        raise InputError("The SVG emblem cannot be read; save it anew or as PNG")
    paint = _paint(element.attrib, above)
    place = place.transform(_transform(element.attrib.get("transform", "")))
    if name in GROUPS:
        for child in element:
            yield from _outlines(child, place, paint, depth + 1)
    elif not paint.hidden and (paint.fill or paint.stroke):
        stretch = math.sqrt(abs(place[0] * place[3] - place[1] * place[2]))
        yield Outline(_path(element, name, place), replace(paint, width=paint.width * stretch))


def _refuse_active(element: ET.Element, name: str) -> None:
    """Raise `InputError` for anything that acts, loads or refers, wherever it stands."""
    if name in ACTIVE:
        raise InputError(
            "The SVG emblem holds <%(name)s>, which posters cannot print; turn it into paths or save as PNG", name=name
        )
    for key, value in element.attrib.items():
        plain = key.rpartition("}")[2].lower()
        if plain.startswith("on") or "script:" in value.lower():
            raise InputError("The SVG emblem holds a script, which is not taken; save it as a plain SVG")
        if name in SHAPES | GROUPS and (plain == "href" or "url(" in value.lower()):
            raise InputError(
                "The SVG emblem uses a gradient, pattern or mask; use plain colours alone or save it as PNG"
            )


def _path(element: ET.Element, name: str, place: Transform) -> str:
    """The outline of a shape as SVG path data, moved to its place."""
    builder = PathBuilder()
    plain = ET.Element(name, {k: v for k, v in element.attrib.items() if k not in {"transform", "style", "id"}})
    try:
        for key in ("x", "y", "width", "height", "rx", "ry", "cx", "cy", "r", "x1", "y1", "x2", "y2"):
            if key in plain.attrib:
                plain.attrib[key] = str(_length(plain.attrib[key]))
        builder.add_path_from_element(plain)
        pen = SVGPathPen(None, ntos=_written)
        for d in builder.paths:
            parse_path(d, TransformPen(pen, place))
        return str(pen.getCommands())
    except (ValueError, IndexError, KeyError, AssertionError, TypeError, OverflowError, ZeroDivisionError) as error:
        raise InputError("The SVG emblem cannot be read; save it anew or as PNG") from error


def _written(number: float) -> str:
    """A coordinate with two decimals; far away or no number at all is refused."""
    if not math.isfinite(number) or abs(number) > 100 * SIDE:
        raise ValueError("out of reach")
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _paint(attributes: Mapping[str, str], above: Paint) -> Paint:
    """The paint of an element: its attributes and its `style`, over what it inherits."""
    known = dict(attributes)
    for declaration in known.get("style", "").split(";"):
        name, _, value = declaration.partition(":")
        known[name.strip()] = value.strip()
    paint = above
    if "fill" in known:
        paint = replace(paint, fill=_colour(known["fill"], above.fill))
    if "stroke" in known:
        paint = replace(paint, stroke=_colour(known["stroke"], above.stroke))
    if "stroke-width" in known:
        paint = replace(paint, width=_length(known["stroke-width"]))
    if "fill-rule" in known:
        paint = replace(paint, even_odd=known["fill-rule"] == "evenodd")
    if known.get("display") == "none" or known.get("visibility") == "hidden":
        paint = replace(paint, hidden=True)
    whole = _share(known.get("opacity"))
    return replace(
        paint,
        fill=_faded(paint.fill, whole * _share(known.get("fill-opacity"))),
        stroke=_faded(paint.stroke, whole * _share(known.get("stroke-opacity"))),
    )


def _share(written: str | None) -> float:
    """An opacity, 1 when none is given."""
    return min(max(_length(written), 0.0), 1.0) if written else 1.0


def _faded(colour: tuple[int, int, int] | None, opacity: float) -> tuple[int, int, int] | None:
    """What a colour looks like on white paper at an opacity; nothing at all is no paint."""
    if colour is None or opacity == 0:
        return None
    red, green, blue = (round(255 - (255 - part) * opacity) for part in colour)
    return red, green, blue


def _colour(written: str, inherited: tuple[int, int, int] | None) -> tuple[int, int, int] | None:
    """A colour; None for no paint."""
    word = written.strip().lower()
    if word in {"none", "transparent"}:
        return None
    if word in {"inherit", ""}:
        return inherited
    if word == "currentcolor":
        return (0, 0, 0)
    try:
        red, green, blue = ImageColor.getrgb(word)[:3]
    except (ValueError, IndexError) as error:
        raise InputError("The SVG emblem has a colour that is not known: %(colour)s", colour=word[:40]) from error
    return red, green, blue


def _transform(written: str) -> Transform:
    """The matrix of a `transform` attribute."""
    matrix = Identity
    for name, arguments in _TRANSFORM.findall(written):
        try:
            numbers = [float(part) for part in re.split(r"[\s,]+", arguments.strip()) if part]
            if name == "matrix":
                matrix = matrix.transform(tuple(numbers))
            elif name == "rotate" and len(numbers) == 3:
                angle, x, y = numbers
                matrix = matrix.translate(x, y).rotate(math.radians(angle)).translate(-x, -y)
            elif name == "rotate":
                matrix = matrix.rotate(math.radians(numbers[0]))
            elif name == "scale":
                matrix = matrix.scale(*numbers[:2])
            elif name == "translate":
                matrix = matrix.translate(*numbers[:2])
            else:
                angle = math.radians(numbers[0])
                matrix = matrix.skew(angle, 0) if name == "skewX" else matrix.skew(0, angle)
        except (ValueError, TypeError, IndexError) as error:
            raise InputError("The SVG emblem cannot be read; save it anew or as PNG") from error
    return matrix


def _length(written: str) -> float:
    """A number; a unit after it is not looked at, for only proportions matter."""
    match = _NUMBER.fullmatch(written)
    if match is None:
        raise InputError("The SVG emblem cannot be read; save it anew or as PNG")
    return float(match[1])


def _view(root: ET.Element) -> tuple[float, float, float, float]:
    """Left, top, width and height of what is shown."""
    try:
        if root.get("viewBox"):
            left, top, width, height = (float(p) for p in re.split(r"[\s,]+", root.attrib["viewBox"].strip()))
        else:
            left, top = 0.0, 0.0
            width, height = _length(root.get("width", "")), _length(root.get("height", ""))
    except ValueError as error:
        raise InputError("The SVG emblem does not say how large it is (viewBox); save it anew") from error
    if not (all(map(math.isfinite, (left, top))) and 0 < width < 1e6 and 0 < height < 1e6):
        raise InputError("The SVG emblem does not say how large it is (viewBox); save it anew")
    return left, top, width, height


def _write(outlines: list[Outline], width: float, height: float) -> bytes:
    """The file that is kept."""
    root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {width:.2f} {height:.2f}"})
    for outline in outlines:
        paint = outline.paint
        attributes = {"d": outline.d, "fill": _hex(paint.fill)}
        if paint.stroke:
            attributes |= {"stroke": _hex(paint.stroke), "stroke-width": _written(paint.width)}
        if paint.even_odd:
            attributes["fill-rule"] = "evenodd"
        ET.SubElement(root, "path", attributes)
    return bytes(ET.tostring(root, encoding="utf-8"))


def _hex(colour: tuple[int, int, int] | None) -> str:
    return "none" if colour is None else "#{:02x}{:02x}{:02x}".format(*colour)
