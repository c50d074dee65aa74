"""`score` on the reference data against R survey 4.1-1, and what it refuses.

R's figures come from tests/fixtures/r_sipas.csv: design `strat_fpc` is svydesign(ids = ~1, strata = ~service,
fpc = ~N, weights = ~w), stat `pooled_top2` the svyratio of answers 4 and 5 to valid answers. R has no beta interval of
a ratio; `korn_graubard` below works it out from R's own estimate, standard error, df and n.
"""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from scipy import stats

from survey.results.commands import score

FIXTURES = Path(__file__).parents[1] / "fixtures"
#: R's design counts who rated nothing among the respondents of a stratum; pooled results do not
AS_IN_R = FIXTURES / "rules_as_in_r.json"
FIRST = ["agency", "service", "level", "key", "n", "valid", "c1", "c2", "c3", "c4", "c5"]
FIRST += ["index", "se", "df", "lo", "hi", "status"]
TOLERANCE = 1e-9


def run(*options: str, responses: str | Path = "sipas_wave1.csv", population: str | Path = "sipas_pop1.csv") -> Result:
    files = ["--responses", str(FIXTURES / responses), "--population", str(FIXTURES / population)]
    questionnaire = ["--questionnaire", str(FIXTURES / "questionnaire.yaml")]
    return CliRunner().invoke(score, [*files, *questionnaire, *options])


def figures(*options: str, **files: str | Path) -> dict[tuple[str, str, str, str], dict[str, str]]:
    result = run(*options, **files)
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(result.stdout.splitlines()))
    return {(r["agency"], r["service"], r["level"], r["key"]): r for r in rows}


def reference() -> list[dict[str, str]]:
    """R's pooled_top2 rows of the stratified design, for the province, agencies and services, once each."""
    with (FIXTURES / "r_sipas.csv").open() as file:
        rows = [r for r in csv.DictReader(file) if r["design"] == "strat_fpc" and r["stat"] == "pooled_top2"]
    wanted = [r for r in rows if r["domain"] == "ALL" or r["domain"][0] == "A"]
    return list({(r["domain"], r["variable"]): r for r in wanted}.values())


def place(row: dict[str, str]) -> tuple[str, str, str, str]:
    domain, variable = row["domain"], row["variable"]
    agency, service = {3: (domain, ""), 6: (domain[:3], domain)}[len(domain)] if domain != "ALL" else ("", "")
    return agency, service, *(("overall", "all") if variable == "all" else ("element", variable))


def korn_graubard(p: float, se: float, df: float, n: float) -> tuple[float, float]:
    """Korn & Graubard (1998) as R's svyciprop(method = "beta"): effective n with the t quantiles' ratio."""
    effective = p * (1 - p) / se**2 * (stats.t.ppf(0.975, n - 1) / stats.t.ppf(0.975, df)) ** 2
    low = stats.beta.ppf(0.025, effective * p, effective * (1 - p) + 1)
    return float(low), float(stats.beta.ppf(0.975, effective * p + 1, effective * (1 - p)))


def near(cell: str, expected: float) -> bool:
    return math.isclose(float(cell), 100 * expected, rel_tol=TOLERANCE, abs_tol=100 * TOLERANCE)


@pytest.mark.parametrize("strata", ["service", "agency,service"])
def test_estimates_errors_and_t_intervals_are_those_of_r(strata: str) -> None:
    ours = figures("--interval", "t", "--strata", strata, "--rules", str(AS_IN_R))
    rows = reference()
    assert len(rows) == 6 * (1 + 12 + 36)
    for row in rows:
        found = ours[place(row)]
        if row["estimate"] in ("", "NA", "NaN"):
            assert (found["index"], found["se"], found["lo"], found["status"]) == ("", "", "", "no_data"), row
            continue
        assert near(found["index"], float(row["estimate"])), row
        assert near(found["se"], float(row["se"])), row
        assert float(found["df"]) == float(row["df"]), row
        assert int(found["n"]) == int(row["n"]), row
        # R does not keep a t interval inside 0..100; we do
        assert near(found["lo"], max(float(row["lo"]), 0.0)), row
        assert near(found["hi"], min(float(row["hi"]), 1.0)), row


