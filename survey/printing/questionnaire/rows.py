"""The rows of a form: each knows its height and draws itself under a line; none is ever split over two pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from survey.printing.posters.typesetting import MEDIUM, REGULAR, SEMIBOLD, Fitted, draw, fit
from survey.printing.questionnaire.words import WORDS
from survey.questionnaires.definition import (
    LEVELS,
    OVERALL,
    OVERALL_TITLE,
    UNKNOWN,
    Condition,
    Definition,
    LocalText,
    Section,
    entry_keys,
)

LEFT, WIDTH = 15 * mm, 180 * mm
NUMBER, LEVEL, DECLINE = 8 * mm, 12.5 * mm, 16 * mm
TEXT = WIDTH - NUMBER - 5 * LEVEL - DECLINE - 2 * mm
BOX = 5.6 * mm
INK, MUTED, RULE, ACCENT = "#1E1B18", "#5B554E", "#8C857B", "#7A2E5D"
SIZE, SMALL = 9.5, 7.6
PAD = 1.2 * mm
TALL = 10_000.0


@dataclass(frozen=True)
class PaperRow:
    """A piece of the form."""

    height: float
    draw: Callable[[Canvas, float], None]
    #: stands under the heads of the five levels, which are repeated on every page
    scale: bool = False
    #: stays with the next row: a heading is never the last of its page
    keep: bool = False


def form_rows(definition: Definition, languages: Sequence[str]) -> list[PaperRow]:
    """The rows of a questionnaire in its own order, wording in one or two languages."""
    number = {slot.code: place for place, slot in enumerate(definition.slots, 1)}
    asked = _Asked(definition, tuple(languages), number)
    rows = []
    rows.append(_heading(definition.scale.question, languages, large=True))
    for aspect in definition.aspects:
        if len(definition.aspects) > 1:
            rows.append(_heading(aspect.title, languages, large=True))
        for element in aspect.elements:
            rows.append(_heading(element.title, languages))
            rows += [asked.item(item.code, item.text, item.show_if) for item in element.items]
    if definition.overall:
        rows += [_heading(OVERALL_TITLE, languages, large=True), asked.item(OVERALL, definition.overall, ())]
    for section in filter(None, (definition.needs, definition.respondent)):
        rows.append(_heading(section.title, languages, large=True))
        rows += [asked.question(section, question.code) for question in section.questions]
    return rows


def scale_head(definition: Definition, languages: Sequence[str]) -> PaperRow:
    """The heads of the columns: the five levels in words, and what stands apart from them."""
    labels = [(option.text, LEVEL) for option in definition.scale.options[:-1]]
    labels.append((definition.scale.unknown, DECLINE))
    stacks = [_wording(text, languages, MEDIUM, 7, width - 1.2 * mm) for text, width in labels]
    height = max(_height(stack) for stack in stacks) + 2.5 * mm

    def paint(canvas: Canvas, top: float) -> None:
        x = LEFT + NUMBER + TEXT + 2 * mm
        for stack, (_, width) in zip(stacks, labels, strict=True):
            _draw(canvas, stack, x + 0.6 * mm, top - height + 1 * mm + _height(stack), width - 1.2 * mm, "centre")
            x += width
        _line(canvas, top - height, 1.0, INK)

    return PaperRow(height, paint, keep=True)


def choices(title: str, options: Sequence[str]) -> PaperRow:
    """A line with a box to tick for each option, or a dotted line to write on when there is none."""
    return _boxes([(fit(title, SEMIBOLD, SIZE, WIDTH, TALL), INK)], [("", o, "") for o in options], indent=0)


def comment(languages: Sequence[str]) -> PaperRow:
    """The lines for what people want to add."""
    title = [(fit(WORDS[languages[0]].comment, SEMIBOLD, SIZE, WIDTH, TALL), INK)]
    title += [(fit(WORDS[other].comment, REGULAR, SMALL, WIDTH, TALL), MUTED) for other in languages[1:]]
    lines, gap = 3, 7 * mm
    thanks = fit(WORDS[languages[0]].thanks, MEDIUM, 9, WIDTH, TALL)
    height = _height(title) + lines * gap + 6 * mm + thanks.height

    def paint(canvas: Canvas, top: float) -> None:
        y = _draw(canvas, title, LEFT, top - 2 * mm, WIDTH)
        for line in range(lines):
            _dots(canvas, LEFT, LEFT + WIDTH, y - (line + 1) * gap)
        _draw(canvas, [(thanks, INK)], LEFT, top - height + thanks.height, WIDTH)

    return PaperRow(height, paint)


@dataclass(frozen=True)
class _Asked:
    """What the rows of questions share."""

    definition: Definition
    languages: tuple[str, ...]
    number: dict[str, int]

    def item(self, code: str, text: LocalText, show_if: Condition) -> PaperRow:
        """A statement with its six boxes."""
        stack = [*self._condition(show_if), *_wording(text, self.languages, REGULAR, SIZE, TEXT)]
        height = max(_height(stack), BOX) + 2 * PAD

        def paint(canvas: Canvas, top: float) -> None:
            self._number(canvas, code, top - PAD)
            _draw(canvas, stack, LEFT + NUMBER, top - PAD, TEXT)
            x, y = LEFT + NUMBER + TEXT + 2 * mm, top - height / 2 - BOX / 2
            for level in LEVELS:
                _box(canvas, x + (LEVEL - BOX) / 2, y, level)
                x += LEVEL
            _box(canvas, x + (DECLINE - BOX) / 2, y, "")
            _line(canvas, top - height, 0.4, RULE)

        return PaperRow(height, paint, scale=True)

    def question(self, section: Section, code: str) -> PaperRow:
        """A question with a box for each of its answers, "no answer" last."""
        question = next(q for q in section.questions if q.code == code)
        width = WIDTH - NUMBER
        stack = [*self._condition(question.show_if), *_wording(question.text, self.languages, SEMIBOLD, SIZE, width)]
        keys = entry_keys([option.code for option in question.options])
        boxes = [(keys[option.code], *self._both(option.text)) for option in question.options]
        boxes.append((UNKNOWN, *self._both(section.unknown)))
        row = _boxes(stack, boxes, indent=NUMBER)

        def paint(canvas: Canvas, top: float) -> None:
            self._number(canvas, code, top - PAD)
            row.draw(canvas, top)
            _line(canvas, top - row.height, 0.4, RULE)

        return PaperRow(row.height, paint)

    def _both(self, text: LocalText) -> tuple[str, str]:
        first, *others = (text.get(language) for language in self.languages)
        return first, others[0] if others and others[0] != first else ""

    def _number(self, canvas: Canvas, code: str, top: float) -> None:
        canvas.setFillColor(INK)
        draw(canvas, fit(f"{self.number[code]}.", SEMIBOLD, SIZE, NUMBER, TALL), LEFT, top, NUMBER)

    def _condition(self, show_if: Condition) -> list[tuple[Fitted, str]]:
        """The words "if question … is … then:" for a question that not everyone is asked."""
        if not show_if:
            return []
        found = []
        for place, language in enumerate(self.languages):
            words = WORDS[language]
            parts = []
            for code, answers in show_if:
                labels = self.definition.labels(code)
                said = words.either.join(f"“{labels[answer].get(language)}”" for answer in answers)
                parts.append(words.condition % {"number": self.number[code], "answers": said})
            sentence = words.when % words.both.join(parts)
            found.append((fit(sentence, MEDIUM, SMALL if place else 9, TEXT, TALL), MUTED if place else ACCENT))
        return found


Stack = list[tuple[Fitted, str]]


def _wording(text: LocalText, languages: Sequence[str], font: str, size: float, width: float) -> Stack:
    """The wording in the first language, and beneath it, smaller, in the second when it differs."""
    first, *others = (text.get(language) for language in languages)
    stack = [(fit(first, font, size, width, TALL), INK)]
    stack += [(fit(other, REGULAR, size * 0.8, width, TALL), MUTED) for other in others if other != first]
    return stack


def _heading(text: LocalText, languages: Sequence[str], *, large: bool = False) -> PaperRow:
    stack = _wording(text, languages, SEMIBOLD, 12.5 if large else 10.5, WIDTH)
    before = 4 * mm if large else 2 * mm
    height = before + _height(stack) + 1.5 * mm

    def paint(canvas: Canvas, top: float) -> None:
        _draw(canvas, [(stack[0][0], ACCENT), *stack[1:]], LEFT, top - before, WIDTH)
        _line(canvas, top - height, 0.8, ACCENT)

    return PaperRow(height, paint, keep=True)


def _boxes(stack: Stack, options: Sequence[tuple[str, str, str]], *, indent: float) -> PaperRow:
    """A title with boxes (code, label, second label) flowing beneath it from left to right."""
    placed = list(_flow(options, WIDTH - indent))
    lines = placed[-1][1] + 1 if placed else 1
    step = (BOX + 3.4 * mm) if any(second for _, _, second in options) else (BOX + 1.4 * mm)
    head = _height(stack)
    height = PAD + head + 0.8 * mm + lines * step

    def paint(canvas: Canvas, top: float) -> None:
        first = _draw(canvas, stack, LEFT + indent, top - PAD, WIDTH - indent) - 0.8 * mm
        if not placed:
            _dots(canvas, LEFT + indent, LEFT + WIDTH, first - BOX)
        for x, line, (code, label, second) in placed:
            y = first - line * step - BOX
            _box(canvas, LEFT + indent + x, y, "" if code == UNKNOWN else code)
            canvas.setFillColor(INK)
            canvas.setFont(REGULAR, 9)
            canvas.drawString(LEFT + indent + x + BOX + 1.5 * mm, y + BOX * 0.28, label)
            if second:
                canvas.setFillColor(MUTED)
                canvas.setFont(REGULAR, 7)
                canvas.drawString(LEFT + indent + x + BOX + 1.5 * mm, y - 1.5 * mm, second)

    return PaperRow(height, paint)


def _flow(options: Sequence[tuple[str, str, str]], width: float) -> Iterator[tuple[float, int, tuple[str, str, str]]]:
    """Yield (x, line, option), a new line where the next label would not fit."""
    x, line = 0.0, 0
    for option in options:
        _, label, second = option
        wide = max(pdfmetrics.stringWidth(label, REGULAR, 9), pdfmetrics.stringWidth(second, REGULAR, 7))
        reach = BOX + 1.5 * mm + float(wide)
        if x and x + reach > width:
            x, line = 0.0, line + 1
        yield x, line, option
        x += reach + 3.5 * mm


def _height(stack: Stack) -> float:
    return sum(block.height for block, _ in stack)


def _draw(canvas: Canvas, stack: Stack, x: float, top: float, width: float, align: str = "left") -> float:
    for block, colour in stack:
        canvas.setFillColor(colour)
        top = draw(canvas, block, x, top, width, align)
    return top


def _box(canvas: Canvas, x: float, y: float, code: str) -> None:
    """Draw a box to cross; what it stands for is within it, pale enough not to be taken for a cross."""
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(0.8)
    canvas.rect(x, y, BOX, BOX, stroke=1, fill=0)
    canvas.setFillColor(MUTED)
    canvas.setFont(REGULAR, 8)
    canvas.drawCentredString(x + BOX / 2, y + BOX * 0.32, code)


def _line(canvas: Canvas, y: float, width: float, colour: str) -> None:
    canvas.setStrokeColor(colour)
    canvas.setLineWidth(width)
    canvas.line(LEFT, y, LEFT + WIDTH, y)


def _dots(canvas: Canvas, left: float, right: float, y: float) -> None:
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.7)
    canvas.setDash(0.7, 2.4)
    canvas.line(left, y, right, y)
    canvas.setDash()
