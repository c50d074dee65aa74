"""Microdata: nobody stands out, what is withheld is withheld, and the scripts still give the index."""

from __future__ import annotations

import csv
import io
import re
import shutil
import sqlite3
import subprocess
from collections import Counter as Tally
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars
import pyreadstat
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import orm

from scoring.scheme import Rules
from survey.core.actor import Actor
from survey.core.db import Database
from survey.files.exports.anonymity import shown
from survey.files.exports.codebook import codebook_sheet, variables
from survey.files.exports.content import Content, load_content
from survey.files.exports.microdata import HIDDEN_VALUE, UNIT, Microdata, blocks, prepare
from survey.files.exports.microdata_files import SAV_HIDDEN, csv_blocks, write_parquet, write_sav
from survey.files.exports.scripts import r_script, stata_script
from survey.migrations import upgrade
from survey.models import (
    Agency,
    AgencyKind,
    AgencyLevel,
    Channel,
    Comment,
    Counter,
    Population,
    Response,
    Round,
    RoundState,
    Service,
)
from survey.questionnaires import bundled
from survey.results.compute import round_results
from survey.structure.operations.install_questionnaire import install_questionnaire
from survey.structure.operations.open_round import RoundPlan, create_round
from tests.support.counter_days import of_pile

NOW = datetime(2026, 1, 31, 17, 30, tzinfo=UTC)  # 00:30 of 1 February in Viet Nam
K = 5
DEFINITION = bundled()["sipas-service-16"]

#: (agency, service, responses, transactions): `b` has small services, `d` is small altogether, `e` misses services
PLACES = (
    ("a", "s", 60, 300), ("a", "t", 40, 900), ("a", "u", 45, 90), ("b", "s", 50, 400), ("b", "t", 3, 30),
    ("b", "u", 2, 20), ("c", "s", 30, 30), ("c", "t", 20, 100), ("c", "u", 25, 50), ("d", "s", 3, 60),
    ("e", "s", 80, 200), ("e", "t", 4, 50), ("e", None, 6, 0), ("f", "s", 40, 80), ("f", "t", 35, 70),
    ("f", "u", 50, 75), ("g", "s", 55, 55), ("g", "t", 60, 88), ("g", "u", 58, 77), ("h", "s", 12, 40),
    ("h", "t", 9, 30),
)  # fmt: skip


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A round with large, small and unknown strata; answers, months and persons drawn with a fixed seed."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('micro') / 'sipas.db'}")
    upgrade(database)
    with database.write() as session:
        fill(session, PLACES)
    yield database
    database.dispose()


def fill(session, places) -> None:
    random = np.random.default_rng(7)
    agencies = {}
    for code in dict.fromkeys(place[0] for place in places):
        agencies[code] = Agency(
            code=code,
            kind=AgencyKind.DEPARTMENT,
            level=AgencyLevel.PROVINCE,
            name=f"Sở {code}",
            valid_from=date(2020, 1, 1),
        )
    services = {code: Service(code=code, name=f"Lĩnh vực {code}") for code in "stu"}
    session.add_all([*agencies.values(), *services.values()])
    version = install_questionnaire(session, DEFINITION, NOW)
    round_ = create_round(
        session, RoundPlan("r", "Đợt r", date(2026, 1, 1), date(2026, 6, 30)), version, actor=Actor(NOW)
    )
    session.flush()
    rows = []
    for agency, service, size, transactions in places:
        service_id = services[service].id if service else None
        if service:
            session.add(
                Population(
                    round_id=round_.id, agency_id=agencies[agency].id, service_id=service_id, transactions=transactions
                )
            )
        rows += [
            {
                "key": random.bytes(16).hex(),
                "round_id": round_.id,
                "deciding_agency_id": agencies[agency].id,
                "service_id": service_id,
                "channel": Channel.QR if random.random() < 0.7 else Channel.PAPER,
                "language": "vi",
                "answers": answers(random),
                "submitted_at": NOW + timedelta(days=int(random.integers(0, 60))),
                "excluded": None,
            }
            for _ in range(size)
        ]
    session.execute(sa.insert(Response), rows)
    session.execute(sa.insert(Response), [{**rows[0], "key": "x" * 16, "excluded": "honeypot"}])
    session.add(
        Comment(
            round_id=round_.id,
            agency_id=next(iter(agencies.values())).id,
            text="ý kiến riêng",
            received_week=date(2026, 2, 1),
        )
    )


