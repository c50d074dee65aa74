"""Codebook of the microdata: what every column means and what its values say, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from survey.files.exports import labels
from survey.files.exports.content import SheetColumn, WorkbookSheet
from survey.files.exports.microdata import HIDDEN_VALUE, Microdata
from survey.questionnaires import HIDDEN, LEVELS, UNKNOWN, LocalText, Question
from survey.questionnaires.definition import ITEM_CODES
from survey.web.messages import Pair
from survey.web.wording import CHANNELS

MEANINGS: dict[str, Pair] = {
    "agency": ("Mã cơ quan giải quyết", "code of the deciding agency"),
    "service": ("Mã lĩnh vực; trống: không rõ", "code of the service; empty: unknown"),
    "stratum": ("Tầng chọn mẫu", "sampling stratum"),
    "weight": (
        "Trọng số: số giao dịch mà một phiếu đại diện (N/n)",
        "weight: transactions a response stands for (N/n)",
    ),
    "fpc": (
        "Tỷ lệ chọn mẫu của tầng (n/N), để hiệu chỉnh tổng thể hữu hạn; 0: không hiệu chỉnh",
        "sampling fraction of the stratum (n/N), for the finite-population correction; 0: none",
    ),
    "in_province": (
        "1: được tính vào toàn tỉnh; 0: không rõ số giao dịch",
        "1: part of the province's index; 0: no transactions known",
    ),
    "cluster": (
        "Số của cụm (người cùng quầy, cùng ngày; một tập phiếu giấy), đánh lại cho tệp này",
        "number of the cluster (people of one counter and day, or one pile of paper forms), made for this file",
    ),
    "month": ("Tháng nhận phiếu (năm-tháng)", "month of receipt (year-month)"),
    "channel": ("Kênh trả lời", "channel"),
    "language": ("Ngôn ngữ của phiếu", "language of the form"),
}
"""Columns that every questionnaire has."""

COLUMNS = (
    SheetColumn("column", ("Cột", "Column"), width=24),
    SheetColumn("value", ("Giá trị", "Value"), width=12),
    SheetColumn("label", ("Nghĩa", "Meaning in Vietnamese"), width=80),
    SheetColumn("label_en", ("Nghĩa tiếng Anh", "Meaning in English"), width=80),
)


@dataclass(frozen=True)
class Variable:
    """One column of the microdata."""

    code: str
    title: Pair
    #: value as it stands in the file, and what it says; empty for numbers and free codes
    values: tuple[tuple[str, Pair], ...] = ()
    #: whether values may be hidden
    attribute: bool = False
    #: whether the column holds the answers to a satisfaction item
    item: bool = False


def variables(micro: Microdata) -> list[Variable]:
    """The columns of the microdata in order."""
    known = _of_questionnaire(micro)
    for code in micro.columns:
        if code in MEANINGS:
            known[code] = Variable(code, MEANINGS[code], _values(micro, code), attribute=code in micro.attributes)
    return [known[code] for code in micro.columns]


def _values(micro: Microdata, code: str) -> tuple[tuple[str, Pair], ...]:
    """The values of a column that every questionnaire has."""
    content = micro.content
    strata = micro.strata
    if code == "agency":
        used = dict.fromkeys(s.agency for s in strata)
        return tuple((a, (content.agency_name(a), _english(content.agencies, a))) for a in used)
    if code == "service":
        services = sorted(content.services)
        named = tuple((s, (content.service_name(s), _english(content.services, s))) for s in services)
        return named if all(s.service is not None for s in strata) else (*named, _hidden(micro))
    if code == "channel":
        return (*CHANNELS.items(), _hidden(micro))
    if code == "language":
        return (*labels.LANGUAGES.items(), _hidden(micro))
    return (_hidden(micro),) if code == "month" else ()


def _english(things: object, code: str) -> str:
    thing = things.get(code) if hasattr(things, "get") else None
    return str(thing.name_en or thing.name) if thing is not None else code


def _hidden(micro: Microdata) -> tuple[str, Pair]:
    k = micro.rule.min_n
    return HIDDEN_VALUE, (
        f"Ẩn: ít hơn {k} người trong tầng giống nhau ở mọi điều được hiển thị",
        f"Hidden: fewer than {k} people of the stratum are alike in all that is shown",
    )


def _of_questionnaire(micro: Microdata) -> dict[str, Variable]:
    definition = micro.content.definition
    not_asked = labels.not_asked()
    scale = [
        *((level, _pair(text)) for level, text in zip(LEVELS, definition.scale.levels, strict=True)),
        (str(ITEM_CODES[UNKNOWN]), _pair(definition.scale.unknown)),
        (str(ITEM_CODES[HIDDEN]), not_asked),
    ]
    by_code = {i.code: Variable(i.code, _pair(i.text), tuple(scale), item=True) for i in definition.items}
    for section in definition.sections:
        for question in section.questions:
            values = (
                *_options(question),
                (UNKNOWN, _pair(section.unknown)),
                (HIDDEN, not_asked),
                _hidden(micro),
            )
            by_code[question.code] = Variable(question.code, _pair(question.text), values, attribute=True)
    return by_code


def _options(question: Question) -> Iterator[tuple[str, Pair]]:
    for option in question.options:
        yield option.code, _pair(option.text)


def _pair(text: LocalText) -> Pair:
    return text.get("vi"), text.get("en")


def codebook_sheet(micro: Microdata) -> WorkbookSheet:
    """The codebook: a row for each column, then one for each of its values."""
    rows: list[tuple[str | None, ...]] = []
    for variable in variables(micro):
        rows.append((variable.code, None, *variable.title))
        rows += [(variable.code, value, *said) for value, said in variable.values]
    return WorkbookSheet("codebook", ("Bảng mã", "Codebook"), COLUMNS, rows)
