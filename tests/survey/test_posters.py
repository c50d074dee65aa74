"""Posters: every code scans, nothing is clipped, and only the configured address is ever encoded."""

from __future__ import annotations

import subprocess
from collections import Counter
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image, ImageFilter
from pypdf import PdfReader

from survey.config import Settings
from survey.errors import InputError
from survey.posters.document import Kind, render
from survey.posters.emblem import check_emblem
from survey.posters.labels import LABELS
from survey.posters.qr import code_address, modules, quiet_zone
from survey.posters.words import PosterText, Style, Variant
from tests.places import CODE, MANY, REVOKED, make_app

ADDRESS = "HTTPS://DANHGIA.EXAMPLE.VN/K/K7MP2XQA"
TEXT = PosterText("Trung tâm Phục vụ hành chính công", "Quầy số 3", ADDRESS, "Public Service Centre", "Counter 3")
LONG = PosterText(("Ủy ban nhân dân xã Mường Chiềng Khừa " * 6)[:200], "Quầy " + "W" * 195, ADDRESS)
# base letters × tones, written down from the alphabet: 12 vowels × 5 marked tones, plus the 7 marked letters, two cases
VOWELS = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđ"
MARKED = [letter for lower in VOWELS if lower not in "aeiouy" for letter in (lower, lower.upper())]
CODES_A_PAGE = {Kind.A4: 1, Kind.A5: 1, Kind.TENT: 2, Kind.LABELS_8: 8, Kind.LABELS_21: 21, Kind.LABELS_21_NARROW: 21}
STYLES = [Style(variant, bilingual) for variant in Variant for bilingual in (False, True)]


def picture(pdf: bytes, tmp_path, dpi: int = 100) -> Image.Image:
    (tmp_path / "p.pdf").write_bytes(pdf)
    command = ["pdftoppm", "-r", str(dpi), "-gray", "-png", "-singlefile", tmp_path / "p.pdf", tmp_path / "p"]
    subprocess.run(command, check=True)
    with Image.open(tmp_path / "p.png") as image:
        return image.convert("L")


def rectangles(pdf: bytes) -> list[tuple[float, float, float, float]]:
    """Return every filled rectangle of the first page in page coordinates, moves of the origin followed."""
    found = []

    def visit(operator, operands, matrix, _text_matrix):
        if operator == b"re":
            x, y, w, h = (float(o) for o in operands)
            a, b, c, d, e, f = matrix
            found.append((a * x + c * y + e, b * x + d * y + f, a * w + c * h, b * w + d * h))

    PdfReader(BytesIO(pdf)).pages[0].extract_text(visitor_operand_before=visit)
    return found


def code_bounds(pdf: bytes) -> tuple[float, float, float, float]:
    """Return the box of the dark modules of a page with one code."""
    found = rectangles(pdf)
    heights = Counter(round(r[3], 2) for r in found)
    module = heights.most_common(1)[0][0]  # the code's runs outnumber everything else drawn
    step_high = [r for r in found if round(r[3], 2) == module]
    return (
        min(r[0] for r in step_high),
        min(r[1] for r in step_high),
        max(r[0] + r[2] for r in step_high),
        max(r[1] + r[3] for r in step_high),
    )


@pytest.mark.parametrize("text", [TEXT, LONG], ids=["usual", "long"])
@pytest.mark.parametrize("kind", Kind)
def test_every_code_is_read_from_a_blurred_grey_raster(kind, text, tmp_path):
    image = picture(render(kind, [text]), tmp_path).filter(ImageFilter.GaussianBlur(1))
    found = [code.text for code in zxingcpp.read_barcodes(image)]
    assert found == [ADDRESS] * CODES_A_PAGE[kind]


