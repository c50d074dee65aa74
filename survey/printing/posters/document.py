"""One PDF of posters: pages of a kind for any number of counters, with title, language and bookmarks."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from survey.core.errors import InputError
from survey.printing.posters import layouts
from survey.printing.posters.labels import LABELS, MAX_SHIFT, labels
from survey.printing.posters.tent import tent
from survey.printing.posters.typesetting import REGULAR, register_fonts
from survey.printing.posters.words import PosterText, PrintKind, Style


def render(
    kind: PrintKind,
    texts: Sequence[PosterText],
    style: Style | Sequence[Style] | None = None,
    shift: tuple[float, float] = (0, 0),
) -> bytes:
    """The PDF, one page a counter, bookmarked by agency and counter; one style for all, or one for each.

    `shift` is the calibration of label sheets in millimetres (right, down); the same input gives the same bytes.
    """
    styles = [style or Style()] * len(texts) if style is None or isinstance(style, Style) else style
    if not all(-MAX_SHIFT <= way <= MAX_SHIFT for way in shift):
        raise InputError("Labels can be moved by at most %(n)d mm each way", n=MAX_SHIFT)
    register_fonts()
    out = BytesIO()
    spec = layouts.POSTERS.get(kind.value)
    page = spec.page if spec else layouts.A4
    canvas = Canvas(out, pagesize=page, lang="vi", invariant=1, initialFontName=REGULAR)
    agencies = list(dict.fromkeys(text.agency for text in texts))
    canvas.setTitle("Mời Ông/Bà đánh giá - " + "; ".join(agencies[:3]))
    canvas.setAuthor(agencies[0] if len(agencies) == 1 else "SIPAS")
    canvas.setSubject("Áp phích lấy ý kiến người dân")
    if kind.value in LABELS:
        canvas.setViewerPreference("PrintScaling", "None")  # fitted to the page, labels would miss their sheet
    agency = None
    for number, (text, its_style) in enumerate(zip(texts, styles, strict=True)):
        key = f"p{number}"
        canvas.bookmarkPage(key)
        if text.agency != agency:
            agency = text.agency
            canvas.bookmarkPage(f"a{number}")  # an outline entry needs a key of its own
            canvas.addOutlineEntry(agency, f"a{number}", 0)
        canvas.addOutlineEntry(text.counter, key, 1)
        _page(canvas, kind, text, its_style, shift)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _page(canvas: Canvas, kind: PrintKind, text: PosterText, style: Style, shift: tuple[float, float]) -> None:
    """Draw one page of a kind."""
    if kind in {PrintKind.A4, PrintKind.A5}:
        layouts.poster(canvas, layouts.POSTERS[kind.value], text, style)
    elif kind is PrintKind.TENT:
        tent(canvas, text, style)
    else:
        labels(canvas, LABELS[kind.value], text, style, shift)
