"""Charts and shaded tables of the province's report: what the pages of the same round show, read back from the PDF."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from io import BytesIO
from itertools import combinations

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import orm

from survey.core.db import Database
from survey.files.reports.agency import render_agency
from survey.files.reports.heat import shades
from survey.files.reports.label_places import Box, places
from survey.files.reports.load import agencies_with_report, agency_context, province_context, round_context
from survey.files.reports.parts import Writer
from survey.files.reports.province import render_province
from survey.files.reports.quadrants import plot
from survey.models import Agency, Response, Round
from survey.questionnaires import bundled
from survey.results.diagnosis import Contrast
from survey.structure.operations.install_questionnaire import install_questionnaire
from tests.files.test_reports import demonstration, text_of
from tests.support.evaluation import NOW, accounts, earlier_round, equal_importance, scored_round, sign_in
from tests.support.reading import soup, words

__all__ = ["demonstration"]

DASHED = b"[4 3] 0 d"
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
LETTERS = (
    "".join(unicodedata.normalize("NFC", vowel + tone) for vowel in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY" for tone in TONES) + "đĐ"
)
"""Every vowel of Vietnamese with every tone, and đ."""


@pytest.fixture
def rounds(app: Flask) -> Flask:
    """Two small rounds; of the 45 content citizens of so-tu-phap 40 differ in one answer and are not doubtful."""
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
        earlier_round(session)
        session.flush()
        agency = session.scalar(sa.select(Agency.id).where(Agency.code == "so-tu-phap"))
        of = sa.select(Response).join(Round).where(Round.code == "r1", Response.deciding_agency_id == agency)
        for response in session.scalars(of.order_by(Response.id).limit(40)):
            response.answers = "4" + response.answers[1:]
    return app


@pytest.fixture
def evaluator(rounds: Flask, client: FlaskClient) -> FlaskClient:
    sign_in(client, "evaluator")
    return client


def province(app: Flask) -> bytes:
    with app.extensions["database"].read() as session:
        return render_province(province_context(session, round_context(session, "r1")))


def section(text: str, title: str) -> str:
    """Return what the report says from one heading to the next."""
    found = re.search(rf"\d+\. {title}(.*?)(?:\d+\. [A-ZĐ][^.]{{4,60}} (?:Bảng|Biểu|Có|Mỗi|Ý|Chưa|Chỉ)|$)", text)
    assert found is not None, title
    return found[1]


def test_the_heat_table_has_the_cells_of_its_page(rounds: Flask, evaluator: FlaskClient) -> None:
    """Index, difference and verdict of every agency and element; by hand so-dat-dai is 28.6 points below the others."""
    page = soup(evaluator, "/danh-gia/r1/bang-nhiet")
    told = section(text_of(province(rounds)), "Các cơ quan theo yếu tố")
    rows = page.select(".heat tbody tr")
    assert len(rows) == 3
    for row in rows:
        cells = [re.sub(r"[▲▼] (\w+) hơn rõ rệt:", r"\1", words(cell)) for cell in row.find_all("td")]
        cells = [re.sub("Không hiển thị.*|Quá ít.*", "", c).replace("cao", "hơn").replace("thấp", "kém") for c in cells]
        assert f"{words(row.th)} {' '.join(cell.strip() for cell in cells)}" in told
    assert "50,0 kém −28,6" in told
    marked = (
        len(page.select("td.heat-above, td.heat-above-much")),
        len(page.select("td.heat-below, td.heat-below-much")),
    )
    assert marked[1] > 0
    assert (len(re.findall(r"hơn \+\d", told)), len(re.findall(r"kém −\d", told))) == marked


def test_shades_follow_the_verdict_and_are_of_both_strengths() -> None:
    sure, large = Contrast(4.9, "above"), Contrast(-5.0, "below")
    commands = shades([[None, sure], [Contrast(9.0, "same"), large]])
    grounds = {c[1]: c[3].hexval() for c in commands if c[0] == "BACKGROUND"}  # type: ignore[attr-defined]
    assert grounds == {(2, 1): "0xd7e6ee", (2, 2): "0xe09f7d"}


def test_without_a_question_about_the_whole_there_are_differences_and_no_plot(
    rounds: Flask, evaluator: FlaskClient
) -> None:
    told = section(text_of(province(rounds)), "Từng câu hỏi ở từng cơ quan")
    assert "không nêu mức ảnh hưởng" in told
    assert "Mức ảnh hưởng (%)" not in told
    assert "−28,6 kém" in told


def test_the_plot_of_an_agency_has_the_numbers_of_its_page(
    rounds: Flask, evaluator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By hand: 16 items of equal weight, each 28.6 points below the others and surely so."""
    monkeypatch.setattr("survey.results.diagnosis.importance", equal_importance)
    text = text_of(province(rounds))
    told = section(text, "Mức quan trọng và kết quả thực hiện ở từng cơ quan")
    with rounds.extensions["database"].read() as session:
        context = province_context(session, round_context(session, "r1"))
    assert list(context.findings) == [code for code in context.standings if code in context.findings]
    for code in context.findings:
        page = soup(evaluator, f"/danh-gia/r1/co-quan/{code}/manh-yeu")
        rows = [[words(cell) for cell in row.find_all("td")] for row in page.select("tr[data-item]")]
        name = context.agency_name(code)
        verdicts = {"kém hơn": " kém", "tốt hơn": " hơn"}
        gaps = " ".join(row[2].partition(" (")[0] + verdicts.get(row[5], "") for row in rows)
        assert f"{name} {gaps}" in told
        weights = " ".join(row[3].removesuffix(" %").removesuffix("\xa0%") for row in rows)
        assert f"Mức ảnh hưởng (%) {weights}" in told
        drawn = plot(Writer(context), code, context.findings[code]).chart
        assert [mark.spot.number for mark in drawn.marks] == [
            int(words(mark.find("text"))) for mark in page.select(".spot")
        ]
        assert len(page.select(".spot.weakness")) == sum(mark.spot.verdict == "weakness" for mark in drawn.marks)
        assert f"−{drawn.reach:.0f} bằng các cơ quan khác +{drawn.reach:.0f}" in told
    assert "−28,6 kém" in told


