"""Receipt slips: each code once, four centimetres wide, in a slip that can be cut; the audit log tells how many."""

from __future__ import annotations

from collections import Counter as Tally
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from survey.models import AuditEvent, Counter, ReceiptBatch, ReceiptCode
from survey.printing.posters.emblem import check_emblem
from survey.printing.posters.slips import render_slips
from survey.printing.posters.words import PosterText, Style, Variant
from tests.support.paper import (
    MARKED,
    embeds_subsets_alone,
    pictures,
    read_codes,
    rectangles,
    white_around_codes,
    words_of,
)
from tests.support.places import make_app
from tests.support.receipts import give_transactions

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="5" fill="#a00"/></svg>'
TEXT = PosterText("Trung tâm Phục vụ hành chính công", "Quầy số 3", "", "Public Service Centre", "Counter 3")
LONG = PosterText(
    ("Ủy ban nhân dân xã Mường Chiềng Khừa " * 6)[:200],
    "Quầy " + "W" * 195,
    "",
    "Office " * 20,
    "Counter " * 20,
    date(2026, 10, 1),
    date(2026, 12, 15),
)
ADDRESSES = [f"HTTPS://DANHGIA.EXAMPLE.VN/K/K7MP2X{a}{b}" for a in "ACDE" for b in "23467"]
FULL = Style(Variant.STANDARD, True, check_emblem(SVG))


@pytest.mark.parametrize(("text", "style"), [(TEXT, Style()), (LONG, FULL)], ids=["usual", "long"])
def test_every_slip_has_its_own_code_and_its_quiet_zone(text, style):
    pages = pictures(render_slips(text, ADDRESSES, style))
    assert len(pages) == 2
    assert Tally(code for page in pages for code in read_codes(page)) == Tally(ADDRESSES)
    assert [all(white_around_codes(page, lambda _: 29)) for page in pages] == [True, True]


def test_a_code_is_four_centimetres_wide_and_slips_are_95_by_56():
    mm = 72 / 25.4
    pdf = render_slips(TEXT, ADDRESSES[:10])
    module = 40 / 29
    drawn = [r for r in rectangles(pdf) if r[3] / mm == pytest.approx(module, abs=0.001)]
    lefts, rights = [r[0] / mm for r in drawn], [(r[0] + r[2]) / mm for r in drawn]
    assert max(r for r in rights if r < 105) - min(lefts) == pytest.approx(40, abs=0.01)
    assert max(rights) - min(x for x in lefts if x > 105) == pytest.approx(40, abs=0.01)
    assert max(rights) - max(r for r in rights if r < 105) == pytest.approx(95, abs=0.01)
    tops = sorted({round(297 - (r[1] + r[3]) / mm, 2) for r in drawn})
    assert max(tops) - min(tops) == pytest.approx(4 * 56 + 28 * module, abs=0.02)


def test_a_slip_says_what_it_is_for():
    dated = replace(TEXT, opens_on=date(2026, 10, 1), closes_on=date(2026, 12, 15))
    (page,) = words_of(render_slips(dated, ADDRESSES[:1], FULL))
    for said in (
        TEXT.agency,
        "Quầy số 3",
        "Mời Ông/Bà đánh giá",
        "Không hỏi tên, không hỏi số điện thoại. Mã dùng một lần",
        "Quét mã vuông này",
        "DANHGIA.EXAMPLE.VN/K/K7MP2XA2",
        "Từ ngày 01/10/2026",
        "Please rate our service",
    ):
        assert said in page


def test_its_file_is_named_embedded_and_whole():
    words = "".join(MARKED)
    pdf = render_slips(PosterText(words[:67], words[67:], ""), ADDRESSES[:1])
    assert set(MARKED) <= set(words_of(pdf)[0])
    assert embeds_subsets_alone(pdf)
    reader = PdfReader(BytesIO(pdf))
    assert reader.root_object["/Lang"] == "vi"
    assert reader.metadata.title.startswith("Mã trên giấy hẹn")


def test_the_command_makes_codes_and_writes_down_how_many(tmp_path):
    app = make_app(tmp_path / "i", public_base_url="https://danhgia.example.vn")
    with app.extensions["database"].write() as session:
        number = session.scalars(sa.select(Counter.id).where(Counter.code == "Q1")).one()
        give_transactions(session, number)
    out = tmp_path / "slips.pdf"
    arguments = ["receipt-codes", "--agency", "trung-tam", "--counter", "Q1", "--count", "12", "--out", str(out)]
    result = app.test_cli_runner().invoke(args=arguments)
    assert result.exit_code == 0, result.output
    printed = {code for page in pictures(out.read_bytes()) for code in read_codes(page)}
    with app.extensions["database"].read() as session:
        stored = set(session.scalars(sa.select(ReceiptCode.code).where(ReceiptCode.used.is_(False))))
        event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "receipts.issued")).one()
        batch = session.scalars(sa.select(ReceiptBatch)).one()
    assert printed == {f"HTTPS://DANHGIA.EXAMPLE.VN/K/{code}" for code in stored}
    assert len(stored) == 12
    assert (event.subject, event.after["codes"]) == ("counter:trung-tam/Q1", 12)
    assert (batch.codes, batch.prints, batch.printed_by_id) == (12, 1, None)
    app.extensions["database"].dispose()


@pytest.mark.parametrize("count", ["0", "5001"])
def test_the_command_makes_nothing_when_something_is_wrong(tmp_path, count):
    out = tmp_path / "slips.pdf"
    wanted = ["receipt-codes", "--agency", "trung-tam", "--counter", "Q1", "--out", str(out), "--count"]
    for base, number in (("https://danhgia.example.vn", count), ("", "5")):
        app = make_app(tmp_path / f"i{len(base)}", public_base_url=base)
        assert app.test_cli_runner().invoke(args=[*wanted, number]).exit_code == 2
        with app.extensions["database"].read() as session:
            assert session.scalar(sa.select(sa.func.count()).select_from(ReceiptCode)) == 0
        app.extensions["database"].dispose()
    assert not out.exists()
