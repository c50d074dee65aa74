"""The four questionnaires that are shipped, and what a definition does with answers."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import survey.questionnaires
from survey.core.errors import InputError
from survey.models import SlotKind
from survey.questionnaires import (
    DEFAULT,
    OVERALL,
    Definition,
    LocalText,
    broken_files,
    bundled,
    canonical,
    content_hash,
    from_canonical,
    load_file,
    load_folder,
    loads,
)

FIXTURES = Path(__file__).parent.parent / "fixtures"
DEFINITIONS = list(bundled().values())
SERVICE = ("access", "procedures", "officials", "result", "feedback")
POLICY = ("accountability", "participation", "quality", "impact")

# elements with their numbers of items, in order, from the description of the official forms
COUNTS = {
    "sipas-service-16": dict(zip(SERVICE, (3, 4, 3, 3, 3), strict=True)),
    "sipas-2023-2026": dict(zip(POLICY + SERVICE, (2, 2, 9, 10, 3, 4, 3, 3, 3), strict=True)),
    "sipas-2022": dict(zip(POLICY + SERVICE, (2, 2, 8, 2, 4, 4, 5, 3, 3), strict=True)),
    "sipas-short": {"officials": 3, "result": 2, "feedback": 4},
}
# keys of the form 2023-2026 in the order of its numbers 1 to 39
ITEMS_2023 = re.findall(
    r"\w+",
    """
giai_trinh_hinh_thuc giai_trinh_day_du tham_gia_gop_y tham_gia_phan_hoi cs_kinh_te cs_y_te cs_giao_duc cs_trat_tu
cs_giao_thong cs_dien cs_nuoc cs_an_sinh cs_cchc kq_kinh_te_gd kq_ktxh kq_benh_vien kq_truong kq_trat_tu kq_giao_thong
kq_dien kq_nuoc kq_an_sinh kq_bo_may tiep_can_bien_hieu tiep_can_ban_ghe tiep_can_thiet_bi tthc_niem_yet tthc_ho_so
tthc_phi tthc_thoi_han cc_thai_do cc_huong_dan cc_dung_quy_dinh kq_dung_hen kq_chinh_xac kq_cong_bang pakn_hinh_thuc
pakn_xu_ly pakn_thong_bao
""",
)

SMALL = loads(
    """
code: small
aspects:
  - code: service
    elements:
      - code: result
        items: [on_time, {code: late_well_explained, show_if: {on_time: ["1", "2"]}}]
respondent:
  title: About you
  questions:
    - code: late
      text: Was it late?
      options: [{code: y, text: "Yes"}, {code: n, text: "No"}]
    - code: apology
      text: Did they apologise?
      show_if: {late: [y]}
      options: [{code: y, text: "Yes"}, {code: n, text: "No"}]
    - code: apology_kind
      text: How?
      show_if: {apology: [y], on_time: ["1", "2", "3"]}
      options: [{code: l, text: By letter}, {code: s, text: In words}]
