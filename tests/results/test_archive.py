"""An archive gives back the database's figures to the last count, names what is damaged, and is its owner's alone."""

from __future__ import annotations

import csv
import json
import re
import shutil
import stat
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyrage
import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from pyarrow import parquet

from app import create_app
from scoring.scheme import Rules
from survey.core.config import Settings
from survey.core.db import Database
from survey.core.errors import InputError
from survey.models import Agency, AgencyKind, AgencyLevel, Response, Round, RoundState
from survey.questionnaires import from_canonical
from survey.results.archive.manifest import round_folders
from survey.results.archive.read import Archive
from survey.results.archive.sums import archive_results, sum_partitions
from survey.results.archive.verify import verify_archive
from survey.results.archive.write import Seal, write_archive
from survey.results.compute import round_results, round_sums
from tests.support.counter_days import give_counters
from tests.support.evaluation import NOW, scored_round
from tests.support.places import SECRET

KEY = "b" * 40
MIXED = (
    Rules(),
    Rules(clusters="none", interval="t"),
    Rules(statistic="score", composition="mean_elements", pooling=False),
)


def fill(session: sa.orm.Session) -> Round:
    """`r1` with counters, days of two months, a pile, blanks, an answer to a question, and a province above."""
    scored_round(session)
    give_counters(session)
    session.flush()
    round_ = session.scalars(sa.select(Round)).one()
    last = from_canonical(round_.version.content).slots[-1]
    rng = np.random.default_rng(5)
    for response in session.scalars(sa.select(Response).order_by(Response.id)):
        blanks = rng.random(16) < 0.1
        items = "".join("x" if blank else one for blank, one in zip(blanks, response.answers[:16], strict=True))
        response.answers = items + response.answers[16:-1] + rng.choice([*last.options, "."])
        if response.id % 3 == 0:
            response.submitted_at += timedelta(days=31)
    province = Agency(
        code="son-la",
        name="Tỉnh Sơn La",
        kind=AgencyKind.PROVINCE,
        level=AgencyLevel.PROVINCE,
        valid_from=date(2020, 1, 1),
    )
    session.add(province)
    session.flush()
    for agency in session.scalars(sa.select(Agency).where(Agency.code != "trung-tam")):
        agency.parent_id = None if agency is province else province.id
    round_.state, round_.rules = RoundState.CLOSED, Rules().to_mapping()
    session.flush()
    return round_


def archived(database: Database, folder: Path, *recipients: str) -> Path:
    with database.write() as session:
        fill(session)
    with database.read() as session:
        round_ = session.scalars(sa.select(Round)).one()
        return write_archive(session, round_, folder, Seal(KEY, recipients), NOW)


@pytest.mark.parametrize("rules", MIXED, ids=["default", "no clusters", "mean score"])
def test_the_same_figures_to_the_last_count(database: Database, tmp_path: Path, rules: Rules) -> None:
    folder = archived(database, tmp_path)
    archive = Archive.open(folder)
    with database.read() as session:
        round_ = session.scalars(sa.select(Round)).one()
        wanted = round_results(session, "r1", rules=rules)
        sums = round_sums(session, round_, wanted.definition.scheme(), rules)
    again = sum_partitions(archive, archive.partitions(), rules)
    pd.testing.assert_frame_equal(again.moments.keys, sums.moments.keys)
    for name in ("n", "counts", "reached", "cross"):
        np.testing.assert_array_equal(getattr(again.moments, name), getattr(sums.moments, name))
    assert (again.clusters is None) == (sums.clusters is None) == (rules.clusters == "none")
    if again.clusters is not None and sums.clusters is not None:
        pd.testing.assert_frame_equal(again.clusters.keys, sums.clusters.keys)
        np.testing.assert_array_equal(again.clusters.n, sums.clusters.n)
        np.testing.assert_array_equal(again.clusters.sums, sums.clusters.sums)
    pd.testing.assert_frame_equal(archive_results(archive, rules), wanted.table)


