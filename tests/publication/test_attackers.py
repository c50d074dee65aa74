"""Everything a round prints, attacked at once: the demonstration and a province of 75 communes with thin services.

A reader has the whole table, both rounds, all breakdowns, the public edition, files and API, and N. See
`tests/scoring/test_attack.py` for what the attacks find where totals are not pooled.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm

from app import create_app
from scoring.attack import recompute
from scoring.clusters import cluster_sums
from scoring.compare import changes
from scoring.moments import moments_from_patterns
from scoring.scheme import Rules
from scoring.table import score_table
from survey.accounts.operations.create_user import create_user
from survey.core.actor import Actor
from survey.core.config import Settings
from survey.core.db import Database
from survey.demo.operations.load_demo import Demo, load_demo
from survey.demo.province import FULL
from survey.migrations import upgrade
from survey.models import Agency, Response, Role, Round, RoundState, Service
from survey.publication.operations.api_clients import create_api_client
from survey.results.borrowed import estimates_of
from survey.results.breakdowns import CHANNEL, COUNTER, breakdown, dimensions
from survey.results.compute import RoundResults, round_results, without_service
from survey.results.group_sizes import GROUP
from survey.structure.queries.population import population
from tests.support.attackers import attacked, numbers
from tests.support.evaluation import PASSWORD, sign_in

NOW = datetime(2026, 11, 25, 6, tzinfo=UTC)
ROUNDS = ("2025", "2026")
pytestmark = pytest.mark.slow(reason="loads two provinces and attacks their tables by linear programming")


@dataclass(frozen=True)
class Province:
    """An application over a loaded province, both of its rounds ended."""

    app: Flask

    @property
    def database(self) -> Database:
        return self.app.extensions["database"]


def load(instance: Path, *, full: bool = False) -> Province:
    app = create_app(Settings(instance_dir=instance, secret_key="k" * 40))
    database = app.extensions["database"]
    if full:
        upgrade(database)
    with database.write() as session:
        if full:
            load_demo(session, now=NOW, cast=FULL)
        newer = session.scalars(sa.select(Round).where(Round.state == RoundState.OPEN)).one()
        newer.state, newer.closed_at = RoundState.CLOSED, NOW
    return Province(app)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, demonstration_copy: Callable[[Path], Demo]) -> Iterator[Province]:
    instance = tmp_path_factory.mktemp("small")
    demonstration_copy(instance)
    made = load(instance)
    yield made
    made.database.dispose()


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    made = load(tmp_path_factory.mktemp("full"), full=True)
    yield made
    made.database.dispose()


@dataclass(frozen=True)
class People:
    """Who answered a round, one row a person, as nobody but the database knows them."""

    keys: pd.DataFrame
    answers: list[str]
    results: RoundResults
    population: pd.DataFrame

    @classmethod
    def read(cls, session: orm.Session, code: str, rules: Rules | None = None, min_n: int | None = None) -> People:
        results = round_results(session, code, rules=rules, min_n=min_n)
        rows = session.execute(
            sa.select(
                Agency.code,
                sa.func.coalesce(Service.code, ""),
                Response.counter_id,
                Response.submitted_at,
                Response.answers,
            )
            .join(Agency, Response.deciding_agency_id == Agency.id)
            .outerjoin(Service, Response.service_id == Service.id)
            .where(Response.round_id == results.round.id, Response.excluded.is_(None))
        ).all()
        keys = pd.DataFrame(
            [(a, s, str(c), at.date().isoformat()) for a, s, c, at, _ in rows],
            columns=["agency", "service", "counter", "day"],
        )
        return cls(keys, [row[4] for row in rows], results, population(session, results.round.id))

    def table(self, rules: Rules, beside: pd.DataFrame | None = None, keys: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return the table of these people, or of the same ones under other keys."""
        at, scheme = self.keys if keys is None else keys, self.results.definition.scheme()
        ones = np.ones(len(self.answers), dtype=np.int64)
        return score_table(
            moments_from_patterns(self.answers, ones, at[["agency", "service"]], scheme, features=rules.features),
            scheme,
            self.population,
            rules,
            clusters=None
            if rules.clusters == "none"
            else cluster_sums(self.answers, ones, at, scheme, features=rules.features),
            beside=beside,
            tests=True,
            without_service=without_service(rules),
        )

    def dealt(self, table: pd.DataFrame, seed: int, column: str, within: list[str]) -> pd.DataFrame:
        """Return the keys with the people of hidden places dealt anew among these: `column` permuted `within`."""
        random = np.random.default_rng(seed)
        gone = table.loc[table["status"] == "suppressed", ["agency", "service"]]
        hidden = {place for place in gone.itertuples(index=False, name=None) if all(place)}
        keys = self.keys.copy()
        inside = [place in hidden for place in zip(keys["agency"], keys["service"], strict=True)]
        for rows in keys[inside].groupby(within).indices.values():
            at = keys.index[inside][rows]
            keys.loc[at, column] = random.permutation(keys.loc[at, column].to_numpy())
        return keys