def answers(random: np.random.Generator) -> str:
    given = {item.code: str(random.choice(list("12345xx"))) for item in DEFINITION.items if random.random() < 0.9}
    for slot in DEFINITION.slots[len(DEFINITION.items) :]:
        given[slot.code] = str(random.choice(list(slot.options)))
    return DEFINITION.pack(given)


@pytest.fixture
def micro(survey: Database) -> Iterator[tuple]:
    with survey.read() as session:
        yield session, prepare(session, load_content(session, "r"))


def rows_of(session, micro: Microdata) -> pd.DataFrame:
    return pd.concat(list(blocks(session, micro)), ignore_index=True)


@given(
    st.lists(st.tuples(*[st.integers(0, n) for n in (1, 4, 3, 6)]), min_size=0, max_size=120),
    st.integers(2, 7),
)
def test_every_row_shares_what_it_shows_with_k_less_one_others(rows: list[tuple[int, ...]], k: int) -> None:
    columns = [np.array([row[c] for row in rows], dtype=np.int64) for c in range(4)]
    flags = shown(columns, k)
    released = Tally(zip(*(np.where(f, c, -1).tolist() for f, c in zip(flags, columns, strict=True)), strict=True))
    if len(rows) >= k:
        assert min(released.values()) >= k
    else:
        assert not any(flag.any() for flag in flags)


def test_an_attribute_that_all_share_is_shown_and_a_lonely_value_takes_a_common_one_along() -> None:
    same, mixed = np.zeros(10, dtype=np.int64), np.array([0] * 6 + [1] * 3 + [2])
    one, two = shown([same, mixed], 3)
    assert one.all()
    assert two.tolist() == [True] * 6 + [False] * 4  # three and one: the one alone would be known by elimination


def test_nobody_stands_out(micro: tuple) -> None:
    session, data = micro
    frame = rows_of(session, data)
    assert frame.groupby(["stratum", "service", *data.attributes]).size().min() >= K
    assert (frame[list(data.attributes)] == HIDDEN_VALUE).any().any()
    assert (frame["month"] == "2026-02").any()  # by the round's own calendar


def test_what_leaves_and_what_does_not(micro: tuple) -> None:
    session, data = micro
    frame = rows_of(session, data)
    assert list(frame.columns) == list(data.columns)
    assert not {"id", "key", "counter", "counter_id", "submitted_at", "opened_at", "duration_s", "comment"} & set(frame)
    text = "".join(csv_blocks(session, data))
    assert "ý kiến riêng" not in text
    assert not re.search(r"20\d\d-\d\d-\d\d", text)
    hidden = data.content.results.table
    hidden = hidden[(hidden["status"] == "suppressed") & (hidden["agency"] != "") & (hidden["service"] != "")]
    gone = set(zip(hidden["agency"], hidden["service"], strict=True))
    assert {("b", "t"), ("b", "u"), ("d", "s"), ("e", "t")} <= gone
    assert not gone & set(zip(frame["agency"], frame["service"], strict=True))
    assert "d" not in set(frame["agency"])
    assert len(frame) == data.responses
    province = next(w for w in data.withheld if w.agency == "")
    assert data.responses + province.responses == sum(place[2] for place in PLACES)
    assert "d" not in {w.agency for w in data.withheld}  # a hidden agency's sums are not told either


