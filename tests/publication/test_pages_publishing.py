"""Publishing by two people, on the pages."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.core.actor import Actor
from survey.models import Publication, Response, Round, User
from survey.publication.operations.api_clients import create_api_client
from survey.structure.operations.close_round import close_round
from tests.support.clock import set_clock
from tests.support.evaluation import (
    NOW,
    accounts,
    opened,
    post,
    protect_accounts,
    publish_scored,
    scored_round,
    second_evaluator,
    sign_in,
    token,
)


@pytest.fixture
def closed(app: Flask) -> Flask:
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
        second_evaluator(session)
        close_round(session, session.scalars(sa.select(Round)).one(), actor=Actor(NOW))
    return app


def person(app: Flask, name: str) -> FlaskClient:
    """Sign a person in, whose account has a second factor from then on."""
    with app.extensions["database"].write() as session:
        session.execute(sa.update(User).values(totp_secret=None))
    client = app.test_client()
    assert sign_in(client, name).status_code == 303
    protect_accounts(app)
    return client


STEPS = "/danh-gia/r1/cong-bo"


def drafted(app: Flask) -> str:
    """Freeze a draft as `evaluator`; return its address."""
    client = person(app, "evaluator")
    assert post(client, STEPS).status_code == 303
    found = re.search(rf'{STEPS}/\d+(?=">Mở bản dự thảo)', client.get(STEPS).get_data(as_text=True))
    assert found is not None
    return found[0]


def test_from_draft_to_the_public_page(closed: Flask) -> None:
    draft = drafted(closed)
    author = person(closed, "evaluator")
    shown = author.get(draft).get_data(as_text=True)
    assert "kết quả giống hệt bản đã chốt" in shown
    assert "Tôi đã xem kỹ" not in shown
    second = person(closed, "hai")
    assert "Tôi đã xem kỹ" in second.get(draft).get_data(as_text=True)
    with closed.extensions["database"].write() as session:
        session.execute(sa.update(User).where(User.username == "hai").values(totp_secret=None))
    assert "hai chưa có lớp bảo vệ thứ hai" in " ".join(second.get(draft).get_data(as_text=True).split())
    assert post(second, draft + "/duyet", form_at=draft).location == draft
    protect_accounts(closed)
    assert post(second, draft + "/duyet", form_at=draft).location == STEPS
    told = " ".join(person(closed, "admin").get("/danh-gia").get_data(as_text=True).split())
    assert "Một bản công bố của Đợt 1 do evaluator chốt và hai xem xét sắp được công bố" in told
    assert "sắp được công bố" not in person(closed, "manager").get("/danh-gia").get_data(as_text=True)
    assert closed.test_client().get("/ket-qua/r1").status_code == 404
    assert post(author, draft + "/cong-khai", form_at=draft).location == STEPS
    public = closed.test_client().get("/ket-qua/r1")
    assert public.status_code == 200
    assert "Bản công bố lần 1" in public.get_data(as_text=True)
    with closed.extensions["database"].read() as session:
        made = session.scalars(sa.select(Publication)).one()
        assert (made.drafted_by.username, made.reviewed_by.username) == ("evaluator", "hai")
        assert made.results_hash in public.get_data(as_text=True)
    assert "Hai người đã chốt và xem xét bản công bố này" in public.get_data(as_text=True)
    kept = " ".join(author.get(draft).get_data(as_text=True).split())
    assert "Tài khoản hai: do admin lập hoặc đặt lại" in kept


def test_the_author_cannot_review_even_by_hand(closed: Flask) -> None:
    draft = drafted(closed)
    author = person(closed, "evaluator")
    assert post(author, draft + "/duyet", form_at=draft).location == draft
    assert "Cần người thứ hai xem xét" in author.get(draft).get_data(as_text=True)
    assert post(author, draft + "/cong-khai", form_at=draft).location == draft
    assert closed.test_client().get("/ket-qua/r1").status_code == 404


def test_answers_that_changed_since_are_told(closed: Flask) -> None:
    draft = drafted(closed)
    with closed.extensions["database"].write() as session:
        session.scalars(sa.select(Response).where(Response.excluded.is_(None)).limit(1)).one().excluded = "duplicate"
    page = person(closed, "hai").get(draft).get_data(as_text=True)
    assert "kết quả khác bản đã chốt" in page
    assert '<td class="count">106</td><td class="count">105</td>' in page


def test_a_draft_may_be_withdrawn_and_a_second_waits_for_the_first(closed: Flask) -> None:
    draft = drafted(closed)
    client = person(closed, "evaluator")
    assert "Chốt kết quả thành bản dự thảo" not in client.get(STEPS).get_data(as_text=True)
    assert post(client, draft + "/rut-lai", form_at=draft).location == STEPS
    assert "Đã rút" in client.get(STEPS).get_data(as_text=True)
    assert drafted(closed) != draft


def test_a_correction_asks_why(closed: Flask) -> None:
    draft = drafted(closed)
    second = person(closed, "hai")
    post(second, draft + "/duyet", form_at=draft)
    post(second, draft + "/cong-khai", form_at=draft)
    without = post(second, STEPS, reason="  ")
    assert without.status_code == 422
    page = BeautifulSoup(without.get_data(as_text=True), "html.parser")
    error, control = page.find(id="reason-error"), page.find(id="reason")
    assert error is not None
    assert error.text.startswith("Hãy ghi vì sao cần bản công bố mới")
    assert control is not None
    assert control["aria-invalid"] == "true"
    assert [link["href"] for link in page.select("#summary a")] == ["#reason"]
    long = post(second, STEPS, reason="Nhập lại. " * 101)
    assert long.status_code == 422
    kept = BeautifulSoup(long.get_data(as_text=True), "html.parser").find(id="reason")
    assert kept is not None
    assert str(kept["value"]).startswith("Nhập lại. Nhập lại.")
    assert post(second, STEPS, reason="Thiếu phiếu giấy của một quầy.").status_code == 303


def test_an_open_round_is_not_published(app: Flask) -> None:
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
    client = person(app, "evaluator")
    page = client.get(STEPS).get_data(as_text=True)
    assert "Đợt này vẫn đang nhận phiếu" in page
    assert '<form method="post" action="/danh-gia' not in page


def test_an_edition_of_another_round_is_not_found(closed: Flask) -> None:
    draft = drafted(closed)
    client = person(closed, "evaluator")
    assert client.get(draft.replace("/r1/", "/none/")).status_code == 404
    assert client.get(STEPS + "/999").status_code == 404


def test_an_edition_names_its_decision_to_everyone(closed: Flask) -> None:
    set_clock(closed, NOW)
    with closed.extensions["database"].write() as session:
        publish_scored(session)
    client = closed.test_client()
    sign_in(client, "evaluator")
    page = "/danh-gia/r1/cong-bo/1"
    link = "https://congbao.example.vn/123"
    for wrong, named in (
        ({"on": "01/03/2026", "number": ""}, "số của quyết định"),
        ({"number": "123/QĐ-UBND", "on": ""}, "ngày của quyết định"),
        ({"number": "123/QĐ-UBND", "on": "02/03/2026"}, "chưa đến"),  # tomorrow
        ({"number": "123/QĐ-UBND", "on": "01/03/2026", "link": "javascript:alert(1)"}, "https://"),
    ):
        refused = post(client, f"{page}/quyet-dinh", page, **{"link": "", **wrong})
        assert refused.status_code == 422
        assert named in refused.get_data(as_text=True)
    sent = {"number": "123/QĐ-UBND", "on": "01/03/2026", "link": link}
    assert post(client, f"{page}/quyet-dinh", page, **sent).status_code == 303
    public = closed.test_client()
    shown = BeautifulSoup(public.get("/ket-qua/r1").data, "html.parser").select_one(f'a[href="{link}"]')
    assert shown is not None
    assert "123/QĐ-UBND" in shown.get_text()
    assert public.get("/ket-qua/r1/dataset.jsonld").get_json(force=True)["isBasedOn"] == {
        "@type": "Legislation",
        "legislationIdentifier": "123/QĐ-UBND",
        "legislationDate": "2026-03-01",
        "url": link,
    }
    with closed.extensions["database"].write() as session:
        _client, secret = create_api_client(session, name="Cổng", scopes=("published",), actor=Actor(NOW))
    detail = public.get("/api/v1/rounds/r1", headers={"Authorization": f"Bearer {secret}"}).get_json()
    assert detail["decision"] == {"number": "123/QĐ-UBND", "day": "2026-03-01", "link": link}


def test_a_decision_named_from_an_old_page_does_not_replace_a_newer_one(closed: Flask) -> None:
    with closed.extensions["database"].write() as session:
        publish_scored(session)
    first, second, at = person(closed, "evaluator"), person(closed, "hai"), f"{STEPS}/1"
    page = second.get(at).get_data(as_text=True)
    old = {"csrf_token": token(page), **opened(page, f"{at}/quyet-dinh")}
    newer = {"number": "12/QĐ-UBND", "on": "2026-02-27", "link": ""}
    assert post(first, f"{at}/quyet-dinh", form_at=at, **newer).status_code == 303
    reply = second.post(f"{at}/quyet-dinh", data={**old, "number": "11/QĐ-UBND", "on": "2026-02-26", "link": ""})
    assert reply.status_code == 409
    with closed.extensions["database"].read() as session:
        assert session.scalars(sa.select(Publication.decision_number)).one() == "12/QĐ-UBND"
