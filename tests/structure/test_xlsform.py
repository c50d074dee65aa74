"""Questionnaires as XLSForm: the same out and in again, foreign ones taken, what has no place refused by its row."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask

from survey.core.errors import InputError
from survey.models import QuestionnaireVersion, Round
from survey.questionnaires import bundled
from survey.structure.xlsform import from_xlsform, relevant, to_xlsform
from tests.support.evaluation import sign_in, token

Rows = Sequence[Sequence[Any]]
HEAD = ("type", "name", "label::Tiếng Việt (vi)", "relevant")
FIVE: Rows = [("list_name", "name", "label::Tiếng Việt (vi)"), *(("m", k, f"Mức {k}") for k in range(1, 6))]


def book(
    survey: Rows, choices: Rows = FIVE, settings: Rows = (("form_title", "form_id"), ("Thử", "Thu 1"))
) -> io.BytesIO:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in (("survey", survey), ("choices", choices), ("settings", settings)):
        page = made.create_sheet(name)
        for row in rows:
            page.append(list(row))
    out = io.BytesIO()
    made.save(out)
    out.seek(0)
    return out


GROUP: Rows = [HEAD, ("begin_group", "tiep", "Nơi đón tiếp", None), ("select_one m", "ghe", "Đủ ghế.", None)]
END = ("end_group", None, None, None)


@pytest.mark.parametrize("code", sorted(bundled()))
def test_out_and_in_again_is_the_same_questionnaire(code: str) -> None:
    definition = bundled()[code]
    assert from_xlsform(io.BytesIO(to_xlsform(definition)), "x.xlsx") == definition


def test_it_reads_as_survey_tools_write_it() -> None:
    pages = openpyxl.load_workbook(io.BytesIO(to_xlsform(bundled()["sipas-service-16"])))
    assert pages.sheetnames == ["survey", "choices", "settings"]
    rows = list(pages["survey"].iter_rows(values_only=True))
    assert rows[0][:5] == ("type", "name", "relevant", "label::Tiếng Việt (vi)", "label::English (en)")
    apology = next(row for row in rows if row[1] == "apology")
    assert apology[:3] == ("select_one apology", "apology", "${timeliness} = 'l'")
    seats = next(row for row in rows if row[1] == "tiep_can_ban_ghe")
    assert seats[3:5] == ("Có đủ ghế ngồi và có bàn để viết.", "There are enough seats, and tables to write at.")
    assert {row[0] for row in pages["choices"].iter_rows(min_row=2, values_only=True)} >= {"muc_do", "timeliness"}


def test_a_form_made_elsewhere_is_taken() -> None:
    survey = [
        HEAD,
        ("start", "start", None, None),
        *GROUP[1:],
        ("select_one m", "nuoc", "Có nước.", "${ghe} = '1'"),
        END,
    ]
    found = from_xlsform(book(survey), "kobo.xlsx")
    assert (found.code, found.title.get("vi"), found.languages) == ("thu-1", "Thử", ("vi",))
    assert [(aspect.code, [element.code for element in aspect.elements]) for aspect in found.aspects] == [
        ("service", ["tiep"])
    ]
    assert [(item.code, item.text.get("vi"), item.show_if) for item in found.items] == [
        ("ghe", "Đủ ghế.", ()),
        ("nuoc", "Có nước.", (("ghe", ("1",)),)),
    ]


def test_a_condition_of_several_questions_comes_back() -> None:
    both = (("a", ("1", "2")), ("b", ("x",)))
    assert relevant(both) == "(${a} = '1' or ${a} = '2') and ${b} = 'x'"
    survey = [*GROUP, ("select_one m", "nuoc", "Nước.", None), ("select_one m", "mat", "Mát.", None), END]
    survey[4] = ("select_one m", "mat", "Mát.", "(${ghe} = '1' or ${ghe} = '2') and selected(${nuoc}, '5')")
    assert from_xlsform(book(survey), "x.xlsx").items[2].show_if == (("ghe", ("1", "2")), ("nuoc", ("5",)))


@pytest.mark.parametrize(
    ("survey", "choices", "said"),
    [
        ([*GROUP, ("text", "ten", "Họ tên", None), END], FIVE, r"row 4: a question of the type text"),
        ([*GROUP, ("select_one m", "b", "B.", "${ghe} > 3"), END], FIVE, r"row 4: the condition \$\{ghe\} > 3"),
        (
            [*GROUP, ("select_one m", "b", "B.", "${ghe} = '1' or ${ghe} = '2' and ${ghe} = '3'"), END],
            FIVE,
            "row 4: the cond",
        ),
        (GROUP, FIVE, r"row 2: the group tiep does not end"),
        ([HEAD, END], FIVE, r"row 2: a group ends that did not begin"),
        ([HEAD, ("select_one m", "ghe", "Ghế.", None)], FIVE, r"row 2: the question ghe stands in no group"),
        ([*GROUP, END], FIVE[:4], r"need the answers 1, 2, 3, 4, 5.*found 1, 2, 3"),
        ([*GROUP, ("select_one k", "b", "B.", None), END], FIVE, r"row 4: the question b has other answers"),
        ([("type", "name", "label::Deutsch"), *GROUP[1:], END], FIVE, r"column label::Deutsch needs the code"),
        ([*GROUP, ("select_one m", "GHẾ 2", "B.", None), END], FIVE, r"cannot be taken as a questionnaire: found"),
        ([HEAD], FIVE, r"has no group of questions to rate"),
    ],
)
def test_what_has_no_place_is_refused_with_one_sentence(survey: Rows, choices: Rows, said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        from_xlsform(book(survey, choices), "x.xlsx")
    assert "\n" not in str(refused.value)


def test_the_page_gives_and_takes_an_xlsform(people: Flask) -> None:
    admin = people.test_client()
    sign_in(admin, "admin")
    with people.extensions["database"].read() as session:
        first = session.scalars(sa.select(Round)).one().version_id
    at = "/quan-tri/bo-cau-hoi"
    sent = openpyxl.load_workbook(io.BytesIO(admin.get(f"{at}/{first}.xlsx").data))
    row = next(row for row in sent["survey"].iter_rows() if row[1].value == "tiep_can_ban_ghe")
    row[3].value = "Có đủ ghế ngồi."
    changed = io.BytesIO()
    sent.save(changed)

    def post(data: bytes) -> Any:
        body = {"csrf_token": token(admin.get(at).text), "file": (io.BytesIO(data), "phieu.xlsx")}
        return admin.post(at, data=body, content_type="multipart/form-data")

    assert post(changed.getvalue()).status_code == 303
    with people.extensions["database"].read() as session:
        newest = session.scalars(sa.select(QuestionnaireVersion).order_by(QuestionnaireVersion.id.desc())).first()
        assert newest.number == 2
        assert "Có đủ ghế ngồi." in newest.content
    broken = post(book([*GROUP, ("geopoint", "noi", "Nơi", None), END]).getvalue())
    assert broken.status_code == 422
    assert "dòng 4: không hỏi được câu loại geopoint, chỉ select_one" in broken.text
