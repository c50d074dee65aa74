"""Looking at printed pages: as a raster of another renderer (poppler), and as the PDF's own coordinates."""

from __future__ import annotations

import subprocess
import tempfile
from io import BytesIO
from pathlib import Path

import zxingcpp
from PIL import Image, ImageFilter
from pypdf import PdfReader

# base letters × tones, written down from the alphabet: 12 vowels × 5 marked tones, plus the 7 marked letters, two cases
VOWELS = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđ"
MARKED = [letter for lower in VOWELS if lower not in "aeiouy" for letter in (lower, lower.upper())]


def pictures(pdf: bytes, dpi: int = 100, last: int | None = None) -> list[Image.Image]:
    """Return the pages in grey."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "p.pdf").write_bytes(pdf)
        pages = ["-l", str(last)] if last else []
        command = ["pdftoppm", "-r", str(dpi), "-gray", *pages, "p.pdf", "p"]
        subprocess.run(command, check=True, cwd=folder)
        found = []
        for path in sorted(Path(folder).glob("p-*.pgm")):
            with Image.open(path) as image:
                found.append(image.convert("L"))
        return found


def picture(pdf: bytes, dpi: int = 100) -> Image.Image:
    """Return the first page in grey."""
    return pictures(pdf, dpi, last=1)[0]


def read_codes(image: Image.Image, blur: float = 1.0) -> list[str]:
    """Return what a phone reads from a page, a little out of focus."""
    return [code.text for code in zxingcpp.read_barcodes(image.filter(ImageFilter.GaussianBlur(blur)))]


def white_around_codes(image: Image.Image, modules_of) -> list[bool]:
    """Tell of each code whether the four modules around it are white; `modules_of` gives a text's modules a side."""
    told = []
    for code in zxingcpp.read_barcodes(image):
        place = code.position
        corners = [place.top_left, place.top_right, place.bottom_left, place.bottom_right]
        left, right = min(p.x for p in corners), max(p.x for p in corners)
        top, bottom = min(p.y for p in corners), max(p.y for p in corners)
        quiet = 4 * (right - left) / modules_of(code.text)
        outer = [round(v) for v in (left - quiet + 1.5, top - quiet + 1.5, right + quiet - 1.5, bottom + quiet - 1.5)]
        zone = image.crop(tuple(outer))
        hole = [
            round(v) for v in (left - outer[0] - 2, top - outer[1] - 2, right - outer[0] + 3, bottom - outer[1] + 3)
        ]
        zone.paste(255, tuple(hole))
        told.append(zone.getextrema() == (255, 255))
    return told


def rectangles(pdf: bytes) -> list[tuple[float, float, float, float]]:
    """Return every rectangle of the first page in page coordinates, moves of the origin followed."""
    found = []

    def visit(operator, operands, matrix, _text_matrix):
        if operator == b"re":
            x, y, w, h = (float(o) for o in operands)
            a, b, c, d, e, f = matrix
            found.append((a * x + c * y + e, b * x + d * y + f, a * w + c * h, b * w + d * h))

    PdfReader(BytesIO(pdf)).pages[0].extract_text(visitor_operand_before=visit)
    return found


def words_of(pdf: bytes) -> list[str]:
    """Return the text of each page, white space made single."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]


def embeds_subsets_alone(pdf: bytes) -> bool:
    """Tell whether every face that a page names is embedded as a subset."""
    faces = [
        font.get_object() for page in PdfReader(BytesIO(pdf)).pages for font in page["/Resources"]["/Font"].values()
    ]
    return bool(faces) and all("+" in f["/BaseFont"] and "/FontFile2" in f["/FontDescriptor"] for f in faces)
