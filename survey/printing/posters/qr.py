"""The code on a poster: what it says, its modules, and its drawing as one vector path."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

import qrcode
from qrcode.constants import ERROR_CORRECT_Q
from qrcode.util import MODE_8BIT_BYTE, MODE_ALPHA_NUM, QRData
from reportlab.pdfgen.canvas import Canvas

from survey.core.config import Settings
from survey.core.errors import InputError

MAX_BYTES = 60
"""A longer address makes modules too small to scan from across a counter."""
ALPHANUMERIC = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
"""Letters of the QR code's compact mode."""
QUIET_MODULES = 4
"""White modules on each side, as ISO/IEC 18004 asks."""
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "::1"})  # noqa: S104 - compared, never bound

Matrix = tuple[tuple[bool, ...], ...]


def code_address(settings: Settings, code: str) -> str:
    """The address a counter's code holds; only the configured base URL is ever used, no request's Host.

    Scheme and host do not know case, so they are written in capitals: the shorter alphanumeric mode of the QR code.
    A path is case sensitive and keeps its letters. Raises `InputError` when the base URL is unset or unfit.
    """
    base = settings.public_base_url.rstrip("/")
    if not base:
        raise InputError("PUBLIC_BASE_URL is not set; put the address citizens will open into instance/sipas.env")
    parts = urlsplit(base)
    if settings.production and (parts.scheme != "https" or parts.hostname in LOCAL_HOSTS):
        raise InputError(
            "PUBLIC_BASE_URL is %(url)s; posters need an address that begins with https and that citizens can open",
            url=base,
        )
    address = f"{base if parts.path else base.upper()}/K/{code}"
    if len(address.encode()) > MAX_BYTES:
        raise InputError(
            "The address %(address)s is longer than %(n)d bytes; choose a shorter PUBLIC_BASE_URL",
            address=address,
            n=MAX_BYTES,
        )
    return address


def printed_address(address: str) -> str:
    """The address as people type it: without the scheme."""
    return address.split("://", 1)[-1]


@lru_cache(maxsize=64)
def modules(text: str) -> Matrix:
    """The dark modules of the code at error level Q, rows from the top, without quiet zone."""
    mode = MODE_ALPHA_NUM if set(text) <= ALPHANUMERIC else MODE_8BIT_BYTE
    symbol = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=0)
    symbol.add_data(QRData(text, mode=mode))
    symbol.make(fit=True)
    return tuple(tuple(bool(cell) for cell in row) for row in symbol.modules)


def quiet_zone(matrix: Matrix, size: float) -> float:
    """The width of the quiet zone of a code drawn `size` wide, in the same unit."""
    return QUIET_MODULES * size / len(matrix)


def draw_code(canvas: Canvas, matrix: Matrix, x: float, y: float, size: float) -> None:
    """Draw the code in pure black with its lower left dark corner at (x, y), `size` points wide, quiet zone left free.

    All modules are one path, so that no renderer shows seams between them.
    """
    step = size / len(matrix)
    path = canvas.beginPath()
    for row, cells in enumerate(matrix):
        start = None
        for column, dark in enumerate([*cells, False]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                path.rect(x + start * step, y + size - (row + 1) * step, (column - start) * step, step)
                start = None
    canvas.setFillColorRGB(0, 0, 0)
    canvas.drawPath(path, stroke=0, fill=1)