def plain(results: RoundResults) -> Rules:
    """Return the rules with people as units, whose errors a reader can work out."""
    return replace(results.rules, clusters="none")


@pytest.mark.parametrize(("name", "min_n"), [("small", 5), ("small", 20), ("small", 60), ("full", 5)])
@pytest.mark.parametrize("code", ROUNDS)
def test_every_index_follows_from_its_own_table(
    request: pytest.FixtureRequest, name: str, min_n: int, code: str
) -> None:
    with request.getfixturevalue(name).database.read() as session:
        results = round_results(session, code, min_n=min_n)
        known, scheme = population(session, results.round.id), results.definition.scheme()
    again = recompute(results.table, known, scheme, results.rules)
    there = results.table["index"].notna().to_numpy()
    assert there.sum() > 500
    assert (results.table["status"] == "suppressed").any()
    np.testing.assert_allclose(again[there], results.table["index"][there].astype(float), atol=1e-9, rtol=0)


@pytest.mark.parametrize(("name", "code", "min_n"), [("small", "2025", 60), ("full", "2025", 5), ("full", "2026", 5)])
def test_searches_find_no_more_than_sums_leave(
    request: pytest.FixtureRequest, name: str, code: str, min_n: int
) -> None:
    with request.getfixturevalue(name).database.read() as session:
        people = People.read(session, code, min_n=min_n)
    rules = plain(people.results)
    table = people.table(rules)
    truth = people.table(replace(rules, min_n=0), beside=table)
    found = attacked(
        table, truth, people.population, people.results.definition.scheme(), rules, sample=4, candidates=24, three=6
    )
    assert len(found.values) >= 4
    assert found.kept == 1
    assert not any(found.told)
    assert found.told or name == "small"  # there, those hidden beside a small one are many


@pytest.mark.parametrize("clusters", ["none", "counter_day"])
def test_hidden_people_could_be_in_any_hidden_place_of_both_rounds(full: Province, clusters: str) -> None:
    """Agencies, their errors, and changes between the rounds, when people are dealt anew in both."""
    pairs = []
    for seed, code in enumerate(ROUNDS):
        with full.database.read() as session:
            people = People.read(session, code)
        rules = replace(people.results.rules, clusters=clusters)
        table = people.table(rules)
        within = ["agency"] if clusters == "none" else ["agency", "counter", "day"]
        moved = people.dealt(table, seed, "service", within)
        assert (moved["service"] != people.keys["service"]).sum() > 10
        # days of few people are joined by min_n: both tables are made without, beside what the first one hides
        open_rules, hidden = replace(rules, min_n=0), table
        table = people.table(open_rules, hidden)
        again = people.table(open_rules, hidden, moved)
        rows = ((table["service"] == "") & (hidden["status"] != "suppressed")).to_numpy()
        assert (again[["status", "warnings"]] == table[["status", "warnings"]])[rows].all(axis=None)
        np.testing.assert_allclose(numbers(again)[rows], numbers(table)[rows], rtol=1e-9, atol=1e-9)
        pairs.append((table[rows].reset_index(drop=True), again[rows].reset_index(drop=True)))
        if clusters == "none":
            other = people.table(open_rules, hidden, people.dealt(hidden, seed, "agency", ["service"]))
            rows = ((table["agency"] == "") & (table["service"] != "") & (hidden["status"] != "suppressed")).to_numpy()
            np.testing.assert_allclose(numbers(other)[rows], numbers(table)[rows], rtol=1e-9, atol=1e-9)
    results = people.results
    how = {"families": (results.definition.family,) * 2, "schemes": (results.definition.scheme(),) * 2}
    one, two = (changes(now, then, **how) for then, now in zip(*pairs, strict=True))
    for name in one.select_dtypes("number"):
        np.testing.assert_allclose(
            one[name].astype(float).to_numpy(), two[name].astype(float).to_numpy(), rtol=1e-7, atol=1e-7
        )


@pytest.mark.parametrize("code", ROUNDS)
def test_estimates_that_borrow_are_the_same_whoever_is_hidden(full: Province, code: str) -> None:
    """Nobody below an evaluator is shown them. An evaluator may publish them under their name: with every figure of a
    round beside, they tell neither how many are in a hidden place nor what they said, for any of these could be there.
    """
    with full.database.read() as session:
        people = People.read(session, code)
    rules, hidden = people.results.rules, people.results.table
    gone = (hidden["status"] == "suppressed").to_numpy()
    found = []
    for keys in (people.keys, *(scattered(people.keys, hidden, seed) for seed in (1, 2))):
        table = people.table(replace(rules, min_n=0), hidden, keys)
        table.loc[gone, ["index", "se_test", "n"]] = np.nan
        found.append(estimates_of(replace(people.results, table=table, tested=table)))
    assert len(found[0]) > 100
    overall = (hidden["level"] == "overall").to_numpy()
    shown = set(hidden.loc[~gone & overall, ["agency", "service"]].itertuples(index=False, name=None))
    assert {(one.agency, one.service) for one in found[0]} <= shown
    assert min(one.n for one in found[0]) >= rules.min_n
    for other in found[1:]:
        assert [(one.agency, one.service, one.n) for one in other] == [
            (one.agency, one.service, one.n) for one in found[0]
        ]
        for name in ("direct", "value", "lo", "hi", "model_share"):
            np.testing.assert_allclose(
                [getattr(one, name) for one in other], [getattr(one, name) for one in found[0]], rtol=1e-7, atol=1e-7
            )