def test_what_it_holds_and_what_it_does_not(database: Database, tmp_path: Path) -> None:
    folder = archived(database, tmp_path)
    assert folder == tmp_path / "round=r1"
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    # 107 responses: 60 of so-tu-phap, 40 of so-dat-dai and 7 of trung-tam, one of these a honeypot's
    assert manifest["responses"] == 107
    assert manifest["excluded"] == {"honeypot": 1}
    assert {part["province"]: 0 for part in manifest["partitions"]} == {"": 0, "son-la": 0}
    assert sum(part["rows"] for part in manifest["partitions"] if part["province"] == "son-la") == 100
    with database.read() as session:
        months = {
            str((one + timedelta(hours=7)).date())[:7] for one in session.scalars(sa.select(Response.submitted_at))
        }
        version = session.scalars(sa.select(Round)).one().version
        assert manifest["questionnaire_sha256"] == version.content_hash
    assert {part["month"] for part in manifest["partitions"]} == months
    for part in manifest["partitions"]:
        names = parquet.read_schema(folder / part["path"]).names
        assert names == ["agency", "service", "counter", "day", "channel", "excluded", "answers"]
        table = parquet.read_table(folder / part["path"]).to_pylist()
        # sorted by what they hold, whatever order they came in
        kept = [tuple(row.values()) for row in table]
        assert kept == sorted(kept)
    for path in (folder, *folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_other_programs_read_it(database: Database, tmp_path: Path) -> None:
    folder = archived(database, tmp_path)
    found = duckdb.sql(
        "SELECT agency, count(*), sum((substr(decode(answers), 1, 1) IN ('4', '5'))::int) "
        "FROM read_parquet(?) WHERE excluded = '' GROUP BY 1 ORDER BY 1",
        params=[f"{folder}/province=*/month=*/responses.parquet"],
    ).fetchall()
    with database.read() as session:
        first = sa.func.substr(Response.answers, 1, 1)
        wanted = session.execute(
            sa.select(Agency.code, sa.func.count(), sa.func.sum(sa.case((first.in_(["4", "5"]), 1), else_=0)))
            .join(Agency, Agency.id == Response.deciding_agency_id)
            .where(Response.excluded.is_(None))
            .group_by(Agency.code)
            .order_by(Agency.code)
        ).all()
    assert found == [tuple(row) for row in wanted]


def damage_partition(folder: Path) -> str:
    path = next(folder.glob("province=son-la/*/responses.parquet"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    return path.relative_to(folder).as_posix()


def lose_partition(folder: Path) -> str:
    path = next(folder.glob("province=son-la/*/responses.parquet"))
    path.unlink()
    return path.relative_to(folder).as_posix()


def alter_questionnaire(folder: Path) -> str:
    path = folder / "questionnaire.json"
    path.write_text(path.read_text("utf-8").replace("sipas", "SIPAS"), "utf-8")
    return "questionnaire.json"


def alter_manifest(folder: Path) -> str:
    path = folder / "manifest.json"
    path.write_text(path.read_text("utf-8").replace('"min_n"', '"min_n" '), "utf-8")
    told = json.loads(path.read_text("utf-8"))
    told["rules"]["min_n"] = 1
    path.write_text(json.dumps(told), "utf-8")
    return "manifest.json: was altered"


def add_stranger(folder: Path) -> str:
    (folder / "more.parquet").write_bytes(b"")
    return "more.parquet: the manifest does not name it"


@pytest.mark.parametrize(
    "fault",
    [damage_partition, lose_partition, alter_questionnaire, alter_manifest, add_stranger],
    ids=lambda fault: fault.__name__,
)
def test_damage_is_named(database: Database, tmp_path: Path, fault: Callable[[Path], str]) -> None:
    folder = archived(database, tmp_path)
    assert verify_archive(Archive.open(folder), KEY) == []
    named = fault(folder)
    assert any(named in problem for problem in verify_archive(Archive.open(folder), KEY))
    if fault in (damage_partition, lose_partition, alter_questionnaire):  # a figure is never made of part of it
        with pytest.raises(InputError, match=re.escape(named)):
            archive_results(Archive.open(folder), Rules())


def test_another_key_did_not_sign_it(database: Database, tmp_path: Path) -> None:
    folder = archived(database, tmp_path)
    assert verify_archive(Archive.open(folder), "another key") == [
        "manifest.json: was altered, or signed with another backup key"
    ]
    assert verify_archive(Archive.open(folder), "") == []


def test_encrypted_for_who_has_the_key(database: Database, tmp_path: Path) -> None:
    identity = pyrage.x25519.Identity.generate()
    folder = archived(database, tmp_path, str(identity.to_public()))
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "manifest.json":
            assert path.read_bytes().startswith(b"age-encryption.org/v1"), path
    with pytest.raises(InputError, match="is encrypted; name its private key"):
        Archive.open(folder)
    stranger = pyrage.x25519.Identity.generate()
    with pytest.raises(InputError, match="cannot be decrypted with this key"):
        archive_results(Archive.open(folder, str(stranger)), Rules())
    with database.read() as session:
        wanted = round_results(session, "r1").table
        opened = Archive.open(folder, str(identity))
    pd.testing.assert_frame_equal(archive_results(opened, opened.rules), wanted)
    assert verify_archive(opened, KEY) == []


def test_nothing_is_half_written(database: Database, tmp_path: Path) -> None:
    with database.write() as session:
        round_ = fill(session)
        session.execute(sa.update(Response).where(Response.id == 50).values(answers="555"))
        with pytest.raises(InputError, match="'555' are not"):
            write_archive(session, round_, tmp_path / "out", Seal(KEY), NOW)
        session.execute(sa.update(Response).where(Response.id == 50).values(answers="5" * len(round_.version.slots)))
        with pytest.raises(InputError, match="not an age public key"):
            write_archive(session, round_, tmp_path / "out", Seal(KEY, ["nobody"]), NOW)
        assert not [path for path in tmp_path.rglob("*") if path.is_file() and not path.name.startswith("sipas.db")]
        write_archive(session, round_, tmp_path / "out", Seal(KEY), NOW)
        with pytest.raises(InputError, match="is there already"):
            write_archive(session, round_, tmp_path / "out", Seal(KEY), NOW)
    assert len(round_folders(tmp_path / "out")) == 1


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=list(words))


@pytest.fixture(scope="module")
def closed(newest_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An installation with the closed round `r1`, which no test changes."""
    folder = tmp_path_factory.mktemp("instance")
    shutil.copy(newest_file, folder / "sipas.db")
    app = create_app(Settings(instance_dir=folder, secret_key=SECRET, backup_key=KEY))
    with app.extensions["database"].write() as session:
        fill(session)
    return app


def test_the_commands(closed: Flask, tmp_path: Path) -> None:
    out = tmp_path / "archive"
    done = run(closed, "archive", "--all", "--out", str(out))
    assert (done.exit_code, done.stdout) == (0, f"{out}/round=r1/manifest.json\n")
    assert run(closed, "archive", "--all", "--out", str(out)).stdout == ""  # it is there
    done = run(closed, "archive", "--verify", str(out))
    assert (done.exit_code, done.stdout) == (0, "r1\t107\tas it was written\n")
    of_database = run(closed, "results", "--round", "r1", "--min-n", "8").stdout
    assert of_database.count("\n") > 100
    assert run(closed, "results", "--from", str(out), "--min-n", "8").stdout == of_database
    damage_partition(out / "round=r1")
    done = run(closed, "archive", "--verify", str(out))
    assert (done.exit_code, done.stdout) == (1, "")
    assert "responses.parquet is damaged" in done.stderr
    done = run(closed, "results", "--from", str(out))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "responses.parquet is damaged" in done.stderr


def test_score_of_an_archive_is_that_of_a_file(closed: Flask, tmp_path: Path) -> None:
    out, table, totals = tmp_path / "archive", tmp_path / "responses.csv", tmp_path / "population.csv"
    assert run(closed, "archive", "--round", "r1", "--out", str(out)).exit_code == 0
    archive = Archive.open(out / "round=r1")
    slots = [slot.code for slot in archive.definition.slots]
    question = slots[-1]
    with closed.extensions["database"].read() as session, table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["agency", "service", question, *slots[:16]])
        rows = session.execute(
            sa.text(
                "SELECT a.code, s.code, r.answers FROM response r JOIN agency a ON a.id = r.deciding_agency_id "
                "JOIN service s ON s.id = r.service_id WHERE r.excluded IS NULL"
            )
        )
        for agency, service, answers in rows:
            items = ["" if one in "x._" else one for one in answers[:16]]
            writer.writerow([agency, service, "" if answers[-1] in "._" else answers[-1], *items])
    archive.population.to_csv(totals, index=False)
    for options in ([], ["--by", f"agency,{question}"], ["--strata", "service", "--allow-short", "--interval", "t"]):
        of_file = run(
            closed,
            "score",
            "--responses",
            str(table),
            "--population",
            str(totals),
            "--questionnaire",
            archive.manifest.questionnaire,
            *options,
        )
        of_archive = run(closed, "score", "--from", str(out), *options)
        assert (of_file.exit_code, of_archive.exit_code) == (0, 0), (of_file.stderr, of_archive.stderr)
        assert of_archive.stdout == of_file.stdout
    by_days = run(closed, "score", "--from", str(out), "--cluster", "counter,day", "--min-n", "5")
    assert by_days.stdout == run(closed, "results", "--round", "r1").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["archive"], "Say what to archive and where"),
        (["archive", "--round", "r1", "--all", "--out", "x"], "Say what to archive and where"),
        (["archive", "--verify", "x", "--out", "y"], "Verify an archive with --verify FOLDER alone"),
        (["archive", "--verify", "."], "There is no archive of a round in"),
        (["archive", "--round", "r9", "--out", "x"], "There is no round r9"),
        (["results"], "Name the round with --round, or the folder of an archive"),
        (["results", "--from", "."], "There is no archive of a round in"),
        (["score"], "Name --responses, --population and --questionnaire, or the folder"),
        (["score", "--from", ".", "--questionnaire", "sipas-short"], "An archive has its own responses"),
    ],
)
def test_what_is_refused(closed: Flask, words: list[str], said: str) -> None:
    done = run(closed, *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
