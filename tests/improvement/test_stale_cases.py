"""A page of a case, or of the calendar of replies, opened before another's step: sending it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from survey.models import Case, CaseKind, CaseState, CaseTerm
from survey.web.security import limiter
from tests.improvement.test_cases import WORK, handler, of, one, send, step
from tests.support.followup import with_province
from tests.support.reading import soup
from tests.support.stored import everything
from tests.web.test_pages_stale_forms import filled_in, open_form


@pytest.fixture
def site(rounds: Flask) -> Iterator[Flask]:
    with_province(rounds)
    limiter.reset()
    send(rounds.test_client(use_cookies=False), "Quầy số 1 mở cửa muộn")
    yield rounds
    limiter.reset()


def old_form(client: FlaskClient, case: int, name: str) -> dict[str, object]:
    return open_form(client, f"{WORK}/{case}/{name}", f"{WORK}/{case}")


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("phan-loai", {"kind": "suggestion"}),
        ("giao", {"owner": "Phòng hộ tịch"}),
        ("chuyen", {"agency": "so-dat-dai", "reason": "Không thuộc thẩm quyền"}),
    ],
)
def test_a_step_from_an_old_page_changes_nothing_and_keeps_what_was_typed(
    site: Flask, name: str, typed: dict[str, str]
) -> None:
    """The attack: one evaluator assigns the case, another, whose page is older, takes it away unseen."""
    case, first, second = one(site).id, of(site, "evaluator"), of(site, "admin")
    old = old_form(second, case, name)
    assert step(first, case, "giao", owner="Trưởng bộ phận", handler=handler(site)).status_code == 303
    before = everything(site)
    reply = second.post(f"{WORK}/{case}/{name}", data={**old, **typed})
    assert reply.status_code == 409
    assert everything(site) == before
    page = reply.get_data(as_text=True)
    assert "Chưa có gì được lưu" in page
    assert "evaluator" in page  # who was faster
    again = filled_in(page, f"{WORK}/{case}/{name}")
    assert {key: again[key] for key in typed} == typed
    assert second.post(f"{WORK}/{case}/{name}", data=again).status_code == 303


def test_a_reply_is_approved_as_it_was_read(site: Flask) -> None:
    """The attack: the handler writes another reply while the province's page shows the first."""
    case = one(site).id
    assert step(of(site, "manager"), case, "giao", owner="Bộ phận", handler=handler(site)).status_code == 303
    staff, province = of(site, "staff"), of(site, "tinh")
    step(staff, case, "tra-loi", reply="Chúng tôi xin lỗi.")
    old = old_form(province, case, "duyet")
    with site.extensions["database"].write() as session:
        session.get_one(Case, case).reply = "Việc của ông bà."
    assert province.post(f"{WORK}/{case}/duyet", data={**old, "decision": "approve"}).status_code == 409
    with site.extensions["database"].read() as session:
        assert session.get_one(Case, case).state is CaseState.REPLIED


def test_days_off_from_an_old_page_do_not_bring_old_terms_back(site: Flask) -> None:
    first, second, address = of(site, "admin"), of(site, "admin"), f"{WORK}/lich"
    old = {**filled_in(second.get(address).get_data(as_text=True), ""), "days": "02/01/2026 nghỉ Bù"}
    changed = {**filled_in(first.get(address).get_data(as_text=True), ""), "report": "5"}
    assert first.post(address, data=changed).status_code == 303
    reply = second.post(address, data=old)
    assert reply.status_code == 409
    again = filled_in(reply.get_data(as_text=True), "")
    assert (again["report"], again["days"]) == ("5", "02/01/2026 nghỉ Bù")
    assert second.post(address, data=again).status_code == 303
    with site.extensions["database"].read() as session:
        terms = dict(session.execute(sa.select(CaseTerm.kind, CaseTerm.days)).all())
        assert terms[CaseKind.REPORT] == 5


def test_ticked_cases_that_somebody_changed_since_the_list_was_opened_stay_as_they_are(site: Flask) -> None:
    case, first, second = one(site).id, of(site, "evaluator"), of(site, "admin")
    page = soup(second, WORK)
    old = [str(box["value"]) for box in page.select("input[name=case]")]
    data = {"csrf_token": str(page.select_one("input[name=csrf_token]")["value"]), "theme": "", "next": WORK}
    assert step(first, case, "phan-loai", kind="suggestion", theme="").status_code == 303
    for ticked in ([*old, "x", f"{case}", f"{case}.1.1", "9" * 19 + ".1"], old):
        second.post(f"{WORK}/nhieu", data={**data, "kind": "spam", "case": ticked})
    assert one(site).kind is CaseKind.SUGGESTION
    again = [str(box["value"]) for box in soup(second, WORK).select("input[name=case]")]
    second.post(f"{WORK}/nhieu", data={**data, "kind": "spam", "case": again})
    assert one(site).kind is CaseKind.SPAM
