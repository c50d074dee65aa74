"""The report of a round as the administration signs it (DOCX), its sentences those of pages and PDF."""

from __future__ import annotations

from survey.core.numbers import fixed
from survey.files.documents.appendices import add_appendices
from survey.files.documents.facts import AgencyPlan, DocumentFacts
from survey.files.reports import sentences
from survey.improvement.documents.layout import BLANK, OfficeDocument, place_and_day
from survey.results.figures import ALL_SERVICES, ShownFigure
from survey.results.item_lines import BEST, WORST
from survey.results.statements import CONTRAST_WORDS
from survey.results.strengths import FEW, weaknesses

ABOVE, BELOW = CONTRAST_WORDS[:2]
MOST_TASKS = 2
"""Weaknesses of an agency that its task names."""


def round_report(facts: DocumentFacts) -> bytes:
    """The report (DOCX); what the office alone knows is a marked blank."""
    context = facts.context
    document = OfficeDocument(facts.issuer, "", f"{BLANK}/BC-UBND", place_and_day(facts.place, None))
    about = f"kết quả đo lường sự hài lòng của người dân, tổ chức – {context.round.name}"
    document.describe(f"Báo cáo {about}", facts.issuer, facts.made_at)
    document.title("Báo cáo", f"Kết quả đo lường sự hài lòng của người dân, tổ chức – {context.round.name}")
    if context.demo:
        document.middle("Dữ liệu minh họa: mọi con số đều do máy sinh ra", bold=False)
    _general(document, facts)
    _results(document, facts)
    _shortcomings(document, facts)
    _causes(document, facts)
    _tasks(document, facts)
    document.signature(
        (
            f"{BLANK}",
            "Thường trực Tỉnh ủy, HĐND tỉnh",
            "Chủ tịch, các Phó Chủ tịch UBND tỉnh",
            "Các sở, ban, ngành; UBND các xã, phường",
            f"Lưu: VT, {BLANK}",
        ),
        ("TM. Ủy ban nhân dân", "Chủ tịch"),
    )
    belongs = f"Kèm theo Báo cáo số {BLANK}/BC-UBND ngày {BLANK} của {facts.issuer}"
    add_appendices(document, facts, belongs)
    said = sentences.unanswered_sentences(context)
    if said:
        document.appendix("III", "Những người không trả lời có thể làm chỉ số thay đổi đến đâu", belongs)
        for sentence in said:
            document.marked(sentence)
    return document.data()


def _general(document: OfficeDocument, facts: DocumentFacts) -> None:
    context, round_ = facts.context, facts.context.round
    document.heading("I. Đánh giá chung")
    document.marked(
        f"Đợt khảo sát được thực hiện từ ngày {round_.opens_on:%d/%m/%Y} đến ngày {round_.last_day:%d/%m/%Y}. "
        f"{sentences.answered(context)} {sentences.excluded(context)}"
    )
    document.marked(f"{sentences.index(context)} {sentences.change(context)}")
    if frames := sentences.frames(context):
        document.marked(frames)
    document.marked(sentences.edition(context))
    document.paragraph(f"Tình hình triển khai, công tác chỉ đạo: {BLANK}.")


def _results(document: OfficeDocument, facts: DocumentFacts) -> None:
    context = facts.context
    document.heading("II. Kết quả")
    document.caption(f"Chỉ số theo yếu tố (%), khoảng tin cậy {sentences.confidence(context)}")
    compared = context.since is not None and context.since.comparable
    rows = []
    for element in context.definition.elements:
        figure = context.figures.find("", ALL_SERVICES, "element", element.code)
        row = [element.title.get("vi"), *_with_interval(figure)]
        if compared:
            change = context.change("", "element", element.code)
            exists = change is not None and change.exists
            row.append(f"{sentences.signed(change.diff)} ({sentences.verdict(change)})" if change and exists else "–")
        rows.append(row)
    head = ("Yếu tố", "Chỉ số", "Khoảng tin cậy", *(("So với đợt trước",) if compared else ()))
    document.table(head, rows, (70, 22, 34, 34) if compared else (90, 30, 40), numbers=(1, 2, 3))
    _items(document, facts, "Ba nội dung người dân hài lòng nhất", highest=True)
    for statement in (ABOVE, BELOW):
        found = facts.names(statement)
        if found:
            words = statement.text()
            document.paragraph(
                f"Có {len(found)} cơ quan có chỉ số {words} so với các cơ quan khác gộp lại: {', '.join(found)}."
            )
    _targets(document, facts)
    document.paragraph("Chỉ số của từng cơ quan, của các sở, ban, ngành và của các xã, phường, nêu tại các phụ lục.")


def _targets(document: OfficeDocument, facts: DocumentFacts) -> None:
    """Say whether the targets are reached of those agencies that documents name; nothing where none is set."""
    context = facts.context
    rows = []
    for code in ["", *facts.named]:
        for one in context.targets(code):
            name = " – ".join(filter(None, (context.agency_name(code), context.element_title(one.element))))
            more = one.judgement.more
            further = "" if more is None else f" (cần thêm khoảng {sentences.whole(more)} phiếu để kết luận)"
            rows.append((name, fixed(one.target), *_with_interval(one.figure), f"{one.text}{further}"))
    if rows:
        document.caption(f"Chỉ tiêu và kết luận (%), khoảng tin cậy {sentences.confidence(context)}")
        document.table(
            ("Cơ quan", "Chỉ tiêu", "Chỉ số", "Khoảng tin cậy", "Kết luận"),
            rows,
            (54, 18, 18, 28, 42),
            numbers=(1, 2, 3),
        )