def test_beta_intervals_follow_korn_graubard() -> None:
    ours = figures("--interval", "beta", "--strata", "service", "--rules", str(AS_IN_R))
    checked = 0
    for row in reference():
        found = ours[place(row)]
        if row["estimate"] in ("", "NA", "NaN"):
            continue
        p, se, df, n = (float(row[name]) for name in ("estimate", "se", "df", "n"))
        if se == 0 and found["status"] == "census":
            assert found["lo"] == found["index"] == found["hi"]
            continue
        low, high = korn_graubard(p, se, df, n)
        assert near(found["lo"], low), row
        assert near(found["hi"], high), row
        checked += 1
    assert checked > 280


def test_census_has_no_sampling_error_and_an_element_nobody_answered_has_no_figure() -> None:
    ours = figures()
    census = ours["A02", "A02-S2", "overall", "all"]
    assert (census["status"], float(census["se"]), census["lo"]) == ("census", 0.0, census["index"])
    nobody = ours["A03", "A03-S2", "element", "feedback"]
    assert (nobody["status"], nobody["index"], nobody["lo"], nobody["valid"]) == ("no_data", "", "", "0")


def test_counts_are_those_of_the_file() -> None:
    with (FIXTURES / "sipas_wave1.csv").open() as file:
        answers = [row["acc1"] for row in csv.DictReader(file) if row["agency"] == "A05"]
    found = figures()["A05", "", "item", "acc1"]
    assert [int(found[f"c{k}"]) for k in range(1, 6)] == [answers.count(str(k)) for k in range(1, 6)]
    assert int(found["valid"]) == len([a for a in answers if a])


def test_columns_and_order_of_the_contract() -> None:
    result = run()
    header = next(csv.reader(result.stdout.splitlines()))
    assert header[: len(FIRST)] == FIRST
    assert {key[2] for key in figures()} == {"overall", "aspect", "element", "item"}


def test_json_says_the_same_as_csv() -> None:
    rows = json.loads(run("--format", "json").stdout)
    table = figures()
    assert len(rows) == len(table)
    for row in rows:
        cells = table[row["agency"], row["service"], row["level"], row["key"]]
        for name, value in row.items():
            written = cells[name]
            assert (
                written == ""
                if value is None
                else (written == value if isinstance(value, str) else float(written) == value)
            )


def test_by_agency_gives_no_services() -> None:
    assert {key[1] for key in figures("--by", "agency")} == {""}
    assert {key[0] for key in figures("--by", "agency")} == {"", *(f"A{k:02d}" for k in range(1, 13))}


def test_nothing_is_hidden_unless_asked() -> None:
    shown = figures()["A03", "A03-S2", "overall", "all"]
    assert (shown["n"], shown["index"] != "") == ("2", True)
    hidden = figures("--min-n", "5")["A03", "A03-S2", "overall", "all"]
    assert hidden["index"] == ""
    assert hidden["status"]


def test_file_appears_whole(tmp_path) -> None:
    out = tmp_path / "kết quả.csv"
    assert run("--out", str(out)).exit_code == 0
    assert out.read_text("utf-8") == run().stdout
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_row_order_and_separator_and_mark_do_not_matter(tmp_path) -> None:
    lines = (FIXTURES / "sipas_wave1.csv").read_text().splitlines()
    turned = tmp_path / "turned.csv"
    turned.write_bytes("\ufeff".encode() + "\r\n".join([lines[0], *lines[:0:-1]]).replace(",", ";").encode())
    assert run(responses=turned).stdout == run().stdout


