"""The print order as a sheet for the wall (PDF): what each counter prints a week, one table an agency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from reportlab.platypus import CondPageBreak, Flowable, Spacer

from survey.files.reports.document import Frontispiece, build
from survey.files.reports.style import WIDTH, Cell, paragraph, ruled, styles, text
from survey.models import Round
from survey.results.print_order import PrintOrder

TITLE = "Danh sách in giấy hẹn có mã"
SUBJECT = "{round}: mỗi tuần mỗi quầy in bao nhiêu giấy hẹn, trong {weeks} tuần"
LEAD = (
    "Mỗi tuần in đủ số giấy hẹn ở cột đậm và phát cho người làm thủ tục, người đến trước phát trước, không chọn "
    "người. Số phiếu là số người trả lời cần có mỗi tuần để đạt kế hoạch."
)
UNKNOWN = "Chưa biết bao nhiêu người nhận giấy hẹn thì trả lời, nên chưa tính được số giấy hẹn."
HEADS = ("Quầy", "Lĩnh vực", "Phiếu mỗi tuần", "Giấy hẹn mỗi tuần", "Cả đợt")
NO_COUNTER = "Không có quầy nào nhận lĩnh vực này: hỏi bằng cách khác (thư, điện thoại, trực tuyến)"


def print_order_sheet(
    round_: Round, orders: Sequence[PrintOrder], agencies: Mapping[str, str], services: Mapping[str, str]
) -> bytes:
    """The PDF; `agencies` and `services`: their names by code."""
    weeks = orders[0].weeks if orders else 0
    subject = SUBJECT.format(round=round_.name, weeks=weeks)

    def story() -> list[Flowable]:
        style = styles(11)
        parts: list[Flowable] = [
            paragraph(TITLE, style["title"]),
            paragraph(text(subject), style["under"]),
            paragraph(LEAD, style["body"]),
        ]
        if any(one.receipts_per_week is None for one in orders):
            parts.append(paragraph(UNKNOWN, style["note"]))
        for agency, own in groupby(orders, lambda one: one.agency):
            parts += [
                Spacer(1, 8),
                CondPageBreak(90),
                paragraph(text(agencies.get(agency, agency)), style["heading"]),
                _table(list(own), services),
            ]
        return parts

    about = Frontispiece(title=TITLE, author=round_.name, foot=f"{TITLE} · {round_.name}", demo=False)
    return build(story, about, 1)[0]


def _table(orders: Sequence[PrintOrder], services: Mapping[str, str]) -> Flowable:
    style = styles(11)
    rows: list[list[Cell]] = [
        [paragraph(text(head), style["th_right" if k > 1 else "th"]) for k, head in enumerate(HEADS)]
    ]
    for one in orders:
        numbers = (one.responses_per_week, one.receipts_per_week, one.receipts)
        responses, receipts, total = ("–" if number is None else str(number) for number in numbers)
        rows.append(
            [
                paragraph(text(one.counter.name if one.counter else NO_COUNTER), style["cell"]),
                paragraph(text("; ".join(services.get(code, code) for code in one.services)), style["cell_small"]),
                paragraph(responses, style["number"]),
                paragraph(f"<b>{receipts}</b>", style["number"]),
                paragraph(total, style["number"]),
            ]
        )
    return ruled(rows, [150, WIDTH - 150 - 50 - 58 - 46, 50, 58, 46])