def test_weights_and_fractions_are_those_of_the_transactions(micro: tuple) -> None:
    session, data = micro
    frame = rows_of(session, data)
    first = frame.groupby(["agency", "stratum"])[["weight", "fpc"]].first()
    assert first.loc[("a", "a / s")].tolist() == pytest.approx([300 / 60, 60 / 300])
    assert first.loc[("g", "g / s")].tolist() == [1.0, 1.0]
    # e: one of its two services is hidden, so both are, and those without a service are hidden with them
    assert "e" not in set(frame["agency"])
    assert next(w.responses for w in data.withheld if w.agency == "e") == 80 + 4 + 6
    assert set(frame["in_province"]) == {1}


@pytest.mark.parametrize("public", [False, True])
def test_withheld_sums_follow_the_pooled_design(survey: Database, public: bool) -> None:
    """By hand: services of e are hidden; its 80 + 4 + 6 people are one stratum of weight 250 / 90, not 2.5 and 12.5."""
    with survey.read() as session:
        data = prepare(session, load_content(session, "r"), public=public)
        answered = session.scalars(
            sa.select(Response.answers).join(Agency, Agency.id == Response.deciding_agency_id).where(Agency.code == "e")
        ).all()
    own = next(w for w in data.withheld if w.agency == "e")
    given = [answer for text in answered for answer in text[: len(DEFINITION.items)] if answer in "12345"]
    assert sum(own.valid) == pytest.approx(250 / 90 * len(given), rel=1e-12)
    assert sum(own.counting) == pytest.approx(250 / 90 * sum(answer in "45" for answer in given), rel=1e-12)
    assert all(stratum.service for stratum in data.strata)  # what is pooled stays behind whole
    assert {stratum.agency for stratum in data.strata}.isdisjoint({"d", "e"})


def test_the_order_of_rows_tells_nothing_and_is_always_the_same(survey: Database, tmp_path: Path) -> None:
    """A second database with the same responses stored the other way round gives the same file."""
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    upgrade(other)
    with other.write() as session:
        fill(session, PLACES)
        stored = [dict(row._mapping) for row in session.execute(sa.select(Response.__table__).order_by(Response.id))]
        session.execute(sa.delete(Response))
        for row in stored:
            row["id"] = 10_000 - row["id"]
        session.execute(sa.insert(Response), stored)
    texts = []
    for database in (survey, other):
        with database.read() as session:
            texts.append("".join(csv_blocks(session, prepare(session, load_content(session, "r")))))
    other.dispose()
    assert texts[0] == texts[1]
    with survey.read() as session:
        stored_order = session.scalars(
            sa.select(Response.answers).join(Agency, Agency.id == Response.deciding_agency_id)
            .join(Service, Service.id == Response.service_id)
            .where(Agency.code == "a", Service.code == "s", Response.excluded.is_(None)).order_by(Response.id)
        ).all()  # fmt: skip
    rows = [r for r in csv.DictReader(io.StringIO(texts[0].removeprefix("\ufeff"))) if r["stratum"] == "a / s"]
    first = DEFINITION.items[0].code
    assert [r[first] for r in rows] != ["" if a[0] == "." else a[0].replace("x", "9") for a in stored_order]


def test_parquet_and_spss_say_the_same_as_csv(micro: tuple, tmp_path: Path) -> None:
    session, data = micro
    text = "".join(csv_blocks(session, data)).removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    write_parquet(session, data, tmp_path / "m.parquet")
    columns = duckdb.read_parquet(str(tmp_path / "m.parquet"))
    assert columns.columns == list(rows[0])
    as_text = [["" if v is None else str(v) for v in row] for row in columns.fetchall()]
    assert as_text == [list(row.values()) for row in rows]
    assert polars.read_parquet(tmp_path / "m.parquet").height == len(rows)
    write_sav(session, data, tmp_path / "m.sav")
    frame, meta = pyreadstat.read_sav(str(tmp_path / "m.sav"), user_missing=True)
    assert meta.number_rows == len(frame) == len(rows)
    labels = meta.variable_value_labels
    for name in ("agency", "filing", DEFINITION.items[0].code):
        code = "{}: " if name == "agency" else ""
        book = {
            value: code.format(value) + pair[0] for v in variables(data) if v.code == name for value, pair in v.values
        }
        said = ["" if pd.isna(v) else labels[name][v] for v in frame[name]]
        assert said == [book[row[name]] if row[name] else "" for row in rows]
    assert frame["weight"].tolist() == [float(row["weight"]) for row in rows]
    months = [SAV_HIDDEN if r["month"] == HIDDEN_VALUE else float(r["month"].replace("-", "")) for r in rows]
    assert frame["month"].tolist() == months
    assert meta.column_names_to_labels["filing"] == "Lần này Ông/Bà nộp hồ sơ bằng cách nào?"


