"""The hardened index as a round's headline: with the plain one everywhere, and told of no small group."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import numpy as np
import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask

from scoring.hardening import open_to_all
from scoring.scheme import DataError, Rules
from survey.core.actor import Actor
from survey.files.exports.content import load_content
from survey.files.exports.workbook import write_workbook
from survey.files.reports.load import agency_context, province_context, round_context
from survey.files.reports.sentences import index
from survey.models import Margin, Publication, Round
from survey.publication.editions import recompute, thaw
from survey.publication.operations.api_clients import create_api_client
from survey.results.compute import round_results
from survey.results.headline import headline_for
from tests.results.test_calibrated import CASES, COMMON, fill, reference
from tests.support.evaluation import NOW, accounts, publish_scored, sign_in
from tests.support.places import open_place
from tests.support.reading import soup, words
from tests.support.stuffed_round import AGENCIES, STUFFED, stuffed_round

ENDED = NOW + timedelta(days=100)
#: worked out in tests/results/test_places.py: 85 is counted, and 79.798 hardened
PLAIN, HARDENED = 85.0, 79.798
WITHHELD = "Ở đây không nêu chỉ số đó"


def made(app: Flask, *, min_n: int = 5, headline: str = "hardened") -> None:
    """The round of nights; the smallest of its cells (block of four weeks, outside of hours) has four people."""
    with app.extensions["database"].write() as session:
        open_place(session)
        accounts(session)
        stuffed_round(session)
        session.flush()
        session.execute(
            sa.update(Round).where(Round.code == "dem").values(rules={"headline": headline, "min_n": min_n})
        )


def published(app: Flask) -> int:
    with app.extensions["database"].write() as session:
        made_ = publish_scored(session, code="dem", now=ENDED)
        session.flush()
        return made_.id


def facts(client, at: str) -> str:
    return words(soup(client, at).select_one("dl.facts"))


def test_a_round_stored_without_the_rule_has_the_plain_headline(app: Flask) -> None:
    assert Rules().headline == Rules.from_mapping({}).headline == "plain"
    with pytest.raises(DataError, match="headline must be one of plain, hardened, calibrated"):
        Rules(headline="raked")


def test_evaluators_read_both_and_units_what_tells_of_no_small_group(app: Flask) -> None:
    made(app)
    client = app.test_client()
    sign_in(client, "evaluator")
    page = soup(client, "/danh-gia/dem")
    assert words(page.find(id="province-index-hardened")).startswith("80,0")
    assert "Chỉ số toàn tỉnh, gia cố" in words(page.select_one("dl.facts"))
    assert "Chỉ số toàn tỉnh, thường" in words(page.select_one("dl.facts"))
    row = words(page.select_one(f'tr[data-agency="{STUFFED}"]'))
    assert "85,0" in row
    assert "79,8" in row
    own = facts(client, f"/danh-gia/dem/co-quan/{STUFFED}")
    assert "85,0" in own
    assert "79,8" in own
    assert "kèm chỉ số thường" in words(page.find(class_="method"))
    with app.extensions["database"].read() as session:
        results = round_results(session, "dem")
        assert headline_for(session, results, limited=True) == {}
        assert headline_for(session, results, limited=False)[STUFFED].index == pytest.approx(HARDENED, abs=1e-3)


def test_a_round_with_the_plain_headline_tells_nothing_of_it(app: Flask) -> None:
    made(app, headline="plain")
    client = app.test_client()
    sign_in(client, "evaluator")
    page = soup(client, "/danh-gia/dem")
    assert page.find(id="province-index-hardened") is None
    assert "Đã gia cố" not in words(page.main)
    with app.extensions["database"].read() as session:
        assert headline_for(session, round_results(session, "dem"), limited=False) is None
        assert load_content(session, "dem").headline is None


@pytest.mark.slow(reason="makes every file and report")
def test_files_of_evaluators_have_both_and_reports_what_everyone_may_have(app: Flask, tmp_path) -> None:
    made(app)
    with app.extensions["database"].read() as session:
        content = load_content(session, "dem")
        write_workbook(tmp_path / "w.xlsx", content, now=NOW)
        shared = round_context(session, "dem")
        assert "gia cố" not in index(agency_context(session, shared, STUFFED))
    sheet = openpyxl.load_workbook(tmp_path / "w.xlsx")["Chỉ số gia cố"]
    rows = {row[0].value or "": [cell.value for cell in row] for row in sheet.iter_rows(min_row=2)}
    assert len(rows) == AGENCIES + 1
    assert rows[STUFFED][2] == pytest.approx(PLAIN)
    assert rows[STUFFED][3] == pytest.approx(HARDENED, abs=1e-3)


@pytest.mark.slow(reason="opens every page as each reader")
def test_where_every_group_may_be_shown_everyone_reads_it(app: Flask) -> None:
    """With a rule that lets groups of four be shown, every cell may be: pages, files, the API and reports have both."""
    made(app, min_n=4)
    number = published(app)
    client = app.test_client()
    page = soup(client, "/ket-qua/dem")
    assert words(page.find(id="province-index-hardened")).startswith("80,0")
    assert "79,8" in words(page.select_one(f'tr[data-agency="{STUFFED}"]'))
    own = words(soup(client, f"/ket-qua/dem/{STUFFED}").main)
    assert "Chung, gia cố 79,8" in own
    rows = list(csv.DictReader(io.StringIO(client.get("/ket-qua/dem/ket-qua.csv").text.lstrip("\ufeff"))))
    overall = {row["agency"]: row for row in rows if row["level"] == "overall"}
    assert float(overall[STUFFED]["hardened"]) == pytest.approx(HARDENED, abs=1e-3)
    assert all(row["hardened"] == "" for row in rows if row["level"] == "element")
    with app.extensions["database"].write() as session:
        token = create_api_client(session, name="cong", scopes=["published"], actor=Actor(NOW))[1]
        shared = round_context(session, "dem")
        said = index(agency_context(session, shared, STUFFED))
        assert "<b>79,8\N{NO-BREAK SPACE}%</b>" in said
        assert "chỉ số gia cố" in index(province_context(session, shared))
        publication = session.get_one(Publication, number)
        assert recompute(session, publication).same
        assert thaw(session, publication).headline.figures[STUFFED].lo < HARDENED
    detail = json.loads(client.get("/api/v1/rounds/dem", headers={"Authorization": f"Bearer {token}"}).text)
    told = {row["agency"]: row["index"] for row in detail["hardened"]}
    assert told[STUFFED] == pytest.approx(HARDENED, abs=1e-3)
    assert set(told) == set(overall)


def test_the_public_reads_none_that_tells_of_a_small_group(app: Flask) -> None:
    made(app)
    published(app)
    client = app.test_client()
    page = soup(client, "/ket-qua/dem")
    assert page.find(id="province-index-hardened") is None
    assert WITHHELD in words(page.main)
    assert WITHHELD in words(soup(client, f"/ket-qua/dem/{STUFFED}").main)
    rows = csv.DictReader(io.StringIO(client.get("/ket-qua/dem/ket-qua.csv").text.lstrip("\ufeff")))
    assert {row["hardened"] for row in rows} == {""}


def test_both_indices_together_tell_of_cells_that_could_be_printed_alone() -> None:
    """The attack: two cells, the index with one weight and with two, n and both weights known. It gives the cells away.

    So it stands where each has five people, who may be printed, and nowhere where one has four.
    """
    n, satisfied, factor = np.array([40, 5]), np.array([33, 2]), np.array([1.05, 0.6])
    plain, hard = satisfied.sum() / n.sum(), (factor * satisfied).sum() / (factor * n).sum()
    equations = np.array([[1.0, 1.0], factor])
    told = np.linalg.solve(equations, [plain * n.sum(), hard * (factor * n).sum()])
    assert told == pytest.approx(satisfied)
    assert open_to_all(["a", "a"], [40, 5], 5) == {"a", ""}
    assert open_to_all(["a", "a"], [40, 4], 5) == set()
    # the province less the agencies that are told would be the one that is not
    assert open_to_all(["a", "a", "b"], [40, 4, 50], 5) == {"b"}
    assert open_to_all([], [], 5) == set()


def calibrated(app: Flask, *, min_n: int) -> float:
    """A round whose headline is post-stratified by age (fixtures of R); return R's index of agency a1."""
    fill(app, "post", headline="calibrated", min_n=min_n)
    return next(index for agency, level, _key, index, _se in reference("post") if (agency, level) == ("a1", "overall"))


