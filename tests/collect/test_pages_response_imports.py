"""The pages of imports: from a file through its columns and a preview into the round, and back."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from survey.collect.operations.save_mapping import save_mapping
from survey.core.actor import Actor
from survey.models import AuditEvent, ColumnMapping, ImportBatch, Response, Round
from tests.support.evaluation import NOW, accounts, sign_in, token
from tests.support.places import make_app

FILES = Path(__file__).parents[1] / "fixtures" / "imports"


@pytest.fixture
def site(tmp_path):
    """An application with the round `r1` of `sipas-short` and an account of each role."""
    app = make_app(tmp_path, questionnaire="sipas-short")
    with app.extensions["database"].write() as session:
        accounts(session)
    yield app
    app.extensions["database"].dispose()


@pytest.fixture
def client(site):
    made = site.test_client()
    sign_in(made, "evaluator")
    return made


def upload(client, name: str, data: bytes | None = None, **more: str):
    """Send a file from the form; return the page of its columns."""
    page = client.get("/nhap-phieu").text
    body = {
        "csrf_token": token(page),
        "dot": "r1",
        "file": (io.BytesIO(data or (FILES / name).read_bytes()), name),
        **more,
    }
    reply = client.post("/nhap-phieu", data=body, content_type="multipart/form-data")
    assert reply.status_code == 303, reply.text
    return client.get(reply.location)


def fields(page: str, at: int = -1) -> tuple[str, dict[str, str]]:
    """Return address and fields of a form as the browser would send it; the last post form by default."""
    forms = BeautifulSoup(page, "html.parser").find("main").find_all("form", method="post")
    form = forms[at]
    body = {i["name"]: i.get("value", "") for i in form.find_all("input") if i.get("name")}
    for select in form.find_all("select"):
        chosen = select.find("option", selected=True) or select.find("option")
        body[select["name"]] = chosen.get("value", chosen.text)
    return form["action"], body


def preview(client, page, **changes: str):
    address, body = fields(page.text)
    return client.post(address, data=body | changes)


def count(site) -> int:
    with site.extensions["database"].read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Response)) or 0


@pytest.mark.parametrize("name", ["google_forms.csv", "kobo.csv", "limesurvey.csv", "scanner.csv", "excel.xlsx"])
def test_from_file_to_round_and_back(site, client, name) -> None:
    shown = preview(client, upload(client, name))
    assert shown.status_code == 200
    text = BeautifulSoup(shown.text, "html.parser").text
    assert "Nhập 4 phiếu" in text
    assert "1 2 3 x 5 x 4 4 4" in text
    assert count(site) == 0  # a preview stores nothing
    address, body = fields(shown.text, 0)
    done = client.post(address, data=body)
    assert done.status_code == 303
    assert count(site) == 4
    page = client.get(done.location)
    assert "Đã thêm 4 phiếu." in page.text
    assert name in page.text
    address, body = fields(page.text)
    assert client.post(address, data=body).status_code == 422  # without a reason
    assert client.post(address, data=body | {"reason": "twice", "note": "Nhập hai lần"}).status_code == 303
    with site.extensions["database"].read() as session:
        assert set(session.scalars(sa.select(Response.excluded))) == {"import_undone"}
        event = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert (event.action, event.before) == ("responses.undone", {"responses": 4})
        assert event.user_id is not None


def test_the_same_file_again_says_so_and_adds_nothing(site, client) -> None:
    for expected in ("Đã thêm 4 phiếu.", "không thêm phiếu nào"):
        shown = preview(client, upload(client, "kobo.csv"))
        address, body = fields(shown.text, 0)
        reply = client.post(address, data=body)
        assert expected in client.get(reply.location).text
    assert "đã được nhập" in shown.text
    assert count(site) == 4


def test_wrong_cells_are_named_and_there_is_nothing_to_confirm(site, client) -> None:
    shown = preview(client, upload(client, "wrong.csv"))
    assert shown.status_code == 422
    for address in ("ô F2", "ô A3", "ô B4"):
        assert address in shown.text
    assert "3 ô không dùng được" in shown.text
    assert "/nhap</" not in shown.text
    assert not [
        f for f in BeautifulSoup(shown.text, "html.parser").find_all("form") if f.get("action", "").endswith("/nhap")
    ]
    assert count(site) == 0


def test_forcing_a_wrong_file_in_stores_nothing(site, client) -> None:
    page = upload(client, "wrong.csv")
    shown = preview(client, page)
    address, body = fields(shown.text)
    body.pop("edit", None)
    assert client.post(f"{address}/nhap", data=body).status_code == 303
    assert count(site) == 0
    assert "3" in client.get("/nhap-phieu").text


def test_a_mapping_is_saved_and_used_again(site, client) -> None:
    header = "Ngay thu;Noi thu;" + ";".join(f"cot{n}" for n in range(9))
    data = (header + "\n10/03/2026;Sở Tư pháp;" + ";".join("Tạm được" for _ in range(9))).encode()
    page = upload(client, "la.csv", data)
    with site.extensions["database"].read() as session:
        assert session.scalars(sa.select(ColumnMapping)).all() == []
    _, body = fields(page.text)
    codes = [name for name in body if name.startswith("c.") and name[2:] not in
             {"agency", "service", "counter", "channel", "date", "comment", "id"}][:9]  # fmt: skip
    chosen = {code: f"cot{k}" for k, code in enumerate(codes)} | {"c.date": "Ngay thu", "c.agency": "Noi thu"}
    first = preview(client, page, **chosen, save_as="Phiếu của huyện")
    assert first.status_code == 422  # nobody has said what "Tạm được" means
    assert "ô C2" in first.text
    address, back = fields(first.text)
    again = client.post(address, data=back | {"edit": "1"})
    assert "Tạm được" in again.text
    _, body = fields(again.text)
    done = client.post(address, data=body | {"v.0": "3", "save_as": "Phiếu của huyện"})
    assert done.status_code == 200
    assert "3 3 3 3 3 3 3 3 3" in done.text
    with site.extensions["database"].read() as session:
        saved = session.scalars(sa.select(ColumnMapping)).one()
        assert (saved.name, saved.mapping["values"]) == ("Phiếu của huyện", {"Tạm được": "3"})
        number = saved.id
    page = upload(client, "la2.csv", data.replace(b"10/03", b"11/03"))
    assert "Phiếu của huyện" in page.text
    address, _ = fields(page.text)
    chosen_page = client.get(f"{address}?dot=r1&cach={number}")
    assert preview(client, chosen_page).status_code == 200


def test_a_column_chosen_twice_is_told(client) -> None:
    page = upload(client, "kobo.csv")
    shown = preview(client, page, **{"c.cc_thai_do": "danh_gia/kq_dung_hen"})
    assert shown.status_code == 422
    assert "danh_gia/kq_dung_hen” được chọn hai lần" in shown.text
    page = BeautifulSoup(shown.text, "html.parser")
    wrong = page.select("[aria-invalid]")  # the later of both, which keeps its choice as the other does
    assert [link["href"] for link in page.select("#summary a")] == [f"#{control['id']}" for control in wrong]
    assert len(wrong) == 1
    for name in ("cc_thai_do", "kq_dung_hen"):
        assert page.select_one(f"#c-{name} option[selected]")["value"] == "danh_gia/kq_dung_hen"


def test_what_is_the_same_for_all_rows_is_refused_beside_its_field(client) -> None:
    page = upload(client, "kobo.csv")
    shown = preview(client, page, **{"f.date": "30/02/2026", "f.agency": "khong-co", "save_as": "Cách 1"})
    assert shown.status_code == 422
    page = BeautifulSoup(shown.text, "html.parser")
    assert [link["href"] for link in page.select("#summary a")] == ["#f-agency", "#f-date"]
    assert page.find(id="f-date")["value"] == "30/02/2026"
    assert page.find(id="save-as")["value"] == "Cách 1"


def test_a_fixed_agency_and_day(site, client) -> None:
    header = ";".join(f"Q{n}" for n in range(1, 10))
    shown = preview(
        client,
        upload(client, "may.csv", f"{header}\n5;5;5;5;5;5;5;5;5\n5;5;5;5;5;5;5;5;5\n".encode()),
        **{"f.agency": "so-tu-phap", "f.date": "10/03/2026", "f.channel": "paper"},
    )
    assert shown.status_code == 200, shown.text
    address, body = fields(shown.text, 0)
    client.post(address, data=body)
    with site.extensions["database"].read() as session:
        assert [(r.channel.value, r.submitted_at.hour) for r in session.scalars(sa.select(Response))] == [
            ("paper", 5)
        ] * 2


def test_a_scanner_without_headings(site, client) -> None:
    page = upload(client, "scanner_plain.csv", no_headings="1")
    chosen = {"c.date": "A", "c.counter": "B"}
    shown = preview(client, page, **chosen)
    assert shown.status_code == 200
    address, body = fields(shown.text, 0)
    assert client.post(address, data=body).status_code == 303
    with site.extensions["database"].read() as session:
        found = [r.answers for r in session.scalars(sa.select(Response).order_by(Response.id))]
    assert found == ["5454545454co_m33src", "4444444444co_f23src", "123x5x4444co_f53src", "55555.5554co_m13src"]
    wrong = (FILES / "scanner_plain.csv").read_bytes().replace(b"10/03/2026", b"10/13/2026")
    shown = preview(client, upload(client, "scanner_plain.csv", wrong, no_headings="1"), **chosen)
    assert "ô A1" in shown.text  # the file's own first row


def test_another_persons_file_and_batch_are_not_there(site, client) -> None:
    shown = preview(client, upload(client, "kobo.csv"))
    address, body = fields(shown.text, 0)
    other = site.test_client()
    sign_in(other, "manager")
    page = other.get("/nhap-phieu").text
    assert other.post(address, data=body | {"csrf_token": token(page)}).location == "/nhap-phieu"
    assert count(site) == 0
    done = client.post(address, data=body)
    assert other.get(done.location).status_code == 404
    assert other.post(f"{done.location}/huy", data={"csrf_token": token(page)}).status_code == 404


def test_a_manager_imports_for_the_own_agency_only(site) -> None:
    client = site.test_client()
    sign_in(client, "manager")  # of so-tu-phap
    assert preview(client, upload(client, "kobo.csv")).status_code == 200
    foreign = (FILES / "kobo.csv").read_bytes().replace(b"so-tu-phap", b"so-dat-dai")
    assert preview(client, upload(client, "kobo.csv", foreign)).status_code == 422


@pytest.mark.parametrize(("name", "data"), [("a.csv", b"\x00\x01\x02"), ("a.xlsx", b"PK\x03\x04 no"), ("a.csv", b"")])
def test_what_is_no_table_is_refused_plainly(client, name, data) -> None:
    page = client.get("/nhap-phieu").text
    body = {"csrf_token": token(page), "dot": "r1", "file": (io.BytesIO(data), name)}
    reply = client.post("/nhap-phieu", data=body, content_type="multipart/form-data")
    assert reply.status_code == 422
    assert 'role="alert"' in reply.text
    assert "Traceback" not in reply.text


def test_a_mapping_that_was_tampered_with_is_refused(site, client) -> None:
    shown = preview(client, upload(client, "kobo.csv"))
    address, body = fields(shown.text, 0)
    for mapping, status in (("x", 400), ("[]", 400), (json.dumps({"columns": {"a": "khong_co"}}), 303)):
        assert client.post(address, data=body | {"mapping": mapping}).status_code == status
    assert count(site) == 0
    with site.extensions["database"].read() as session:
        assert session.scalars(sa.select(ImportBatch)).all() == []


def test_a_saved_mapping_is_not_written_over_unseen(site, client) -> None:
    """Another person saved one under the same name since the page was opened: it stays, and the page says so."""
    header = "Ngay thu;Noi thu;" + ";".join(f"cot{n}" for n in range(9))
    data = (header + "\n10/03/2026;Sở Tư pháp;" + ";".join("5" for _ in range(9))).encode()
    page = upload(client, "la.csv", data)
    _, body = fields(page.text)
    codes = [name for name in body if name.startswith("c.") and name[2:] not in
             {"agency", "service", "counter", "channel", "date", "comment", "id"}][:9]  # fmt: skip
    chosen = {code: f"cot{k}" for k, code in enumerate(codes)} | {"c.date": "Ngay thu", "c.agency": "Noi thu"}
    with site.extensions["database"].write() as session:
        version = session.scalars(sa.select(Round)).one().version
        save_mapping(session, version, "Phiếu của huyện", {"columns": {"khác": "date"}}, actor=Actor(NOW))
    stale = preview(client, page, **chosen, save_as="Phiếu của huyện")
    assert stale.status_code == 409
    assert "Chưa có gì được lưu" in stale.text
    with site.extensions["database"].read() as session:
        assert session.scalars(sa.select(ColumnMapping)).one().mapping == {"columns": {"khác": "date"}}
    _, typed = fields(stale.text)
    assert typed["save_as"] == "Phiếu của huyện"
    assert preview(client, stale).status_code == 200  # seen, and wanted all the same
    with site.extensions["database"].read() as session:
        assert session.scalars(sa.select(ColumnMapping)).one().mapping["columns"]["Ngay thu"] == "date"


def test_a_preview_names_an_agency_outside_of_the_round(site, client) -> None:
    page = upload(client, "kobo.csv")
    with site.extensions["database"].write() as session:
        session.scalars(sa.select(Round)).one().scope = {"agencies": ["so-dat-dai"]}
    shown = preview(client, page)
    assert shown.status_code == 422
    assert "ở ngoài phạm vi của đợt r1" in shown.text
    assert count(site) == 0
