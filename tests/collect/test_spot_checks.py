"""Spot checks of paper: what a clerk made of the papers is found by another unit before it counts."""

from __future__ import annotations

import hashlib

import pytest
import sqlalchemy as sa

from survey.accounts.operations.create_user import create_user
from survey.collect.operations.spot_check import draw_spot_check
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import Agency, EntryBatch, ImportBatch, Role, Round, SpotForm
from tests.collect.test_insiders import QUEUE, figures, signed_in
from tests.collect.test_insiders import site as site
from tests.collect.test_pages_paper import begin, key_in
from tests.support.evaluation import NOW, PASSWORD, post

ITEMS, AGAIN = 9, "/phieu-giay/nhap-lai"


def drawn(site) -> list[int]:
    with site.extensions["database"].read() as session:
        return list(session.scalars(sa.select(SpotForm.number).order_by(SpotForm.number)))


def test_papers_keyed_in_as_all_fives_are_found_by_another_unit(site) -> None:
    """Twelve papers say 1 to everything, the clerk keys 5: the pile waits, and the sample says how it agrees."""
    with site.extensions["database"].write() as session:
        agency = session.scalars(sa.select(Agency.id).where(Agency.code == "so-dat-dai")).one()
        create_user(session, username="other", password=PASSWORD, role=Role.STAFF, agency_id=agency, actor=Actor(NOW))
    staff, evaluator, other = (signed_in(site, name) for name in ("staff", "evaluator", "other"))
    begin(site, staff, every="0")
    for _ in range(12):
        assert key_in(staff, "/phieu-giay/1/nhap", "5" * ITEMS).status_code == 303
    at = f"{QUEUE}/1"
    post(evaluator, f"{at}/mau", "/tai-khoan")
    assert drawn(site) == []  # it is still being keyed in
    assert post(staff, "/phieu-giay/1/xong", "/phieu-giay/1").status_code == 303
    assert post(staff, f"{at}/mau", "/tai-khoan").status_code == 403
    assert post(evaluator, f"{at}/mau", at).status_code == 303
    numbers = drawn(site)
    assert len(numbers) == 5  # a tenth of twelve, and at least five
    assert post(evaluator, f"{at}/mau", "/tai-khoan").status_code == 303
    assert drawn(site) == numbers  # no second draw until one pleases

    # neither the clerk nor the head of the unit keys it in again, nor does anyone a form that was not drawn
    for own in ("staff", "manager"):
        assert "Không có mẫu nào" in signed_in(site, own).get(AGAIN).text
        assert signed_in(site, own).get(f"{AGAIN}/1/{numbers[0]}").status_code == 404
    left = next(number for number in range(1, 13) if number not in numbers)
    assert other.get(f"{AGAIN}/1/{left}").status_code == 404
    page = other.get(f"{AGAIN}/1/{numbers[0]}").text
    assert 'value="5"' not in page  # what was keyed in first is not shown

    assert post(evaluator, f"{at}/duyet", at).status_code == 303
    assert "mẫu chưa được nhập lại" in evaluator.get(at).text
    for number in numbers:
        assert key_in(other, f"{AGAIN}/1/{number}", "1" * ITEMS).status_code == 303
    told = " ".join(evaluator.get(at).text.split())
    with site.extensions["database"].read() as session:
        forms = session.scalars(sa.select(SpotForm)).all()
        compared, agreed = (sum(getattr(form, name) for form in forms) for name in ("compared", "agreed"))
        # of each form nine items differ, and what was left blank by both agrees
        assert compared - agreed == 5 * ITEMS
        assert {form.keyed_by_id for form in forms} == {forms[0].keyed_by_id}
    assert f"({agreed}/{compared})" in told
    assert "Sở Nông nghiệp và Môi trường" in told
    assert figures(site) == (10, 0)  # nothing counts yet
    assert post(evaluator, f"{at}/tu-choi", at, reason="Nhập khác giấy").status_code == 303
    assert figures(site) == (10, 0)


def test_the_seed_gives_the_sample(site) -> None:
    """Whoever is told the seed draws the same forms: the five smallest SHA-256 of "7:number" among twelve."""
    staff = signed_in(site, "staff")
    begin(site, staff, every="0")
    for _ in range(12):
        key_in(staff, "/phieu-giay/1/nhap", "5" * ITEMS)
    post(staff, "/phieu-giay/1/xong", "/phieu-giay/1")
    with site.extensions["database"].write() as session:
        batch = session.get_one(ImportBatch, 1)
        draw_spot_check(session, batch, actor=Actor(NOW), seed=7)
        with pytest.raises(InputError, match="drawn already"):
            draw_spot_check(session, batch, actor=Actor(NOW), seed=8)
    by_hash = sorted(range(1, 13), key=lambda number: hashlib.sha256(f"7:{number}".encode()).hexdigest())
    assert drawn(site) == sorted(by_hash[:5])


def test_a_round_may_ask_for_it_of_every_pile(site) -> None:
    """One form in three of sixteen is six; without a sample the pile is not released, so the round is not published."""
    with site.extensions["database"].write() as session:
        session.execute(sa.update(Round).values(spot_check=3))
        agency = session.scalars(sa.select(Agency.id).where(Agency.code == "so-dat-dai")).one()
        create_user(session, username="other", password=PASSWORD, role=Role.STAFF, agency_id=agency, actor=Actor(NOW))
    staff, evaluator, other = (signed_in(site, name) for name in ("staff", "evaluator", "other"))
    begin(site, staff, every="0")
    for _ in range(16):
        assert key_in(staff, "/phieu-giay/1/nhap", "5" * ITEMS).status_code == 303
    post(staff, "/phieu-giay/1/xong", "/phieu-giay/1")
    at = f"{QUEUE}/1"
    assert "chỉ được tính sau đó" in evaluator.get(at).text
    assert post(evaluator, f"{at}/duyet", at).status_code == 303
    assert "hãy lấy mẫu" in evaluator.get(at).text
    assert figures(site) == (10, 0)
    post(evaluator, f"{at}/mau", at)
    numbers = drawn(site)
    assert len(numbers) == 6
    for number in numbers:
        assert key_in(other, f"{AGAIN}/1/{number}", "5" * ITEMS).status_code == 303
    assert post(evaluator, f"{at}/duyet", at).status_code == 303
    assert figures(site)[0] == 26


def test_answers_by_telephone_are_on_no_paper(site) -> None:
    with site.extensions["database"].write() as session:
        session.execute(sa.update(Round).values(spot_check=3))
    staff, evaluator = signed_in(site, "staff"), signed_in(site, "evaluator")
    begin(site, staff, every="0")
    for _ in range(5):
        key_in(staff, "/phieu-giay/1/nhap", "5" * ITEMS)
    post(staff, "/phieu-giay/1/xong", "/phieu-giay/1")
    with site.extensions["database"].write() as session:
        session.execute(sa.update(EntryBatch).values(channel="phone"))
    assert post(evaluator, f"{QUEUE}/1/duyet", f"{QUEUE}/1").status_code == 303
    assert figures(site)[0] == 15