def test_a_calibrated_headline_needs_a_calibration() -> None:
    with pytest.raises(DataError, match="needs a calibration"):
        Rules(headline="calibrated")
    assert Rules.from_mapping({**COMMON, **CASES["post"], "headline": "calibrated"}).headline == "calibrated"


def test_evaluators_read_the_calibrated_headline_with_the_plain_one(app: Flask, tmp_path) -> None:
    """Some cell of place and age has a single person: nobody below evaluator has any of these indices."""
    index_of_a1 = calibrated(app, min_n=5)
    client = app.test_client()
    sign_in(client, "evaluator")
    page = soup(client, "/danh-gia/r1")
    assert "Chỉ số toàn tỉnh, cân chỉnh" in words(page.select_one("dl.facts"))
    assert "Chỉ số toàn tỉnh, thường" in words(page.select_one("dl.facts"))
    assert f"{index_of_a1:.1f}".replace(".", ",") in words(page.select_one('tr[data-agency="a1"]'))
    with app.extensions["database"].read() as session:
        results = round_results(session, "r1")
        assert headline_for(session, results, limited=False)["a1"].index == pytest.approx(index_of_a1, rel=1e-8)
        assert headline_for(session, results, limited=True) == {}
        write_workbook(tmp_path / "w.xlsx", load_content(session, "r1"), now=NOW)
        assert "cân chỉnh" not in index(agency_context(session, round_context(session, "r1"), "a1"))
    assert "Chỉ số cân chỉnh" in openpyxl.load_workbook(tmp_path / "w.xlsx").sheetnames
    with app.extensions["database"].write() as session:
        publish_scored(session, code="r1", now=NOW)
    told = soup(client, "/ket-qua/r1")
    assert told.find(id="province-index-calibrated") is None
    rows = csv.DictReader(io.StringIO(client.get("/ket-qua/r1/ket-qua.csv").text.lstrip("\ufeff")))
    assert {row["calibrated"] for row in rows} == {""}


