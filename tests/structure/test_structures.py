"""The structure files that come with the program: they import, and hold what the law counts."""

from __future__ import annotations

import csv
import unicodedata
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.actor import Actor
from survey.core.config import ROOT
from survey.core.db import Database
from survey.models import Agency, AgencyKind
from survey.spreadsheets.read import open_table
from survey.structure.operations.import_agencies import import_agencies
from tests.support.evaluation import NOW

FOLDER = ROOT / "survey" / "structure" / "administrative"
BEFORE, SINCE = FOLDER / "son-la-truoc-2025-07-01.csv", FOLDER / "son-la-tu-2025-07-01.csv"
COMMUNES = FOLDER / "son-la-xa-truoc-2025-07-01.csv"


def take(database: Database, path: Path) -> tuple[int, int]:
    with open_table(path) as table, database.write() as session:
        done = import_agencies(session, table, actor=Actor(NOW))
    return done.added, done.unchanged


def kinds(database: Database, day: date) -> dict[str, int]:
    """Return how many agencies of each kind exist on a day."""
    exists = (Agency.valid_from <= day) & ((Agency.valid_to.is_(None)) | (Agency.valid_to > day))
    with database.read() as session:
        rows = session.execute(sa.select(Agency.kind, sa.func.count()).where(exists).group_by(Agency.kind))
        return {kind.value: number for kind, number in rows}


@pytest.mark.parametrize("path", [BEFORE, SINCE], ids=lambda path: path.stem)
def test_each_file_imports_by_itself_with_names_and_codes_of_its_own(database: Database, path: Path) -> None:
    text = path.read_bytes().decode("utf-8-sig")
    assert unicodedata.is_normalized("NFC", text)
    rows = list(csv.DictReader(text.splitlines()))
    assert take(database, path) == (len(rows), 0)
    assert take(database, path) == (0, len(rows))
    assert len({row["name"].casefold() for row in rows}) == len({row["code"] for row in rows}) == len(rows)
    assert {row["parent"] for row in rows if row["code"] != "tinh-son-la"} == {"tinh-son-la"}
    assert all(row["valid_from"] for row in rows)


def test_before_july_2025_there_are_twelve_districts(database: Database) -> None:
    take(database, BEFORE)
    # 20 bodies of Decision 36/QĐ-UBND (2021) and the service centre
    assert kinds(database, date(2024, 6, 1)) == {"province": 1, "department": 20, "centre": 1, "district": 12}
    # on 1 March 2025 seven bodies end and two begin
    assert kinds(database, date(2025, 3, 1)) == {"province": 1, "department": 15, "centre": 1, "district": 12}
    with database.read() as session:
        town = session.scalars(sa.select(Agency).where(Agency.code == "thi-xa-moc-chau")).one()
        rural = session.scalars(sa.select(Agency).where(Agency.code == "huyen-moc-chau")).one()
        assert (rural.valid_to, rural.successor_id, town.valid_from) == (date(2025, 2, 1), town.id, date(2025, 2, 1))


def test_since_july_2025_there_are_67_communes_and_8_wards(database: Database) -> None:
    take(database, SINCE)
    assert kinds(database, date(2025, 7, 1)) == {"province": 1, "department": 15, "centre": 1, "commune": 75}
    with database.read() as session:
        names = session.scalars(sa.select(Agency.name).where(Agency.kind == AgencyKind.COMMUNE)).all()
    assert sum(name.startswith("UBND phường ") for name in names) == 8
    assert sum(name.startswith("UBND xã ") for name in names) == 67


def test_one_after_the_other_makes_one_history(database: Database) -> None:
    assert take(database, BEFORE) == (37, 0)
    assert take(database, SINCE) == (75, 17)
    assert "district" not in kinds(database, date(2025, 7, 1))


def test_two_hundred_communes_became_seventy_five(database: Database) -> None:
    take(database, BEFORE)
    take(database, SINCE)
    assert take(database, COMMUNES) == (200, 0)
    assert take(database, COMMUNES) == (0, 200)
    # Resolution 1681/NQ-UBTVQH15: 68 units formed of 193, and 7 that stay as they are
    assert kinds(database, date(2025, 6, 30))["commune"] == 200
    assert kinds(database, date(2025, 7, 1))["commune"] == 75
    with database.read() as session:
        old, new = orm.aliased(Agency), orm.aliased(Agency)
        pairs = session.execute(sa.select(old, new).join(new, old.successor_id == new.id)).all()
        into: dict[str, list[str]] = {}
        for before, after in pairs:
            if before.kind is AgencyKind.COMMUNE:
                into.setdefault(after.name, []).append(before.name)
        district = session.scalars(sa.select(Agency).where(Agency.code == "van-ho.xa-chieng-xuan")).one().parent
    assert len(into) == 75
    same = {name for name, parts in into.items() if parts == [name]}
    assert same == {
        f"UBND xã {name}"
        for name in ("Mường Lạn", "Phiêng Khoài", "Suối Tọ", "Ngọc Chiến", "Tân Yên", "Mường Bám", "Mường Lèo")
    }
    assert set(into["UBND xã Vân Hồ"]) == {
        f"UBND xã {name}" for name in ("Lóng Luông", "Chiềng Yên", "Mường Men", "Vân Hồ")
    }
    assert district is not None
    assert district.code == "huyen-van-ho"


def test_every_open_question_is_marked(database: Database) -> None:
    with COMMUNES.open(encoding="utf-8-sig", newline="") as file:
        assert all("cần kiểm tra" in row["check"] for row in csv.DictReader(file))
    for path in (BEFORE, SINCE):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                assert row["kind"] == "commune" or "cần kiểm tra" in row["check"], row["code"]
