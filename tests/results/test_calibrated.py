"""The calibrated index: equal to R's through the database, the command, files and pages; for evaluators alone."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask

from scoring.calibration import MarginTotals, calibrate
from scoring.weights import stratified
from survey.core.errors import InputError
from survey.models import (
    Agency,
    AgencyKind,
    AgencyLevel,
    Channel,
    Margin,
    Population,
    Response,
    Round,
    RoundState,
    Service,
)
from survey.publication.editions import freeze
from survey.questionnaires import from_canonical
from survey.results.calibrated import calibrated_results
from survey.results.compute import round_results
from survey.results.love_plot import LoveRow, love_plot
from survey.structure.operations.open_round import check_rules
from tests.support.evaluation import NOW, accounts, sign_in
from tests.support.places import open_place

FIXTURES = Path(__file__).parents[1] / "fixtures"
COMMON = {"clusters": "none", "min_n": 5, "pooling": False, "expected_by": "none"}
CASES = {
    "rake": {"calibration": "rake", "calibrate_by": ["gender", "age", "timeliness"]},
    "post": {"calibration": "poststratify", "calibrate_by": ["age"]},
    "rake_agency": {"calibration": "rake", "calibrate_by": ["gender", "age"]},
}
RESPONSES = pd.read_csv(FIXTURES / "calibration_responses.csv", dtype=str, keep_default_na=False)
MARGINS = pd.read_csv(FIXTURES / "calibration_margins.csv", dtype={"category": str}, keep_default_na=False)


def margins(name: str) -> pd.DataFrame:
    """The margins that R was given in a case."""
    of_agency = (MARGINS["variable"] == "gender") & (MARGINS["agency"] == "a1")
    if name == "rake_agency":
        return MARGINS[of_agency | (MARGINS["variable"] == "age")]
    wanted = CASES[name]["calibrate_by"]
    return MARGINS[(MARGINS["agency"] == "") & MARGINS["variable"].isin(wanted)]


def reference(name: str) -> list[tuple[str, str, str, float, float]]:
    """Agency, level, key, index and error of R's figures."""
    rows = pd.read_csv(FIXTURES / "r_calibration.csv", keep_default_na=False)
    rows = rows[(rows["design"] == name) & rows["level"].isin(["overall", "item"])]
    return [(r.agency, r.level, r.key, float(r.index), float(r.se)) for r in rows.itertuples(index=False)]


def fill(app: Flask, name: str, **rules: object) -> None:
    """Put the respondents, transactions and margins of the fixtures into round r1."""
    with app.extensions["database"].write() as session:
        open_place(session)
        accounts(session)
        session.flush()
        since = session.scalars(sa.select(Agency)).first().valid_from
        root = Agency(
            code="tinh", name="UBND tỉnh", kind=AgencyKind.PROVINCE, level=AgencyLevel.PROVINCE, valid_from=since
        )
        places = {
            code: Agency(code=code, name=code, kind=AgencyKind.DEPARTMENT, level=AgencyLevel.PROVINCE, valid_from=since)
            for code in ("a1", "a2", "a3")
        }
        services = {code: Service(code=code, name=code) for code in ("s1", "s2")}
        session.add_all([root, *places.values(), *services.values()])
        session.flush()
        round_ = session.scalars(sa.select(Round)).one()
        round_.rules = check_rules({**COMMON, **CASES[name], **rules})
        definition = from_canonical(round_.version.content)
        for number, row in enumerate(RESPONSES.to_dict("records")):
            given = {code: row[code] for code in [*definition.scheme().codes, "gender", "age", "timeliness"]}
            session.add(
                Response(
                    key=f"{number:016d}",
                    round_id=round_.id,
                    deciding_agency_id=places[row["agency"]].id,
                    service_id=services[row["service"]].id,
                    channel=Channel.QR,
                    language="vi",
                    answers=definition.pack({code: text for code, text in given.items() if text}),
                    submitted_at=NOW,
                )
            )
        for agency, service, n in pd.read_csv(FIXTURES / "calibration_population.csv").itertuples(index=False):
            session.add(
                Population(
                    round_id=round_.id,
                    agency_id=places[agency].id,
                    service_id=services[service].id,
                    transactions=n,
                )
            )
        for agency, variable, category, n in margins(name).itertuples(index=False):
            at = places[agency].id if agency else root.id
            session.add(Margin(round_id=round_.id, agency_id=at, variable=variable, category=category, transactions=n))


