"""One-use codes: looking costs nothing, sending uses them up, and nothing leads from one to its response."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from survey.core.errors import InputError
from survey.models import Channel, Counter, ReceiptCode, Response
from tests.support.places import fill
from tests.support.receipts import issued

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def receipt(place):
    with place.extensions["database"].write() as session:
        counter_id = session.scalar(sa.select(Counter.id).where(Counter.code == "Q1"))
        (code,) = issued(session, counter_id, 1, LONG_AGO)
    return code


def channels(place):
    with place.extensions["database"].read() as session:
        return session.scalars(sa.select(Response.channel)).all()


def test_looking_never_uses_a_code_up(place, citizen, receipt):
    for _ in range(3):
        assert citizen.get(f"/K/{receipt}").status_code == 200
        assert citizen.head(f"/K/{receipt.lower()}").status_code == 200
    assert citizen.post(f"/K/{receipt}", data=fill(citizen, receipt)).status_code == 303
    assert channels(place) == [Channel.RECEIPT]


def test_a_used_code_says_so_kindly_and_takes_nothing(place, citizen, receipt):
    first, second = fill(citizen, receipt), fill(citizen, receipt)
    assert citizen.post(f"/K/{receipt}", data=first).status_code == 303
    assert citizen.post(f"/K/{receipt}", data=first).status_code == 303  # a repeat of the same form
    for reply in (citizen.post(f"/K/{receipt}", data=second), citizen.get(f"/K/{receipt}")):
        assert reply.status_code == 410
        assert "đã được dùng" in reply.text
    assert len(channels(place)) == 1
    assert "Người khác muốn đánh giá" not in citizen.get(f"/K/{receipt}/thanks").text


def test_something_to_correct_does_not_use_a_code_up(place, citizen, receipt):
    assert citizen.post(f"/K/{receipt}", data=fill(citizen, receipt, comment="ơ" * 2001)).status_code == 422
    assert citizen.post(f"/K/{receipt}", data=fill(citizen, receipt)).status_code == 303


def test_two_at_the_same_instant_are_one_response(place, citizen, receipt):
    forms = [fill(citizen, receipt) for _ in range(4)]
    gate = threading.Barrier(len(forms))

    def post(body):
        gate.wait()
        return place.test_client(use_cookies=False).post(f"/K/{receipt}", data=body).status_code

    with ThreadPoolExecutor(len(forms)) as pool:
        assert sorted(pool.map(post, forms)) == [303, 410, 410, 410]
    assert len(channels(place)) == 1


def test_nothing_leads_from_a_receipt_to_a_response():
    columns = set(ReceiptCode.__table__.columns.keys())
    assert columns == {"id", "code", "counter_id", "batch_id", "issued_on", "used"}
    assert not [key for key in Response.__table__.foreign_keys if key.column.table.name == "receipt_code"]


def test_a_batch_is_distinct_and_bounded(place):
    with place.extensions["database"].write() as session:
        codes = issued(session, 1, 500, LONG_AGO)
        assert len(set(codes)) == 500
        for number in (0, 5001):
            with pytest.raises(InputError):
                issued(session, 1, number, LONG_AGO)