def _shortcomings(document: OfficeDocument, facts: DocumentFacts) -> None:
    context = facts.context
    document.heading("III. Tồn tại, hạn chế")
    _items(document, facts, "Ba nội dung người dân ít hài lòng nhất", highest=False)
    below = [
        (element.title.get("vi"), names)
        for element in context.definition.elements
        if (names := facts.names(BELOW, "element", element.code))
    ]
    for title, names in below:
        document.paragraph(f"{title}: {BELOW.text()} so với nơi khác ở {', '.join(names)}.")
    if not below:
        document.paragraph("Không có yếu tố nào mà số liệu đủ chắc để nói là có cơ quan kém các cơ quan khác.")
    themes = sentences.themes(context)
    if themes:
        document.marked(themes)
    overdue = sum(plan.overdue for plan in facts.plans.values())
    if overdue:
        document.paragraph(f"Có {overdue} việc cải thiện đã quá hạn đầu tiên mà chưa báo cáo hoàn thành.")
    document.paragraph(f"Tồn tại, hạn chế khác: {BLANK}.")


def _causes(document: OfficeDocument, facts: DocumentFacts) -> None:
    document.heading("IV. Nguyên nhân")
    if facts.causes:
        named = "; ".join(f"{cause[:1].lower()}{cause[1:]} ({number} việc)" for cause, number in facts.causes)
        document.paragraph(f"Nguyên nhân mà các cơ quan nêu trong kế hoạch cải thiện: {named}.")
    else:
        document.paragraph("Các cơ quan chưa nêu nguyên nhân trong kế hoạch cải thiện nào của đợt này.")
    document.paragraph(f"Nguyên nhân khách quan: {BLANK}.")
    document.paragraph(f"Nguyên nhân chủ quan, trách nhiệm của người đứng đầu: {BLANK}.")


def _tasks(document: OfficeDocument, facts: DocumentFacts) -> None:
    document.heading("V. Kiến nghị, giao nhiệm vụ")
    document.paragraph(
        f"Các cơ quan có tên dưới đây khắc phục các điểm yếu đã nêu, hoàn thành trước ngày {BLANK}; cơ quan chưa có kế "
        f"hoạch gửi kế hoạch trước ngày {BLANK}."
    )
    rows = agency_tasks(facts)
    if rows:
        document.table(("Cơ quan", "Điểm yếu cần khắc phục", "Kế hoạch đã có"), rows, (45, 80, 35), size=11)
    else:
        document.paragraph("Không có điểm yếu nào mà số liệu đủ chắc để giao riêng cho một cơ quan.")
    document.paragraph(f"Kiến nghị với Trung ương, Tỉnh ủy, HĐND tỉnh: {BLANK}.")
    document.paragraph(f"Cơ quan theo dõi, đôn đốc: {BLANK}./.")


def agency_tasks(facts: DocumentFacts) -> list[tuple[str, str, str]]:
    """Name, surely weak items and plan of each agency that is weak anywhere, the lowest index first."""
    rows = []
    statements = facts.context.statements
    for code in sorted(facts.named, key=lambda one: facts.context.standings[one].figure.index):
        weak = weaknesses(facts.context.findings.get(code, ()))[:MOST_TASKS]
        if weak:
            named = "; ".join(statements[finding.key].rstrip(".") for finding in weak)
            rows.append((facts.context.agency_name(code), named, plan_words(facts.plans.get(code))))
    return rows


def plan_words(plan: AgencyPlan | None) -> str:
    """How far a plan has come."""
    if plan is None or not plan.actions:
        return "chưa có"
    parts = [f"{plan.actions} việc"]
    if plan.accepted:
        parts.append(f"{plan.accepted} đã duyệt")
    if plan.overdue:
        parts.append(f"{plan.overdue} quá hạn")
    return ", ".join(parts)


def _items(document: OfficeDocument, facts: DocumentFacts, caption: str, *, highest: bool) -> None:
    shown = sorted((one for one in facts.context.items if one.exists), key=lambda one: one.index, reverse=highest)
    statements = facts.context.statements
    rows = [
        (statements[one.key], fixed(one.index), f"{sentences.whole(sum(one.counts[:2]))}/{sentences.whole(one.valid)}")
        for one in shown[:FEW]
    ]
    document.caption(caption)
    document.table(("Nội dung", "Chỉ số (%)", "Không hài lòng (số người)"), rows, (100, 25, 35), numbers=(1, 2))
    for one in facts.context.lines:
        if one.kind == (BEST if highest else WORST) and one.moves:
            document.paragraph(f"{statements[one.key].rstrip('.')}. {' '.join(one.moves)}")


def _with_interval(figure: ShownFigure | None) -> tuple[str, str]:
    if figure is None or not figure.exists:
        return "–", "–"
    return fixed(figure.index), sentences.interval(figure.lo, figure.hi).strip("()") or "–"
