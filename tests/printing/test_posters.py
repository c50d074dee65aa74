"""Posters: every code scans, nothing is clipped, and only the configured address is ever encoded."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from io import BytesIO
from itertools import pairwise

import pytest
from pypdf import PdfReader

from survey.core.config import Settings
from survey.core.errors import InputError
from survey.printing.posters.document import PrintKind, render
from survey.printing.posters.emblem import check_emblem
from survey.printing.posters.labels import LABELS
from survey.printing.posters.qr import code_address, modules, quiet_zone
from survey.printing.posters.tent import folds
from survey.printing.posters.words import PosterText, Style, Variant
from tests.support.paper import (
    MARKED,
    embeds_subsets_alone,
    picture,
    read_codes,
    rectangles,
    white_around_codes,
    words_of,
)
from tests.support.places import CODE, MANY, REVOKED, make_app

ADDRESS = "HTTPS://DANHGIA.EXAMPLE.VN/K/K7MP2XQA"
TEXT = PosterText("Trung tâm Phục vụ hành chính công", "Quầy số 3", ADDRESS, "Public Service Centre", "Counter 3")
LONG = PosterText(
    ("Ủy ban nhân dân xã Mường Chiềng Khừa " * 6)[:200],
    "Quầy " + "W" * 195,
    ADDRESS,
    "People's Committee " * 10,
    "Counter " * 20,
    date(2026, 10, 1),
    date(2026, 12, 15),
)
TWO_LINES = PosterText(
    "Ủy ban nhân dân phường Chiềng Cơi và các xã vùng lân cận thuộc tỉnh Sơn La, địa bàn Tây Bắc",
    "Quầy tiếp nhận hồ sơ đất đai, xây dựng và đăng ký kinh doanh số 12 tại tầng hai nhà C",
    ADDRESS,
    "People's Committee of Chieng Coi Ward",
    "Land and construction counter 12",
    date(2026, 10, 1),
    date(2026, 12, 15),
)
CODES_A_PAGE = {
    PrintKind.A4: 1,
    PrintKind.A5: 1,
    PrintKind.TENT: 2,
    PrintKind.LABELS_8: 8,
    PrintKind.LABELS_21: 21,
    PrintKind.LABELS_21_NARROW: 21,
}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="5" fill="#a00"/></svg>'
FULL = Style(Variant.STANDARD, True, check_emblem(SVG))
STYLES = [Style(variant, bilingual) for variant in Variant for bilingual in (False, True)]


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


@pytest.mark.parametrize("style", [Style(), FULL], ids=["plain", "full"])
@pytest.mark.parametrize("text", [TEXT, LONG], ids=["usual", "long"])
@pytest.mark.parametrize("kind", PrintKind)
def test_every_code_is_read_from_a_blurred_grey_raster_and_has_its_quiet_zone(kind, text, style):
    image = picture(render(kind, [text], style))
    assert read_codes(image) == [ADDRESS] * CODES_A_PAGE[kind]
    assert white_around_codes(image, lambda _: 29) == [True] * CODES_A_PAGE[kind]


@pytest.mark.parametrize("kind", PrintKind)
def test_the_longest_address_is_read_too(kind):
    """60 bytes in mixed case make 37 modules a side: 42.3 / 45 = 0.94 mm and 38.1 / 45 = 0.85 mm on labels of 21."""
    address = code_address(Settings(public_base_url="https://danh-gia.example.vn/hanhChinhCong/sonLaTi"), CODE)
    assert len(address) == 60
    assert len(modules(address)) == 37
    image = picture(render(kind, [replace(TEXT, address=address)]))
    assert read_codes(image) == [address] * CODES_A_PAGE[kind]


@pytest.mark.parametrize("variant", Variant)
def test_every_look_is_read(variant):
    for kind in (PrintKind.A4, PrintKind.A5, PrintKind.TENT, PrintKind.LABELS_8):
        assert read_codes(picture(render(kind, [TEXT], Style(variant, True)))) == [ADDRESS] * CODES_A_PAGE[kind]


@pytest.mark.parametrize("style", [*STYLES, FULL], ids=lambda s: f"{s.variant}-{s.bilingual}-{bool(s.emblem)}")
@pytest.mark.parametrize("text", [TEXT, TWO_LINES, LONG], ids=["usual", "two-lines", "long"])
@pytest.mark.parametrize(("kind", "side"), [(PrintKind.A4, 120), (PrintKind.A5, 90)])
def test_a_poster_keeps_its_code_large_and_centred(kind, side, text, style):
    """So many millimetres of dark modules, and nothing drawn nearer than four modules, by the PDF's own coordinates."""
    pdf = render(kind, [text], style)
    left, low, right, high = code_bounds(pdf)
    assert right - left == pytest.approx(high - low, abs=0.01)
    assert (right - left) / 72 * 25.4 == pytest.approx(side, abs=0.01)
    page = PdfReader(BytesIO(pdf)).pages[0].mediabox
    assert left == pytest.approx(float(page.width) - right, abs=0.01)
    quiet = 4 * (right - left) / 29
    zone = (left - quiet, low - quiet, right + quiet, high + quiet)
    module = (right - left) / 29
    for x, y, w, h in rectangles(pdf):
        if abs(h - module) > 0.01:
            apart = x >= zone[2] or x + w <= zone[0] or y >= zone[3] or y + h <= zone[1]
            assert apart, (x, y, w, h)
    for y in baselines(pdf):
        assert not zone[1] < y < zone[3]