def test_the_trend_has_the_numbers_of_its_page(rounds: Flask, evaluator: FlaskClient) -> None:
    page = soup(evaluator, "/danh-gia/r1/dien-bien")
    pdf = province(rounds)
    told = section(text_of(pdf), "Thay đổi so với đợt trước")
    drawn = [words(text) for text in page.select(".trend .figure")]
    assert len(drawn) == 2
    assert " ".join(f"{value} {name}" for value, name in zip(drawn, named(page), strict=True)) in told
    for name, cell in zip(named(page), page.select("tr[data-key=all] td"), strict=True):
        index = words(cell.select_one(".index"))
        assert f"{name} {index}" in told
    changed = words(page.select("tr[data-key=all] .why span")[0])
    assert re.search(rf"{re.escape(changed)} \((tăng|giảm|chưa rõ)\)", told)
    assert "đổi bộ câu hỏi" not in told
    assert DASHED not in drawing(pdf)


def named(page: BeautifulSoup) -> list[str]:
    return [words(head) for head in page.select("thead th")[1:]]


def drawing(pdf: bytes) -> bytes:
    """Return the drawing instructions of all pages."""
    contents = (page.get_contents() for page in PdfReader(BytesIO(pdf)).pages)
    return b"\n".join(content.get_data() for content in contents if content is not None)


def test_a_break_is_drawn_and_forbids_comparing(rounds: Flask) -> None:
    with rounds.extensions["database"].write() as session:
        before = session.scalars(sa.select(Round).where(Round.code == "r0")).one()
        version = install_questionnaire(session, bundled()["sipas-short"], NOW)
        before.version_id = version.id
        for response in session.scalars(sa.select(Response).where(Response.round_id == before.id)):
            response.answers = response.answers[0] * 9 + "." * (len(version.slots) - 9)
    pdf = province(rounds)
    told = section(text_of(pdf), "Thay đổi so với đợt trước")
    assert told.count("đổi bộ câu hỏi hoặc cách tính") == 1
    assert "không so sánh được" in told
    assert "Đường nét đứt" in told
    assert not re.search(r"\((tăng|giảm|chưa rõ)\)", told)
    assert drawing(pdf).count(DASHED) == 1


def test_doubtful_responses_are_told_as_on_the_page(rounds: Flask, evaluator: FlaskClient) -> None:
    """By hand: 40 of 106 took their time, all of so-tu-phap and content: 100 % are left where 75 % were."""
    with rounds.extensions["database"].write() as session:
        for response in session.scalars(sa.select(Response).join(Round).where(Round.code == "r1")):
            if len(set(response.answers[:16])) == 1:
                response.duration_s = 1
    page = soup(evaluator, "/danh-gia/r1").select_one("section[aria-labelledby=doubts]")
    assert page is not None
    told = section(text_of(province(rounds)), "Có và không có phiếu đáng ngờ")
    assert words(page.p) in told
    assert "có 66 phiếu cần xem lại." in words(page.p)
    for row in page.select("tr:has(td)"):
        assert words(row) in told
    agencies = page.select("table:has(#doubt-agencies) tbody tr")
    assert [words(row) for row in agencies] == [f"{words(agencies[0].th)} 60 40 75,0 100,0 +25,0"]


