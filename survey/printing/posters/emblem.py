"""An agency's own emblem on its posters: a PNG or SVG that is checked and rewritten before it is kept or printed."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from PIL import Image, UnidentifiedImageError
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from survey.core.errors import InputError
from survey.printing.posters.svg import clean_svg, draw_svg

MAX_FILE = 512 * 1024
SIDES = (100, 4000)
"""Pixels of a PNG: fewer print badly, more cost memory."""
KEPT = 1200
"""Pixels of the longer side that are kept: 600 dpi at 5 cm."""


@dataclass(frozen=True)
class Emblem:
    """A picture that `check_emblem` made: `png` or `svg`, and its bytes."""

    format: str
    data: bytes

    @property
    def mimetype(self) -> str:
        """What a browser is told."""
        return "image/png" if self.format == "png" else "image/svg+xml"


def check_emblem(data: bytes) -> Emblem:
    """The picture written anew, free of whatever else the file held; `InputError` for anything else."""
    if len(data) > MAX_FILE:
        raise InputError("The emblem is larger than %(n)d kB; save it smaller", n=MAX_FILE // 1024)
    if data.startswith(b"\x89PNG"):
        return Emblem("png", _clean_png(data))
    if b"<svg" in data[:4096].replace(b"<svg:", b"<"):
        return Emblem("svg", clean_svg(data))
    raise InputError("The emblem is neither a PNG nor an SVG picture; save it as one of these and try again")


def _clean_png(data: bytes) -> bytes:
    """The pixels alone as a fresh PNG."""
    try:
        with Image.open(BytesIO(data), formats=["PNG"]) as image:
            if not all(SIDES[0] <= side <= SIDES[1] for side in image.size):
                raise InputError("Each side of the emblem must have %(a)d to %(b)d pixels", a=SIDES[0], b=SIDES[1])
            clean = image.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError("The emblem is not a PNG picture that can be read; save it as PNG and try again") from error
    clean.thumbnail((KEPT, KEPT), Image.Resampling.LANCZOS)
    out = BytesIO()
    clean.save(out, "PNG", optimize=True)
    return out.getvalue()


def draw_emblem(canvas: Canvas, emblem: Emblem, x: float, top: float, side: float) -> None:
    """Draw the picture into a square, keeping its proportions."""
    if emblem.format == "svg":
        draw_svg(canvas, emblem.data, x, top - side, side)
        return
    picture = ImageReader(BytesIO(emblem.data))
    canvas.drawImage(picture, x, top - side, side, side, mask="auto", preserveAspectRatio=True, anchor="c")
