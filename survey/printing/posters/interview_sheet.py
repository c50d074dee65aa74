"""The sheets of interviewers: a box for each person who leaves, every k-th one to be asked, on A4, one sheet a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from survey.printing.posters.layouts import A4, INK
from survey.printing.posters.typesetting import REGULAR, SEMIBOLD, draw, fit, register_fonts

MARGIN, ROW, FOOT = 18 * mm, 8.6 * mm, 16 * mm
NUMBER, OUTCOME = 9 * mm, 52 * mm
"""Widths beside the boxes: the running number of whoever is asked, and whether he or she answered."""
LARGEST = 7.6 * mm
"""Pitch of the boxes where few people make a row."""
WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


def render_interview_sheet(
    agency: str, counter: str, round_name: str, every: int, days: Sequence[tuple[date, int]]
) -> bytes:
    """The PDF of a week: for each day who of those who leave is asked first, and boxes to count them all."""
    register_fonts()
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, lang="vi", invariant=1, initialFontName=REGULAR)
    canvas.setTitle(f"Phiếu đếm của điều tra viên - {counter}")
    canvas.setAuthor(agency)
    for day, first in days:
        top = _head(canvas, agency, counter, round_name, every, day, first)
        rows = int((top - MARGIN - FOOT) // ROW)
        for number in range(1, rows + 1):
            _row(canvas, top - number * ROW, number, every, first)
        _foot(canvas)
        canvas.showPage()
    if not days:
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _head(canvas: Canvas, agency: str, counter: str, round_name: str, every: int, day: date, first: int) -> float:
    """Draw what stands above the boxes; return the height at which they begin."""
    width, y = A4[0] - 2 * MARGIN, A4[1] - MARGIN
    canvas.setFillColor(INK)
    canvas.setStrokeColor(INK)
    title = f"Phiếu đếm của điều tra viên, {WEEKDAYS[day.weekday()]} {day:%d/%m/%Y}"
    whom = "Hỏi mọi người ra về." if every == 1 else f"Hỏi người thứ {first}, rồi cứ {every} người hỏi một người."
    lead = (
        "Mỗi người làm xong việc và ra về là một ô: gạch ô theo thứ tự, từ trái sang phải, hết dòng xuống dòng. Ai rơi "
        "vào ô viền đậm thì mời trả lời, trên máy tính bảng hoặc phiếu giấy; không mời người khác thay. Người từ chối "
        "cũng đánh dấu. Không ghi tên hay thông tin nào của người dân lên phiếu này."
    )
    for text, font, size, gap in (
        (title, SEMIBOLD, 16, 2 * mm),
        (f"{agency}, {counter}. {round_name}.", REGULAR, 10.5, 3 * mm),
        (whom, SEMIBOLD, 13, 2 * mm),
        (lead, REGULAR, 10.5, 4 * mm),
    ):
        y = draw(canvas, fit(text, font, size, width, 40 * mm), MARGIN, y) - gap
    return float(y)


def _row(canvas: Canvas, y: float, number: int, every: int, first: int) -> None:
    """Draw one run of k people: a box for each, that of the person to be asked with a heavy line."""
    room = A4[0] - 2 * MARGIN - NUMBER - OUTCOME
    pitch = min(LARGEST, room / every)
    side = 0.8 * pitch
    canvas.setFont(REGULAR, 9)
    canvas.drawRightString(MARGIN + NUMBER - 3 * mm, y + 1.6 * mm, str(number))
    for place in range(1, every + 1):
        asked = place == first
        canvas.setLineWidth(1.8 if asked else 0.4)
        canvas.rect(MARGIN + NUMBER + (place - 1) * pitch, y + 0.8 * mm, side, side, fill=0)
    canvas.setLineWidth(0.8)
    x = A4[0] - MARGIN - OUTCOME + 2 * mm
    for words, at in (("Trả lời", x), ("Từ chối", x + 26 * mm)):
        canvas.rect(at, y + 0.9 * mm, 3.6 * mm, 3.6 * mm)
        canvas.setFont(REGULAR, 10)
        canvas.drawString(at + 5.4 * mm, y + 1.6 * mm, words)


def _foot(canvas: Canvas) -> None:
    """Draw the sums of the day, and who stood there."""
    dots = "." * 12
    canvas.setFont(REGULAR, 10.5)
    canvas.drawString(
        MARGIN, MARGIN + 8 * mm, f"Số người ra về: {dots}   Đã mời: {dots}   Trả lời: {dots}   Từ chối: {dots}"
    )
    canvas.drawString(MARGIN, MARGIN, f"Từ mấy giờ đến mấy giờ: {dots}{dots}   Điều tra viên (ký): {dots}{dots}")