def check(table: pd.DataFrame, name: str) -> None:
    for agency, level, key, index, se in reference(name):
        at = (table["agency"] == agency) & (table["service"] == "") & (table["level"] == level)
        row = table[at & (table["key"] == key)].iloc[0]
        assert float(row["index"]) == pytest.approx(index, rel=1e-8)
        assert float(row["se"]) == pytest.approx(se, rel=1e-8)


@pytest.mark.parametrize("name", CASES)
def test_database_command_files_and_page_equal_r(app: Flask, tmp_path: Path, name: str) -> None:
    """One figure by four ways: the results, `results --calibrated`, `score --margins`, and the page's file."""
    fill(app, name)
    with app.extensions["database"].read() as session:
        found = calibrated_results(session, round_results(session, "r1"))
    assert found is not None
    assert found.calibration.converged
    check(found.table, name)

    run = app.test_cli_runner().invoke
    printed = run(args=["results", "--round", "r1", "--calibrated"])
    assert printed.exit_code == 0, printed.output
    check(pd.read_csv(io.StringIO(printed.stdout), keep_default_na=False, na_values={"index": [""]}), name)
    assert "Converged after" in printed.stderr

    margins(name).to_csv(tmp_path / "margins.csv", index=False)
    (tmp_path / "rules.json").write_text(json.dumps({**COMMON, **CASES[name]}))
    scored = run(
        args=[
            "score", "--responses", str(FIXTURES / "calibration_responses.csv"),
            "--population", str(FIXTURES / "calibration_population.csv"), "--questionnaire", "sipas-service-16",
            "--margins", str(tmp_path / "margins.csv"), "--rules", str(tmp_path / "rules.json"),
        ]
    )  # fmt: skip
    assert scored.exit_code == 0, scored.output
    check(pd.read_csv(io.StringIO(scored.stdout), keep_default_na=False), name)

    client = app.test_client()
    sign_in(client, "evaluator")
    sent = client.get("/danh-gia/r1/can-chinh.csv")
    assert "khong-phat-hanh" in sent.headers["Content-Disposition"]
    check(pd.read_csv(io.StringIO(sent.get_data().decode("utf-8-sig")), keep_default_na=False), name)
    page = BeautifulSoup(client.get("/danh-gia/r1/can-chinh").data, "html.parser")
    shown = page.find(id="calibrated-table").find_parent("table").select_one("tbody tr.whole").get_text(" ")
    assert f"{reference(name)[0][3]:.1f}".replace(".", ",") in shown
    balance = page.find(id="balance-table").find_parent("table").select("tbody tr")
    assert len(balance) == len(margins(name)) == len(page.select("svg.love circle.ring"))


def test_the_plain_index_stays_and_rules_without_calibration_have_no_other(app: Flask) -> None:
    fill(app, "rake")
    with app.extensions["database"].write() as session:
        plain = round_results(session, "r1").table
        round_ = session.scalars(sa.select(Round)).one()
        round_.rules = check_rules(COMMON)
        session.flush()
        results = round_results(session, "r1")
        pd.testing.assert_frame_equal(results.table, plain)
        assert calibrated_results(session, results) is None
    done = app.test_cli_runner().invoke(args=["results", "--round", "r1", "--calibrated"])
    assert done.exit_code == 2
    client = app.test_client()
    sign_in(client, "evaluator")
    assert "không yêu cầu" in client.get("/danh-gia/r1/can-chinh").get_data(as_text=True)
    assert client.get("/danh-gia/r1/can-chinh.csv").status_code == 404


def test_an_archive_holds_no_margins_and_says_so(app: Flask, tmp_path: Path) -> None:
    done = app.test_cli_runner().invoke(args=["results", "--from", str(tmp_path), "--calibrated"])
    assert (done.exit_code, "an archive holds no margins" in done.output) == (2, True)


