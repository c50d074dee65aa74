"""Templates of tables: filled with what is known, with lists to choose from, and taken back as they are."""

from __future__ import annotations

import io

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from survey.accounts.operations.create_user import create_user
from survey.core.actor import Actor
from survey.models import Agency, BatchKind, Role, Service
from survey.spreadsheets.read import read_office_table
from survey.structure.operations.import_structure import import_structure
from survey.structure.pages.reading_form import COLUMN_WORDS
from survey.structure.queries.names import service_names
from survey.structure.queries.rounds import by_code
from survey.structure.queries.structure import in_force
from survey.structure.table_columns import COLUMNS, assign_columns, known_headings
from tests.support.clock import set_clock
from tests.support.evaluation import PASSWORD, sign_in
from tests.support.province import NOW, ROUND, TABLES, load, small, son_la

KINDS = {
    "co-quan": BatchKind.AGENCIES,
    "linh-vuc": BatchKind.SERVICES,
    "quay": BatchKind.COUNTERS,
    "giao-dich": BatchKind.POPULATION,
}


@pytest.fixture
def site(app: Flask) -> Flask:
    set_clock(app, NOW)
    with app.extensions["database"].write() as session:
        for role in (Role.ADMIN, Role.EVALUATOR):
            create_user(session, username=role.value, password=PASSWORD, role=role, agency_id=None, actor=Actor(NOW))
    return app


def client_of(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    sign_in(client, name)
    return client


def take(app: Flask, kind: BatchKind, data: bytes) -> tuple[int, int]:
    """Import a workbook; return how many rows were added and how many stood already."""
    with app.extensions["database"].write() as session:
        services = service_names(session)
        opened = read_office_table(io.BytesIO(data), "t.xlsx", known_headings(kind, {}, services))
        round_ = by_code(session, ROUND) if kind is BatchKind.POPULATION else None
        table = assign_columns(opened, kind, {}, services)
        _, done = import_structure(session, kind, table, "0" * 64, round_=round_, actor=Actor(NOW))
    return done.added, done.unchanged


def test_a_filled_template_says_what_is_stored(site: Flask) -> None:
    son_la(site)
    load(site, BatchKind.POPULATION, TABLES / "P3_ok.xlsx")
    client = client_of(site, "admin")
    templates = {kind: client.get(f"/quan-tri/nhap/mau/{kind}.xlsx?dot={ROUND}").data for kind in KINDS}
    with site.extensions["database"].read() as session:
        agencies = len(in_force(session, NOW.date()))
    assert take(site, BatchKind.AGENCIES, templates["co-quan"]) == (0, agencies)
    assert take(site, BatchKind.SERVICES, templates["linh-vuc"]) == (0, 7)
    assert take(site, BatchKind.COUNTERS, templates["quay"]) == (0, 310)
    assert take(site, BatchKind.POPULATION, templates["giao-dich"]) == (227, 0)


def test_lists_offer_what_is_known_and_codes_are_text(site: Flask) -> None:
    small(site)
    book = openpyxl.load_workbook(io.BytesIO(client_of(site, "admin").get("/quan-tri/nhap/mau/quay.xlsx").data))
    sheet, lists = book.worksheets
    assert [cell.value for cell in sheet[1]][:3] == ["Cơ quan", "Mã quầy", "Tên quầy"]
    assert lists.sheet_state == "hidden"
    assert {cell.value for cell in lists["B"]} >= {"Đất đai", "Hộ tịch"}
    assert len(sheet.data_validations.dataValidation) == 3
    codes = {row[1].value for row in sheet.iter_rows(min_row=2)}
    assert {"007", "08"} <= codes
    assert sheet["B2"].number_format == "@"


def test_the_template_of_services_says_who_decides(site: Flask) -> None:
    small(site)
    with site.extensions["database"].write() as session:
        agency = session.scalars(sa.select(Agency).order_by(Agency.id)).first()
        session.scalars(sa.select(Service).where(Service.name == "Đất đai")).one().deciding_agency = agency
        name = agency.name
    data = client_of(site, "admin").get("/quan-tri/nhap/mau/linh-vuc.xlsx").data
    rows = list(openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(values_only=True))
    assert rows[0] == ("Mã", "Tên", "Tên tiếng Anh", "Cơ quan giải quyết")
    assert {row[1]: row[3] for row in rows if row[1] in {"Đất đai", "Hộ tịch"}} == {"Đất đai": name, "Hộ tịch": None}
    assert take(site, BatchKind.SERVICES, data)[0] == 0


def test_a_place_without_counters_is_suggested_one(site: Flask) -> None:
    load(site, BatchKind.AGENCIES, TABLES / "agencies.csv")
    load(site, BatchKind.SERVICES, TABLES / "services.csv")
    data = client_of(site, "admin").get("/quan-tri/nhap/mau/quay.xlsx").data
    assert take(site, BatchKind.COUNTERS, data) == (2, 0)  # the two communes


def test_an_evaluator_gets_the_template_of_transactions_alone(site: Flask) -> None:
    client = client_of(site, "evaluator")
    assert client.get("/quan-tri/nhap/mau/giao-dich.xlsx").status_code == 200
    assert client.get("/quan-tri/nhap/mau/co-quan.xlsx").status_code == 403
    assert client.get("/quan-tri/nhap/mau/khac.xlsx").status_code == 404
    assert site.test_client().get("/quan-tri/nhap/mau/giao-dich.xlsx").status_code == 302


def test_names_are_never_formulas(site: Flask) -> None:
    with site.extensions["database"].write() as session:
        session.execute(sa.text("INSERT INTO service (code, name, active) VALUES ('x', '=1+1', true)"))
    book = openpyxl.load_workbook(io.BytesIO(client_of(site, "admin").get("/quan-tri/nhap/mau/linh-vuc.xlsx").data))
    assert (book.worksheets[0]["B2"].value, book.worksheets[0]["B2"].data_type) == ("=1+1", "s")


def test_every_column_that_is_looked_for_has_words() -> None:
    assert {column.code for columns in COLUMNS.values() for column in columns} <= COLUMN_WORDS.keys()
