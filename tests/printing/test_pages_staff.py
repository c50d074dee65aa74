"""Counters and posters: one's own unit only, every change written down, old posters no longer answered."""

from __future__ import annotations

from io import BytesIO

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from app import create_app
from survey.core.config import Settings
from survey.migrations import upgrade
from survey.models import Agency, AuditEvent, Counter, CounterCode
from tests.support.evaluation import NOW, accounts, post, sign_in
from tests.support.places import open_place

OWN = "NWNWNWNW"


@pytest.fixture
def unit(tmp_path):
    """An application where `so-tu-phap` has one counter and `trung-tam` two."""
    made = create_app(
        Settings(instance_dir=tmp_path, secret_key="s" * 40, public_base_url="https://danhgia.example.vn")
    )
    database = made.extensions["database"]
    upgrade(database)
    with database.write() as session:
        open_place(session)
        session.flush()
        agency = session.scalar(sa.select(Agency).where(Agency.code == "so-tu-phap"))
        counter = Counter(agency=agency, code="Q9", name="Quầy Tư pháp")
        session.add_all([counter, CounterCode(code=OWN, counter=counter, created_at=NOW)])
        accounts(session)
    yield made
    database.dispose()


def counter_id(app, code: str) -> int:
    with app.extensions["database"].read() as session:
        return session.scalar(sa.select(Counter.id).where(Counter.code == code))


@pytest.mark.parametrize(
    ("role", "status"), [("admin", 200), ("manager", 200), ("staff", 200), ("evaluator", 403), (None, 302)]
)
def test_who_opens_the_page(unit, role, status):
    client = unit.test_client()
    if role:
        sign_in(client, role)
    assert client.get("/quay").status_code == status
    assert client.get(f"/quay/{counter_id(unit, 'Q9')}/ap-phich.pdf").status_code == status


@pytest.mark.parametrize("role", ["manager", "staff"])
def test_another_units_counter_is_not_there(unit, role):
    client = unit.test_client()
    sign_in(client, role)
    page = client.get("/quay").get_data(as_text=True)
    assert "Quầy Tư pháp" in page
    assert "Quầy số 1" not in page
    other = counter_id(unit, "Q1")
    assert client.get(f"/quay/{other}/ap-phich.pdf").status_code == 404
    for verb in ("doi-ma", "thu-hoi"):
        assert post(client, f"/quay/{other}/{verb}", "/quay").status_code == 404
    with unit.extensions["database"].read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(CounterCode)) == 4
        assert not session.scalars(sa.select(AuditEvent).where(AuditEvent.action.like("code.%"))).all()


def test_the_poster_holds_the_configured_address_whatever_the_host(unit):
    client = unit.test_client()
    sign_in(client, "staff")
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil", "X-Forwarded-Proto": "http"}
    answer = client.get(f"/quay/{counter_id(unit, 'Q9')}/ap-phich.pdf?size=A5&bilingual=1", headers=forged)
    assert answer.mimetype == "application/pdf"
    text = PdfReader(BytesIO(answer.data)).pages[0].extract_text()
    assert f"DANHGIA.EXAMPLE.VN/K/{OWN}" in text
    assert "evil" not in text.lower()
    assert client.get(f"/quay/{counter_id(unit, 'Q9')}/ap-phich.pdf?size=A0").status_code == 404


def test_a_new_code_replaces_the_old_and_is_written_down(unit):
    client, why = unit.test_client(), {"reason": "poster", "note": "Áp phích bị chụp lại và phát tán"}
    sign_in(client, "admin")
    number = counter_id(unit, "Q9")
    assert post(client, f"/quay/{number}/doi-ma", "/quay").status_code == 422  # without a reason
    assert post(client, f"/quay/{number}/doi-ma", "/quay", **why).status_code == 303
    with unit.extensions["database"].read() as session:
        old, fresh = session.scalars(
            sa.select(CounterCode).where(CounterCode.counter_id == number).order_by(CounterCode.id)
        )
        assert old.code == OWN
        assert old.revoked_at is not None
        assert fresh.revoked_at is None
        event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "code.rotated")).one()
        assert event.before == {"codes": [OWN]}
        assert event.after == {"codes": [fresh.code]}
        assert event.user_id is not None
    assert client.get(f"/K/{OWN}").status_code in {200, 410}
    assert 'id="form"' not in client.get(f"/K/{OWN}").get_data(as_text=True)
    assert post(client, f"/quay/{number}/thu-hoi", "/quay", **why).status_code == 303
    assert client.get(f"/quay/{number}/ap-phich.pdf").status_code == 404


def test_changes_need_the_token(unit):
    client = unit.test_client()
    sign_in(client, "staff")
    assert client.post(f"/quay/{counter_id(unit, 'Q9')}/doi-ma").status_code == 400


def test_all_posters_of_the_list_in_one_file(unit):
    """The administrator has those of every agency, in their order; others only those of their scope."""
    client = unit.test_client()
    sign_in(client, "admin")
    whole = PdfReader(BytesIO(client.get("/quay/ap-phich.pdf?size=A4").data))
    assert len(whole.pages) == 3  # so-tu-phap has one counter, trung-tam two
    assert OWN in whole.pages[0].extract_text()
    agencies = [entry.title for entry in whole.outline if not isinstance(entry, list)]
    assert agencies == ["Sở Tư pháp", "Trung tâm Phục vụ hành chính công"]
    only = PdfReader(BytesIO(client.get("/quay/ap-phich.pdf?size=A5&tim=tu+phap").data))
    assert len(only.pages) == 1
    assert OWN in only.pages[0].extract_text()
    assert client.get("/quay/ap-phich.pdf?tim=khong-co").status_code == 404
    assert client.get("/quay/ap-phich.pdf?size=21").status_code == 404  # labels are printed unit by unit
    staff = unit.test_client()
    sign_in(staff, "staff")
    own = PdfReader(BytesIO(staff.get("/quay/ap-phich.pdf").data))
    assert [OWN in page.extract_text() for page in own.pages] == [True]


def test_the_list_is_searched_without_marks(unit):
    client = unit.test_client()
    sign_in(client, "admin")
    rows = client.get("/quay?tim=quay+tu+phap").get_data(as_text=True)
    assert "Quầy Tư pháp" in rows
    assert "Quầy số 1" not in rows
    assert "1 quầy" in rows


def test_an_evaluator_reads_the_history_of_every_counters_codes(unit):
    """Piles, codes and batches of all agencies: the numbers are exact, nothing can be replaced or withdrawn there."""
    evaluator = unit.test_client()
    sign_in(evaluator, "evaluator")
    offered = evaluator.get("/quay/ma-bien-nhan").text
    with unit.extensions["database"].read() as session:
        numbers = session.scalars(sa.select(Counter.id)).all()
    assert len(numbers) == 3
    for number in numbers:
        assert f'href="/quay/{number}/ma"' in offered
        page = evaluator.get(f"/quay/{number}/ma")
        assert page.status_code == 200
        assert 'href="/quay"' not in page.text
        assert "bội số" not in page.text
        assert evaluator.get(f"/quay/{number}").status_code == 403
        assert evaluator.get(f"/quay/{number}/doi-ma").status_code == 403
    assert evaluator.get("/quay/999/ma").status_code == 404
    assert evaluator.get("/quay/ma-bien-nhan?co-quan=so-tu-phap").text.count('/ma"') == 1
