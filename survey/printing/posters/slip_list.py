"""The list at the counter: which ticket numbers of a week are given a receipt code, on A4."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from survey.printing.posters.layouts import A4, INK
from survey.printing.posters.typesetting import REGULAR, SEMIBOLD, draw, fit, register_fonts

MARGIN, COLUMNS, ROW = 18 * mm, 6, 9 * mm
BOX = 3.6 * mm


def render_slip_list(
    agency: str, counter: str, round_name: str, week_on: date, every: int, last: int, numbers: Sequence[int]
) -> bytes:
    """The PDF of a week's list: each number with a box to tick, in the order of the tickets."""
    register_fonts()
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, lang="vi", invariant=1, initialFontName=REGULAR)
    canvas.setTitle(f"Số thứ tự được phát mã - {counter}")
    canvas.setAuthor(agency)
    left = list(numbers)
    page = 1
    while left or page == 1:
        top = _head(canvas, agency, counter, round_name, week_on, every, last, page)
        rows = int((top - MARGIN) // ROW)
        shown, left = left[: rows * COLUMNS], left[rows * COLUMNS :]
        for place, number in enumerate(shown):
            x = MARGIN + place % COLUMNS * (A4[0] - 2 * MARGIN) / COLUMNS
            y = top - (place // COLUMNS + 1) * ROW
            canvas.rect(x, y + 1 * mm, BOX, BOX)
            canvas.setFont(SEMIBOLD, 13)
            canvas.drawString(x + BOX + 2 * mm, y + 1.2 * mm, str(number))
        canvas.showPage()
        page += 1
    canvas.save()
    return out.getvalue()


def _head(
    canvas: Canvas, agency: str, counter: str, round_name: str, week_on: date, every: int, last: int, page: int
) -> float:
    """Draw what stands above the numbers; return the height at which they begin."""
    width, y = A4[0] - 2 * MARGIN, A4[1] - MARGIN
    canvas.setFillColor(INK)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(0.8)
    ends = week_on + timedelta(days=6)
    title = f"Số thứ tự được phát mã, tuần {week_on:%d/%m} – {ends:%d/%m/%Y}"
    lead = (
        f"Cứ {every} lượt giao dịch thì một lượt được phát mã, chọn ngẫu nhiên. Đếm lượt từ đầu tuần, số 1 là người "
        f"đầu tiên; người có số dưới đây nhận một phiếu có mã, không chọn người khác thay. Danh sách đến số {last}."
    )
    for text, font, size, gap in (
        (title, SEMIBOLD, 16, 2 * mm),
        (f"{agency}, {counter}. {round_name}. Tờ {page}.", REGULAR, 10.5, 2 * mm),
        (lead, REGULAR, 10.5, 5 * mm),
    ):
        y = draw(canvas, fit(text, font, size, width, 40 * mm), MARGIN, y) - gap
    return float(y)
