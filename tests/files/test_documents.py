"""Documents of a round to alter and sign: their form, figures worked out by hand, and who may have them."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import docx
import pptx
import pytest
import sqlalchemy as sa
from docx.document import Document
from docx.enum.text import WD_COLOR_INDEX
from docx.shared import Mm
from flask import Flask
from pypdf import PdfReader

from survey.models import ActionState, Agency, Cause, Round, Target
from tests.improvement.test_pages_board import action
from tests.support.evaluation import sign_in
from tests.support.followup import TODAY, with_province
from tests.support.jobs import ask, make_file

BASE = "/danh-gia/r1/tai-ve"


@pytest.fixture
def site(rounds: Flask) -> Flask:
    """Round r1 with actions; satisfied: so-tu-phap 45 of 60, so-dat-dai 20 of 40, trung-tam 6 of 6, too few to tell."""
    with_province(rounds)
    with rounds.extensions["database"].write() as session:
        causes = [Cause.GUIDANCE.value, Cause.STAFFING.value]
        action(session, "so-dat-dai", "Niêm yết lại", causes=causes, element="access")
        r1 = session.scalars(sa.select(Round.id).where(Round.code == "r1")).one()
        for code in ("so-tu-phap", "trung-tam"):  # of the second nothing is told
            agency = session.scalars(sa.select(Agency.id).where(Agency.code == code)).one()
            session.add(Target(round_id=r1, agency_id=agency, element="", value=40.0))
        action(session, "so-dat-dai", "Đã bỏ", causes=[Cause.SYSTEMS.value], state=ActionState.DROPPED)
    return rounds


def text_of(document: Document) -> str:
    return "\n".join(paragraph.text for paragraph in document.paragraphs)


def rows_of(document: Document, number: int) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in document.tables[number].rows]


def appendices(document: Document) -> dict[str, list[str]]:
    """Return the rows of the appendices by the agency's name."""
    tables = [rows for k in range(len(document.tables)) if (rows := rows_of(document, k))[0][:2] == ["STT", "Cơ quan"]]
    return {row[1]: row for rows in tables for row in rows[1:]}


def test_report_has_the_sections_and_figures_of_the_pages(site: Flask) -> None:
    client = site.test_client()
    sign_in(client, "evaluator")
    reply = make_file(site, client, f"{BASE}/van-ban/bao-cao")
    assert 'filename="bao cao cua dot r1.docx"' in reply.headers["Content-Disposition"]
    document = docx.Document(io.BytesIO(reply.data))
    text = text_of(document)
    places = [
        text.index(heading)
        for heading in (
            "I. Đánh giá chung",
            "II. Kết quả",
            "III. Tồn tại",
            "IV. Nguyên nhân",
            "V. Kiến nghị, giao nhiệm",
        )
    ]
    assert places == sorted(places)
    last = text[text.index("Những người không trả lời có thể") :]
    assert "kém hài lòng hơn tới" in last
    assert "Phụ lục" not in last
    assert "72,2" in text  # (600 × 75 + 200 × 50 + 100 × 100) / 900
    targets = next(rows for k in range(len(document.tables)) if (rows := rows_of(document, k))[0][1] == "Chỉ tiêu")
    assert [(row[0], row[1], row[2], row[4]) for row in targets[1:]] == [("Sở Tư pháp", "40,0", "75,0", "đạt")]
    assert "hướng dẫn chưa rõ (1 việc); thiếu cán bộ (1 việc)" in text
    assert "phần mềm" not in text.split("IV. Nguyên nhân")[1].split("V. Kiến nghị")[0]  # its action was dropped
    first, last = document.sections[0], document.sections[-1]
    margins = (first.top_margin, first.bottom_margin, first.left_margin, first.right_margin)
    assert [round(margin / Mm(1)) for margin in margins] == [20, 20, 30, 20]
    assert first.different_first_page_header_footer
    assert not last.different_first_page_header_footer
    assert document.core_properties.language == "vi-VN"
    assert document.core_properties.created == TODAY