def test_spss_tells_agencies_apart_whose_names_begin_the_same(
    micro: tuple, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SPSS keeps 120 bytes of a label: with the code in front no two are the same."""
    session, data = micro
    monkeypatch.setattr(Content, "agency_name", lambda _self, code: "Trung tâm Phục vụ hành chính công " * 6 + code)
    write_sav(session, data, tmp_path / "m.sav")
    labels = pyreadstat.read_sav(str(tmp_path / "m.sav"))[1].variable_value_labels["agency"]
    first = [label.encode()[:120] for label in labels.values()]
    assert len(set(first)) == len(first) > 1
    assert {label.partition(": ")[0] for label in labels.values()} == {stratum.agency for stratum in data.strata}


def test_the_spss_file_is_put_together_of_pieces(micro: tuple, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session, data = micro
    write_sav(session, data, tmp_path / "whole.sav")
    monkeypatch.setattr("survey.files.exports.microdata.BLOCK", 7)
    write_sav(session, data, tmp_path / "pieces.sav")
    whole, _ = pyreadstat.read_sav(str(tmp_path / "whole.sav"))
    pieces, _ = pyreadstat.read_sav(str(tmp_path / "pieces.sav"))
    pd.testing.assert_frame_equal(whole, pieces)


def test_the_codebook_names_every_column_and_value(micro: tuple) -> None:
    session, data = micro
    book: dict[str, set[str]] = {}
    for column, value, *_ in codebook_sheet(data).rows:
        book.setdefault(str(column), set()).add(str(value))
    assert list(book) == list(data.columns)
    frame = rows_of(session, data)
    for name in data.columns:
        if name not in ("stratum", "weight", "fpc", "month"):
            values = {str(v) for v in frame[name].dropna()} - {""}
            assert values <= book[name] | {"1", "0"}, name


RULES = (
    {},
    {"composition": "mean_elements"},
    {"composition": "mean_items", "renormalise": True},
    {"rollup": "equal", "min_n": 1},
    {"fpc": False},
    {"min_answered_share": 0.5},
    {"rollup": "equal", "min_n": 1, "pooling": True, "definitions": 2},  # people without a service are a stratum
)


CLUSTERED = tuple(
    {**Rules().to_mapping(), **rules}
    for rules in (
        {},
        {"composition": "mean_elements", "min_n": 7},
        {"rollup": "equal", "min_n": 1},
        {"lonely": "average", "fpc": False},
        {"lonely": "certainty", "statistic": "score"},
        {"pooling": False, "min_answered_share": 0.5},
    )
)
needs_r = pytest.mark.skipif(
    shutil.which("Rscript") is None, reason="R is not installed (apt-get install r-base-core r-cran-survey)"
)


def run_r(survey: Database, folder: Path, every_rules: Sequence[Mapping[str, object]], *, public: bool = False) -> None:
    """Write files and scripts for each of the rules, run them, and compare index and error with the results to 1e-9."""
    tables = []
    for k, rules in enumerate(every_rules):
        with survey.read() as session:
            session.scalars(sa.select(Round)).one().rules = dict(rules)
            session.flush()
            data = prepare(session, load_content(session, "r"), public=public)
            (folder / f"m{k}.csv").write_text("".join(csv_blocks(session, data)), "utf-8", newline="")
            (folder / f"m{k}.R").write_text(r_script(data, f"m{k}.csv"), "utf-8")
            plain = replace(Rules.from_mapping(rules), clusters="none") if public else None
            tables.append(round_results(session, "r", rules=plain).table)
    each = f"for (k in 0:{len(every_rules) - 1}) source(sprintf('m%d.R', k), local = new.env())"
    done = subprocess.run(["Rscript", "-e", each], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    for k, table in enumerate(tables):
        found = pd.read_csv(folder / f"m{k}.csv.index.csv", keep_default_na=False).set_index("agency")
        whole = table[(table["service"] == "") & (table["level"] == "overall") & table["index"].notna()]
        assert set(found.index) == set(whole["agency"])
        assert len(found) >= 5
        for _, figure in whole.iterrows():
            row = found.loc[figure["agency"]]
            assert float(row["index"]) == pytest.approx(figure["index"], abs=1e-9), (k, row.name)
            if not pd.isna(figure["se"]):
                assert float(row["se"]) == pytest.approx(figure["se"], abs=1e-9), (k, row.name)


@pytest.mark.slow(reason="starts R in a process of its own")
@needs_r
def test_r_survey_gives_the_index_and_its_error(survey: Database, tmp_path: Path) -> None:
    """R's `svydesign` and `svytotal` on the exported files against the results of the page: equal to 1e-9."""
    asked = ["Rscript", "-e", "cat(requireNamespace('survey', quietly = TRUE))"]
    if "FALSE" in subprocess.run(asked, capture_output=True, text=True, check=True).stdout:
        pytest.skip("R has no package survey (apt-get install r-cran-survey)")
    run_r(survey, tmp_path, RULES)


@pytest.fixture(scope="module")
def by_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The round of `survey` at two counters an agency over 60 days, some people at no known counter, and a pile."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('days') / 'sipas.db'}")
    upgrade(database)
    with database.write() as session:
        fill(session, PLACES)
        session.scalars(sa.select(Round)).one().rules = Rules().to_mapping()
        for agency in session.scalars(sa.select(Agency)):
            session.add_all([Counter(agency=agency, code=f"Q{k}", name=f"Quầy {k}") for k in (1, 2)])
        session.flush()
        for response in session.scalars(sa.select(Response)):
            own = sorted(session.scalars(sa.select(Counter.id).where(Counter.agency_id == response.deciding_agency_id)))
            response.counter_id = None if response.id % 11 == 0 else own[response.id % 2]
            response.submitted_at = NOW + timedelta(days=response.id * 7 % 12)
        session.scalars(sa.select(Round)).one().state = RoundState.OPEN
        of_pile(session, 29)
    yield database
    database.dispose()


