"""The one path from the database to results: what is counted, what is left out, and that all ways agree."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.actor import Actor
from survey.core.db import Database
from survey.core.errors import InputError
from survey.core.spreadsheet_text import neutralise
from survey.models import Agency, AgencyKind, AgencyLevel, Channel, Population, Response, Round, Service
from survey.questionnaires import bundled
from survey.results.as_csv import BOM, csv_text
from survey.results.as_json import json_text
from survey.results.compute import round_results
from survey.results.queries.responses import channels, exclusions, patterns
from survey.structure.operations.install_questionnaire import install_questionnaire
from survey.structure.operations.open_round import RoundPlan, create_round

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
#: agency, service, answers to the nine items, how many, channel
GIVEN = (
    ("a", "s", "555555555", 30, Channel.QR),
    ("a", "s", "444433333", 20, Channel.QR),
    ("a", "t", "1x.444444", 12, Channel.PAPER),
    ("b", "s", "222222222", 10, Channel.KIOSK),
)


@pytest.fixture
def scored(database: Database) -> Database:
    """A round `r` of two agencies and two services: 72 responses counted, 3 not."""
    with database.write() as session:
        version = install_questionnaire(session, bundled()["sipas-short"], NOW)
        round_ = create_round(
            session, RoundPlan("r", "Đợt r", date(2026, 1, 1), date(2026, 6, 30)), version, actor=Actor(NOW)
        )
        for code in "ab":
            session.add(_agency(code))
        session.add_all(Service(code=code, name=f"Lĩnh vực {code}") for code in "st")
        session.flush()
        for agency, service, answers, count, channel in GIVEN:
            add(session, round_, agency, service, answers, count, channel)
        add(session, round_, "a", "s", "111111111", 3, Channel.QR, excluded="honeypot")
        agencies, services = codes(session, Agency), codes(session, Service)
        for agency, service, n in (("a", "s", 500), ("a", "t", 100), ("b", "s", 400)):
            session.add(
                Population(round_id=round_.id, agency_id=agencies[agency], service_id=services[service], transactions=n)
            )
    return database


def _agency(code: str) -> Agency:
    return Agency(
        code=code,
        name=f"Sở {code}",
        kind=AgencyKind.DEPARTMENT,
        level=AgencyLevel.PROVINCE,
        valid_from=date(2020, 1, 1),
    )


def codes(session: orm.Session, model: type[Agency] | type[Service]) -> dict[str, int]:
    return {thing.code: thing.id for thing in session.scalars(sa.select(model))}


def add(
    session: orm.Session,
    round_: Round,
    agency: str,
    service: str | None,
    answers: str,
    count: int,
    channel: Channel = Channel.QR,
    excluded: str | None = None,
) -> None:
    agencies, services = codes(session, Agency), codes(session, Service)
    start = session.scalar(sa.select(sa.func.count()).select_from(Response)) or 0
    tail = "." * (len(round_.version.slots) - 9)
    session.add_all(
        Response(
            key=f"response-{start + k:012d}",
            round_id=round_.id,
            deciding_agency_id=agencies[agency],
            service_id=services[service] if service else None,
            channel=channel,
            language="vi",
            answers=answers + tail,
            submitted_at=NOW + timedelta(seconds=start + k),
            excluded=excluded,
        )
        for k in range(count)
    )
    session.flush()


def figure(table: pd.DataFrame, agency: str, service: str, level: str, key: str) -> pd.Series:
    found = table[
        (table["agency"] == agency) & (table["service"] == service) & (table["level"] == level) & (table["key"] == key)
    ]
    assert len(found) == 1, (agency, service, level, key, len(found))
    return found.iloc[0]


def the_round(session: orm.Session) -> Round:
    return session.scalars(sa.select(Round)).one()


def test_patterns_are_distinct_answers_with_their_counts(scored: Database) -> None:
    with scored.read() as session:
        found = patterns(session, the_round(session).id)
    rows = zip(found.keys["agency"], found.keys["service"], found.answers, found.counts, strict=True)
    assert {(a, s, t): int(n) for a, s, t, n in rows} == {(a, s, t): n for a, s, t, n, _ in GIVEN}
    assert found.respondents == 72


def test_patterns_by_channel(scored: Database) -> None:
    with scored.read() as session:
        found = patterns(session, the_round(session).id, by=("agency", "service", "channel"))
    assert set(found.keys["channel"]) == {"qr", "paper", "kiosk"}


def test_exclusions_and_channels_are_counted(scored: Database) -> None:
    with scored.read() as session:
        assert exclusions(session, 1) == {"honeypot": 3}
        assert channels(session, 1) == {"qr": 50, "paper": 12, "kiosk": 10}


def test_results_by_hand(scored: Database) -> None:
    """Service a/s: 30 × 9 + 20 × 4 satisfied of 50 × 9 answers. Province: every service weighs its transactions."""
    with scored.read() as session:
        found = round_results(session, "r", interval="t")
    assert (found.responses, found.excluded, found.transactions) == (72, {"honeypot": 3}, 1000)
    assert found.response_rate == pytest.approx(7.2)
    assert found.channels == {"qr": 50, "paper": 12, "kiosk": 10}
    one = figure(found.table, "a", "s", "overall", "all")
    assert one["index"] == pytest.approx(100 * 350 / 450, rel=1e-12)
    assert [int(one[f"c{k}"]) for k in range(1, 6)] == [0, 0, 100, 80, 270]
    assert (int(one["n"]), int(one["valid"])) == (50, 450)
    weights = {("a", "s"): 500 / 50, ("a", "t"): 100 / 12, ("b", "s"): 400 / 10}
    top = weights["a", "s"] * 350 + weights["a", "t"] * 12 * 6
    valid = weights["a", "s"] * 450 + weights["a", "t"] * 12 * 7 + weights["b", "s"] * 90
    province = figure(found.table, "", "", "overall", "all")
    assert province["index"] == pytest.approx(100 * top / valid, rel=1e-12)
    assert int(province["n"]) == 72


def test_a_new_answer_and_an_exclusion_are_seen_at_once(scored: Database) -> None:
    with scored.read() as session:
        before = figure(round_results(session, "r").table, "a", "s", "overall", "all")
    with scored.write() as session:
        add(session, the_round(session), "a", "s", "111111111", 1)
    with scored.read() as session:
        after = figure(round_results(session, "r").table, "a", "s", "overall", "all")
    assert (int(before["n"]), int(after["n"])) == (50, 51)
    assert after["index"] < before["index"]
    with scored.write() as session:
        newest = session.scalars(sa.select(Response).order_by(Response.id.desc()).limit(1)).one()
        newest.excluded = "duplicate"
        session.scalars(sa.select(Response).where(Response.excluded == "honeypot").limit(1)).one().excluded = None
    with scored.read() as session:
        found = round_results(session, "r")
    assert found.excluded == {"duplicate": 1, "honeypot": 2}
    assert int(figure(found.table, "a", "s", "overall", "all")["n"]) == 51


def test_responses_with_too_few_answers_are_counted_apart(scored: Database) -> None:
    with scored.write() as session:
        round_ = the_round(session)
        add(session, round_, "b", "s", "5........", 4)
        round_.rules = {**round_.rules, "min_answered_share": 0.5}
    with scored.read() as session:
        found = round_results(session, "r")
    assert found.excluded == {"honeypot": 3, "too_few_answers": 4}
    assert found.responses == 72


def test_responses_without_a_service_still_count(scored: Database) -> None:
    with scored.write() as session:
        add(session, the_round(session), "b", None, "555555555", 10)
    with scored.read() as session:
        found = round_results(session, "r")
    agency = figure(found.table, "b", "", "overall", "all")
    assert (int(agency["n"]), agency["index"]) == (20, pytest.approx(50.0))


def test_a_round_without_responses_or_transactions(database: Database) -> None:
    with database.write() as session:
        version = install_questionnaire(session, bundled()["sipas-short"], NOW)
        create_round(session, RoundPlan("r", "Đợt r", date(2026, 1, 1), date(2026, 6, 30)), version, actor=Actor(NOW))
    with database.read() as session:
        found = round_results(session, "r")
    assert (found.responses, found.transactions, found.response_rate) == (0, 0, None)
    assert set(found.table["status"]) <= {"no_data"}


def test_unknown_round_and_interval(scored: Database) -> None:
    with scored.read() as session:
        with pytest.raises(InputError, match="There is no round q"):
            round_results(session, "q")
        with pytest.raises(InputError, match="interval must be one of"):
            round_results(session, "r", interval="guess")


def test_csv_has_every_digit_and_json_says_the_same(scored: Database) -> None:
    with scored.read() as session:
        table = round_results(session, "r").table
    rows = list(csv.DictReader(io.StringIO(csv_text(table))))
    objects = json.loads(json_text(table))
    assert len(rows) == len(objects) == len(table)
    for row, told, (_, stored) in zip(rows, objects, table.iterrows(), strict=True):
        for name in ("index", "se", "lo", "hi"):
            if pd.isna(stored[name]):
                assert (row[name], told[name]) == ("", None)
            else:
                assert float(row[name]) == told[name] == stored[name]


def test_spreadsheet_csv_is_rfc_4180_with_mark_and_no_formulas() -> None:
    table = pd.DataFrame({"=evil()": ["=1+1", '+A1, "x"', "@x", "Sở Nội vụ"], "v": [-1.5, float("nan"), 2.0, 0.1]})
    text = csv_text(table, spreadsheet=True)
    assert text.startswith(BOM)
    assert text.count("\r\n") == 5
    assert "\n" not in text.replace("\r\n", "")
    rows = list(csv.reader(io.StringIO(text.removeprefix(BOM))))
    assert rows == [["'=evil()", "v"], ["'=1+1", "-1.5"], ['\'+A1, "x"', ""], ["'@x", "2.0"], ["Sở Nội vụ", "0.1"]]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "  =1", "＝1"])
def test_formulas_are_neutralised(text: str) -> None:
    assert neutralise(text).startswith("'")


def test_control_characters_go() -> None:
    assert neutralise("a\x00b\x1f") == "ab"
