"""The words of the trial at the counter: what people did not understand is gone, and better words stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scoring.scheme import LETTERS, Rules
from survey.questionnaires import bundled, question_modules
from survey.results.statements import INTERVAL

ROOT = Path(__file__).parents[2]
CATALOGUES = [ROOT / f"survey/translations/{code}/LC_MESSAGES/messages.po" for code in ("vi", "vi_simple")]
PLACES = (
    *("templates/**/*.html", "survey/questionnaires/**/*.yaml", "survey/printing/**/*.py", "survey/files/**/*.py"),
    "docs/vi/*.md",
)
GONE = (
    *("Sau đây sẽ thế nào", "không trả lời riêng được", "muốn nói thêm điều gì", "Không mất gì cả"),
    *("Đánh giá việc phục vụ Ông/Bà", "Không còn ai ở đây", "Quyền riêng tư khi đánh giá", "Tiếp cận dịch vụ"),
    *("Công chức giải quyết công việc", "Nhà nước làm chính sách", "Ấn bản", "thứ tự của họ", "Nhóm I"),
    *("ngẫu nhiên gặp những người khác", "Giới tính của Ông/Bà", "thị trấn", "biên nhận", "bản nháp", "chắc chắn"),
    *("khác với tên của lĩnh vực", "Phiếu này không trả lời"),
)
HERE = {
    "overall": "Nhìn chung, Ông/Bà có hài lòng không?",
    "gender": "Ông/Bà là nam hay nữ?",
    "age": "Năm nay Ông/Bà bao nhiêu tuổi?",
    "on_behalf": "Ông/Bà đến làm thủ tục cho mình hay cho tổ chức?",
}


def sentences(path: Path) -> list[tuple[str, str]]:
    """The (msgid, msgstr) of a catalogue, plurals left to their first form."""
    found = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        parts = re.split(r"^(msgid|msgid_plural|msgstr(?:\[\d\])?) ", block, flags=re.MULTILINE)[1:]
        words = {
            name: "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text))
            for name, text in zip(parts[::2], parts[1::2], strict=True)
        }
        found.append((words.get("msgid", ""), words.get("msgstr") or words.get("msgstr[0]", "")))
    return found


VIETNAMESE = dict(sentences(CATALOGUES[0]))


@pytest.mark.parametrize("gone", GONE)
def test_what_people_did_not_understand_is_gone(gone: str) -> None:
    said = [text for path in CATALOGUES for _, text in sentences(path)]
    said += [path.read_text(encoding="utf-8") for pattern in PLACES for path in ROOT.glob(pattern)]
    assert [text[:200] for text in said if gone.lower() in text.lower()] == []


@pytest.mark.parametrize(
    ("english", "vietnamese"),
    [
        ("Is there anything you would like to suggest?", "Ông/Bà có điều gì muốn góp ý thêm không?"),
        ("Nothing is lost: your answers are still here.", "Các câu trả lời của Ông/Bà vẫn còn nguyên."),
        ("You have not chosen an answer yet.", "Ông/Bà chưa chọn câu trả lời nào."),
        ("Would you like to go on?", "Ông/Bà còn trả lời tiếp không ạ?"),
        (
            "In %(seconds)s seconds this screen is cleared for the next person.",
            "Sau %(seconds)s giây, màn hình sẽ xóa để mời người khác.",
        ),
        ("How do we keep this private?", "Chúng tôi giữ kín cho Ông/Bà thế nào?"),
        ("How will your answers be used?", "Ý kiến của Ông/Bà sẽ được dùng như thế nào?"),
        ("Rate the service you received", "Mời Ông/Bà đánh giá sự phục vụ của cơ quan nhà nước"),
        ("Edition %(number)s", "Bản công bố lần %(number)s"),
        (
            "There is statistical evidence that this is lower than elsewhere.",
            "Có bằng chứng thống kê là thấp hơn nơi khác.",
        ),
        (
            "another name: the field %(code)s is called so already",
            "tên khác, vì tên này trùng với lĩnh vực %(code)s",
        ),
    ],
)
def test_better_words_stand(english: str, vietnamese: str) -> None:
    assert VIETNAMESE[english] == vietnamese


def test_a_form_answers_nobody_and_says_who_does() -> None:
    said = [text for english, text in VIETNAMESE.items() if english.startswith("This form cannot answer you.")]
    assert [text.partition(".")[0] for text in said] == ["Qua phiếu này, chúng tôi không trả lời riêng từng người được"]


def test_the_interval_promises_nothing_about_another_sample() -> None:
    said = VIETNAMESE[INTERVAL.message]
    assert "cứ 100 cuộc khảo sát như thế này" in said
    assert not re.search("gặp|nhiều khả năng|chắc", said)


def test_no_group_of_agencies_has_a_letter_of_a_roman_number() -> None:
    assert not set("IVX") & set(LETTERS[Rules().letters])


def test_easy_words_of_a_policy() -> None:
    for code in ("sipas-2022", "sipas-2023-2026"):
        titles = {element.code: element.title.get("vi-simple") for element in bundled()[code].elements}
        assert titles["quality"] == "Nhà nước lo cho dân"


def test_one_word_for_each_thing() -> None:
    """A dossier is what a person hands in; a transaction what N counts; a draft and a slip have one word each."""
    for english, vietnamese in VIETNAMESE.items():
        counts, hands_in = "transaction" in english.lower(), "dossier" in english.lower()
        if counts and not hands_in:
            assert "số hồ sơ" not in vietnamese.lower(), vietnamese
        if hands_in and not counts:
            assert "số giao dịch" not in vietnamese.lower() or "N" in english, vietnamese
    assert VIETNAMESE["Draft"] == "Bản dự thảo"


@pytest.mark.parametrize("code", list(bundled()))
def test_the_form_asks_in_the_words_of_the_trial(code: str) -> None:
    definition = bundled()[code]
    assert definition.overall is not None
    assert definition.respondent is not None
    asked = {question.code: question.text for question in definition.respondent.questions} | {
        "overall": definition.overall
    }
    assert {name: asked[name].get("vi") for name in HERE} == HERE
    assert definition.scale.question.get("vi") == "Ông/Bà hài lòng đến mức nào về những điều dưới đây?"
    titles = {element.code: element.title.get("vi") for element in definition.elements}
    assert titles.get("access", "Nơi đón tiếp") == "Nơi đón tiếp"
    assert titles["officials"] == "Cán bộ làm việc với Ông/Bà"
    for language in definition.languages:  # nothing is left in another language
        assert all(text.language(language) == language for text in asked.values())


def test_modules_are_worded_in_every_language_of_the_form() -> None:
    for module in question_modules().values():
        for question in module.questions:
            for text in (question["text"], *(option["text"] for option in question["options"])):
                assert text.keys() == {"vi", "en", "vi-simple"}
