"""A drawing as a PNG: drawn on a page of a PDF, which PDFium makes a picture of (as previews of posters are)."""

from __future__ import annotations

import io

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from survey.files.charts.drawing import PAPER, Drawing, TextRun, VectorMark
from survey.printing.posters.preview import picture

SCALE = 2
"""Pixels of the picture for one of the page."""


def png(drawing: Drawing) -> bytes:
    """The bytes of the file."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(drawing.width, drawing.height), bottomup=1, invariant=1)
    canvas.setFillColor(HexColor(PAPER))
    canvas.rect(0, 0, drawing.width, drawing.height, stroke=0, fill=1)
    for mark in drawing.marks:
        if isinstance(mark, TextRun):
            _text(canvas, mark, drawing.height)
        else:
            canvas.saveState()
            _shape(canvas, mark, drawing.height)
            canvas.restoreState()
    canvas.save()
    return picture(out.getvalue(), width=round(SCALE * drawing.width), colours=None)


def _text(canvas: Canvas, words: TextRun, height: float) -> None:
    """Write words; a seam is the same words drawn thick first."""
    for seam in (True, False) if words.seam else (False,):
        line = canvas.beginText(words.x, height - words.y)
        line.setFont(words.font, words.size)
        line.setTextRenderMode(1 if seam else 0)
        canvas.setLineWidth(4)
        canvas.setLineJoin(1)
        line.setStrokeColor(HexColor(words.seam or words.colour))
        line.setFillColor(HexColor(words.colour))
        line.textOut(words.text)
        line.setTextRenderMode(0)
        canvas.drawText(line)


def _shape(canvas: Canvas, shape: VectorMark, height: float) -> None:
    ink = shape.ink
    if shape.clip is not None:
        x, y, w, h = shape.clip
        box = canvas.beginPath()
        box.rect(x, height - y - h, w, h)
        canvas.clipPath(box, stroke=0, fill=0)
    if ink.fill:
        canvas.setFillColor(HexColor(ink.fill))
        canvas.setFillAlpha(ink.opacity)
    if ink.stroke:
        canvas.setStrokeColor(HexColor(ink.stroke))
        canvas.setStrokeAlpha(ink.opacity)
        canvas.setLineWidth(ink.width)
        canvas.setDash(list(ink.dash))
    drawn = {"stroke": int(bool(ink.stroke)), "fill": int(bool(ink.fill))}
    (x, y), *others = shape.points
    if shape.radius:
        canvas.circle(x, height - y, shape.radius, **drawn)
        return
    path = canvas.beginPath()
    path.moveTo(x, height - y)
    for x, y in others:
        path.lineTo(x, height - y)
    if shape.closed:
        path.close()
    canvas.drawPath(path, **drawn)