@pytest.mark.parametrize("style", [*STYLES, FULL], ids=lambda s: f"{s.variant}-{s.bilingual}-{bool(s.emblem)}")
def test_names_of_two_lines_are_read_from_afar_on_an_a4_poster(style):
    """Both names at 14 points or more though each fills two lines beside an emblem: about 5 mm high, read at 2 m."""
    pdf = render(PrintKind.A4, [TWO_LINES], style)
    names = {**sizes_of(pdf, TWO_LINES.agency), **sizes_of(pdf, TWO_LINES.counter)}
    assert " ".join(names) == f"{TWO_LINES.agency} {TWO_LINES.counter}"
    assert len(names) == 4 if style.emblem else len(names) >= 2
    assert min(names.values()) >= 14


@pytest.mark.parametrize("style", [*STYLES, FULL], ids=lambda s: f"{s.variant}-{s.bilingual}-{bool(s.emblem)}")
@pytest.mark.parametrize("text", [TEXT, TWO_LINES, LONG], ids=["usual", "two-lines", "long"])
@pytest.mark.parametrize("kind", [PrintKind.A4, PrintKind.A5])
def test_no_line_of_a_poster_runs_into_the_one_above(kind, text, style):
    """A line reaches a size above its baseline and a quarter of it below: Vietnamese letters with two marks and g."""
    lines = sorted(typed(render(kind, [text], style)), reverse=True)
    for (above, upper, _), (base, lower, words) in pairwise(lines):
        # the three steps stand side by side
        assert base == pytest.approx(above, abs=0.01) or above - base >= upper * 0.22 + lower * 0.98 - 0.01, words


def typed(pdf: bytes) -> list[tuple[float, float, str]]:
    """Return (baseline, size in points, words) of every line of type on the first page."""
    found = []

    def visit(text, matrix, text_matrix, _font, size):
        if text.strip():
            found.append((text_matrix[5] * matrix[3] + matrix[5], size, " ".join(text.split())))

    PdfReader(BytesIO(pdf)).pages[0].extract_text(visitor_text=visit)
    return found


def sizes_of(pdf: bytes, name: str) -> dict[str, float]:
    """Return the lines into which a name is broken, from the top, each with its size."""
    return {words: size for _, size, words in sorted(typed(pdf), reverse=True) if words in name and len(words) > 1}


def baselines(pdf: bytes) -> list[float]:
    """Return the height of every line of type on the first page."""
    return [height for height, _, _ in typed(pdf)]


@pytest.mark.parametrize(
    "style", [STYLES[0], STYLES[3], FULL], ids=lambda s: f"{s.variant}-{s.bilingual}-{bool(s.emblem)}"
)
@pytest.mark.parametrize("text", [TEXT, LONG], ids=["usual", "long"])
@pytest.mark.parametrize("kind", [PrintKind.A4, PrintKind.A5, PrintKind.TENT])
def test_nothing_reaches_the_margin(kind, text, style):
    image = picture(render(kind, [text], style), 50)
    edge = round(4 / 25.4 * 50)
    image.paste(255, (edge, edge, image.width - edge, image.height - edge))
    assert image.getextrema() == (255, 255)


def test_a_tent_is_marked_where_it_folds_and_is_cut():
    """Two A6 faces of 105 mm and a flap of 40 mm, in the middle of the sheet: folds at 63.5 mm and 168.5 mm."""
    assert [y / 72 * 25.4 for y in folds()] == pytest.approx([(297 - 250) / 2 + 40, (297 - 250) / 2 + 145])
    image = picture(render(PrintKind.TENT, [TEXT]), 200)
    scale = 200 / 25.4
    left, right = 31 - 5, 210 - 31 + 5  # 148 mm of 210: marks stand outside, 2 to 9 mm from the edge
    for height in (63.5, 168.5):
        row = round((297 - height) * scale)
        for x in (left, right):
            box = (round((x - 3) * scale), row - 3, round((x + 3) * scale), row + 4)
            assert image.crop(box).getextrema()[0] < 160, (height, x)
    for height in (23.5, 273.5):
        row = round((297 - height) * scale)
        for x in (31 - 4, 179 + 4):
            assert image.crop((round((x - 2) * scale), row - 2, round((x + 2) * scale), row + 3)).getextrema()[0] < 160