def test_nothing_that_others_read_depends_on_margins(app: Flask) -> None:
    """Whatever the margins are, an edition and the unit roles' pages and files are the same to the letter."""
    fill(app, "rake")
    with app.extensions["database"].write() as session:
        round_ = session.scalars(sa.select(Round)).one()
        round_.state, round_.closed_at = RoundState.CLOSED, NOW
    texts = []
    for factor in (1, 7):
        with app.extensions["database"].write() as session:
            for row in session.scalars(sa.select(Margin).where(Margin.category.in_(["f", "l"]))):
                row.transactions *= factor
        with app.extensions["database"].read() as session:
            frozen = freeze(session, "r1").content
            moved = calibrated_results(session, round_results(session, "r1"))
        client = app.test_client()
        sign_in(client, "manager")
        pages = [client.get(at) for at in ("/danh-gia/r1", "/danh-gia/r1/ket-qua.csv", "/danh-gia/r1/thu-hang")]
        texts.append((frozen, [page.status_code for page in pages], moved.table["index"].iloc[0]))
        for at in ("/danh-gia/r1/can-chinh", "/danh-gia/r1/can-chinh.csv"):
            assert client.get(at).status_code == 403
        assert "can-chinh" not in pages[0].get_data(as_text=True)
    assert texts[0][:2] == texts[1][:2]
    assert texts[0][2] != texts[1][2]


def test_what_is_missing_or_empty_is_said(app: Flask) -> None:
    fill(app, "rake")
    client = app.test_client()
    sign_in(client, "evaluator")
    with app.extensions["database"].write() as session:
        round_ = session.scalars(sa.select(Round)).one()
        session.execute(sa.delete(Margin).where(Margin.variable == "age"))
        root = session.scalars(sa.select(Agency).where(Agency.code == "tinh")).one()
        session.flush()
        with pytest.raises(InputError, match="no margin of age"):
            calibrated_results(session, round_results(session, "r1"))
        session.add(Margin(round_id=round_.id, agency_id=root.id, variable="age", category="9", transactions=40))
    assert "9" in client.get("/danh-gia/r1/can-chinh").get_data(as_text=True)
    assert client.get("/danh-gia/r1/can-chinh.csv").status_code == 409
    with app.extensions["database"].read() as session, pytest.raises(InputError, match="category 9 of age"):
        calibrated_results(session, round_results(session, "r1"))


def test_trimming_and_months_follow_the_rules(app: Flask) -> None:
    """All answers came in one month, so that a margin of months with another one has an empty category."""
    fill(app, "rake", calibration_limit=2.0)
    with app.extensions["database"].write() as session:
        found = calibrated_results(session, round_results(session, "r1"))
        assert found.calibration.trimming.cap > 0
        assert 0 < found.calibration.trimmed_share < 0.5
        round_ = session.scalars(sa.select(Round)).one()
        root = session.scalars(sa.select(Agency).where(Agency.code == "tinh")).one()
        round_.rules = check_rules({**COMMON, "calibration": "poststratify", "calibrate_by": ["month"]})
        session.add(
            Margin(round_id=round_.id, agency_id=root.id, variable="month", category="2026-03", transactions=4000)
        )
        session.flush()
        results = round_results(session, "r1")
        monthly = calibrated_results(session, results)
        assert monthly.calibration.balance["responses"].tolist() == [100]
        assert monthly.table["index"].iloc[0] == pytest.approx(results.table["index"].iloc[0])


def test_files_without_rules_are_raked_to_all_margins(app: Flask, tmp_path: Path) -> None:
    margins("rake").to_csv(tmp_path / "m.csv", index=False)
    common = [
        "score", "--responses", str(FIXTURES / "calibration_responses.csv"), "--questionnaire", "sipas-service-16",
        "--population", str(FIXTURES / "calibration_population.csv"), "--margins", str(tmp_path / "m.csv"),
    ]  # fmt: skip
    run = app.test_cli_runner().invoke
    rows = list(csv.DictReader(io.StringIO(run(args=common).stdout)))
    assert float(rows[0]["index"]) == pytest.approx(reference("rake")[0][3])
    (tmp_path / "m.csv").write_text("variable,category,N\ngender,f,1\ngender,f,2\n,m,x\n")
    wrong = run(args=common)
    assert wrong.exit_code == 2
    assert wrong.output.count("row") >= 3
    (tmp_path / "m.csv").write_text("variable,category,N\n")
    assert run(args=common).exit_code == 2


