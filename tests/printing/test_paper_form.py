"""The paper form: every item and answer of the questionnaire in its order, and a corner code on every page."""

from __future__ import annotations

import csv
import re
from io import BytesIO
from itertools import pairwise

import pytest
import yaml
from pypdf import PdfReader

from survey.collect.entry.form import parts, read
from survey.core.config import ROOT
from survey.models import Round
from survey.printing.questionnaire.corner import Corner, read_corner
from survey.printing.questionnaire.document import PaperSheet, paginate, render_form
from survey.printing.questionnaire.rows import PaperRow, form_rows
from survey.printing.questionnaire.sheets import round_form
from survey.questionnaires import bundled
from survey.questionnaires.canonical import canonical, content_hash
from survey.questionnaires.definition import entry_keys
from tests.support.paper import MARKED, embeds_subsets_alone, pictures, read_codes, rectangles, words_of
from tests.support.places import make_app

CODES = ["sipas-service-16", "sipas-2023-2026", "sipas-short"]


def sheet(code: str, **more) -> PaperSheet:
    return PaperSheet(
        code, 3, content_hash(bundled()[code]), "Sở Tư pháp", "Quầy số 3", "Đợt 2026", ("Đất đai",), **more
    )


def source(code: str) -> dict:
    return yaml.safe_load((ROOT / "survey" / "questionnaires" / f"{code}.yaml").read_text("utf-8"))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("bilingual", [False, True], ids=["vi", "vi+en"])
@pytest.mark.parametrize("code", CODES)
def test_all_wording_and_answers_are_there_in_order_without_codes(code, bilingual):
    """Compared with the YAML file itself, not with what was loaded from it."""
    data = source(code)
    printed = squeezed("".join(words_of(render_form(bundled()[code], sheet(code), bilingual=bilingual))))
    languages = ("vi", "en") if bilingual else ("vi",)
    asked = [(item, None) for aspect in data["aspects"] for e in aspect["elements"] for item in e["items"]]
    for section in filter(None, (data.get("needs"), data.get("respondent"))):
        asked += [(question, section) for question in section["questions"]]
    at = 0
    for number, (question, section) in enumerate(asked, 1):
        text = squeezed(question["text"]["vi"])
        place = printed.find(text, at)
        assert place >= at, question["code"]
        assert printed.rfind(f"{number}.", 0, place) >= 0
        end = printed.find(squeezed(asked[number][0]["text"]["vi"]), place) if number < len(asked) else len(printed)
        piece = printed[place:end]
        if "_" in question["code"]:  # a code, not a word of the question: it is the office's, never the citizen's
            assert question["code"] not in piece
        for language in languages:
            assert squeezed(question["text"][language]) in piece
        for option in question.get("options", []) or (section or {}).get("options", []):
            assert squeezed(option["text"]["vi"]) in piece
        at = place + 1
    levels = [level["vi"] for level in data["scale"]["levels"]]
    assert all(squeezed(level) in printed for level in [*levels, data["scale"]["unknown"]["vi"]])


@pytest.mark.parametrize("code", CODES)
def test_every_page_says_which_version_and_page_it_is(code):
    definition = bundled()[code]
    pages = pictures(render_form(definition, sheet(code), bilingual=True))
    known = content_hash(definition)[:12]
    found = [read_corner(text) for page in pages for text in read_codes(page)]
    assert found == [Corner(code, 3, known, k, len(pages)) for k in range(1, len(pages) + 1)]


def test_a_corner_that_is_not_ours_says_nothing():
    for text in ("", "https://example.vn", "SIPAS/1/X/1/ABC/1/2", "SIPAS/2/X/1/0123456789AB/1/2"):
        assert read_corner(text) is None
    corner = Corner("sipas-short", 12, "0123456789ab", 2, 7)
    assert corner.text() == "SIPAS/1/SIPAS-SHORT/12/0123456789AB/2/7"
    assert read_corner(corner.text()) == corner


def test_the_default_form_is_one_sheet_with_a_box_for_every_answer():
    pdf = render_form(bundled()["sipas-service-16"], sheet("sipas-service-16"))
    assert len(PdfReader(BytesIO(pdf)).pages) == 2
    side = 5.6 / 25.4 * 72
    boxes = [r for r in rectangles(pdf) if r[2] == pytest.approx(side) and r[3] == pytest.approx(side)]
    assert len(boxes) == 17 * 6  # six for each statement and for the overall question


def test_a_condition_is_told_in_words_with_the_number_of_the_question_it_hangs_on():
    (front, back) = words_of(render_form(bundled()["sipas-service-16"], sheet("sipas-service-16")))
    assert "Nếu câu 19 chọn “Trễ hơn ngày hẹn” thì:" in back
    assert "Nếu" not in front
    pages = words_of(render_form(bundled()["sipas-service-16"], sheet("sipas-service-16"), bilingual=True))
    assert "If the answer to question 19 is “Later than promised”:" in " ".join(pages)


def test_what_belongs_to_the_counter_is_asked_only_where_it_is_open():
    definition = bundled()["sipas-short"]
    plain = words_of(render_form(definition, sheet("sipas-short")))[0]
    assert "Sở Tư pháp" in plain
    assert "Quầy số 3" in plain
    assert "Lĩnh vực của hồ sơ" not in plain
    both = PaperSheet("sipas-short", 1, "a" * 64, services=("Đất đai", "Hộ tịch"), agencies=("Sở Tư pháp", "Sở Y tế"))
    page = words_of(render_form(definition, both))[0]
    for said in ("Lĩnh vực của hồ sơ", "Đất đai", "Hộ tịch", "Cơ quan giải quyết hồ sơ", "Sở Y tế"):
        assert said in page