@pytest.mark.parametrize("style", STYLES, ids=lambda s: f"{s.variant}-{s.bilingual}")
@pytest.mark.parametrize("kind", [Kind.A4, Kind.A5])
def test_a_poster_keeps_its_code_large_and_its_quiet_zone_free(kind, style, tmp_path):
    pdf = render(kind, [TEXT], style)
    left, low, right, high = code_bounds(pdf)
    assert right - left == pytest.approx(high - low, abs=0.01)
    assert right - left >= 90 / 25.4 * 72 - 0.01
    image = picture(pdf, tmp_path)
    scale, quiet = 100 / 72, 4 * (right - left) / len(modules(ADDRESS))
    page = image.height / scale
    box = [(left - quiet) * scale, (page - high - quiet) * scale, (right + quiet) * scale, (page - low + quiet) * scale]
    inner = [left * scale, (page - high) * scale, right * scale, (page - low) * scale]
    zone = image.crop([round(v) for v in (box[0] + 1, box[1] + 1, box[2] - 1, box[3] - 1)])
    hole = [round(inner[0] - box[0]) - 3, round(inner[1] - box[1]) - 3]
    hole += [round(inner[2] - box[0]) + 2, round(inner[3] - box[1]) + 2]
    zone.paste(255, hole)
    assert zone.getextrema() == (255, 255)


@pytest.mark.parametrize("style", STYLES, ids=lambda s: f"{s.variant}-{s.bilingual}")
@pytest.mark.parametrize("text", [TEXT, LONG], ids=["usual", "long"])
@pytest.mark.parametrize("kind", [Kind.A4, Kind.A5, Kind.TENT])
def test_nothing_reaches_the_margin(kind, text, style, tmp_path):
    image = picture(render(kind, [text], style), tmp_path, 50)
    edge = round(4 / 25.4 * 50)
    image.paste(255, (edge, edge, image.width - edge, image.height - edge))
    assert image.getextrema() == (255, 255)


@pytest.mark.parametrize(
    ("kind", "count", "code", "module"),
    [
        (Kind.LABELS_8, 8, 42, 42 / 29),
        # 29 modules and 8 of quiet zone share the label's height: 42.3 / 37 and 38.1 / 37
        (Kind.LABELS_21, 21, 33.154, 1.143),
        (Kind.LABELS_21_NARROW, 21, 29.862, 1.0297),
    ],
)
def test_labels_lie_where_the_sheet_has_them(kind, count, code, module):
    """Codes repeat at the sheet's own pitch and stay inside their label, quiet zone included."""
    sheet = LABELS[kind.value]
    assert sheet.count == count
    assert sheet.left * 2 + (sheet.columns - 1) * sheet.pitch_x + sheet.width == pytest.approx(210, abs=0.1)
    assert sheet.top * 2 + sheet.rows * sheet.pitch_y == pytest.approx(297, abs=0.5)
    matrix = modules(ADDRESS)
    assert len(matrix) == 29
    size = sheet.code_size(29)
    assert size == pytest.approx(code, abs=0.001)
    quiet = quiet_zone(matrix, size)
    assert quiet == pytest.approx(4 * module, abs=0.001)
    assert size + 2 * quiet <= min(sheet.width, sheet.height) + 1e-9
    plain, moved = (render(kind, [TEXT], None, shift) for shift in ((0, 0), (1.5, -2)))
    mm = 72 / 25.4
    drawn = [r for r in rectangles(plain) if r[3] / mm == pytest.approx(module, abs=0.001)]
    lefts = sorted({round(r[0] / mm, 2) for r in drawn})
    tops = sorted({round(297 - (r[1] + r[3]) / mm, 2) for r in drawn})
    for column in range(sheet.columns):
        assert any(x == pytest.approx(sheet.left + column * sheet.pitch_x + quiet, abs=0.02) for x in lefts)
    for row in range(sheet.rows):
        edge = sheet.top + row * sheet.pitch_y + (sheet.height - size) / 2
        assert any(y == pytest.approx(edge, abs=0.02) for y in tops)
    first = min((r[0], -r[1]) for r in drawn)
    shifted = min((r[0], -r[1]) for r in rectangles(moved) if r[3] / mm == pytest.approx(module, abs=0.001))
    assert (shifted[0] - first[0]) / mm == pytest.approx(1.5, abs=0.01)
    assert (shifted[1] - first[1]) / mm == pytest.approx(-2, abs=0.01)


