"""A wrong questionnaire file is refused, and every message says where, what was found and what is expected."""

# ruff: noqa: E501 - the table of wrong files has one file a line

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.core.errors import InputError
from survey.questionnaires import DefinitionError, bundled, load_file, loads

GOOD = """\
code: kiosk
family: kiosk
title: {vi: Đánh giá, en: Rating}
languages: [vi, en]
samples: [hmn]
scale:
  levels:
    - {vi: Rất tệ, en: Awful}
    - {vi: Tệ, en: Bad}
    - {vi: Vừa, en: Fair}
    - {vi: Tốt, en: Good}
    - {vi: Rất tốt, en: Great}
  unknown: {vi: Không biết, en: No idea}
aspects:
  - code: service
    title: {vi: Phục vụ, en: Service}
    elements:
      - code: result
        title: {vi: Kết quả, en: Result, hmn: mẫu}
        items:
          - code: on_time
            text:
              vi: Đúng hẹn.
              en: On time.
          - code: correct
            text: {vi: Chính xác., en: Correct.}
            show_if: {on_time: ["4", "5"]}
respondent:
  title: {vi: Hồ sơ, en: Dossier}
  questions:
    - code: filing
      text: {vi: Nộp ở đâu, en: Where filed}
      options:
        - {code: c, text: {vi: Tại quầy, en: Counter}}
        - {code: o, text: {vi: Qua mạng, en: Online}}
    - code: trouble
      show_if: {filing: [o]}
      text: {vi: Có khó không, en: Was it hard}
      options:
        - {code: y, text: {vi: Có, en: "Yes"}}
        - {code: n, text: {vi: Không, en: "No"}}
"""


def test_the_sample_is_good() -> None:
    definition = loads(GOOD)
    assert definition.pack({"on_time": "5", "filing": "o", "trouble": "n"}) == "5.on"
    assert definition.elements[0].title.get("hmn") == "mẫu"


