"""Make the pictures of what is printed: poster.png of the README, and those of the printing guide.

    PYTHONPATH=. python docs/images/poster.py

Everything is drawn by the code that prints; names and address are made up.
"""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path

from PIL import Image

from survey.printing.posters.document import PrintKind, render
from survey.printing.posters.emblem import check_emblem
from survey.printing.posters.preview import picture
from survey.printing.posters.slips import render_slips
from survey.printing.posters.words import PosterText, Style, Variant
from survey.printing.questionnaire.document import PaperSheet, render_form
from survey.questionnaires import bundled
from survey.questionnaires.canonical import content_hash

HERE = Path(__file__).parent
ADDRESS = "HTTPS://DANHGIA.EXAMPLE.VN/K/K7MP2XQA"
TEXT = PosterText(
    "Trung tâm Phục vụ hành chính công",
    "Quầy số 3: Đất đai, môi trường",
    ADDRESS,
    "Public Administration Service Centre",
    "Counter 3: Land and environment",
    date(2026, 10, 1),
    date(2026, 12, 15),
)
#: a flower with five petals, drawn for these pictures
FLOWER = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="-50 -50 100 100"><circle r="49" fill="#7A2E5D"/>
<g fill="#fff">
<ellipse cy="-22" rx="11" ry="19"/><ellipse cy="-22" rx="11" ry="19" transform="rotate(72)"/>
<ellipse cy="-22" rx="11" ry="19" transform="rotate(144)"/><ellipse cy="-22" rx="11" ry="19" transform="rotate(216)"/>
<ellipse cy="-22" rx="11" ry="19" transform="rotate(288)"/></g><circle r="7" fill="#E3A6CB"/></svg>"""
EMBLEM = check_emblem(FLOWER)


def sheet(pdf: bytes, width: int) -> Image.Image:
    """Return the first page of a PDF on a thin frame."""
    with Image.open(BytesIO(picture(pdf, width))) as image:
        framed = Image.new("RGB", (image.width + 2, image.height + 2), "#8C857B")
        framed.paste(image.convert("RGB"), (1, 1))
        return framed


def row(name: str, *sheets: Image.Image) -> None:
    """Save pages side by side."""
    gap = 24
    width = sum(image.width for image in sheets) + gap * (len(sheets) - 1)
    whole = Image.new("RGB", (width, max(image.height for image in sheets)), "white")
    x = 0
    for image in sheets:
        whole.paste(image, (x, 0))
        x += image.width + gap
    whole.quantize(48).save(HERE / name, "PNG", optimize=True)


def main() -> None:
    """Draw and save."""
    plain = Style(emblem=EMBLEM)
    row("poster.png", sheet(render(PrintKind.A4, [TEXT], plain), 560))
    looks = [Style(Variant.HIGH_CONTRAST, emblem=EMBLEM), Style(Variant.INK_SAVING, True)]
    row("print-posters.png", *(sheet(render(PrintKind.A4, [TEXT], style), 380) for style in [plain, *looks]))
    row(
        "print-labels.png",
        sheet(render(PrintKind.TENT, [TEXT], plain), 380),
        sheet(render(PrintKind.LABELS_8, [TEXT], plain), 380),
        sheet(render(PrintKind.LABELS_21, [TEXT], plain), 380),
    )
    codes = [f"HTTPS://DANHGIA.EXAMPLE.VN/K/K7MP2X{a}{b}" for a in "AC" for b in "23467"]
    definition = bundled()["sipas-service-16"]
    form = PaperSheet(definition.code, 1, content_hash(definition), TEXT.agency, TEXT.counter, "Đợt khảo sát 2026")
    row(
        "print-papers.png",
        sheet(render_slips(TEXT, codes, plain), 470),
        sheet(render_form(definition, form), 470),
    )


if __name__ == "__main__":
    main()
