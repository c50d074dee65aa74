"""What those who did not answer could change, as pages, reports, files and the public page say it."""

from __future__ import annotations

import csv
import io
import math
import re

import pypdfium2
import pytest
from bs4 import BeautifulSoup
from flask import Flask

from survey.files.reports.agency import render_agency
from survey.files.reports.load import agency_context, round_context
from survey.files.reports.sentences import unanswered_lines
from survey.results.compute import round_results
from survey.results.figures import Figures
from survey.results.unanswered import unanswered
from tests.support.evaluation import accounts, publish_scored, scored_round, sign_in

AGENCY = "trung-tam"


@pytest.fixture
def site(app: Flask) -> Flask:
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
        publish_scored(session)
    return app


def comma(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")


def test_the_province_by_hand(site: Flask) -> None:
    """From the printed row alone: (index - lo)/(1 - n/N), satisfied n/N, and what is left to 100."""
    with site.extensions["database"].read() as session:
        row = round_results(session, "r1").table.query("agency == '' and service == '' and level == 'overall'").iloc[0]
        found = unanswered(Figures(round_results(session, "r1").table).overall())
    rate = row["n"] / row["population"]
    satisfied = 100 * (row["c4"] + row["c5"]) / row["valid"]
    assert found is not None
    assert found.down == pytest.approx((row["index"] - row["lo"]) / (1 - rate))
    assert (found.worst, found.best) == (
        pytest.approx(rate * satisfied),
        pytest.approx(rate * satisfied + 100 * (1 - rate)),
    )


def test_pages_say_it_behind_one_click_and_the_public_page_in_one_sentence(site: Flask) -> None:
    with site.extensions["database"].read() as session:
        figures = Figures(round_results(session, "r1").table)
    client = site.test_client()
    public = client.get("/ket-qua/r1").get_data(as_text=True)
    sign_in(client, "evaluator")
    for at, agency in (("/danh-gia/r1", ""), (f"/danh-gia/r1/co-quan/{AGENCY}", AGENCY)):
        page = BeautifulSoup(client.get(at).data, "html.parser")
        closed = [one for one in page.select("details") if "Người không trả lời" in one.summary.get_text()]
        assert len(closed) == 1
        assert not closed[0].has_attr("open")
        known = unanswered(figures.overall(agency))
        assert known is not None
        said = closed[0].get_text()
        assert comma(known.worst) in said
        assert comma(known.best) in said
        if known.down is not None:
            assert f"kém hài lòng hơn tới {comma(known.down)} điểm" in said
    province = unanswered(figures.overall())
    assert province is not None
    assert public.count("kém hài lòng hơn tới") == 1
    assert f"kém hài lòng hơn tới {comma(province.down or math.nan)} điểm" in public


def test_the_public_sentence_follows_from_what_the_public_page_prints(site: Flask) -> None:
    """Index, interval, responses and transactions of the page give the number again, but for their rounding."""
    page = BeautifulSoup(site.test_client().get("/ket-qua/r1").data, "html.parser")
    facts = [re.findall(r"\d+(?:,\d+)?", dd.get_text().replace(".", "")) for dd in page.select("dl.facts dd")]
    index, low = (float(text.replace(",", ".")) for text in facts[0][:2])
    n, population = float(facts[1][0]), float(facts[2][0])
    said = re.search(r"kém hài lòng hơn tới (\d+,\d) điểm", page.get_text())
    assert said is not None
    assert float(said[1].replace(",", ".")) == pytest.approx((index - low) / (1 - n / population), abs=0.2)


def test_files_have_the_columns(site: Flask) -> None:
    client = site.test_client()
    sign_in(client, "evaluator")
    text = client.get("/danh-gia/r1/ket-qua.csv?bang=day-du").get_data().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    whole = next(row for row in rows if not row["agency"] and not row["service"] and row["level"] == "overall")
    rate = int(whole["n"]) / float(whole["population"])
    assert float(whole["holds_up"]) == pytest.approx((float(whole["hi"]) - float(whole["index"])) / (1 - rate))
    hidden = [row for row in rows if row["status"] == "suppressed"]
    assert all(row["bound_low"] == row["n_eff_bias5"] == "" for row in hidden)


def test_the_report_says_it_on_its_last_page(site: Flask) -> None:
    with site.extensions["database"].read() as session:
        context = agency_context(session, round_context(session, "r1"), AGENCY)
        [said] = unanswered_lines(context)
        pdf = pypdfium2.PdfDocument(render_agency(context))
    last = " ".join(pdf[len(pdf) - 1].get_textpage().get_text_range().split())
    assert len(pdf) <= 2
    assert said.split(";")[0][:60] in last
