"""Slides of a round for the yearly conference (PPTX): eight, their titles saying what was found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from html import unescape
from io import BytesIO
from typing import Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Inches, Pt

from survey.files.documents.facts import DocumentFacts
from survey.files.documents.round_report import agency_tasks
from survey.files.documents.slide_charts import (
    ACCENT,
    INK,
    MUTED,
    Row,
    amounts,
    answers,
    dots,
    whole_box,
)
from survey.files.reports import sentences
from survey.improvement.documents.layout import BLANK
from survey.results.charts import Segment
from survey.results.figures import ALL_SERVICES, ShownFigure
from survey.results.statements import CONTRAST_WORDS

TITLE_ONLY = 5
"""The layout of python-pptx's own template that has a title and nothing else."""
MOST_AGENCIES = 24
"""Agencies on a slide; of more, the highest and the lowest halves are shown."""
MOST_TASKS = 6


def slides(facts: DocumentFacts) -> bytes:
    """The slides (PPTX) with PowerPoint's own charts; agencies of few respondents are left out."""
    show = Presentation()
    show.slide_width, show.slide_height = Inches(13.333), Inches(7.5)
    about = show.core_properties
    about.title, about.author = f"Kết quả {facts.context.round.name}"[:255], facts.issuer[:255]
    about.language, about.comments = "vi-VN", ""
    about.created = about.modified = facts.made_at.astimezone(UTC).replace(tzinfo=None)
    _first(show, facts)
    _whole(show, facts)
    _elements(show, facts)
    departments, communes = facts.communes(facts.named)
    _agencies(show, facts, departments, "Các sở, ban, ngành")
    _agencies(show, facts, communes, "Các xã, phường")
    _items(show, facts)
    _tasks(show, facts)
    _actions(show, facts)
    out = BytesIO()
    show.save(out)
    return out.getvalue()


def _first(show: Any, facts: DocumentFacts) -> None:
    context = facts.context
    slide = _slide(show, facts, "Người dân nói gì về sự phục vụ của cơ quan hành chính", size=40, top=2.2)
    days = f"{context.round.name}, từ ngày {context.round.opens_on:%d/%m/%Y} đến ngày {context.round.last_day:%d/%m/%Y}"
    edition = context.edition
    published = f"Kết quả công bố ngày {edition.day}, lần {edition.number}" if edition else sentences.edition(context)
    _text(slide, [facts.issuer, days, published], (0.6, 4.2, 12.1, 2.2), size=20)


def _whole(show: Any, facts: DocumentFacts) -> None:
    context = facts.context
    slide = _slide(show, facts, f"Chỉ số hài lòng chung: {plain(sentences.percent(context.overall.index))}")
    _text(
        slide,
        [plain(sentences.index(context)), plain(sentences.change(context)), plain(sentences.answered(context))],
        (0.6, 1.8, 5.4, 4.0),
        size=18,
    )
    said = [plain(sentence) for sentence in sentences.unanswered_sentences(context)[:2]]
    if said:
        _text(slide, said, (0.6, 5.7, 5.8, 1.4), size=14)
    rounds = [_row(past.name, past.figure) for past in context.past]
    dots(slide, rounds, whole_box(6.8, 4.9, 6.1), "Chỉ số của toàn tỉnh qua các đợt, với khoảng tin cậy", joined=True)


def _elements(show: Any, facts: DocumentFacts) -> None:
    context = facts.context
    rows = [
        _row(element.title.get("vi"), context.figures.find("", ALL_SERVICES, "element", element.code))
        for element in context.definition.elements
    ]
    known = [row for row in rows if row[1] == row[1]]
    title = "Chỉ số theo yếu tố"
    if known:
        lowest = min(known, key=lambda row: row[1])
        title = f"Yếu tố có chỉ số thấp nhất: {lowest[0]} ({sentences.percent(lowest[1])})"
    slide = _slide(show, facts, title)
    dots(slide, rows, whole_box(), "Chỉ số toàn tỉnh theo yếu tố, với khoảng tin cậy")


