"""The half-page for the Chairman: where improvement stands this month, as PDF to read and DOCX with all plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from survey.improvement.board import BoardRow, MissingPlan, Standing
from survey.improvement.documents.layout import BLANK, OfficeDocument, place_and_day
from survey.printing.posters.typesetting import BOLD, MEDIUM, REGULAR, SEMIBOLD, draw, fit, register_fonts
from survey.web.wording import STANDINGS

HALF = (210 * mm, 148.5 * mm)
"""Half a page of A4."""
MARGIN = 14 * mm
INK, MUTED, LINE, ACCENT, RED = "#1E1B18", "#5B554E", "#8C857B", "#7A2E5D", "#A3231F"
TOLD = (
    *(Standing.NO_PLAN, Standing.DUE, Standing.OVERDUE),
    *(Standing.WAITING, Standing.ACCEPTED, Standing.EFFECTIVE),
)
"""What is counted, in the order of a reader who has a minute."""
MOST = 5
"""Agencies named at most; the table has all."""


@dataclass(frozen=True)
class MonthlyFacts:
    """Where improvement stands on a day."""

    issuer: str
    today: date
    rows: Sequence[BoardRow]
    missing: Sequence[MissingPlan]
    counts: Mapping[Standing, int]

    @property
    def late(self) -> list[tuple[str, int, int]]:
        """Agencies with overdue actions: name, how many, days since the oldest was due; the most first."""
        overdue: dict[str, list[BoardRow]] = {}
        for row in self.rows:
            if row.overdue:
                overdue.setdefault(row.action.agency.name, []).append(row)
        found = [
            (name, len(rows), (self.today - min(row.action.first_due for row in rows)).days)
            for name, rows in overdue.items()
        ]
        return sorted(found, key=lambda one: (-one[1], -one[2], one[0]))

    @property
    def title(self) -> str:
        """What the page is about."""
        return f"Cải thiện sau khảo sát hài lòng: tình hình đến ngày {self.today:%d/%m/%Y}"

    @property
    def sentences(self) -> list[str]:
        """What the Chairman is told beside the counts."""
        late, lines = self.late, []
        if late:
            named = "; ".join(f"{name} ({number} việc, lâu nhất {days} ngày)" for name, number, days in late[:MOST])
            more = f"; và {len(late) - MOST} cơ quan khác" if len(late) > MOST else ""
            lines.append(f"Quá hạn: {named}{more}.")
        else:
            lines.append("Không có việc nào quá hạn.")
        asked = [one for one in self.missing if one.overdue]
        if asked:
            more = f" và {len(asked) - MOST} cơ quan khác" if len(asked) > MOST else ""
            lines.append(f"Đã quá hạn gửi kế hoạch: {', '.join(one.agency.name for one in asked[:MOST])}{more}.")
        if self.counts[Standing.WAITING]:
            lines.append(f"Chờ tỉnh duyệt: {self.counts[Standing.WAITING]} việc đã báo cáo hoàn thành.")
        return lines


def monthly_pdf(facts: MonthlyFacts) -> bytes:
    """Half a page of A4 (PDF); the same facts give the same bytes."""
    register_fonts()
    out = BytesIO()
    canvas = Canvas(out, pagesize=HALF, lang="vi", invariant=1, initialFontName=REGULAR)
    canvas.setTitle(facts.title)
    canvas.setAuthor(facts.issuer)
    width, top = HALF[0] - 2 * MARGIN, HALF[1] - MARGIN
    canvas.setFillColor(MUTED)
    top = draw(canvas, fit(facts.issuer, MEDIUM, 10, width, 14), MARGIN, top, width)
    canvas.setFillColor(ACCENT)
    top = draw(canvas, fit(facts.title, BOLD, 17, width, 48), MARGIN, top - 2, width) - 10
    column = width / len(TOLD)
    for number, standing in enumerate(TOLD):
        left = MARGIN + number * column
        count = facts.counts[standing]
        canvas.setFillColor(RED if standing is Standing.OVERDUE and count else INK)
        below = draw(canvas, fit(str(count), BOLD, 26, column, 34), left, top, column)
        canvas.setFillColor(MUTED)
        draw(canvas, fit(STANDINGS.text(standing), REGULAR, 10, column - 8, 40), left, below, column)
    top -= 84
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN, top, MARGIN + width, top)
    top -= 8
    floor = MARGIN + 18
    lines = facts.sentences
    for number, sentence in enumerate(lines):
        canvas.setFillColor(INK)
        room = (top - floor) / (len(lines) - number)
        font = SEMIBOLD if number == 0 else REGULAR
        top = draw(canvas, fit(sentence, font, 12, width, room), MARGIN, top, width) - 6
    canvas.setFillColor(MUTED)
    foot = "Quá hạn tính từ hạn đầu tiên, kể cả việc đã gia hạn. Bảng tất cả các việc: bản DOCX và mục Cải thiện."
    draw(canvas, fit(foot, REGULAR, 9, width, 12), MARGIN, MARGIN + 12, width)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def monthly_docx(facts: MonthlyFacts, place: str) -> bytes:
    """The same as a document to sign (DOCX), with the table of all plans as its appendix."""
    document = OfficeDocument(facts.issuer, "", f"{BLANK}/BC-{BLANK}", place_and_day(place, None))
    document.describe(facts.title, facts.issuer)
    document.title("Báo cáo", f"Tình hình cải thiện sau khảo sát sự hài lòng, đến ngày {facts.today:%d/%m/%Y}")
    document.table(
        [STANDINGS.text(standing) for standing in TOLD],
        [[str(facts.counts[standing]) for standing in TOLD]],
        [160 / len(TOLD)] * len(TOLD),
        size=11,
        numbers=range(len(TOLD)),
    )
    for sentence in facts.sentences:
        document.paragraph(sentence)
    document.paragraph(f"Kiến nghị Chủ tịch chỉ đạo: {BLANK}./.")
    document.signature((f"{BLANK}", f"Lưu: VT, {BLANK}"), (BLANK,))
    if facts.rows:
        document.appendix("", "Tất cả các việc cải thiện", f"Kèm theo Báo cáo số {BLANK} ngày {BLANK}")
        document.table(
            ("STT", "Cơ quan", "Việc", "Chịu trách nhiệm", "Hạn đầu tiên", "Hạn", "Tình trạng"),
            [_plan(number, row) for number, row in enumerate(facts.rows, 1)],
            (12, 48, 77, 38, 22, 22, 28),
            size=11,
            numbers=(0, 4, 5),
        )
    return document.data()


def _plan(number: int, row: BoardRow) -> tuple[str, ...]:
    action = row.action
    states = [STANDINGS.text(standing) for standing in Standing if standing in row.standings]
    return (
        str(number),
        action.agency.name,
        action.what,
        action.responsible,
        f"{action.first_due:%d/%m/%Y}",
        f"{action.due_on:%d/%m/%Y}",
        "; ".join(states),
    )
