"""The decision that approves a round's results and publishes them (DOCX), as the administration signs it."""

from __future__ import annotations

from survey.core.numbers import fixed
from survey.files.documents.appendices import DECIMALS, add_appendices
from survey.files.documents.facts import DocumentFacts
from survey.files.reports import sentences
from survey.improvement.documents.layout import BLANK, OfficeDocument, place_and_day


def round_decision(facts: DocumentFacts) -> bytes:
    """The decision (DOCX); legal bases, numbers and days that the office alone knows are marked blanks."""
    context = facts.context
    document = OfficeDocument(facts.issuer, "", f"{BLANK}/QĐ-UBND", place_and_day(facts.place, None))
    about = f"Phê duyệt và công bố kết quả đo lường sự hài lòng của người dân, tổ chức – {context.round.name}"
    document.describe(f"Quyết định {about}", facts.issuer, facts.made_at)
    document.title("Quyết định", about)
    if context.demo:
        document.middle("Dữ liệu minh họa: mọi con số đều do máy sinh ra", bold=False)
    document.middle(facts.issuer.upper())
    for basis in (
        f"Căn cứ Luật Tổ chức chính quyền địa phương {BLANK};",
        f"Căn cứ {BLANK} (văn bản về đo lường sự hài lòng của người dân, tổ chức);",
        f"Theo đề nghị của {BLANK} tại Tờ trình số {BLANK} ngày {BLANK}.",
    ):
        document.paragraph(basis)
    document.middle("QUYẾT ĐỊNH:")
    document.marked(f"<b>Điều 1.</b> {_approved(facts)}")
    if context.edition is not None:
        document.marked(sentences.edition(context))
    document.marked(
        "<b>Điều 2.</b> Thủ trưởng các sở, ban, ngành, Chủ tịch Ủy ban nhân dân các xã, phường căn cứ kết quả này rà "
        "soát điểm yếu, nguyên nhân, trách nhiệm; lập kế hoạch cải thiện và cập nhật vào hệ thống trước ngày "
        f"{BLANK}. Giao {BLANK} theo dõi, đôn đốc, báo cáo Chủ tịch Ủy ban nhân dân tỉnh."
    )
    document.marked(
        f"<b>Điều 3.</b> Quyết định này có hiệu lực kể từ ngày ký. Chánh Văn phòng Ủy ban nhân dân tỉnh; {BLANK}; thủ "
        "trưởng các cơ quan, đơn vị có liên quan chịu trách nhiệm thi hành Quyết định này./."
    )
    document.signature(
        ("Như Điều 3", "Chủ tịch, các Phó Chủ tịch UBND tỉnh", "Cổng thông tin điện tử tỉnh", f"Lưu: VT, {BLANK}"),
        ("TM. Ủy ban nhân dân", "Chủ tịch"),
    )
    add_appendices(document, facts, f"Kèm theo Quyết định số {BLANK}/QĐ-UBND ngày {BLANK} của {facts.issuer}")
    return document.data()


def _approved(facts: DocumentFacts) -> str:
    """What is approved: the index of the whole, and which appendices have the others."""
    context = facts.context
    figure = context.overall
    departments, communes = facts.communes([code for code in context.standings if code])
    appendices = [
        words
        for words, codes in (
            ("Phụ lục I (sở, ban, ngành)", departments),
            ("Phụ lục II (xã, phường)", communes),
        )
        if codes
    ]
    index = (
        f"Chỉ số hài lòng chung của toàn tỉnh là <b>{fixed(figure.index, DECIMALS)}{sentences.NBSP}%</b> (khoảng tin "
        f"cậy {sentences.confidence(context)}: {fixed(figure.lo, DECIMALS)}–{fixed(figure.hi, DECIMALS)}). "
        if figure.exists and not figure.thin
        else f"{sentences.index(context)} "
    )
    round_ = context.round
    return (
        "Phê duyệt và công bố kết quả đo lường sự hài lòng của người dân, tổ chức đối với sự phục vụ của cơ quan hành "
        f"chính, đợt từ ngày {round_.opens_on:%d/%m/%Y} đến ngày {round_.last_day:%d/%m/%Y}. {index}"
        f"Chỉ số của từng cơ quan nêu tại {' và '.join(appendices)} kèm theo."
    )
