"""Slips of invitations: eight to an A4 page, each with the one-time link of one account, to be handed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from survey.printing.posters.layouts import A4, INK
from survey.printing.posters.qr import draw_code, modules, quiet_zone
from survey.printing.posters.typesetting import BOLD, REGULAR, SEMIBOLD, draw, fit, register_fonts

COLUMNS, ROWS = 2, 4
WIDTH, HEIGHT = 95 * mm, 69 * mm
LEFT, TOP = (A4[0] - COLUMNS * WIDTH) / 2, (A4[1] - ROWS * HEIGHT) / 2
CODE = 36 * mm
MARGIN = 5 * mm
MUTED = "#5B554E"


@dataclass(frozen=True)
class InvitationSlip:
    """What is printed for one account."""

    name: str
    username: str
    role: str
    agency: str
    #: the link, and where it is cut into two lines for those who type it
    address: str
    #: the last moment of the link, in words
    until: str


def render_invitations(slips: Sequence[InvitationSlip]) -> bytes:
    """The PDF of slips in their order, with lines to cut along."""
    register_fonts()
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, lang="vi", invariant=1, initialFontName=REGULAR)
    canvas.setTitle("Phiếu mời dùng tài khoản")
    canvas.setAuthor("SIPAS")
    canvas.setSubject("Mỗi đường dẫn dùng một lần")
    per_page = COLUMNS * ROWS
    for start in range(0, len(slips), per_page):
        _cut_lines(canvas)
        for place, slip in enumerate(slips[start : start + per_page]):
            x = LEFT + place % COLUMNS * WIDTH
            _slip(canvas, slip, x, A4[1] - TOP - (place // COLUMNS + 1) * HEIGHT)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _slip(canvas: Canvas, slip: InvitationSlip, x: float, y: float) -> None:
    """Draw one slip with its lower left corner at (x, y): who and the code above, the address and its term below."""
    matrix = modules(slip.address)
    quiet = quiet_zone(matrix, CODE)
    code_x, code_y = x + WIDTH - CODE - quiet, y + HEIGHT - CODE - quiet
    draw_code(canvas, matrix, code_x, code_y, CODE)
    left, width = x + MARGIN, code_x - quiet - x - MARGIN
    top, low = y + HEIGHT - MARGIN, code_y - quiet
    room = top - low
    for words, font, size, share, colour in (
        ("Mời Ông/Bà dùng tài khoản khảo sát hài lòng", REGULAR, 7.5, 0.2, MUTED),
        (slip.name, BOLD, 12, 0.32, INK),
        (f"{slip.role} · {slip.agency}" if slip.agency else slip.role, REGULAR, 8, 0.26, INK),
        (f"Tên đăng nhập: {slip.username}", SEMIBOLD, 9, 0.22, INK),
    ):
        canvas.setFillColor(colour)
        top = draw(canvas, fit(words, font, size, width, room * share), left, top, width)
    width, room = WIDTH - 2 * MARGIN, low - y - MARGIN
    top = low
    head, _, token = slip.address.rpartition("/")
    for words, font, size, share, colour in (
        ("Quét mã hoặc mở địa chỉ dưới đây, rồi tự đặt mật khẩu ít nhất 12 ký tự:", REGULAR, 7.5, 0.2, INK),
        (f"{head}/", SEMIBOLD, 8, 0.2, INK),
        (token, SEMIBOLD, 8, 0.2, INK),
        (
            f"Dùng một lần, đến {slip.until}. Ai có phiếu này đặt được mật khẩu: chỉ đưa tận tay.",
            REGULAR,
            7.5,
            0.4,
            MUTED,
        ),
    ):
        canvas.setFillColor(colour)
        top = draw(canvas, fit(words, font, size, width, room * share), left, top, width)


def _cut_lines(canvas: Canvas) -> None:
    """Draw hair lines between the slips."""
    canvas.setStrokeColor("#8C857B")
    canvas.setLineWidth(0.4)
    canvas.setDash(2, 3)
    for column in range(COLUMNS + 1):
        x = LEFT + column * WIDTH
        canvas.line(x, TOP, x, A4[1] - TOP)
    for row in range(ROWS + 1):
        y = TOP + row * HEIGHT
        canvas.line(LEFT, y, A4[0] - LEFT, y)
    canvas.setDash()