"""
)


def texts(definition: Definition) -> list[tuple[str, LocalText]]:
    """Every wording of a questionnaire with a name for messages."""
    found = [("title", definition.title), ("unknown", definition.scale.unknown)]
    found += [(f"level {number}", text) for number, text in enumerate(definition.scale.levels, start=1)]
    for group in (*definition.aspects, *definition.elements):
        found.append((group.code, group.title))
    found += [(item.code, item.text) for item in definition.items]
    for section in definition.sections:
        found += [(section.title.get("en"), section.title), ("unknown", section.unknown)]
        for question in section.questions:
            found.append((question.code, question.text))
            found += [(f"{question.code}={option.code}", option.text) for option in question.options]
    return found


def test_default_comes_first() -> None:
    assert next(iter(bundled())) == DEFAULT == "sipas-service-16"
    assert set(bundled()) == set(COUNTS)


@pytest.mark.parametrize("code", COUNTS)
def test_items_per_element(code: str) -> None:
    assert {element.code: len(element.items) for element in bundled()[code].elements} == COUNTS[code]


def test_items_are_those_of_the_form() -> None:
    assert [item.code for item in bundled()["sipas-2023-2026"].items] == ITEMS_2023
    assert [item.code for item in bundled()["sipas-service-16"].items] == ITEMS_2023[23:]
    new_in_2022 = {item.code for item in bundled()["sipas-2022"].items} - set(ITEMS_2023)
    assert new_in_2022 == {"tiep_can_thong_tin", "tiep_can_sach_se", "cc_tra_loi", "cc_tan_tinh"}
    assert {item.code for item in bundled()["sipas-short"].items} - set(ITEMS_2023) == {"pakn_sua_doi"}


def test_ten_needs_stay_out_of_the_index() -> None:
    full = bundled()["sipas-2023-2026"]
    assert full.needs is not None
    needs = {question.code for question in full.needs.questions}
    assert len(needs) == 10
    assert all(len(question.options) in (3, 4) for question in full.needs.questions)
    assert not needs & set(full.scheme().codes)
    assert {slot.code for slot in full.slots if slot.kind is SlotKind.NEED} == needs | {OVERALL}


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda d: d.code)
def test_the_overall_question_is_rated_and_stays_out_of_the_index(definition: Definition) -> None:
    position = [slot.code for slot in definition.slots].index(OVERALL)
    assert position == len(definition.items)  # the items keep the places they had before it was asked
    assert definition.slots[position].options == ("1", "2", "3", "4", "5", "x")
    assert OVERALL not in definition.scheme().codes
    assert OVERALL in definition.rated
    assert definition.on_scale(OVERALL)
    assert definition.parse_answer(OVERALL, "rat hai long") == "5"
    packed = definition.pack({OVERALL: "4"})
    assert packed[:position] == "." * position
    assert packed[position] == "4"


def test_a_questionnaire_stored_before_the_overall_question_keeps_its_hash() -> None:
    data = json.loads(canonical(SMALL))
    assert "overall" not in data
    assert set(data["scale"]) == {"levels", "unknown"}
    assert SMALL.scale.question.get("en") == "How satisfied are you with each of these?"
    assert SMALL.overall_section is None


def test_a_questionnaire_may_ask_its_own_question_above_the_items() -> None:
    words = "levels: [a, b, c, d, e], unknown: x, question: 'Do you agree?'"
    own = loads(
        f"code: q\nfamily: q\ntitle: t\nlanguages: [vi]\nscale: {{{words}}}\noverall: 'All in all?'\n"
        "aspects: [{code: s, title: S, elements: [{code: e, title: E, items: [{code: i, text: I}]}]}]\n"
    )
    assert own.scale.question.get("vi") == "Do you agree?"
    assert own.overall is not None
    assert [slot.code for slot in own.slots] == ["i", OVERALL]
    assert from_canonical(canonical(own)) == own


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda d: d.code)
def test_languages_are_complete_and_samples_off(definition: Definition) -> None:
    assert definition.languages == ("vi", "en", "vi-simple")
    assert definition.samples == ("blt", "hmn")
    for name, text in texts(definition):
        written = dict(text.pairs)
        assert set(definition.languages) <= set(written), name
        assert written["en"] != written["vi"], name
        for language, wording in written.items():
            assert unicodedata.is_normalized("NFC", wording), name
            if language in definition.samples:
                assert "mẫu, chờ người dịch" in wording, name


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda d: d.code)
def test_statements_can_be_read_aloud(definition: Definition) -> None:
    for item in definition.items:
        for language in definition.languages:
            wording = item.text.get(language).replace("Ông/Bà", "Ông Bà")
            assert wording.endswith("."), item.code
            assert len(wording) <= 100, item.code
            assert not re.search(r"\b[A-ZĐ]{2,}\b|[/()]", wording), f"{item.code}: an abbreviation or a bracket"


def test_same_code_has_the_same_wording_everywhere() -> None:
    wording: dict[str, LocalText] = {}
    for definition in DEFINITIONS:
        for item in definition.items:
            assert wording.setdefault(item.code, item.text) == item.text


def test_fallback_says_which_language_it_is() -> None:
    item = bundled()[DEFAULT].items[0]
    assert item.text.get("blt") == item.text.get("vi")
    assert item.text.language("blt") == "vi"
    assert item.text.language("en") == "en"


def test_respondent_questions() -> None:
    definition = bundled()[DEFAULT]
    assert definition.respondent is not None
    options = {q.code: "".join(o.code for o in q.options) for q in definition.respondent.questions}
    assert options == {
        "on_behalf": "co",
        "filing": "cop",
        "timeliness": "eoln",
        "apology": "yn",
        "gender": "mf",
        "age": "12345",
        "education": "123456",
        "occupation": "rnstpgo",
        "area": "ur",
    }
    assert definition.conditions() == {"apology": {"timeliness": ["l"]}}
    assert definition.labels("gender")["x"].get("vi") == "Không trả lời"


def test_reference_items_match_the_reference_data() -> None:
    definition = load_file(FIXTURES / "questionnaire.yaml")
    assert not definition.presentable
    scheme = definition.scheme()
    assert len(scheme.codes) == 20
    assert scheme.elements == ("access", "procedure", "staff", "result", "feedback")
    assert scheme.codes[0] == "acc1"
    assert scheme.codes[-1] == "fee4"


# -- canonical form ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("definition", [*DEFINITIONS, SMALL], ids=lambda d: d.code)
def test_canonical_round_trip(definition: Definition) -> None:
    content = canonical(definition)
    assert from_canonical(content) == definition
    assert canonical(from_canonical(content)) == content
    assert re.fullmatch("[0-9a-f]{64}", content_hash(definition))


def test_hash_follows_content_only() -> None:
    source = "code: a\naspects: [{code: s, elements: [{code: e, items: [i, j]}]}]\n"
    respelt = "# a comment\naspects:\n- elements:\n  - items: ['i', \"j\"]\n    code: e\n  code: s\ncode: a\n"
    assert content_hash(loads(source)) == content_hash(loads(respelt))
    for changed in (source.replace("[i, j]", "[j, i]"), source.replace("i, j", "i, j, k"), source.replace("e,", "f,")):
        assert content_hash(loads(source)) != content_hash(loads(changed))


# -- packed answers ---------------------------------------------------------------------------------------------


def test_pack_by_hand() -> None:
    # slots: on_time, late_well_explained, late, apology, apology_kind
    assert SMALL.pack({}) == "._.__"
    assert SMALL.pack({"on_time": "2", "late": "y"}) == "2.y._"
    assert SMALL.pack({"on_time": "5", "late": "x", "apology": ""}) == "5_x__"
    assert SMALL.pack({"on_time": "1", "late_well_explained": "x", "late": "y", "apology": "y"}) == "1xyy."
    assert SMALL.unpack("2.y._") == {"on_time": "2", "late": "y"}


def test_hidden_answers_are_dropped_through_a_chain() -> None:
    answers = {"on_time": "1", "late": "n", "apology": "y", "apology_kind": "l"}
    # not late: no apology was asked for, and what hangs on the dropped answer is not asked either
    assert SMALL.pack(answers) == "1.n__"
    assert SMALL.visible(answers) == {"on_time", "late_well_explained", "late"}


def test_both_conditions_must_hold() -> None:
    answers = {"on_time": "4", "late": "y", "apology": "y", "apology_kind": "l"}
    assert SMALL.pack(answers) == "4_yy_"
    assert SMALL.pack({**answers, "on_time": "3"}) == "3_yyl"


@pytest.mark.parametrize(
    ("answers", "named"),
    [
        ({"nothing": "1"}, "nothing"),
        ({"on_time": "6"}, "'6'"),
        ({"on_time": "55"}, "'55'"),
        ({"on_time": "."}, "'.'"),
        ({"late": "_"}, "'_'"),
        ({"late": "z"}, "y, n, x"),
        ({"late": "n", "apology": "z"}, "'z'"),  # checked although it is hidden
    ],
)
def test_pack_refuses(answers: dict[str, str], named: str) -> None:
    with pytest.raises(InputError, match=re.escape(named)):
        SMALL.pack(answers)


def test_unpack_refuses_another_length() -> None:
    with pytest.raises(InputError, match="4 characters; the questionnaire small has 5"):
        SMALL.unpack("5_x_")


@st.composite
def filled(draw: st.DrawFn) -> tuple[Definition, dict[str, str]]:
    definition = draw(st.sampled_from([SMALL, *DEFINITIONS]))
    return definition, {
        slot.code: draw(st.sampled_from(slot.options)) for slot in definition.slots if draw(st.booleans())
    }


@given(filled())
def test_pack_round_trip(case: tuple[Definition, dict[str, str]]) -> None:
    definition, answers = case
    packed = definition.pack(answers)
    assert len(packed) == len(definition.slots)
    kept = definition.unpack(packed)
    assert kept == {code: answer for code, answer in answers.items() if code in definition.visible(answers)}
    assert definition.pack(kept) == packed
    assert definition.visible(kept) == definition.visible(answers)


# -- answers in imported files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("4", "4"),
        (" 4 ", "4"),
        ("4.0", "4"),
        ("4,0", "4"),
        ("", ""),
        ("  ", ""),
        ("NA", ""),
        ("x", "x"),
        ("hai long", "4"),
        ("Rất hài lòng", "5"),
        (unicodedata.normalize("NFD", "Rất hài lòng"), "5"),
        ("RAT KHONG HAI LONG", "1"),
        ("không hài lòng", "2"),
        ("KHONG BIET", "x"),
        ("Không liên quan", "x"),
        ("không biết/không liên quan", "x"),
        ("Bình thường", "3"),
        ("Very satisfied", "5"),
        ("neutral", "3"),
        ("5 - Rất hài lòng", "5"),
        ("2. Khong hai long", "2"),
        ("N/A", "x"),
    ],
)
def test_parse_satisfaction(cell: str, answer: str) -> None:
    assert bundled()[DEFAULT].parse_answer("kq_dung_hen", cell) == answer
    assert SMALL.parse_answer("on_time", cell) == answer  # a questionnaire without wording understands them too


@pytest.mark.parametrize("cell", ["0", "6", "4.5", "hài", "khá", "1 - Rất hài lòng", "hài lòng hoặc không", "44"])
def test_parse_refuses(cell: str) -> None:
    with pytest.raises(InputError, match=r"expected one of 1 \(Rất không hài lòng\)"):
        bundled()[DEFAULT].parse_answer("kq_dung_hen", cell)


def test_parse_respondent_answers() -> None:
    definition = bundled()[DEFAULT]
    assert definition.parse_answer("gender", "nữ") == "f"
    assert definition.parse_answer("gender", "Nu") == "f"
    assert definition.parse_answer("timeliness", "tre hon ngay hen") == "l"
    assert definition.parse_answer("age", "Over 60") == "5"
    assert definition.parse_answer("age", "khong tra loi") == "x"


def test_parse_refuses_what_can_mean_two_answers() -> None:
    definition = loads(
        """