@pytest.mark.parametrize("kind", [PrintKind.LABELS_8, PrintKind.LABELS_21, PrintKind.LABELS_21_NARROW])
@pytest.mark.parametrize("text", [TEXT, LONG], ids=["usual", "long"])
def test_no_label_runs_into_its_neighbour(kind, text):
    """The rim of every label is white: half a millimetre inside its edges."""
    sheet = LABELS[kind.value]
    image = picture(render(kind, [text], FULL), 150)
    scale = 150 / 25.4
    for row in range(sheet.rows):
        for column in range(sheet.columns):
            x, y = sheet.left + column * sheet.pitch_x, sheet.top + row * sheet.pitch_y
            box = [round(v * scale) for v in (x + 0.1, y + 0.1, x + sheet.width - 0.1, y + sheet.height - 0.1)]
            label = image.crop(tuple(box))
            label.paste(255, (4, 4, label.width - 4, label.height - 4))
            assert label.getextrema() == (255, 255), (row, column)


@pytest.mark.parametrize(
    ("kind", "count", "code", "module"),
    [
        (PrintKind.LABELS_8, 8, 42, 42 / 29),
        # 29 modules and 8 of quiet zone share the label's height: 42.3 / 37 and 38.1 / 37
        (PrintKind.LABELS_21, 21, 33.154, 1.143),
        (PrintKind.LABELS_21_NARROW, 21, 29.862, 1.0297),
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


@pytest.mark.parametrize("kind", PrintKind)
def test_all_fonts_are_embedded_subsets(kind):
    assert embeds_subsets_alone(render(kind, [TEXT], FULL))


@pytest.mark.parametrize("kind", [PrintKind.A4, PrintKind.A5, PrintKind.TENT, PrintKind.LABELS_8, PrintKind.LABELS_21])
def test_days_are_printed_only_when_asked(kind):
    dated = replace(TEXT, opens_on=date(2026, 10, 1), closes_on=date(2026, 12, 15))
    assert "01/10/2026" not in words_of(render(kind, [TEXT]))[0]
    (page,) = words_of(render(kind, [dated]))
    assert "Từ ngày 01/10/2026 đến hết ngày 15/12/2026" in page
    if kind in {PrintKind.A4, PrintKind.A5, PrintKind.TENT, PrintKind.LABELS_8}:
        assert "From 01/10/2026 to 15/12/2026" in words_of(render(kind, [dated], FULL))[0]


@pytest.mark.parametrize("kind", PrintKind)
def test_everything_a_poster_must_say(kind):
    (page,) = words_of(render(kind, [TEXT]))
    for said in (TEXT.agency, TEXT.counter, "Mời Ông/Bà đánh giá", "Không hỏi tên, không hỏi số điện thoại"):
        assert said in page
    if kind not in {PrintKind.LABELS_21, PrintKind.LABELS_21_NARROW}:  # there the steps are pictures alone
        for step in ("Mở Zalo hoặc máy ảnh", "Quét mã vuông này", "Chọn câu trả lời"):
            assert step in page
    assert "Please rate our service" not in page
    (both,) = words_of(render(kind, [TEXT], Style(bilingual=True)))
    assert "Please rate our service" in both
    assert (TEXT.counter_en in both) == (kind not in {PrintKind.LABELS_21, PrintKind.LABELS_21_NARROW})


@pytest.mark.parametrize("kind", PrintKind)
def test_all_marked_letters_survive_extraction(kind):
    assert len(MARKED) == 134
    words = "".join(MARKED)
    text = PosterText(words[:67], words[67:], ADDRESS)
    page = PdfReader(BytesIO(render(kind, [text]))).pages[0].extract_text()
    assert set(MARKED) <= set(page)
    assert "DANHGIA.EXAMPLE.VN/K/K7MP2XQA" in page.replace("\n", "").replace(" ", "")


def test_the_file_names_itself_its_language_and_its_parts():
    other = PosterText("Sở Tư pháp", "Quầy A", ADDRESS)
    reader = PdfReader(BytesIO(render(PrintKind.A4, [TEXT, other])))
    assert reader.metadata.title.startswith("Mời Ông/Bà đánh giá")
    assert reader.root_object["/Lang"] == "vi"
    assert reader.outline[0].title == TEXT.agency
    assert [entry.title for entry in reader.outline[1]] == [TEXT.counter]
    assert reader.outline[2].title == "Sở Tư pháp"


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


@pytest.mark.parametrize("kind", list(PrintKind), ids=lambda kind: kind.value)
def test_labels_are_printed_in_their_own_size(kind):
    catalogue = PdfReader(BytesIO(render(kind, [TEXT]))).root_object
    scaling = catalogue.get("/ViewerPreferences", {}).get("/PrintScaling")
    assert scaling == ("/None" if kind.value in LABELS else None)