@pytest.mark.parametrize("kind", Kind)
def test_all_marked_letters_survive_extraction(kind):
    assert len(MARKED) == 134
    words = "".join(MARKED)
    text = PosterText(words[:67], words[67:], ADDRESS)
    page = PdfReader(BytesIO(render(kind, [text]))).pages[0].extract_text()
    assert set(MARKED) <= set(page)
    assert "DANHGIA.EXAMPLE.VN/K/K7MP2XQA" in page.replace("\n", "").replace(" ", "")


def test_the_file_names_itself_its_language_and_its_parts():
    other = PosterText("Sở Tư pháp", "Quầy A", ADDRESS)
    reader = PdfReader(BytesIO(render(Kind.A4, [TEXT, other])))
    assert reader.metadata.title.startswith("Mời Ông/Bà đánh giá")
    assert reader.root_object["/Lang"] == "vi"
    assert reader.outline[0].title == TEXT.agency
    assert [entry.title for entry in reader.outline[1]] == [TEXT.counter]
    assert reader.outline[2].title == "Sở Tư pháp"
    fonts = reader.pages[0]["/Resources"]["/Font"].values()
    faces = [font.get_object() for font in fonts if "BeVietnamPro" in font.get_object()["/BaseFont"]]
    assert faces
    assert all("+" in face["/BaseFont"] and "/FontFile2" in face["/FontDescriptor"] for face in faces)


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ("https://danhgia.example.vn", "HTTPS://DANHGIA.EXAMPLE.VN/K/K7MP2XQA"),
        ("https://example.vn/danhGia", "https://example.vn/danhGia/K/K7MP2XQA"),
        ("http://localhost:8000", "HTTP://LOCALHOST:8000/K/K7MP2XQA"),
    ],
)
def test_the_address_comes_from_the_setting(base, address):
    assert code_address(Settings(public_base_url=base), CODE) == address


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(production=True, public_base_url="http://danhgia.example.vn"),
        Settings(production=True, public_base_url="https://localhost"),
        Settings(public_base_url="https://" + "a" * 50 + ".vn"),
    ],
)
def test_an_unfit_address_is_refused(settings):
    with pytest.raises(InputError):
        code_address(settings, CODE)


def test_an_emblem_must_be_a_picture():
    out = BytesIO()
    Image.new("RGB", (200, 300), "red").save(out, "PNG")
    assert check_emblem(out.getvalue()).data.startswith(b"\x89PNG")
    assert render(Kind.A4, [TEXT], Style(emblem=check_emblem(out.getvalue()))).startswith(b"%PDF")
    small = BytesIO()
    Image.new("RGB", (20, 20)).save(small, "PNG")
    for wrong in (b"", b"<svg/>", out.getvalue()[:200], small.getvalue(), b"x" * 600_000):
        with pytest.raises(InputError):
            check_emblem(wrong)


def test_the_command_writes_one_file_an_agency(tmp_path):
    app = make_app(tmp_path / "i", public_base_url="https://danhgia.example.vn")
    out = tmp_path / "out"
    with app.test_request_context(headers={"Host": "evil.example", "X-Forwarded-Prefix": "/evil"}):
        result = app.test_cli_runner().invoke(args=["posters", "--all", "--out", str(out)])
    assert result.exit_code == 0, result.output
    (file,) = out.iterdir()
    text = "".join(page.extract_text() for page in PdfReader(file).pages)
    assert f"DANHGIA.EXAMPLE.VN/K/{CODE}" in text
    assert MANY in text
    assert REVOKED not in text
    assert "evil" not in text.lower()
    app.extensions["database"].dispose()


def test_the_command_refuses_without_an_address(tmp_path):
    app = make_app(tmp_path / "i")
    result = app.test_cli_runner().invoke(args=["posters", "--all", "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert "PUBLIC_BASE_URL" in result.output
    assert not (tmp_path / "out").exists()
    app.extensions["database"].dispose()