def test_where_no_cell_is_small_everyone_reads_the_calibrated_headline(app: Flask) -> None:
    """What was frozen stays, whatever becomes of the margins."""
    index_of_a1 = calibrated(app, min_n=1)
    with app.extensions["database"].write() as session:
        number = publish_scored(session, code="r1", now=NOW).id
        token = create_api_client(session, name="cong", scopes=["published"], actor=Actor(NOW))[1]
        said = index(agency_context(session, round_context(session, "r1"), "a1"))
        assert "chỉ số cân chỉnh" in said
        session.execute(sa.update(Margin).values(transactions=Margin.transactions * Margin.transactions))
    client = app.test_client()
    rows = list(csv.DictReader(io.StringIO(client.get("/ket-qua/r1/ket-qua.csv").text.lstrip("\ufeff"))))
    own = next(row for row in rows if (row["agency"], row["level"]) == ("a1", "overall"))
    assert float(own["calibrated"]) == pytest.approx(index_of_a1, rel=1e-8)
    assert float(own["calibrated_lo"]) < index_of_a1 < float(own["calibrated_hi"])
    assert "Chung, cân chỉnh" in words(soup(client, "/ket-qua/r1/a1").main)
    detail = client.get("/api/v1/rounds/r1", headers={"Authorization": f"Bearer {token}"}).get_json()
    told = {row["agency"]: row["index"] for row in detail["calibrated"]}
    assert told["a1"] == pytest.approx(index_of_a1, rel=1e-8)
    assert "hardened" not in detail
    with app.extensions["database"].read() as session:
        assert recompute(session, session.get_one(Publication, number)).same


def test_a_margin_that_is_missing_leaves_the_plain_index_alone(app: Flask) -> None:
    calibrated(app, min_n=1)
    with app.extensions["database"].write() as session:
        session.execute(sa.delete(Margin))
    client = app.test_client()
    sign_in(client, "evaluator")
    page = soup(client, "/danh-gia/r1")
    assert page.find(id="province-index-calibrated") is None
    assert "Hiện chưa tính được" in words(page.main)


def test_calibrated_and_plain_tell_no_cell_of_fewer_than_may_be_printed() -> None:
    """The exact attack: all whole numbers that both indices allow, of one place with two categories.

    Margins, numbers of people and weights are known; the index of ten of 5 and 5 leaves one answer of each category,
    of as many people as may be printed. With 9 and 1 it would leave one person's: such a place is not told.
    """
    for n, open_ in (((5, 5), True), ((9, 1), False)):
        target = np.array([60.0, 40.0])
        factor = target / target.sum() * sum(n) / np.array(n)
        truth = np.array([3, 1])
        printed = round(100 * float(factor @ truth) / sum(n), 1)
        fits = [
            (a, b)
            for a in range(n[0] + 1)
            for b in range(n[1] + 1)
            if a + b == truth.sum() and round(100 * float(factor @ [a, b]) / sum(n), 1) == printed
        ]
        assert fits == [tuple(truth)]
        assert all(size >= 5 for size in n) is open_