def test_a_round_without_doubtful_responses_says_so(rounds: Flask, evaluator: FlaskClient) -> None:
    with rounds.extensions["database"].write() as session:
        for response in session.scalars(sa.select(Response)):
            response.answers = response.answers[0] + ("3" if response.answers[0] != "3" else "4") + response.answers[2:]
    told = section(text_of(province(rounds)), "Có và không có phiếu đáng ngờ")
    assert "Trong 106 phiếu đã xem, có 0 phiếu cần xem lại." in told
    page = soup(evaluator, "/danh-gia/r1").select_one("section[aria-labelledby=doubts]")
    assert page is not None
    assert words(page.p) in told
    assert "(0,0 điểm)" in told
    assert "Không đáng ngờ" not in told


def test_every_vietnamese_letter_comes_back_from_the_drawings(rounds: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("survey.results.diagnosis.importance", equal_importance)
    assert len(LETTERS) == 146
    parts = [LETTERS[k : k + 20] for k in range(0, len(LETTERS), 20)]
    with rounds.extensions["database"].write() as session:
        for agency in session.scalars(sa.select(Agency).where(Agency.code == "so-dat-dai")):
            agency.name = " ".join(parts)
    told = section(text_of(province(rounds)), "Mức quan trọng và kết quả thực hiện ở từng cơ quan")
    assert all(told.count(part) >= 1 for part in parts)
    assert unicodedata.is_normalized("NFC", told)


def test_one_agency_alone_is_not_set_against_others(database: Database) -> None:
    with database.write() as session:
        scored_round(session)
        session.flush()
        keep_one_agency(session)
        text = text_of(render_province(province_context(session, round_context(session, "r1"))))
    assert "Mức quan trọng và kết quả thực hiện" not in text
    assert "Từng câu hỏi ở từng cơ quan" not in text
    assert "thấp hơn rõ rệt" not in text
    assert "Các cơ quan theo yếu tố" in text


def keep_one_agency(session: orm.Session) -> None:
    others = sa.select(Agency.id).where(Agency.code != "so-tu-phap")
    session.execute(sa.update(Response).where(Response.deciding_agency_id.in_(others)).values(excluded="flagged"))


@pytest.mark.slow(reason="draws reports of a whole province")
def test_labels_cover_neither_one_another_nor_leave_the_frame(demonstration: Flask) -> None:
    """In every plot of the demonstration: at most a touch where three marks coincide."""
    with demonstration.extensions["database"].read() as session:
        context = province_context(session, round_context(session, "2026"))
    assert len(context.findings) == 24
    # nobody was asked of the whole in the demonstration: two items weigh the same each, eight heights for sixteen marks
    for code, found in context.findings.items():
        drawn = plot(Writer(context), code, [replace(f, importance=float(7 * f.number % 8)) for f in found])
        labels = drawn.labels()
        assert len(labels) == 16
        for one, other in combinations(labels, 2):
            assert one.shared(other) < 1.0, code
        frame = Box(0, drawn.BELOW, drawn.width, drawn.height - drawn.ABOVE - drawn.BELOW)
        assert all(frame.holds(label) for label in labels)


def test_labels_of_marks_at_one_place_part() -> None:
    found = places([(50.0, 50.0)] * 8, [(9.0, 6.0)] * 8, Box(0, 0, 100, 100))
    assert all(one.shared(other) == 0 for one, other in combinations(found, 2))
    assert places([(99.0, 1.0)], [(9.0, 6.0)], Box(0, 0, 100, 100))[0].left < 99 - 9


@pytest.mark.slow(reason="draws reports of a whole province")
def test_how_many_pages(demonstration: Flask) -> None:
    """Every agency's report has two pages; the province's grows with its agencies, half a page for each at most."""
    with demonstration.extensions["database"].read() as session:
        shared = round_context(session, "2026")
        whole = PdfReader(BytesIO(render_province(province_context(session, shared))))
        assert 8 <= len(whole.pages) <= 13  # the last for the targets of all
        for code in agencies_with_report(shared):
            assert len(PdfReader(BytesIO(render_agency(agency_context(session, shared, code)))).pages) == 2