def fails(result: Result, *words: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


def changed(tmp_path: Path, name: str, old: str, new: str) -> Path:
    text = (FIXTURES / name).read_text()
    assert old in text
    path = tmp_path / name
    path.write_text(text.replace(old, new, 1))
    return path


def test_missing_file() -> None:
    fails(run(responses="none.csv"), "none.csv")


def test_missing_population_column(tmp_path) -> None:
    fails(run(population=changed(tmp_path, "sipas_pop1.csv", "service,N", "service,total")), "no column 'N'")


def test_missing_item_column(tmp_path) -> None:
    fails(run(responses=changed(tmp_path, "sipas_wave1.csv", "acc1,", "question1,")), "acc1", "--map")


def test_wrong_answer_names_the_cell(tmp_path) -> None:
    path = changed(tmp_path, "sipas_wave1.csv", "A01-S1-C4,5,", "A01-S1-C4,9,")
    fails(run(responses=path), "row 2", "'acc1'", "'9'", "1..5")


def test_wrong_encoding(tmp_path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("agency,service\nSở,x\n".encode()[:-5] + b"\xff\xfe\xfa\n")
    fails(run(responses=path), "not UTF-8")


def test_more_responses_than_transactions_is_refused_and_named(tmp_path) -> None:
    path = changed(tmp_path, "sipas_pop1.csv", "A05-S3,324", "A05-S3,60")
    fails(run(population=path), "A05-S3", "N = 60", "responses = 77")


def test_more_responses_than_transactions_can_be_allowed(tmp_path) -> None:
    path = changed(tmp_path, "sipas_pop1.csv", "A05-S3,324", "A05-S3,60")
    found = figures("--allow-short", population=path)["A05", "A05-S3", "overall", "all"]
    assert found["status"] == "population_below_sample"


@pytest.mark.parametrize(
    "options",
    [
        ("--interval", "guess"),
        ("--format", "xml"),
        ("--min-n", "-1"),
        ("--by", "ward"),
        ("--strata", "ward"),
        ("--out", "/nowhere/at/all.csv"),
    ],
)
def test_wrong_options(options: tuple[str, str]) -> None:
    fails(run(*options))


def test_unknown_questionnaire() -> None:
    files = ["--responses", str(FIXTURES / "sipas_wave1.csv"), "--population", str(FIXTURES / "sipas_pop1.csv")]
    fails(CliRunner().invoke(score, [*files, "--questionnaire", "sipas-1999"]), "sipas-1999", "sipas-service-16")


CODES = [f"{e}{k}" for e, n in (("acc", 4), ("pro", 4), ("sta", 5), ("res", 3), ("fee", 4)) for k in range(1, n + 1)]


def write_csv(path: Path, rows: list[dict[str, object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def of_days(folder: Path) -> dict[str, Path]:
    """Return files of 60 people of one counter on 12 days, each day of one mind; 4 more at no known counter."""
    place = {"agency": "A", "service": "s"}
    people: list[dict[str, object]] = [
        {**place, "counter": "c", "day": f"{k // 5:02}", **dict.fromkeys(CODES, 5 if k // 5 % 3 else 1)}
        for k in range(60)
    ]
    people += [{**place, "counter": "", "day": "", **dict.fromkeys(CODES, 5)} for _ in range(4)]
    population = write_csv(folder / "p.csv", [{**place, "N": 10**7}])
    return {"responses": write_csv(folder / "r.csv", people), "population": population}


def test_columns_name_the_sampling_units(tmp_path: Path) -> None:
    """Twelve days of five people of one mind, and four people by themselves: sixteen units."""
    files = of_days(tmp_path)
    whole = ("", "", "overall", "all")
    row, plain = figures("--cluster", "counter,day", **files)[whole], figures(**files)[whole]
    share = 44 / 64
    days = sum((5 * ((day % 3 > 0) - share) / 64) ** 2 for day in range(12)) + 4 * ((1 - share) / 64) ** 2
    assert float(row["index"]) == pytest.approx(100 * share)
    assert float(row["se"]) == pytest.approx(100 * math.sqrt(16 / 15 * days), rel=1e-5)
    assert row["df"] == "15"
    assert float(plain["se"]) == pytest.approx(100 * math.sqrt(share * (1 - share) / 63), rel=1e-5)
    assert plain["df"] == "63"
    alone = figures("--cluster", "day", **files)[whole]
    assert alone["se"] == row["se"]
    refused = run("--cluster", "counter", "--by", "agency,counter", **files)
    assert refused.exit_code == 2
    assert "--cluster cannot be those of --by" in refused.output


def test_numbers_of_microdata_for_no_answer_are_read_in_microdata_alone(tmp_path: Path) -> None:
    """9 (don't know) and 8 (not asked) are no valid answers there; in any other file they are wrong cells."""
    place = {"agency": "A", "service": "s"}
    values = [5, 5, 4, 9, 8, 1, 2, ""]
    people: list[dict[str, object]] = [{**place, **dict.fromkeys(CODES, value)} for value in values]
    population = write_csv(tmp_path / "p.csv", [{**place, "N": 100}])
    plain = run(responses=write_csv(tmp_path / "r.csv", people), population=population)
    assert plain.exit_code == 2
    assert "'9'" in plain.output
    exported = [{**row, "stratum": "A / s", "weight": 12.5, "fpc": 0.08, "in_province": 1} for row in people]
    row = figures(responses=write_csv(tmp_path / "m.csv", exported), population=population)[("", "", "overall", "all")]
    assert (row["n"], row["valid"], row["c4"], row["c5"]) == ("5", "100", "20", "40")
