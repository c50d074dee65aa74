"""PDF document of a report: pages with a foot, title, language, bookmarks; a story goes in, a PDF comes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.colors import HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph

from survey.files.reports import words
from survey.files.reports.style import A4, LINE, MARGIN, MUTED, WIDTH
from survey.printing.posters.typesetting import REGULAR, register_fonts

FOOT, HEAD = MARGIN - 24, A4[1] - MARGIN + 18
SIZE = 8


@dataclass(frozen=True)
class Frontispiece:
    """What a file says of itself, and what stands on each of its pages."""

    title: str
    author: str
    foot: str
    demo: bool


Story = Callable[[], Sequence[Flowable]]
"""Builds the flowables again for each run: reportlab uses them up."""


def build(story: Story, about: Frontispiece, pages: int, most: int | None = None) -> tuple[bytes, int]:
    """The PDF and how many pages it has; `pages` is a guess. The same story gives the same bytes.

    A wrong guess costs a second run. Work ends where a page begins after `most`: that file is empty.
    """
    register_fonts()
    pdf, needed = _build(story(), about, pages, most)
    if needed != pages and (most is None or needed <= most):
        pdf, needed = _build(story(), about, needed, most)
    return pdf, needed


class _TooLongError(Exception):
    """A page began that nobody wants."""


def _build(parts: Sequence[Flowable], about: Frontispiece, pages: int, most: int | None) -> tuple[bytes, int]:
    out = BytesIO()
    report = _Report(out, about, pages, most)
    try:
        report.build(list(parts))
    except _TooLongError:
        return b"", report.page
    return out.getvalue(), report.page


class _Report(BaseDocTemplate):  # type: ignore[misc]
    """A document whose headings are bookmarks."""

    def __init__(self, out: BytesIO, about: Frontispiece, pages: int, most: int | None) -> None:
        super().__init__(
            out,
            pagesize=A4,
            title=about.title,
            author=about.author,
            subject=words.SUBJECT,
            lang="vi",
            invariant=1,
            initialFontName=REGULAR,
            displayDocTitle=1,
        )
        height = A4[1] - 2 * MARGIN
        frame = Frame(MARGIN, MARGIN, WIDTH, height, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)

        def edges(canvas: Canvas, report: BaseDocTemplate) -> None:
            if most is not None and report.page > most:
                raise _TooLongError
            _draw_edges(canvas, about, pages)

        self.addPageTemplates([PageTemplate("page", [frame], onPage=edges)])
        self._headings = 0

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802 - reportlab's name
        """Bookmark the headings."""
        if isinstance(flowable, Paragraph) and flowable.style.name in {"title", "heading"}:
            self._headings += 1
            key = f"h{self._headings}"
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(flowable.getPlainText(), key, 0)


def _draw_edges(canvas: Canvas, about: Frontispiece, pages: int) -> None:
    """Write whose report it is and the number of the page; above, where it applies, that the data are invented."""
    canvas.saveState()
    canvas.setStrokeColor(HexColor(LINE))
    canvas.setLineWidth(0.4)
    canvas.line(MARGIN, FOOT + 12, MARGIN + WIDTH, FOOT + 12)
    canvas.setFont(REGULAR, SIZE)
    canvas.setFillColor(HexColor(MUTED))
    page = words.PAGE.format(number=canvas.getPageNumber(), pages=pages)
    canvas.drawRightString(MARGIN + WIDTH, FOOT, page)
    canvas.drawString(MARGIN, FOOT, shortened(about.foot, WIDTH - stringWidth(page, REGULAR, SIZE) - 12))
    if about.demo:
        canvas.drawCentredString(A4[0] / 2, HEAD, words.DEMO)
    canvas.restoreState()


def shortened(line: str, room: float) -> str:
    """A line cut at a word so that it fits, an ellipsis standing for the rest."""
    shorter = line
    while stringWidth(shorter, REGULAR, SIZE) > room and " " in shorter.removesuffix(" …"):
        shorter = shorter.removesuffix(" …").rpartition(" ")[0] + " …"
    return shorter