code: seasons
languages: [vi]
family: seasons
title: Mùa
aspects: [{code: s, title: S, elements: [{code: e, title: E, items: [{code: i, text: I}]}]}]
respondent:
  title: Về Ông/Bà
  questions:
    - {code: fruit, text: Quả gì, options: [{code: a, text: Dừa}, {code: b, text: Dứa}]}
"""
    )
    assert definition.parse_answer("fruit", "dừa") == "a"
    assert definition.parse_answer("fruit", "DỨA") == "b"
    with pytest.raises(InputError, match=r"'dua' can mean several answers .* write one of a \(Dừa\), b \(Dứa\)"):
        definition.parse_answer("fruit", "dua")


def test_parse_refuses_an_unknown_question() -> None:
    with pytest.raises(InputError, match="no question 'weather'"):
        SMALL.parse_answer("weather", "4")


@given(st.text(max_size=40))
def test_parse_answers_or_refuses(cell: str) -> None:
    try:
        answer = SMALL.parse_answer("late", cell)
    except InputError:
        return
    assert answer in ("", "y", "n", "x")


def test_conditions_are_plain_data() -> None:
    assert json.loads(json.dumps(SMALL.conditions()))["apology_kind"] == {"apology": ["y"], "on_time": ["1", "2", "3"]}


def test_a_broken_file_and_a_repeated_code_hinder_no_other(tmp_path: Path) -> None:
    good = (Path(survey.questionnaires.__file__).parent / "sipas-short.yaml").read_text("utf-8")
    (tmp_path / "a.yaml").write_text(good, "utf-8")
    (tmp_path / "b.yaml").write_text("code: [", "utf-8")
    (tmp_path / "c.yaml").write_text(good, "utf-8")
    loaded = load_folder(tmp_path)
    assert list(loaded.definitions) == ["sipas-short"]
    broken, repeated = loaded.problems
    assert "b.yaml:1" in broken
    assert repeated.endswith("c.yaml: the questionnaire sipas-short stands in a.yaml already; give it another code")


def test_what_comes_with_the_software_is_whole() -> None:
    assert broken_files() == ()