# what is replaced, by what, the line of the message, and what it must say
WRONG = {
    "unknown key": ("            show_if: {on", "            show_iff: {on", 27, "unknown key 'show_iff'; expected show_if"),
    "unknown key at the top": ("samples:", "author: me\nsamples:", 5, "the unknown key 'author'"),
    "missing key": ("code: kiosk\n", "", 1, "no key 'code'; expected code, aspects"),
    "missing title": ("title: {vi: Đánh giá, en: Rating}\n", "", 1, "no key 'title'"),
    "key twice": ("              en: On time.", "              vi: On time.", 24, "'vi' again; expected each key once (first on line 23)"),
    "missing wording": ("              en: On time.\n", "", 23, "no wording in 'en'; expected a wording for each of vi, en"),
    "wording of another language": ("              en: On time.", "              en: On time.\n              fr: À temps.", 25, "language 'fr'; expected one of vi, en, hmn"),
    "wording without language": ("text: {vi: Chính xác., en: Correct.}", "text: Chính xác.", 26, "the text 'Chính xác.'; expected a wording for each"),
    "empty wording": ("              vi: Đúng hẹn.", "              vi: ''", 23, "an empty text; expected a wording"),
    "wording that is a list": ("              vi: Đúng hẹn.", "              vi: [Đúng hẹn]", 23, "a list; expected text"),
    "text not NFC": ("Đúng hẹn.", unicodedata.normalize("NFD", "Đúng hẹn."), 23, "not NFC or holds invisible characters; expected text in NFC"),
    "invisible character": ("Đúng hẹn.", "Đúng\u200b hẹn.", 23, "not NFC or holds invisible characters"),
    "duplicate item": ("          - code: correct", "          - code: on_time", 25, "'on_time' again; expected a code of its own (first on line 21)"),
    "duplicate of item and question": ("    - code: filing", "    - code: correct", 31, "'correct' again; expected a code of its own (first on line 25)"),
    "duplicate group": ("      - code: result", "      - code: service", 18, "'service' again"),
    "bad code": ("          - code: correct", "          - code: Đúng-1", 25, "'Đúng-1'; expected a code of a-z, 0-9 and _"),
    "bad questionnaire code": ("code: kiosk", "code: Kiosk 1", 1, "'Kiosk 1'; expected lower-case letters, digits and hyphens"),
    "code that is a list": ("          - code: correct", "          - code: [correct]", 25, "a list; expected a code"),
    "four levels": ("    - {vi: Vừa, en: Fair}\n", "", 8, "4 levels; expected 5, from very dissatisfied"),
    "no scale in a language without standard labels": ("languages: [vi, en]", "languages: [vi, en, fr]", 8, "no wording in 'fr'"),
    "condition on an unknown question": ("{on_time: [", "{on_tine: [", 27, "question 'on_tine'; expected the code of a question that stands earlier (is it on_time?)"),
    "condition on a later question": ("{on_time: [\"4\", \"5\"]}", "{filing: [o]}", 27, "question 'filing'; expected the code of a question that stands earlier"),
    "condition on itself": ("{filing: [o]}", "{trouble: [y]}", 37, "question 'trouble'"),
    "condition on an answer that is not": ("{filing: [o]}", "{filing: [o, z]}", 37, "'z'; expected one of c, o, x, the answers of 'filing'"),
    "condition without answers": ("{filing: [o]}", "{filing: []}", 37, "an empty list; expected a list of answers"),
    "condition that is text": ("{filing: [o]}", "filing", 37, "the text 'filing'; expected a mapping from an earlier question"),
    "long option code": ("- {code: o,", "- {code: online,", 35, "'online'; expected one character of 0-9 and a-z but x"),
    "reserved option code": ("- {code: o,", "- {code: x,", 35, "'x'; expected one character of 0-9 and a-z but x"),
    "option twice": ("- {code: o,", "- {code: c,", 35, "'c' again"),
    "one option": ("        - {code: o, text: {vi: Qua mạng, en: Online}}\n", "", 34, "one answer; expected at least two"),
    "no items": ("        items:\n", "        items: []\n        item:\n", 20, "an empty list; expected a list of items"),
    "aspects that are text": ("aspects:\n", "aspects: none\nrest:\n", 14, "the text 'none'; expected a list of aspects"),
    "bad language tag": ("languages: [vi, en]", "languages: [vi, en, English]", 4, "'English'; expected a language tag"),
    "language twice": ("languages: [vi, en]", "languages: [vi, en, vi]", 4, "a language twice"),
    "YAML syntax": ("title: {vi: Đánh giá, en: Rating}", "title: {vi: Đánh giá, en: Rating", 4, "a YAML error"),
    "tab": ("              en: On time.", "\t\ten: On time.", 24, "a YAML error"),
    "alias": ("{vi: Tệ, en: Bad}", "*level", 9, "an anchor or alias (level); expected plain YAML"),
    "anchor": ("{vi: Tệ, en: Bad}", "&level {vi: Tệ, en: Bad}", 9, "an anchor or alias (level)"),
    "tag": ("{vi: Tệ, en: Bad}", "!!python/object/apply:os.getcwd []", 9, "a tag (tag:yaml.org,2002:python/object/apply:os.getcwd)"),
    "control character": ("Rất tệ", "Rất\x07 tệ", 8, "the character U+0007; expected printable text"),
    "key that is a list": ("samples: [hmn]", "[samples]: hmn", 5, "a list; expected a key of plain text"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_every_error_names_its_line(kind: str, tmp_path: Path) -> None:
    before, after, line, said = WRONG[kind]
    assert before in GOOD
    path = tmp_path / "wrong.yaml"
    path.write_text(GOOD.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_file(path)
    lines = [str(problem) for problem in caught.value.problems if problem.line == line]
    assert any(said in text for text in lines), f"expected line {line}: {said!r}; got {caught.value}"
    assert all(text.startswith(f"{path}:{line}: found ") and "; expected " in text for text in lines)


def test_all_problems_are_reported_in_order_of_lines() -> None:
    wrong = GOOD.replace("en: Bad", "de: Schlecht").replace("code: correct", "code: on_time").replace("[o]", "[z]")
    with pytest.raises(DefinitionError) as caught:
        loads(wrong, "wrong.yaml")
    assert [problem.line for problem in caught.value.problems] == [9, 9, 25, 37]
    assert str(caught.value).count("wrong.yaml:") == 4


def test_many_problems_are_counted() -> None:
    items = ", ".join(["same"] * 60)
    with pytest.raises(DefinitionError, match="… and 29 more"):
        loads(f"code: a\naspects: [{{code: s, elements: [{{code: e, items: [{items}]}}]}}]")


def test_scale_may_be_left_out_where_its_labels_are_standard() -> None:
    start, end = GOOD.index("scale:"), GOOD.index("aspects:")
    assert loads(GOOD[:start] + GOOD[end:]).scale.levels[4].get("vi") == "Rất hài lòng"
    with pytest.raises(DefinitionError, match="no key 'scale'; expected the labels of the scale in vi, en, fr"):
        loads((GOOD[:start] + GOOD[end:]).replace("[vi, en]", "[vi, en, fr]"))


def test_what_yaml_would_turn_into_other_things_stays_text() -> None:
    definition = loads(
        "code: a\naspects: [{code: no, elements: [{code: 'on', items: [yes, 08, 1_0]}]}]",
    )
    assert definition.scheme().codes == ("yes", "08", "1_0")
    assert definition.scheme().aspects == ("no",)


def test_too_many_questions() -> None:
    items = ", ".join(f"i{number}" for number in range(201))
    with pytest.raises(DefinitionError, match="201 items and questions; expected at most 200"):
        loads(f"code: a\naspects: [{{code: s, elements: [{{code: e, items: [{items}]}}]}}]")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "wrong.yaml:1: found an empty file"),
        (b"# nothing\n", "wrong.yaml:1: found an empty file"),
        (b"- a\n", "wrong.yaml:1: found a list; expected a mapping with code, aspects"),
        (b"code: a\ntitle: \xff\xfe\n", "wrong.yaml:2: found the byte 0xff; expected text in UTF-8"),
        (b"code: a\n---\ncode: b\n", "wrong.yaml:2: found a YAML error"),
        (b"[" * 5000, "wrong.yaml:1: found nesting deeper than 16"),
        (b"#" * 1_000_001, "found 1000001 bytes; expected at most 1000000"),
        (b"a: &a [x, x]\nb: &b [*a, *a]\n", "wrong.yaml:1: found an anchor or alias (a)"),
    ],
)
def test_files_that_are_no_questionnaires(content: bytes, said: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        loads(content, "wrong.yaml")
    assert said in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.yaml cannot be read"):
        load_file(tmp_path / "nowhere.yaml")


def test_a_byte_order_mark_is_forgiven(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_file(path) == loads(GOOD)


@settings(deadline=None)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_and_never_crashes(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(GOOD)))
    length = data.draw(st.integers(0, 30))
    noise = data.draw(st.text(alphabet=":-[]{}&*!'\"#?,\n\t \x00xé|>%@`", max_size=6))
    lines = [1]
    try:
        loads(GOOD[:at] + noise + GOOD[at + length :])
    except DefinitionError as error:
        lines = [problem.line for problem in error.problems]
    assert lines
    assert min(lines) >= 1


def test_bundled_files_end_with_one_newline_and_hold_no_tabs() -> None:
    for code in bundled():
        content = (Path("survey/questionnaires") / f"{code}.yaml").read_text(encoding="utf-8")
        assert content.endswith("\n")
        assert not content.endswith("\n\n")
        assert "\t" not in content
