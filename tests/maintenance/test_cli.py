"""The command line from an empty folder to results: what it does, what it prints, and how it refuses."""

from __future__ import annotations

import csv
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result

from app import create_app
from survey.accounts.passwords import verify
from survey.core.config import Settings
from survey.core.db import Database
from survey.core.private import open_to_others
from survey.models import Agency, Installation, Invitation, Questionnaire, Response, Role, Round, RoundState, User

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
Run = Callable[..., Result]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(instance_dir=tmp_path / "instance", secret_key="a secret key of more than thirty-two characters")


@pytest.fixture
def run(settings: Settings) -> Iterator[Run]:
    """Run a command of an installation in an empty folder."""
    app = create_app(settings)

    def command(*args: str | Path, **options: str) -> Result:
        return app.test_cli_runner().invoke(args=[str(arg) for arg in args], **options)

    command.database = app.extensions["database"]  # type: ignore[attr-defined]
    yield command
    app.extensions["database"].dispose()


def database(run: Run) -> Database:
    return run.database  # type: ignore[attr-defined, no-any-return]


def ok(result: Result) -> str:
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def fails(result: Result, *words: str) -> None:
    assert result.exit_code == 2, (result.output, result.exception)
    assert result.stdout == ""
    assert all(word in result.stderr for word in words), result.stderr


def file(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def test_init_makes_key_database_and_questionnaires_and_keeps_them(run: Run, settings: Settings) -> None:
    assert "sipas-service-16" in ok(run("init"))
    key = settings.instance_dir / "secret_key"
    assert stat.S_IMODE(settings.instance_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    first = key.read_text()
    ok(run("init"))
    assert key.read_text() == first
    with database(run).read() as session:
        assert len(session.scalars(sa.select(Questionnaire)).all()) == 4


def test_the_whole_job_from_files(run: Run, tmp_path: Path) -> None:
    ok(run("init"))
    agencies = "code,name,kind,level\ntinh,UBND tỉnh,province,province\nxa-a,UBND xã A,commune,commune\n"
    assert "2 agencies added" in ok(run("import-agencies", file(tmp_path, "agencies.csv", agencies)))
    again = ok(run("import-agencies", tmp_path / "agencies.csv"))
    assert again.startswith("0 agencies added: This very file was imported already as batch 1")
    ok(run("import-services", file(tmp_path, "services.csv", "code;name\nho-tich;Hộ tịch\n")))
    counters = "agency,code,name,services\nxa-a,Q1,Quầy 1,ho-tich\n"
    ok(run("import-counters", file(tmp_path, "counters.csv", counters)))
    assert "/K/" in ok(run("counters"))
    assert "is open" in ok(run("round", "open", "2026", "--closes", "2099-12-31"))
    population = file(tmp_path, "population.csv", "agency,service,N\nxa-a,ho-tich,1.200\n")
    ok(run("import-population", population, "--round", "2026"))
    rows = list(csv.DictReader(ok(run("results", "--round", "2026")).splitlines()))
    assert {row["status"] for row in rows} == {"no_data"}
    assert ok(run("round", "list")).split("\t")[:2] == ["2026", "open"]
    ok(run("round", "close", "2026"))
    with database(run).read() as session:
        assert session.scalars(sa.select(Round.state)).one() is RoundState.CLOSED


def test_demo_prints_what_is_needed_and_results_follow(run: Run) -> None:
    ok(run("init"))
    told = ok(run("demo"))
    password = told.split("Password:")[1].split()[0]
    with database(run).read() as session:
        assert session.get_one(Installation, 1).is_demo
        user = session.scalars(sa.select(User).where(User.username == "evaluator")).one()
        assert verify(user.password_hash, password)
        rounds = session.scalars(sa.select(Round.code).order_by(Round.code)).all()
        counted = session.scalar(
            sa.select(sa.func.count()).where(
                Response.excluded.is_(None), Response.round_id == Round.id, Round.code == rounds[-1]
            )
        )
    assert f"/K/{told.split('/K/')[1].split()[0]}" in ok(run("counters"))
    rows = list(csv.DictReader(ok(run("results", "--round", rounds[-1])).splitlines()))
    province = [row for row in rows if (row["agency"], row["service"], row["level"]) == ("", "", "overall")]
    assert len(province) == 1
    assert 70 < float(province[0]["index"]) < 95
    assert float(province[0]["lo"]) < float(province[0]["index"]) < float(province[0]["hi"])
    assert int(province[0]["n"]) <= counted <= int(province[0]["n"]) + 50
    fails(run("demo"), "not empty")
    fails(run("results", "--round", "1999"), "There is no round 1999", rounds[-1])


def test_demo_is_refused_in_production(settings: Settings) -> None:
    app = create_app(replace(settings, production=True, public_base_url="https://danhgia.example.vn"))
    fails(app.test_cli_runner().invoke(args=["demo"]), "never loaded in production")


def test_nothing_is_imported_from_a_file_with_one_wrong_cell(run: Run, tmp_path: Path) -> None:
    ok(run("init"))
    text = "code,name,kind,level\na,A,commune,commune\nb,B,village,commune\n"
    fails(
        run("import-agencies", file(tmp_path, "a.csv", text)),
        "a.csv",
        "row 3",
        "'kind'",
        "'village'",
        "one of tỉnh, sở, huyện, xã",
    )
    with database(run).read() as session:
        assert session.scalars(sa.select(Agency)).all() == []


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("import-agencies", "none.csv"), "none.csv"),
        (("import-population", "none.csv", "--round", "r"), "none.csv"),
        (("round", "close", "r"), "There is no round r; there are: none"),
        (("round", "open", "r"), "--closes"),
        (("round", "open", "r", "--closes", "2020-01-01"), "cannot end"),
        (("round", "open", "r", "--closes", "2099-01-01", "--questionnaire", "q"), "There is no questionnaire q"),
        (("round", "open", "r", "--closes", "soon"), "--closes"),
        (("results", "--round", "r", "--interval", "guess"), "guess"),
        (("create-user", "a", "--role", "king"), "king"),
        (("create-user", "a", "--role", "staff", "--agency", "none"), "There is no agency none"),
    ],
)
def test_bad_input(run: Run, args: tuple[str, ...], word: str) -> None:
    ok(run("init"))
    fails(run(*args), word)


