"""An agency's own emblem on its posters: a PNG that is checked before it is printed."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, UnidentifiedImageError
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from survey.errors import InputError

MAX_FILE = 512 * 1024
SIDES = (100, 4000)
"""Pixels: fewer print badly, more cost memory."""


def check_emblem(data: bytes) -> bytes:
    """Return the picture as a fresh PNG, free of whatever else the file held; raise `InputError` for anything else."""
    if len(data) > MAX_FILE:
        raise InputError("The emblem is larger than %(n)d kB; save it smaller", n=MAX_FILE // 1024)
    try:
        with Image.open(BytesIO(data), formats=["PNG"]) as image:
            if not all(SIDES[0] <= side <= SIDES[1] for side in image.size):
                raise InputError("Each side of the emblem must have %(a)d to %(b)d pixels", a=SIDES[0], b=SIDES[1])
            clean = image.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise InputError("The emblem is not a PNG picture that can be read; save it as PNG and try again") from error
    out = BytesIO()
    clean.save(out, "PNG")
    return out.getvalue()


def draw_emblem(canvas: Canvas, data: bytes, x: float, top: float, side: float) -> None:
    """Draw the picture into a square, keeping its proportions."""
    picture = ImageReader(BytesIO(data))
    canvas.drawImage(picture, x, top - side, side, side, mask="auto", preserveAspectRatio=True, anchor="c")
