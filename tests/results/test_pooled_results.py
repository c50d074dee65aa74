"""Results under today's rules: an index is a function of printed counts, a verdict goes with its interval."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from scoring.disclosure import SUPPRESSED
from scoring.intervals import METHOD_NAMES
from scoring.table import TEST_ERRORS
from survey.core.actor import Actor
from survey.core.db import Database
from survey.models import Agency, AgencyKind, AgencyLevel, Channel, Population, Publication, Response, Round, Service
from survey.publication.editions import content_of, freeze, thaw
from survey.questionnaires import bundled
from survey.results.breakdowns import breakdown, dimensions
from survey.results.comparisons import agency_ranks, changes_between
from survey.results.compute import round_results
from survey.results.diagnosis import contrasts, diagnosis, gaps
from survey.results.group_sizes import GROUP
from survey.structure.operations.install_questionnaire import install_questionnaire
from survey.structure.operations.open_round import RoundPlan, create_round
from survey.structure.queries import rounds
from survey.web.wording import INTERVAL_METHODS

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
N = {
    ("a", "s"): 500, ("a", "t"): 100, ("a", "u"): 40, ("a", "v"): 300,
    ("b", "s"): 400, ("b", "t"): 250, ("c", "s"): 90, ("c", "t"): 60,
}  # fmt: skip
#: agency, service, answers, how many; agency a hides two services of three and four people
NOW_GIVEN = (
    ("a", "s", "555555555", 30), ("a", "s", "444433333", 20), ("a", "t", "1x.444444", 12),
    ("a", "u", "222222222", 3), ("a", "v", "544444444", 4), ("a", "v", ".........", 2),
    ("b", "s", "222224444", 55), ("b", "s", "422244444", 15), ("b", "t", "444455554", 25),
    ("c", "s", "444444444", 45), ("c", "s", "333333333", 15), ("c", "t", "444422222", 40),
)  # fmt: skip
BEFORE_GIVEN = (
    ("a", "s", "333333333", 50), ("a", "t", "444444444", 12),
    ("b", "s", "222224444", 55), ("b", "s", "422244444", 15), ("b", "t", "444455554", 25),
    ("c", "s", "444444444", 45), ("c", "s", "333333333", 15), ("c", "t", "444422222", 40),
)  # fmt: skip


@pytest.fixture
def two_rounds(database: Database) -> Database:
    """Rounds `old` and `new` under the rules that a new round is given."""
    with database.write() as session:
        version = install_questionnaire(session, bundled()["sipas-short"], NOW)
        for code in "abc":
            agency = Agency(
                code=code, name=code, kind=AgencyKind.DEPARTMENT, level=AgencyLevel.PROVINCE,
                valid_from=date(2020, 1, 1),
            )  # fmt: skip
            session.add(agency)
        session.add_all(Service(code=code, name=code) for code in "stuv")
        session.flush()
        for code, given, first in (("old", BEFORE_GIVEN, 2025), ("new", NOW_GIVEN, 2026)):
            plan = RoundPlan(code, code, date(first, 1, 1), date(first, 6, 30))
            fill(session, create_round(session, plan, version, actor=Actor(NOW)), given)
    return database


def fill(session: orm.Session, round_: Round, given: tuple[tuple[str, str, str, int], ...]) -> None:
    agencies = {one.code: one.id for one in session.scalars(sa.select(Agency))}
    services = {one.code: one.id for one in session.scalars(sa.select(Service))}
    width = len(bundled()["sipas-short"].slots)
    for (agency, service), count in N.items():
        session.add(
            Population(round_id=round_.id, agency_id=agencies[agency], service_id=services[service], transactions=count)
        )
    for row, (agency, service, answers, count) in enumerate(given):
        for k in range(count):
            session.add(
                Response(
                    key=f"{round_.code}-{row:03}-{k:03}-padding-padding", round_id=round_.id,
                    deciding_agency_id=agencies[agency], service_id=services[service], channel=Channel.QR,
                    language="vi", answers=answers.ljust(width, "."),
                    submitted_at=datetime(round_.opens_on.year, 3, 2, 2, tzinfo=UTC) + timedelta(minutes=k),
                )
            )  # fmt: skip


def satisfied(rows: pd.DataFrame) -> np.ndarray:
    return (rows["c4"] + rows["c5"]).to_numpy(dtype=float, na_value=np.nan)


def test_the_index_of_an_agency_is_a_function_of_printed_counts_and_n(two_rounds: Database) -> None:
    with two_rounds.read() as session:
        results = round_results(session, "new")
    table = results.table
    overall = table[(table["level"] == "overall") & (table["agency"] == "a")]
    whole = overall[overall["service"] == ""].iloc[0]
    shown = overall[(overall["service"] != "") & (overall["status"] != SUPPRESSED)]
    hidden = overall.loc[overall["status"] == SUPPRESSED, "service"]
    assert set(hidden) == {"u", "v"}
    weight = np.array([N["a", s] for s in shown["service"]]) / shown["n"].to_numpy(dtype=float)
    above, below = (weight @ satisfied(shown), weight @ shown["valid"].to_numpy(dtype=float))
    left = float(whole["n"] - shown["n"].sum())
    assert left == 7  # two who rated nothing are nobody
    rest = sum(N["a", s] for s in hidden) / left
    above += rest * (float(whole["c4"] + whole["c5"]) - satisfied(shown).sum())
    below += rest * (float(whole["valid"]) - float(shown["valid"].sum()))
    assert whole["index"] == pytest.approx(100 * above / below, abs=1e-9)


def test_errors_for_tests_stay_out_of_the_table(two_rounds: Database) -> None:
    names = {name for name, _ in TEST_ERRORS}
    with two_rounds.read() as session:
        results = round_results(session, "new")
    assert not names & set(results.table.columns)
    assert names <= set(results.tested.columns)
    finite = results.tested["se_test"].notna() & results.tested["se"].notna() & ~results.tested["bounded"]
    # without the correction nothing is more certain than with it
    assert (results.tested.loc[finite, "se_test"] >= results.tested.loc[finite, "se"] - 1e-12).all()


def test_a_change_is_told_with_the_interval_of_its_verdict(two_rounds: Database) -> None:
    with two_rounds.read() as session:
        now, before = round_results(session, "new"), round_results(session, "old")
        table = changes_between(session, now, before.round).table
    told = table[table["verdict"].isin(["above", "below"])]
    assert len(told)
    assert (table["verdict"] == "same").any()
    assert ((told["lo_family"] > 0) == (told["verdict"] == "above")).all()
    same = table[table["verdict"] == "same"]
    assert ((same["lo_family"] <= 0) & (same["hi_family"] >= 0)).all()
    assert (told["lo_family"] <= told["lo"]).all()
    # b and c gave the same answers in both rounds
    overall = table[(table["level"] == "overall") & (table["service"] == "")].set_index("agency")
    assert overall.loc[["b", "c"], "verdict"].tolist() == ["same", "same"]
    assert overall.loc["a", "verdict"] == "above"
    assert overall.loc["a", "tests"] == 3


def test_ranks_of_an_edition_are_those_of_its_day(two_rounds: Database) -> None:
    with two_rounds.read() as session:
        live = agency_ranks(round_results(session, "new"))
        frozen = freeze(session, "new")
        publication = Publication(content=frozen.content, round=rounds.by_code(session, "new"))
        edition = thaw(session, publication)
        assert "test_errors" in content_of(publication)
    pd.testing.assert_frame_equal(agency_ranks(edition), live)
    assert (live["status"] == "ranked").all()


def test_a_group_is_satisfied_over_valid_of_its_own_row(two_rounds: Database) -> None:
    with two_rounds.read() as session:
        results = round_results(session, "new")
        channel = dimensions(results.definition)[0]
        table = breakdown(session, results, channel, "b")
    rows = table[(table[GROUP] != "") & (table["status"] != SUPPRESSED)]
    assert len(rows)
    np.testing.assert_allclose(
        rows["index"].to_numpy(dtype=float), 100 * satisfied(rows) / rows["valid"].to_numpy(dtype=float), atol=1e-9
    )


def test_without_a_question_about_the_whole_people_decide_what_comes_first(two_rounds: Database) -> None:
    with two_rounds.read() as session:
        results = round_results(session, "new")
        table = diagnosis(session, results, "b")
        against, verdicts = gaps(session, results), contrasts(session, results)
    worse = table[table["verdict"] == "weakness"]
    assert len(worse) > 1
    assert table["importance"].isna().all()
    expected = -worse["gap"].to_numpy(dtype=float) / 100 * worse["n"].to_numpy(dtype=float)
    np.testing.assert_allclose(worse["people"].to_numpy(dtype=float), expected)
    assert (np.diff(expected) <= 0).all()
    assert (worse["hi"] < 0).all()
    assert {len(rows) for _, rows in against.groupby(["level", "key"])} == {3}
    for (agency, level, key), contrast in verdicts.items():
        row = against[(against["agency"] == agency) & (against["level"] == level) & (against["key"] == key)].iloc[0]
        assert (contrast.lo, contrast.hi) == (row["lo_family"], row["hi_family"])
        assert (contrast.verdict == "above") == (contrast.lo > 0)
        assert (contrast.verdict == "below") == (contrast.hi < 0)


def test_methods_of_intervals_have_the_names_scoring_gives_them() -> None:
    assert INTERVAL_METHODS.messages == METHOD_NAMES