@pytest.mark.slow(reason="starts R in a process of its own")
@needs_r
def test_r_gives_the_errors_of_counter_days(by_days: Database, tmp_path: Path) -> None:
    """The script's sums by cluster number against the product, with services withheld and hidden; to 1e-9."""
    run_r(by_days, tmp_path, CLUSTERED)


@needs_r
def test_files_for_the_public_have_errors_without_clusters_and_say_so(by_days: Database, tmp_path: Path) -> None:
    run_r(by_days, tmp_path, CLUSTERED[:1], public=True)
    script, text = (tmp_path / "m0.R").read_text("utf-8"), (tmp_path / "m0.csv").read_text("utf-8")
    assert "errors here are without clusters" in script
    assert "cluster" not in text.splitlines()[0]


def test_numbers_of_counter_days_tell_nothing_of_counter_and_day(by_days: Database, tmp_path: Path) -> None:
    """They follow from answers: with all days moved and counters renamed, the file is the same."""

    def everything(session: orm.Session) -> Microdata:
        session.scalars(sa.select(Round)).one().rules = Rules(min_n=1).to_mapping()  # nothing is withheld
        session.flush()
        return prepare(session, load_content(session, "r"))

    with by_days.read() as session:
        data = everything(session)
        frame = rows_of(session, data)
        before = "".join(csv_blocks(session, data))
        moved = {agency: 1000 - agency for agency in session.scalars(sa.select(Counter.id))}
    sizes = frame[UNIT].value_counts()
    assert (sizes == 1).any()  # people at no known counter
    assert frame.groupby(UNIT)["agency"].nunique().max() == 1
    assert frame.groupby(UNIT)["stratum"].nunique().max() > 1  # whatever they came for
    with (
        closing(sqlite3.connect(by_days.engine.url.database or "")) as old,
        closing(sqlite3.connect(tmp_path / "other.db")) as new,
    ):
        old.backup(new)
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    with other.write() as session:
        session.connection().exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for old, new in moved.items():
            for statement in (
                "UPDATE response SET counter_id = :new WHERE counter_id = :old",
                "UPDATE entry_batch SET counter_id = :new WHERE counter_id = :old",
                "UPDATE counter SET id = :new WHERE id = :old",
            ):
                session.execute(sa.text(statement), {"new": new, "old": old})
    with other.read() as session:
        after = "".join(csv_blocks(session, everything(session)))
    other.dispose()
    assert after == before