def _agencies(show: Any, facts: DocumentFacts, codes: Sequence[str], kind: str) -> None:
    context = facts.context
    shown = list(codes)
    names = {context.agency_name(code) for code in codes}
    note = "Khoảng tin cậy chồng lên nhau: số liệu chưa phân biệt được hơn kém."
    if len(shown) > MOST_AGENCIES:
        half = MOST_AGENCIES // 2
        shown = [*shown[:half], *shown[-half:]]
        note = f"{half} cơ quan đầu và {half} cơ quan cuối trong {len(codes)} cơ quan. {note}"
    above, below = (len([name for name in facts.names(one) if name in names]) for one in CONTRAST_WORDS[:2])
    higher, lower = (statement.text() for statement in CONTRAST_WORDS[:2])
    slide = _slide(show, facts, f"{kind}: {above} cơ quan {higher}, {below} cơ quan {lower} so với nơi khác")
    if not shown:
        _text(slide, ["Không có cơ quan nào đủ số người trả lời để nêu."], (0.6, 2, 12.1, 1), size=18)
        return
    rows = [_row(context.agency_name(code), context.standings[code].figure) for code in shown]
    dots(slide, rows, whole_box(height=4.6), f"{kind}: chỉ số với khoảng tin cậy")
    _text(
        slide,
        [note],
        (0.6, 6.4, 12.1, 0.5),
        size=14,
    )


def _items(show: Any, facts: DocumentFacts) -> None:
    context = facts.context
    shown = [figure for figure in context.items if figure.exists and any(figure.counts)]
    title = "Từng câu hỏi"
    if shown:
        lowest = min(shown, key=lambda figure: figure.index)
        title = f"Ít hài lòng nhất: {context.statements[lowest.key].rstrip('.')} ({sentences.percent(lowest.index)})"
    slide = _slide(show, facts, title)
    if shown:
        levels = [level.get("vi") for level in context.definition.scale.levels]
        rows = [(context.statements[figure.key], _shares(context.bars.of(figure), len(levels))) for figure in shown]
        about = "Phân bố câu trả lời của từng câu hỏi, phần trăm, có trọng số như chỉ số"
        answers(slide, rows, levels, whole_box(height=5.2), about)


def _shares(bar: Sequence[Segment], levels: int) -> list[float]:
    """The share of every level in percent: a bar has no part for what nobody answered."""
    share = {segment.level: segment.share for segment in bar}
    return [share.get(level, 0.0) for level in range(1, levels + 1)]


def _tasks(show: Any, facts: DocumentFacts) -> None:
    rows = agency_tasks(facts)
    slide = _slide(show, facts, f"Điểm yếu cần khắc phục: {len(rows)} cơ quan")
    if not rows:
        text = "Không có điểm yếu nào mà số liệu đủ chắc để giao riêng cho một cơ quan."
        _text(slide, [text], (0.6, 2, 12.1, 1), size=18)
        return
    shown = rows[:MOST_TASKS]
    heads = ("Cơ quan", "Kém hơn nơi khác rõ rệt ở", "Kế hoạch")
    frame = slide.shapes.add_table(len(shown) + 1, 3, *whole_box(12.3, 0.5 * (len(shown) + 1)))
    frame._element.nvGraphicFramePr.cNvPr.set("descr", "Cơ quan, điểm yếu và kế hoạch")
    for column, width in enumerate((3.0, 7.3, 2.0)):
        frame.table.columns[column].width = Inches(width)
    for number, row in enumerate([heads, *shown]):
        for column, text in enumerate(row):
            cell = frame.table.cell(number, column)
            cell.vertical_anchor = MSO_ANCHOR.MIDDLE
            cell.fill.solid()
            cell.fill.fore_color.rgb = RGBColor.from_string(ACCENT if number == 0 else "FBFAF7")
            _write(cell.text_frame.paragraphs[0], text, 14, "FFFFFF" if number == 0 else INK, bold=number == 0)
    if len(rows) > len(shown):
        more = f"{MOST_TASKS} cơ quan có chỉ số thấp nhất trong {len(rows)}; tất cả nêu trong báo cáo."
        _text(slide, [more], (0.6, 6.4, 12.1, 0.5), size=14)