def test_before_init_the_command_to_run_is_named(run: Run) -> None:
    fails(run("results", "--round", "r"), "flask --app app init")


def test_accounts(run: Run) -> None:
    ok(run("init"))
    told = ok(run("create-user", "Giam.Sat", "--role", "evaluator"))
    with database(run).read() as session:
        user = session.scalars(sa.select(User)).one()
        assert (user.username, user.role, user.must_change_password) == ("giam.sat", Role.EVALUATOR, True)
        assert verify(user.password_hash, told.split("Password:")[1].split()[0])
    fails(run("create-user", "giam.sat", "--role", "evaluator"), "taken")
    fails(run("create-user", "b", "--role", "admin", "--password-stdin", input="short\n"), "at least 12")
    link = ok(run("invite", "giam.sat")).splitlines()[-1]
    assert re.fullmatch(r"http://localhost:8000/moi/[\w-]{43}", link)
    with database(run).read() as session:
        invitation = session.scalars(sa.select(Invitation)).one()
        assert invitation.token_hash == sha256(link.rsplit("/", 1)[1].encode()).hexdigest()
        assert not verify(session.scalars(sa.select(User)).one().password_hash, told.split("Password:")[1].split()[0])
    fails(run("invite", "nobody"), "no open account nobody")


def test_score_needs_neither_database_nor_folder(tmp_path: Path) -> None:
    """As a user runs it: another folder, an instance folder that does not exist and is not made."""
    instance = tmp_path / "none"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "flask", "--app", str(ROOT / "app.py"), "score"),
            *("--responses", str(FIXTURES / "sipas_wave1.csv"), "--population", str(FIXTURES / "sipas_pop1.csv")),
            *("--questionnaire", str(FIXTURES / "questionnaire.yaml"), "--by", "agency"),
        ],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "INSTANCE_DIR": str(instance), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.startswith("agency,service,level,key,n,valid,c1,c2,c3,c4,c5,index,se,df,lo,hi,status")
    assert not instance.exists()


@pytest.mark.slow(reason="runs every command that writes a file")
def test_what_a_command_writes_is_its_owner_s_alone(tmp_path: Path) -> None:
    places = {"INSTANCE_DIR": str(tmp_path / "a" / "instance"), "PATH": os.environ["PATH"], "PYTHONUTF8": "1"}
    before = os.umask(0o022)
    try:
        for line in (["init"], ["database", "backup", "--out", str(tmp_path / "usb")]):
            subprocess.run(
                [sys.executable, "-m", "flask", "--app", "app", *line],
                cwd=ROOT, env=places, check=True, capture_output=True, timeout=60,
            )  # fmt: skip
    finally:
        os.umask(before)
    assert open_to_others(tmp_path / "a") == []
    assert open_to_others(tmp_path / "usb") == []
    assert (tmp_path / "a" / "instance" / "backup_key").stat().st_size >= 32
