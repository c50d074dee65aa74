"""Papers of improvement: what they say, counted by hand, and who may have them."""

from __future__ import annotations

import io
from datetime import date

import docx
import pytest
import sqlalchemy as sa
import zxingcpp
from flask import Flask
from PIL import Image
from pypdf import PdfReader

from survey.improvement.documents.layout import place_of
from survey.improvement.documents.notice import NoticeLine, draw_notice
from survey.models import ActionState, Agency, PlanRequest, Round, RoundState, User
from survey.printing.posters.preview import picture
from tests.improvement.test_pages_board import action
from tests.support.evaluation import sign_in
from tests.support.followup import TODAY, with_province
from tests.support.reading import soup, words

BASE = "/cai-thien/van-ban"


@pytest.fixture
def site(rounds: Flask) -> Flask:
    """It is 10 March 2026: so-dat-dai is late with two actions, trung-tam with its plan; so-tu-phap has done one."""
    with_province(rounds)
    with rounds.extensions["database"].write() as session:
        ids = dict(session.execute(sa.select(Agency.code, Agency.id)).all())
        action(session, "so-dat-dai", "Sửa phần mềm", due=-5)
        action(session, "so-dat-dai", "Niêm yết lại", due=20, first_due_on=date(2026, 2, 20))
        action(session, "so-dat-dai", "Tập huấn", due=5)
        accepted = {"state": ActionState.DONE, "accepted_at": TODAY}
        action(session, "so-tu-phap", "Đặt thêm 20 ghế", element="access", **accepted)
        action(session, "so-tu-phap", "Chưa ai duyệt", state=ActionState.DONE)
        session.add(
            PlanRequest(
                round_id=session.scalars(sa.select(Round.id).where(Round.code == "r1")).one(),
                agency_id=ids["trung-tam"],
                due_on=date(2026, 3, 1),
                document="12/UBND-KSTTHC",
                text="",
                created_at=TODAY,
                created_by_id=session.scalars(sa.select(User.id)).first(),
            )
        )
        session.execute(sa.update(Round).where(Round.code == "r1").values(state=RoundState.PUBLISHED))
    return rounds


def text_of(data: bytes) -> str:
    return " ".join(PdfReader(io.BytesIO(data)).pages[0].extract_text().split())


def cells(document: docx.document.Document) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]


def test_the_province_has_the_half_page_and_the_letters(site: Flask) -> None:
    client = site.test_client()
    sign_in(client, "tinh")
    page = soup(client, BASE)
    late = {str(row["data-late"]): words(row.td) for row in page.select("tr[data-late]")}
    assert late == {"so-dat-dai": "2", "trung-tam": "0"}
    pdf = client.get(f"{BASE}/thang.pdf").data
    text = text_of(pdf)
    assert "tình hình đến ngày 10/03/2026" in text
    assert "Sở Nông nghiệp và Môi trường (2 việc, lâu nhất 18 ngày)" in text  # from 20 February, whatever was granted
    assert "Đã quá hạn gửi kế hoạch: Trung tâm Phục vụ hành chính công" in text
    assert "Chờ tỉnh duyệt: 1 việc" in text
    monthly = docx.Document(io.BytesIO(client.get(f"{BASE}/thang.docx").data))
    plans = [row for row in cells(monthly) if len(row) == 7]
    assert [row[2] for row in plans[1:]] == [
        "Sửa phần mềm",
        "Tập huấn",
        "Niêm yết lại",
        "Đặt thêm 20 ghế",
        "Chưa ai duyệt",
    ]
    letter = cells(docx.Document(io.BytesIO(client.get(f"{BASE}/don-doc/so-dat-dai.docx").data)))
    assert ["Sửa phần mềm", "Trưởng bộ phận một cửa", "05/03/2026", "–", "5"] in letter
    assert ["Niêm yết lại", "Trưởng bộ phận một cửa", "20/02/2026", "30/03/2026", "18"] in letter
    other = docx.Document(io.BytesIO(client.get(f"{BASE}/don-doc/trung-tam.docx").data))
    assert "Văn bản số 12/UBND-KSTTHC; hạn gửi là ngày 01/03/2026" in " ".join(p.text for p in other.paragraphs)
    assert client.get(f"{BASE}/don-doc/so-tu-phap.docx").status_code == 404  # it is not late


def test_the_notice_tells_what_was_accepted_and_leads_to_the_page(site: Flask) -> None:
    client = site.test_client()
    sign_in(client, "manager")
    page = soup(client, BASE)
    assert [str(row["data-told"]) for row in page.select("tr[data-told]")] == ["so-tu-phap"]
    assert not page.select("tr[data-late]")
    for paper, size in (("A4", (210, 297)), ("A3", (297, 420))):
        data = client.get(f"{BASE}/thong-bao/so-tu-phap-{paper}.pdf").data
        reader = PdfReader(io.BytesIO(data))
        assert len(reader.pages) == 1
        box = reader.pages[0].mediabox
        assert tuple(round(float(side) * 25.4 / 72) for side in (box.width, box.height)) == size
        text = text_of(data)
        assert "Đặt thêm 20 ghế" in text
        assert "Nơi đón tiếp" in text
        assert "Chưa ai duyệt" not in text
    for address in ("thang.pdf", "thang.docx", "don-doc/so-dat-dai.docx"):
        assert client.get(f"{BASE}/{address}").status_code == 403
    assert client.get(f"{BASE}/thong-bao/so-dat-dai-A4.pdf").status_code == 404


def test_the_code_on_a_notice_can_be_read_and_long_words_stay_on_the_paper() -> None:
    address = "https://danhgia.example.vn/da-noi-da-lam/so-noi-vu"
    lines = [NoticeLine("Cán bộ hướng dẫn rõ ràng. " * 8, "Viết lại hướng dẫn hồ sơ " * 40, "03/2026")] * 6
    data = draw_notice("Sở Nội vụ", lines, "A4", address)
    assert len(PdfReader(io.BytesIO(data)).pages) == 1
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture(data, 1600))))
    assert code.text == address
    assert text_of(data).count("Chúng tôi đã làm, 03/2026") == 4  # more than four would be too small to read


def test_the_place_of_a_document_is_the_province() -> None:
    assert place_of("Ủy ban nhân dân tỉnh Sơn La") == "Sơn La"
    assert place_of("UBND") == "……"
