"""'You said – we did' from accepted actions of published rounds alone; the request for a plan as a letter."""

from __future__ import annotations

import io
from datetime import date

import docx
import pytest
import sqlalchemy as sa
from docx.shared import Mm
from flask import Flask

from survey.improvement.documents.layout import place_and_day
from survey.models import ActionState, Agency, PlanRequest, Round, RoundState, User
from tests.improvement.test_pages_board import TODAY, action, with_province
from tests.support.evaluation import sign_in
from tests.support.reading import soup, words


@pytest.fixture
def site(rounds: Flask) -> Flask:
    with_province(rounds)
    with rounds.extensions["database"].write() as session:
        accepted = {"state": ActionState.DONE, "accepted_at": TODAY}
        action(session, "so-tu-phap", "Đặt thêm ghế", element="access", **accepted)
        action(session, "so-tu-phap", "Tập huấn", state=ActionState.DONE)
        action(session, "so-dat-dai", "Sửa phần mềm", round_code="r0", **accepted)
        action(session, "so-dat-dai", "Niêm yết lại", first_due_on=date(2026, 3, 1))
        session.execute(sa.update(Round).where(Round.code == "r1").values(state=RoundState.PUBLISHED))
    return rounds


def test_only_accepted_actions_of_published_rounds_are_told(site: Flask) -> None:
    public = site.test_client()
    page = soup(public, "/da-noi-da-lam/so-tu-phap")
    text = words(page.main)
    assert "Nơi đón tiếp" in text
    assert "Đặt thêm ghế" in text
    assert "Tập huấn" not in text
    assert public.get("/da-noi-da-lam/so-dat-dai").status_code == 404  # its round is not published
    assert [words(link) for link in soup(public, "/da-noi-da-lam").select(".cards h2")] == ["Sở Tư pháp"]


def test_a_withdrawn_acceptance_leaves_the_page(site: Flask) -> None:
    with site.extensions["database"].write() as session:
        session.execute(sa.text("UPDATE agency_action SET accepted_at = NULL"))
    assert site.test_client().get("/da-noi-da-lam/so-tu-phap").status_code == 404


def test_the_request_is_a_letter_in_the_form_of_the_decree(site: Flask) -> None:
    with site.extensions["database"].write() as session:
        session.add(
            PlanRequest(
                round_id=session.scalars(sa.select(Round.id).where(Round.code == "r1")).one(),
                agency_id=session.scalars(sa.select(Agency.id).where(Agency.code == "so-dat-dai")).one(),
                due_on=date(2026, 3, 20),
                document="12/UBND-KSTTHC",
                text="Lập kế hoạch.",
                created_at=TODAY,
                created_by_id=session.scalars(sa.select(User.id)).first(),
            )
        )
    client = site.test_client()
    sign_in(client, "tinh")
    document = docx.Document(io.BytesIO(client.get("/cai-thien/yeu-cau/1.docx").data))
    section = document.sections[0]
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(margin / Mm(1)) for margin in margins] == [20, 20, 30, 20]
    assert document.styles["Normal"].font.name == "Times New Roman"
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    cells = "\n".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    assert "trước ngày 20/03/2026" in text
    for part in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Số: 12/UBND-KSTTHC", "UBND TỈNH", "Nơi nhận:"):
        assert part in cells
    assert "Niêm yết lại" in cells
    assert "01/03/2026" in cells
    manager = site.test_client()
    sign_in(manager, "manager")
    assert manager.get("/cai-thien/yeu-cau/1.docx").status_code == 404


def test_days_are_written_as_the_decree_asks() -> None:
    assert place_and_day("Sơn La", date(2026, 2, 5)) == "Sơn La, ngày 05 tháng 02 năm 2026"
    assert place_and_day("Sơn La", date(2026, 10, 15)) == "Sơn La, ngày 15 tháng 10 năm 2026"
    assert place_and_day("Sơn La", None) == "Sơn La, ngày …… tháng …… năm ……"