def scattered(keys: pd.DataFrame, table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the keys with the people of an agency's hidden services in any of these, however many then are in each."""
    random = np.random.default_rng(seed)
    gone = table.loc[table["status"] == "suppressed", ["agency", "service"]]
    places = {place for place in gone.itertuples(index=False, name=None) if all(place)}
    moved, changed = keys.copy(), 0
    for agency, rows in keys.groupby("agency").indices.items():
        at = [row for row in rows if (agency, keys["service"][row]) in places]
        choices = sorted({service for of, service in places if of == agency})
        if at and len(choices) > 1:
            chosen = random.choice(choices, len(at))
            changed += int((chosen != keys["service"].to_numpy()[at]).sum())
            moved.loc[keys.index[at], "service"] = chosen
    assert changed > 100
    return moved


@pytest.mark.parametrize(("name", "dimension"), [("full", COUNTER), ("small", CHANNEL), ("small", "filing")])
def test_groups_are_satisfied_over_valid_of_their_own_row(
    request: pytest.FixtureRequest, name: str, dimension: str
) -> None:
    seen = 0
    with request.getfixturevalue(name).database.read() as session:
        results = round_results(session, "2025")
        chosen = next(one for one in dimensions(results.definition) if one.code == dimension)
        for agency in ("xa-muong-sang", "phuong-hoa-ban", "so-noi-vu"):
            table = breakdown(session, results, chosen, agency)
            rows = table[(table[GROUP] != "") & table["index"].notna()]
            own = 100 * (rows["c4"] + rows["c5"]).astype(float) / rows["valid"].astype(float)
            np.testing.assert_allclose(rows["index"].astype(float), own, atol=1e-9, rtol=0)
            assert (rows["n"] >= results.rules.min_n).all()
            seen += len(rows)
    assert seen > 20


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_files_api_and_edition_print_nothing_but_rows_of_the_table(full: Province) -> None:
    """So that what holds for the table holds for each of them: numbers are equal to the last digit."""
    with full.database.write() as session:
        hidden = round_results(session, "2026").table.query("status == 'suppressed' and agency != '' and service != ''")
        agency = session.scalars(sa.select(Agency).where(Agency.code == hidden["agency"].iloc[0])).one()
        create_user(
            session, username="truong", password=PASSWORD, role=Role.MANAGER, agency_id=agency.id, actor=Actor(NOW)
        )
        code = agency.code
        token = create_api_client(session, name="cong", scopes=["published"], actor=Actor(NOW))[1]
    with full.database.read() as session:
        tables = {name: round_results(session, name).table for name in ROUNDS}
    client = full.app.test_client()
    sign_in(client, "truong")
    mine = read(client.get("/danh-gia/2026/ket-qua.csv?bang=day-du").get_data(as_text=True))
    assert {row["agency"] for row in mine} == {"", code}
    held(mine, tables["2026"])
    figures = read(client.get("/danh-gia/2026/tai-ve/chi-so.csv").get_data(as_text=True))
    held(figures, tables["2026"])
    public = read(full.app.test_client().get("/ket-qua/2025/ket-qua.csv").get_data(as_text=True))
    held(public, tables["2025"])
    assert {row.get("service", "") for row in public} == {""}
    reply = full.app.test_client().get("/api/v1/rounds/2025/results", headers={"Authorization": f"Bearer {token}"})
    rows = [
        {key: "" if value is None else str(value) for key, value in row.items()} for row in reply.get_json()["results"]
    ]
    held(rows, tables["2025"])


def held(rows: list[dict[str, str]], table: pd.DataFrame) -> None:
    """Assert that each printed row is one of the table, as far as it goes."""
    assert len(rows) > 20
    at = table.set_index(["agency", "service", "level", "key"])
    for row in rows:
        own = at.loc[(row["agency"], row.get("service", ""), row["level"], row["key"])]
        for name in ("n", "valid", "c1", "c2", "c3", "c4", "c5", "index", "se", "lo", "hi", "n_eff", "df"):
            if row.get(name):
                assert float(row[name]) == pytest.approx(float(own[name]), abs=1e-12), (row, name)
            elif name in row:
                assert pd.isna(own[name]), (row, name)