def test_nothing_is_split_no_heading_ends_a_page_and_the_scale_stands_on_every_page():
    def nothing(_canvas, _top):
        return None

    head = PaperRow(10, nothing, keep=True)
    heading = PaperRow(20, nothing, keep=True)
    item = PaperRow(30, nothing, scale=True)
    question = PaperRow(30, nothing)
    pages = paginate([heading, item, item, heading, item, question, question], head, 100)
    # 20 + 10 + 30 + 30 = 90; a heading and an item (50) no longer fit; then 20 + 10 + 30 + 30 = 90; then 30
    assert pages == [[heading, head, item, item], [heading, head, item, question], [question]]


@pytest.mark.parametrize("code", CODES)
def test_every_row_fits_a_page(code):
    assert max(row.height for row in form_rows(bundled()[code], ("vi", "en"))) < 250
    for page in pictures(render_form(bundled()[code], sheet(code), bilingual=True), 50):
        edge = round(6 / 25.4 * 50)
        page.paste(255, (edge, edge, page.width - edge, page.height - edge))
        assert page.getextrema() == (255, 255)


def test_its_file_is_named_embedded_and_whole():
    words = "".join(MARKED)
    pdf = render_form(bundled()["sipas-short"], PaperSheet("sipas-short", 1, "a" * 64, words[:67], words[67:]))
    assert set(MARKED) <= set(words_of(pdf)[0])
    assert embeds_subsets_alone(pdf)
    reader = PdfReader(BytesIO(pdf))
    assert reader.root_object["/Lang"] == "vi"
    assert reader.metadata.title.startswith(bundled()["sipas-short"].title.get("vi"))


def test_the_command_prints_the_rounds_own_version(tmp_path):
    app = make_app(tmp_path / "i")
    out = tmp_path / "form.pdf"
    arguments = ["paper-form", "--round", "r1", "--agency", "trung-tam", "--counter", "Q2", "--out", str(out)]
    result = app.test_cli_runner().invoke(args=arguments)
    assert result.exit_code == 0, result.output
    with app.extensions["database"].read() as session:
        round_ = session.query(Round).one()
        version = round_.version
        (corner,) = (read_corner(text) for text in read_codes(pictures(out.read_bytes())[0]))
        assert (corner.questionnaire, corner.version) == (version.questionnaire.code, version.number)
        assert version.content_hash.startswith(corner.content_hash)
        assert "Quầy số" not in words_of(round_form(round_))[0]
    page = words_of(out.read_bytes())[0]
    assert "Quầy số 2" in page
    assert "Sở Tư pháp" in page
    for wrong in (["--agency", "trung-tam"], ["--agency", "trung-tam", "--counter", "Q7"]):
        bad = app.test_cli_runner().invoke(args=["paper-form", "--round", "r1", *wrong, "--out", str(tmp_path / "x")])
        assert bad.exit_code == 2
    app.extensions["database"].dispose()


def lines_of(pdf: bytes) -> list[tuple[float, float, str]]:
    """Return (baseline, size, text) of the lines of the first page, from its top."""
    found: dict[float, tuple[float, str]] = {}

    def note(text, _cm, tm, _font, size):
        if text.strip():
            largest, before = found.get(round(tm[5], 1), (0.0, ""))
            found[round(tm[5], 1)] = (max(largest, size), before + text)

    PdfReader(BytesIO(pdf)).pages[0].extract_text(visitor_text=note)
    return [(y, *found[y]) for y in sorted(found, reverse=True)]


@pytest.mark.parametrize("row", [0, 1], ids=["five lines", "one word without a space"])
def test_the_head_grows_with_its_names(row):
    tables = ROOT / "tests" / "fixtures" / "cases" / "tables"
    with (
        (tables / "longa.csv").open(encoding="utf-8-sig") as agencies,
        (tables / "longc.csv").open(encoding="utf-8-sig") as counters,
    ):
        agency = next(csv.DictReader(agencies))["name"]
        counter = list(csv.DictReader(counters))[row]["name"]
    code = "sipas-service-16"
    long = PaperSheet(code, 3, content_hash(bundled()[code]), agency, counter, "Đợt 2026", ("Đất đai",))
    pdf = render_form(bundled()[code], long, bilingual=True)
    printed = squeezed("".join(words_of(pdf)))
    for text in (agency, counter, bundled()[code].title.get("vi"), bundled()[code].title.get("en")):
        assert squeezed(text) in printed
    head = lines_of(pdf)[:12]
    for (above, _, one), (below, size, other) in pairwise(head):
        assert above - below >= 0.9 * size, (one, other)  # a line begins below the one above it


def test_profile_answers_are_numbers_on_paper_and_on_the_screen():
    """Whoever keys in types what stands in the box that was ticked; codes of earlier paper are taken too."""
    definition = bundled()["sipas-service-16"]
    assert entry_keys(["m", "f"]) == {"m": "1", "f": "2"}
    assert entry_keys(["0", "1", "2"]) == {"0": "0", "1": "1", "2": "2"}
    fields = {field.code: field for part in parts(canonical(definition), "vi") for field in part.fields}
    assert fields["gender"].choices == (("1", "Nam"), ("2", "Nữ"), ("0", fields["gender"].choices[-1][1]))
    assert [key for key, _label in fields["occupation"].choices] == ["1", "2", "3", "4", "5", "6", "7", "0"]
    for typed in ("2", "f"):
        assert read({"a.gender": typed}, definition).answers == {"gender": "f"}
    printed = words_of(render_form(definition, sheet("sipas-service-16")))
    text = " ".join(" ".join(printed).split())
    assert "m Nam" not in text
    assert text.index("1 Nam") < text.index("2 Nữ")
