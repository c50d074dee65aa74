"""The request for a plan as the letter that the province signs, with the agency's late actions as they stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from survey.improvement.documents.layout import BLANK, OfficeDocument, place_and_day
from survey.models import Action, PlanRequest


def request_letter(
    request: PlanRequest, province: str, place: str, overdue: Sequence[Action], signed_on: date
) -> bytes:
    """The letter (DOCX). What the office alone knows is a blank."""
    document = OfficeDocument(province, "", request.document, place_and_day(place, signed_on))
    document.title("Yêu cầu lập kế hoạch cải thiện", f"sau kết quả {request.round.name}")
    document.paragraph(f"Kính gửi: {request.agency.name}.")
    document.paragraph(
        f"Căn cứ kết quả đo lường sự hài lòng của người dân, tổ chức ({request.round.name}), {province} yêu cầu "
        f"{request.agency.name} rà soát điểm mạnh, điểm yếu, nguyên nhân, trách nhiệm và gửi kế hoạch cải thiện trước "
        f"ngày {request.due_on:%d/%m/%Y}."
    )
    if request.text:
        document.paragraph(request.text)
    document.paragraph(
        "Kế hoạch ghi rõ: phát hiện, nguyên nhân, việc phải làm, chức danh và đơn vị chịu trách nhiệm, đơn vị "
        "phối hợp, hạn hoàn thành. Người phụ trách cải cách hành chính của cơ quan: "
        f"{BLANK}."
    )
    if overdue:
        document.heading("Việc cải thiện đã quá hạn của cơ quan")
        document.table(
            ("Việc", "Chịu trách nhiệm", "Hạn đầu tiên"),
            [(action.what, action.responsible, f"{action.first_due:%d/%m/%Y}") for action in overdue],
            (90, 45, 25),
        )
    document.paragraph(f"Đề nghị {request.agency.name} thực hiện nghiêm túc, đúng hạn./.")
    document.signature(
        ("Như trên", "Chủ tịch, các Phó Chủ tịch UBND tỉnh", "Lưu: VT"), ("TM. Ủy ban nhân dân", "Chủ tịch")
    )
    return document.data()
