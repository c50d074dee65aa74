"""The letter to an agency whose plan or actions are late, as the province signs it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from survey.improvement.documents.layout import BLANK, OfficeDocument, place_and_day
from survey.models import Action, Agency, PlanRequest


def late_letter(
    agency: Agency, province: str, place: str, overdue: Sequence[Action], request: PlanRequest | None, today: date
) -> bytes:
    """The letter (DOCX). `request`: a request for a plan that is past its day without one; None without."""
    document = OfficeDocument(province, "", f"{BLANK}/UBND-{BLANK}", place_and_day(place, None))
    document.describe(f"Đôn đốc cải thiện – {agency.name}", province)
    document.title("Đôn đốc việc cải thiện đã quá hạn")
    document.paragraph(f"Kính gửi: {agency.name}.")
    document.paragraph(
        f"Qua theo dõi kết quả khắc phục các điểm yếu nêu trong khảo sát sự hài lòng của người dân, tổ chức, đến ngày "
        f"{today:%d/%m/%Y}:"
    )
    if request is not None:
        document.paragraph(
            f"Cơ quan chưa gửi kế hoạch cải thiện theo Văn bản số {request.document}; hạn gửi là ngày "
            f"{request.due_on:%d/%m/%Y} ({request.round.name})."
        )
    if overdue:
        document.paragraph(f"Có {len(overdue)} việc đã quá hạn đầu tiên mà chưa báo cáo hoàn thành:")
        document.table(
            ("Việc", "Chịu trách nhiệm", "Hạn đầu tiên", "Gia hạn đến", "Quá hạn (ngày)"),
            [
                (
                    action.what,
                    action.responsible,
                    f"{action.first_due:%d/%m/%Y}",
                    f"{action.due_on:%d/%m/%Y}" if action.due_on != action.first_due else "–",
                    str((today - action.first_due).days),
                )
                for action in overdue
            ],
            (64, 36, 22, 22, 16),
            size=11,
            numbers=(2, 3, 4),
        )
    document.paragraph(
        f"Yêu cầu {agency.name} làm rõ nguyên nhân, trách nhiệm; hoàn thành, cập nhật kết quả và minh chứng vào hệ "
        f"thống trước ngày {BLANK}./."
    )
    document.signature(
        ("Như trên", "Chủ tịch, các Phó Chủ tịch UBND tỉnh", f"Lưu: VT, {BLANK}"),
        ("TM. Ủy ban nhân dân", "Chủ tịch"),
    )
    return document.data()