def test_a_draft_takes_its_calibration_from_the_form(app: Flask) -> None:
    with app.extensions["database"].write() as session:
        open_place(session)
        accounts(session)
        session.flush()
        session.scalars(sa.select(Round)).one().state = RoundState.DRAFT
    client = app.test_client()
    sign_in(client, "evaluator")
    at = "/quan-tri/dot/r1"

    def send(**changed: object):
        page = BeautifulSoup(client.get(at).data, "html.parser")
        form = next(one for one in page.select("form") if one.select_one("[name=calibration]"))
        data: dict[str, object] = {}
        for one in form.select("input[name], select[name], textarea[name]"):
            if one.get("type") in ("checkbox", "radio") and not one.has_attr("checked"):
                continue
            chosen = one.select_one("option[selected]") if one.name == "select" else None
            data[one["name"]] = chosen["value"] if chosen else one.get("value", "")
        return client.post(at, data=data | changed)

    assert send(calibration="rake").status_code == 422
    assert send(calibration="poststratify", calibrate_by=["age", "gender"]).status_code == 422
    assert send(calibration="rake", calibrate_by=["age"], calibration_limit="0,5").status_code == 422
    assert send(calibration="rake", calibrate_by=["age", "gender"], calibration_limit="5").status_code == 303
    with app.extensions["database"].read() as session:
        rules = session.scalars(sa.select(Round)).one().rules
    assert rules["calibration"] == "rake"
    assert set(rules["calibrate_by"]) == {"age", "gender"}
    assert rules["calibration_limit"] == 5
    assert send(calibration="none").status_code == 303


def test_the_love_plot_has_both_marks_where_they_belong() -> None:
    """With -.3 and .1 on an axis of ±.3 the first mark stands at its left end, 0 in the middle."""
    chart = love_plot([LoveRow("a", -0.3, 0.0), LoveRow("b", 0.1, 0.05)])
    assert (chart.marks[0].before, chart.marks[0].after, chart.middle) == (2.0, 50.0, 50.0)
    assert chart.near == pytest.approx(50 - 96 / 6, abs=1e-3)
    assert chart.near_width == pytest.approx(2 * 96 / 6, abs=1e-2)
    assert [tick.text for tick in chart.ticks] == ["−0,3", "−0,1", "0", "0,1", "0,3"]
    assert len(love_plot([LoveRow("a", 0.9, 0)]).ticks) == 3


def test_long_names_of_categories_are_told_on_several_lines() -> None:
    """A telephone has room for some 40 letters: the second row begins a line of 17 pixels lower for each line more."""
    name = "Ông/Bà nhận kết quả đúng hẹn, sớm hơn hay trễ hơn so với giấy hẹn? Trễ hơn (Sở Tư pháp)"
    chart = love_plot([LoveRow(name, 0.1, 0.0), LoveRow("b", 0.1, 0.0)])
    long, short = chart.marks
    assert " ".join(line for line, _y in long.lines) == name
    assert max(len(line) for line, _y in long.lines) <= 40
    assert [y for _line, y in long.lines] == [15, 32, 49]
    assert (long.y, short.lines, short.y) == (28 + 34, (("b", 40 + 34 + 15),), 40 + 34 + 28)
    assert chart.floor == 2 * 40 + 34


def test_why_no_reader_below_evaluator_has_it() -> None:
    """A printed total and a hidden group: without the calibrated index 14 answers fit, with it a single one.

    60 people, 41 satisfied, are printed; that the group of women was 1 to 4 people is what hiding says. Three women
    answered, one of them satisfied.
    """

    def index(women: int, satisfied: int) -> float:
        keys = pd.DataFrame({"agency": ["a", "a"], "service": ["s", "s"], "gender": ["f", "m"]})
        population = pd.DataFrame({"agency": ["a"], "service": ["s"], "N": [600]})
        design = stratified(keys, [women, 60 - women], population)
        made = calibrate(design, [MarginTotals("gender", "", {"f": 300, "m": 300})], method="poststratify").design
        return 100 * float(made.weight @ np.array([satisfied, 41 - satisfied]) / (made.weight @ made.n))

    possible = [(women, satisfied) for women in range(1, 5) for satisfied in range(women + 1)]
    assert len(possible) == 14
    printed = round(index(3, 1), 1)
    assert [one for one in possible if round(index(*one), 1) == printed] == [(3, 1)]
