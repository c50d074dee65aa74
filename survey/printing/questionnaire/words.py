"""What the paper says besides the questionnaire. Printed words are data, as on the posters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PaperWords:
    """The fixed sentences of one language."""

    promise: str
    how: str
    service: str
    agency: str
    day: str
    when: str  # with %s for the conditions
    condition: str
    both: str
    either: str
    comment: str
    thanks: str
    page: str


WORDS = {
    "vi": PaperWords(
        promise="Phiếu không hỏi tên, không hỏi số điện thoại. Không ai biết ai đã trả lời.",
        how="Mỗi câu, Ông/Bà đánh dấu X vào một ô. Câu nào không biết hoặc không liên quan thì chọn ô cuối.",
        service="Lĩnh vực của hồ sơ",
        agency="Cơ quan giải quyết hồ sơ",
        day="Ngày trả lời: ..... / ..... / ..........",
        when="Nếu %s thì:",
        condition="câu %(number)d chọn %(answers)s",
        both=" và ",
        either=" hoặc ",
        comment="Ông/Bà có điều gì muốn góp ý thêm không? (Đừng ghi họ tên, số điện thoại, mã hồ sơ.)",
        thanks="Xin cảm ơn Ông/Bà. Mời Ông/Bà gấp phiếu và bỏ vào hòm phiếu.",
        page="Trang %d/%d",
    ),
    "en": PaperWords(
        promise="No name, no phone number. Nobody knows who answered.",
        how="Put a cross in one box for each question. Use the last box if you do not know or it does not apply.",
        service="Field of your papers",
        agency="Agency that decides on your papers",
        day="Date: ..... / ..... / ..........",
        when="If %s:",
        condition="the answer to question %(number)d is %(answers)s",
        both=" and ",
        either=" or ",
        comment="Anything to add? (Please do not write names, phone numbers or file numbers.)",
        thanks="Thank you. Please fold the form and put it into the box.",
        page="Page %d/%d",
    ),
}
