"""Charts as files: what SVG, PNG and CSV hold, and that they are refused where their page is."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from survey.files.charts.numbers import numbers
from survey.files.charts.stylesheet import read
from survey.results.charts import Spot, quadrant_chart
from tests.results.test_pages_standing import province
from tests.support.evaluation import close_rounds, sign_in

__all__ = ["province"]
SVG = "{http://www.w3.org/2000/svg}"
CHARTS = [
    ("/danh-gia/r1", "funnel"),
    ("/danh-gia/r1", "province-chart"),
    ("/danh-gia/r1/co-quan/xa-f", "month-picture"),
    ("/danh-gia/r1/co-quan/xa-f", "elements-chart"),
    ("/danh-gia/r1/co-quan/xa-f/kiem-soat", "control-all"),
    ("/danh-gia/r1/co-quan/xa-f/kiem-soat?ky=thang", "control-all"),
    ("/danh-gia/r1/dien-bien", "trend"),
    ("/danh-gia/r1/kiem-soat", "controls-1"),
    ("/danh-gia/r1/co-quan/xa-f", "answers"),
]
"""Pages of six communes: four of 80 in 100 (a to d), one of 50 in 100 (e), and one of 32 in 40 (f)."""


def asked(where: str, name: str, kind: str) -> str:
    return f"{where}{'&' if '?' in where else '?'}hinh={name}&dang={kind}"


def rows(client: FlaskClient, where: str, name: str) -> list[dict[str, str]]:
    reply = client.get(asked(where, name, "csv"))
    assert reply.status_code == 200
    return list(csv.DictReader(io.StringIO(reply.data.decode("utf-8-sig"))))


def test_every_chart_of_these_pages_is_a_picture_of_both_kinds_and_a_table(
    province: Flask, client: FlaskClient
) -> None:
    sign_in(client, "evaluator")
    for where, name in CHARTS:
        page = BeautifulSoup(client.get(where).get_data(as_text=True), "html.parser")
        links = [str(link["href"]) for link in page.select(".chart-files a") if f"hinh={name}&" in str(link["href"])]
        assert [address.rpartition("=")[2] for address in links] == ["svg", "png", "csv"], name
        drawn, picture, table = (client.get(address) for address in links)
        root = ElementTree.fromstring(drawn.data)  # noqa: S314 (it is our own)
        assert drawn.mimetype == "image/svg+xml"
        assert root.tag == f"{SVG}svg"
        assert not [one for one in root.iter() if "class" in one.attrib or "%" in str(one.attrib)]
        said = " ".join("".join(one.itertext()) for one in root.iter(f"{SVG}text"))
        assert " · r1 · " in said
        assert (root.findtext(f"{SVG}title") or "").split()[0] in said
        image = Image.open(io.BytesIO(picture.data))
        assert (image.format, image.width) == ("PNG", 1920)
        assert 2 * float(root.attrib["height"]) == pytest.approx(image.height, abs=2)
        assert table.mimetype == "text/csv"
        assert table.data.count(b"\r\n") > 1


def test_a_funnel_says_the_same_in_numbers_and_in_marks(province: Flask, client: FlaskClient) -> None:
    """One triangle in red and its number for the commune of 50, five grey dots; the sentence names it."""
    sign_in(client, "evaluator")
    table = rows(client, "/danh-gia/r1", "funnel")
    assert [(row["agency"], row["n"], row["index"], row["band"]) for row in table] == [
        *((f"xa-{k}", "100", "80.0", "expected") for k in "abcd"),
        ("xa-f", "40", "80.0", "expected"),
        ("xa-e", "100", "50.0", "worse"),
    ]
    root = ElementTree.fromstring(client.get(asked("/danh-gia/r1", "funnel", "svg")).data)  # noqa: S314
    assert [one.attrib["fill"] for one in root.iter(f"{SVG}circle")] == ["#8c857b"] * 5
    red = [one.attrib["points"] for one in root.iter(f"{SVG}polygon") if one.attrib["fill"] == "#a3231f"]
    assert [len(points.split()) for points in red] == [3]
    assert "UBND xa-e 50,0" in " ".join(one.text or "" for one in root.iter(f"{SVG}text"))
    image = Image.open(io.BytesIO(client.get(asked("/danh-gia/r1", "funnel", "png")).data))
    colours = {colour for _, colour in image.convert("RGB").getcolors(maxcolors=1 << 20) or []}
    assert {(0xA3, 0x23, 0x1F), (0x8C, 0x85, 0x7B), (0xFB, 0xFA, 0xF7)} <= colours


def test_all_charts_of_a_kind_are_one_sheet(province: Flask, client: FlaskClient) -> None:
    """Six communes of two months: their names above, twelve rows of numbers with the code before."""
    sign_in(client, "evaluator")
    where = "/danh-gia/r1/kiem-soat?ky=thang"
    found = rows(client, where, "controls-1")
    assert {(row["code"], row["label"]) for row in found} == {(f"xa-{k}", f"UBND xa-{k}") for k in "abcdef"}
    assert [(row["start"], row["index"]) for row in found if row["code"] == "xa-f"] == [
        ("2026-01-01", "80.0"),
        ("2026-02-01", "80.0"),
    ]
    root = ElementTree.fromstring(client.get(asked(where, "controls-1", "svg")).data)  # noqa: S314
    placed = {one.text: (float(one.attrib["x"]), float(one.attrib["y"])) for one in root.iter(f"{SVG}text")}
    names = [placed[f"UBND xa-{k}"] for k in sorted("abcdef", key=lambda k: placed[f"UBND xa-{k}"][::-1])]
    assert len({x for x, _ in names}) == 5
    assert [y for _, y in names[:5]] == [names[0][1]] * 5
    assert names[5][1] > names[0][1]


def test_bars_of_answers_are_one_sheet(province: Flask, client: FlaskClient) -> None:
    """xa-f: of forty people 32 gave the best answer to every question, the others the second worst."""
    sign_in(client, "evaluator")
    where = "/danh-gia/r1/co-quan/xa-f"
    found = rows(client, where, "answers")
    assert len(found) == 5 * 16
    assert {(row["answer"], row["answers"], float(row["share"])) for row in found} == {
        ("1", "0", 0.0), ("2", "8", 20.0), ("3", "0", 0.0), ("4", "0", 0.0), ("5", "32", 80.0),
    }  # fmt: skip
    root = ElementTree.fromstring(client.get(asked(where, "answers", "svg")).data)  # noqa: S314
    fills = [one.attrib["fill"] for one in root.iter(f"{SVG}polygon")]
    assert fills.count("#e09f7d") == fills.count("#1f5a7a") == 16
    assert set(fills) == {"#e09f7d", "#1f5a7a"}
    said = [(one.text, one.attrib["fill"]) for one in root.iter(f"{SVG}text")]
    assert said.count(("80", "#ffffff")) == said.count(("20", "#1e1b18")) == 16
    assert not [text for text, _ in said if "CSV" in (text or "")]


def test_a_question_is_a_row_with_its_code() -> None:
    table = numbers(quadrant_chart([Spot(3, -2.5, 12.0, "weakness", "access_seat")]), str)
    assert table.to_dict("records") == [
        {"number": 3, "item": "access_seat", "gap": -2.5, "importance": 12.0, "verdict": "weakness"}
    ]
    with pytest.raises(TypeError, match="no table is known of str"):
        numbers("funnel", str)


def test_a_month_is_a_row(province: Flask, client: FlaskClient) -> None:
    sign_in(client, "evaluator")
    found = rows(client, "/danh-gia/r1/co-quan/xa-f/kiem-soat?ky=thang", "control-all")
    assert [(row["start"], row["n"], row["index"]) for row in found] == [
        ("2026-01-01", "20", "80.0"),
        ("2026-02-01", "20", "80.0"),
    ]


def test_who_may_not_see_a_page_gets_no_chart_of_it(province: Flask, client: FlaskClient) -> None:
    """The head of xa-f: nothing of the open round, then the own mark alone; nobody else anything."""
    funnel = asked("/danh-gia/r1", "funnel", "csv")
    assert client.get(funnel).status_code == 302
    sign_in(client, "manager")
    assert client.get(funnel).status_code == 404
    close_rounds(province)
    assert [row["agency"] for row in rows(client, "/danh-gia/r1", "funnel")] == ["xa-f"]
    other = "/danh-gia/r1/co-quan/xa-e"
    assert client.get(asked(other, "month-picture", "svg")).status_code == 404
    assert client.get(asked(f"{other}/kiem-soat", "control-all", "png")).status_code == 404
    staff = province.test_client()
    sign_in(staff, "staff")
    assert staff.get(funnel).status_code == 403


@pytest.mark.parametrize("what", ["hinh=nothing&dang=svg", "hinh=funnel&dang=exe", "hinh=expected-table&dang=csv"])
def test_there_is_no_file_of_what_is_no_chart(province: Flask, client: FlaskClient, what: str) -> None:
    sign_in(client, "evaluator")
    assert client.get(f"/danh-gia/r1?{what}").status_code == 404


def test_other_pages_stay_pages(province: Flask, client: FlaskClient) -> None:
    """Public pages offer no such files: they are kept as they are, for everybody."""
    reply = client.get("/dang-nhap?hinh=funnel&dang=svg")
    assert (reply.status_code, reply.mimetype) == (200, "text/html")


def test_the_later_and_the_more_exact_rule_decides() -> None:
    rules = read(
        "svg .dot{fill:var(--a);color:red}rect{fill:#f0a}.thin .dot{fill:none}p>a{fill:x}/* {} */"
        "text.dot{font:14px x}a:hover{fill:y}",
        {"--a": "#123456"},
    )
    path = [("svg", frozenset({"thin"})), ("g", frozenset()), ("circle", frozenset({"dot"}))]
    found: dict[str, str] = {}
    for rule in rules:
        if rule.matches(path):
            found.update(rule.properties)
    assert found == {"fill": "none"}
    assert [dict(rule.properties) for rule in rules] == [
        {"fill": "#ff00aa"}, {"fill": "#123456"}, {"font-size": "14px"}, {"fill": "none"},
    ]  # fmt: skip