def _actions(show: Any, facts: DocumentFacts) -> None:
    plans = facts.plans.values()
    total, accepted = sum(plan.actions for plan in plans), sum(plan.accepted for plan in plans)
    overdue = sum(plan.overdue for plan in plans)
    title = f"Các cơ quan đã lập {total} việc cải thiện, {overdue} việc quá hạn"
    slide = _slide(show, facts, title if total else "Chưa có cơ quan nào lập việc cải thiện cho đợt này")
    rows = [("Đã duyệt", accepted), ("Quá hạn", overdue), ("Còn lại", total - accepted - overdue)]
    if total:
        amounts(slide, rows, whole_box(6.0, 3.6), "Số việc cải thiện đã duyệt, quá hạn và còn lại")
    causes = [f"{cause} ({number} việc)" for cause, number in facts.causes[:5]]
    lines = ["Nguyên nhân các cơ quan nêu:", *causes] if causes else ["Chưa có cơ quan nào nêu nguyên nhân."]
    _text(
        slide,
        [*lines, "", f"Hạn gửi kế hoạch: {BLANK}", f"Cơ quan theo dõi: {BLANK}"],
        (6.9 if total else 0.6, 1.8, 6.0, 4.5),
        size=18,
    )


def plain(sentence: str) -> str:
    """A sentence of reports without its marks."""
    return unescape(re.sub(r"<[^>]+>", "", sentence))


def _slide(show: Any, facts: DocumentFacts, title: str, *, size: int = 28, top: float = 0.5) -> Any:
    """Add a slide with its title, the name of the round and its number at the foot."""
    slide = show.slides.add_slide(show.slide_layouts[TITLE_ONLY])
    slide.background.fill.solid()
    slide.background.fill.fore_color.rgb = RGBColor.from_string("FBFAF7")
    box = slide.shapes.title
    box.left, box.top, box.width, box.height = Inches(0.6), Inches(top), Inches(12.1), Inches(1.15)
    box.text_frame.word_wrap = True
    box.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    _write(box.text_frame.paragraphs[0], title, size, ACCENT, bold=True)
    box.text_frame.paragraphs[0].alignment = PP_ALIGN.LEFT
    demo = " · dữ liệu minh họa, mọi con số do máy sinh ra" if facts.context.demo else ""
    foot = f"{facts.issuer} · {facts.context.round.name}{demo} · {len(show.slides)}"
    _text(slide, [foot], (0.6, 6.9, 12.1, 0.4), size=12, colour=MUTED)
    return slide


def _text(
    slide: Any, lines: Sequence[str], place: tuple[float, float, float, float], *, size: int, colour: str = INK
) -> None:
    """Add a box of text at a place in inches: left, top, width, height."""
    box = slide.shapes.add_textbox(*(Inches(part) for part in place))
    box.text_frame.word_wrap = True
    for number, line in enumerate(lines):
        paragraph = box.text_frame.paragraphs[0] if number == 0 else box.text_frame.add_paragraph()
        _write(paragraph, line, size, colour)
        paragraph.space_after = Pt(8 if size > 14 else 0)


def _write(paragraph: Any, text: str, size: int, colour: str, *, bold: bool = False) -> None:
    run = paragraph.add_run()
    run.text = text
    run.font.size, run.font.bold, run.font.name = Pt(size), bold, "Arial"
    run.font.color.rgb = RGBColor.from_string(colour)
    run._r.get_or_add_rPr().set("lang", "vi-VN")


def _row(name: str, figure: ShownFigure | None) -> Row:
    nothing = float("nan")
    if figure is None or not figure.exists:
        return name, nothing, nothing, nothing
    return name, figure.index, figure.lo, figure.hi
