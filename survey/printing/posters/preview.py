"""The first page of a PDF as a picture: the preview shows the very bytes that are downloaded."""

from __future__ import annotations

from io import BytesIO
from threading import Lock

_LOCK = Lock()
"""PDFium works on one thread at a time."""


def picture(pdf: bytes, width: int = 720, page: int = 0, colours: int | None = 64) -> bytes:
    """A page as PNG, `width` pixels wide, in so many colours; None: in all of them."""
    import pypdfium2

    with _LOCK:
        document = pypdfium2.PdfDocument(pdf)
        try:
            sheet = document[page]
            image = sheet.render(scale=width / sheet.get_width()).to_pil().convert("RGB")
            sheet.close()
        finally:
            document.close()
    out = BytesIO()
    (image if colours is None else image.quantize(colours)).save(out, "PNG", optimize=colours is None)
    return out.getvalue()