def test_stata_sums_residuals_by_counter_day(by_days: Database) -> None:
    with by_days.read() as session:
        data = prepare(session, load_content(session, "r"))
        script = stata_script(data, "m.csv")
    assert "destring weight fpc in_province cluster, replace" in script
    assert "bysort cluster: egen double `sum' = total(`residual')" in script
    assert "svyset" not in script
    assert "svy:" not in script


def test_the_stata_script_declares_the_same_design(micro: tuple) -> None:
    _, data = micro
    script = stata_script(data, "m.csv")
    assert "svyset _n [pweight = weight], strata(stratum_id) fpc(fpc) singleunit(centered)" in script
    assert all(f'inlist({code}, "1", "2", "3", "4", "5")' in script for code in data.items)
    province = next(w for w in data.withheld if w.agency == "")
    numbers = " ".join(repr(x) for x in (province.variance, province.counting[0], province.valid[0]))
    assert f"index_of in_province province {numbers}" in script


def test_a_part_of_the_agencies_gives_no_microdata(survey: Database) -> None:
    with survey.read() as session, pytest.raises(ValueError, match="see all agencies"):
        prepare(session, load_content(session, "r", frozenset({"a"})))


@pytest.mark.slow(reason="traces the memory of two exports")
def test_memory_stays_flat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times the responses need hardly more memory: what comes out is written, never held.

    Blocks are smaller than in use, so that a short test has many of them; benchmarks/exports.py takes a million rows.
    """
    import tracemalloc

    monkeypatch.setattr("survey.files.exports.microdata.BLOCK", 200)
    monkeypatch.setattr("survey.files.queries.microdata.CHUNK", 200)
    peaks = []
    for size in (800, 8_000):
        database = Database(f"sqlite:///{tmp_path / f'{size}.db'}")
        upgrade(database)
        many(database, size)
        with database.read() as session:
            data = prepare(session, load_content(session, "r"))
            assert data.responses == size
            tracemalloc.start()
            with (tmp_path / "out.csv").open("w", encoding="utf-8") as file:
                file.writelines(csv_blocks(session, data))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        database.dispose()
    assert peaks[1] < 1.6 * peaks[0], peaks


def many(database: Database, size: int) -> None:
    """Store `size` responses over 40 strata, in SQL."""
    places = [(f"a{k}", s, 1, 10 * size) for k in range(20) for s in "st"]
    with database.write() as session:
        fill(session, places)
        session.execute(sa.delete(Response).where(Response.excluded.is_not(None)))
        session.execute(
            sa.text(
                "WITH RECURSIVE number(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM number WHERE k < :copies) "
                "INSERT INTO response (key, round_id, deciding_agency_id, service_id, channel, language, answers, "
                "submitted_at) SELECT key || k, round_id, deciding_agency_id, service_id, channel, language, answers, "
                "submitted_at FROM response, number"
            ),
            {"copies": size // 40 - 1},
        )
