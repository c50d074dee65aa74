"""The download page and its files: names, who gets what, and nothing more than one may see."""

from __future__ import annotations

import csv
import io
from urllib.parse import unquote

import openpyxl
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from tests.support.evaluation import close_rounds, sign_in
from tests.support.jobs import ask, make_file

BASE = "/danh-gia/r1/tai-ve"


def signed_in(app: Flask, person: str) -> FlaskClient:
    client = app.test_client()
    assert sign_in(client, person).status_code == 303
    return client


def links(client: FlaskClient) -> list[str]:
    page = BeautifulSoup(client.get(BASE).get_data(as_text=True), "html.parser")
    return [a["href"] for a in page.select("main a") if "/tai-ve/" in a["href"]]


def buttons(client: FlaskClient) -> list[tuple[str, dict[str, str]]]:
    """Return address and fields of each button that has a file made."""
    page = BeautifulSoup(client.get(BASE).get_data(as_text=True), "html.parser")
    forms = [form for form in page.select("main form") if "/tai-ve/" in form["action"]]
    return [(form["action"], {i["name"]: i["value"] for i in form.select("input")}) for form in forms]


def test_every_file_on_the_page_can_be_had(people: Flask) -> None:
    client = signed_in(people, "evaluator")
    addresses = links(client)
    made = buttons(client)
    assert (len(addresses), len(made)) == (3 * 4, 1 + 3 + 3 + 2 + 3)  # tables; reports, documents, workbook, microdata
    for reply in [
        *(client.get(address) for address in addresses),
        *(make_file(people, client, address, **fields) for address, fields in made),
    ]:
        assert reply.status_code == 200
        assert len(reply.data) == reply.content_length > 2
        assert reply.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("bang-tinh.xlsx", "Kết quả SIPAS r1.xlsx"),
        ("khoang-thu-hang.csv", "Khoảng thứ hạng SIPAS r1.csv"),
        ("vi-mo.zip", "Dữ liệu vi mô SIPAS r1.zip"),
    ],
)
def test_files_have_vietnamese_names(people: Flask, address: str, name: str) -> None:
    client = signed_in(people, "admin")
    at = f"{BASE}/{address}"
    reply = client.get(at) if address.endswith(".csv") else make_file(people, client, at)
    header = reply.headers["Content-Disposition"]
    assert header.isascii()
    plain, encoded = header.split("; filename=")[1].split("; ")[0], header.split("filename*=UTF-8''")[1]
    assert unquote(encoded) == name
    assert plain.strip('"').replace("-", "").replace(" ", "").replace(".", "").isalnum()


def test_a_manager_gets_the_own_agency_and_no_microdata(people: Flask) -> None:
    close_rounds(people)
    client = signed_in(people, "manager")
    assert not [address for address, _ in buttons(client) if "vi-mo" in address]
    for form in ("zip", "sav", "parquet"):
        assert ask(client, f"{BASE}/vi-mo.{form}").status_code == 403
    for table in ("chi-so", "khoang-thu-hang"):
        text = client.get(f"{BASE}/{table}.csv").data.decode("utf-8-sig")
        assert {row["agency"] for row in csv.DictReader(io.StringIO(text))} <= {"", "so-tu-phap"}
        assert "so-tu-phap" in text
    book = openpyxl.load_workbook(io.BytesIO(make_file(people, client, f"{BASE}/bang-tinh.xlsx").data))
    cells = {str(cell.value) for page in book for row in page.iter_rows() for cell in row}
    assert "so-tu-phap" in cells
    assert not {"so-dat-dai", "trung-tam", "Sở Đất đai"} & cells
    assert "Bảng mã" not in book.sheetnames


def test_what_does_not_exist_is_not_found(people: Flask) -> None:
    client = signed_in(people, "evaluator")
    for address in (
        "/danh-gia/none/tai-ve",
        f"{BASE}/chi-so.exe",
        f"{BASE}/x.csv",
    ):
        assert client.get(address).status_code == 404
    assert ask(client, "/danh-gia/none/tai-ve/bang-tinh.xlsx").status_code == 404


def test_the_overview_leads_there(people: Flask) -> None:
    close_rounds(people)
    assert f'href="{BASE}"' in signed_in(people, "manager").get("/danh-gia/r1").get_data(as_text=True)


def test_a_vietnamese_excel_gets_semicolons(people: Flask) -> None:
    text = signed_in(people, "evaluator").get(f"{BASE}/chi-so.csv?dau=cham-phay").data.decode()
    assert text.startswith("\ufeffagency;service;level")
    assert "83,3333" not in text.split("\r\n")[0]
    province = next(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    assert float(province["index"].replace(",", ".")) > 0
    assert "," in province["index"]