def test_decision_has_two_decimals_blanks_and_nothing_of_few_people(site: Flask, tmp_path: Path) -> None:
    result = site.test_cli_runner().invoke(
        args=["document", "--round", "r1", "--what", "quyet-dinh", "--out", str(tmp_path)]
    )
    assert result.exit_code == 0, result.stderr
    path = tmp_path / "sipas-r1-quyet-dinh.docx"
    assert result.stdout.split() == [str(path)]
    document = docx.Document(str(path))
    text = text_of(document)
    for article in ("Điều 1.", "Điều 2.", "Điều 3."):
        assert article in text
    assert "72,22" in text
    found = appendices(document)
    assert found["Sở Tư pháp"][3] == "75,00"
    for name in ("Trung tâm Phục vụ hành chính công", "Sở Nông nghiệp và Môi trường"):
        assert set(found[name][2:]) == {"không nêu"}  # the second, or the first could be worked out from the whole
    marked = [run for paragraph in document.paragraphs for run in paragraph.runs if run.text == "……"]
    assert marked
    assert {run.font.highlight_color for run in marked} == {WD_COLOR_INDEX.YELLOW}


def test_eight_slides_have_native_charts_whose_whiskers_are_the_intervals(site: Flask) -> None:
    client = site.test_client()
    sign_in(client, "evaluator")
    show = pptx.Presentation(io.BytesIO(make_file(site, client, f"{BASE}/van-ban/trinh-chieu").data))
    assert len(show.slides) == 8
    titles = [slide.shapes.title.text_frame.text for slide in show.slides]
    second = " ".join(shape.text_frame.text for shape in show.slides[1].shapes if shape.has_text_frame)
    assert "kém hài lòng hơn tới" in second
    assert titles[1].replace("\xa0", " ") == "Chỉ số hài lòng chung: 72,2 %"
    assert titles[7] == "Các cơ quan đã lập 1 việc cải thiện, 0 việc quá hạn"
    charts = [[shape.chart for shape in slide.shapes if shape.has_chart] for slide in show.slides]
    assert [len(found) for found in charts] == [0, 1, 1, 1, 0, 1, 0, 1]  # no commune in this round
    departments = charts[3][0]
    assert list(departments.plots[0].categories) == ["Sở Tư pháp"]  # the two others are hidden, as in the decision
    assert list(departments.plots[0].series[0].values) == [75.0]
    plus, minus = (
        float(departments.plots[0].series[0]._element.xpath(f"c:errBars/c:{end}//c:v")[0].text)
        for end in ("plus", "minus")
    )
    assert (75 - minus, 75 + plus) == pytest.approx((63.60, 84.25), abs=0.005)  # the interval of the decision


OFFICE = shutil.which("soffice")


@pytest.mark.slow(reason="starts LibreOffice to read it")
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed (make debian)")
def test_libreoffice_opens_all_three(site: Flask, tmp_path: Path) -> None:
    assert site.test_cli_runner().invoke(args=["document", "--round", "r1", "--out", str(tmp_path)]).exit_code == 0
    files = sorted(tmp_path.glob("sipas-*"))
    assert [file.suffix for file in files] == [".docx", ".docx", ".pptx"]
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    subprocess.run(
        [str(OFFICE), profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), *map(str, files)],
        check=True,
        capture_output=True,
        timeout=180,
    )
    pages = {file.stem: PdfReader(file).pages for file in tmp_path.glob("*.pdf")}
    assert len(pages["sipas-r1-trinh-chieu"]) == 8
    assert "72,22" in pages["sipas-r1-quyet-dinh"][0].extract_text()
    assert "72,2" in pages["sipas-r1-bao-cao"][0].extract_text()
    for name in ("sipas-r1-quyet-dinh", "sipas-r1-bao-cao"):
        assert all(len(page.extract_text().split()) > 20 for page in pages[name])  # no empty page


@pytest.mark.parametrize("person", ["manager", "staff", "tinh"])
def test_only_evaluators_have_them(site: Flask, person: str) -> None:
    client = site.test_client()
    sign_in(client, person)
    assert ask(client, f"{BASE}/van-ban/bao-cao").status_code == 403
