"""A small place to answer at: an agency, a counter with a code, and an open round of a bundled questionnaire."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import orm

from app import create_app
from survey.core.config import Settings
from survey.core.db import Database
from survey.migrations import upgrade
from survey.models import Agency, AgencyKind, AgencyLevel, Counter, CounterCode, Round, RoundState, Service
from survey.questionnaires import bundled
from survey.structure.operations.install_questionnaire import install_questionnaire

CODE = "K7MP2XQA"
MANY = "M4NYWXYA"
REVOKED = "R3VWKEDX"
BACKUP_KEY = "the-key-that-signs-backups-in-the-tests-0123"
SECRET = "a-secret-of-the-test-suite-that-is-long-enough"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def make_app(folder: Path, secret: str = SECRET, questionnaire: str = "sipas-service-16", **settings: Any) -> Flask:
    """Return the application on the embedded database in `folder`, made and peopled at first use."""
    if "database_url" not in settings and not (folder / "sipas.db").exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(_peopled(questionnaire), folder / "sipas.db")
    return create_app(Settings(instance_dir=folder, secret_key=secret, **settings))


@cache
def _peopled(questionnaire: str) -> Path:
    """Return a peopled database at the newest migration, made once a run: copying is fifty times as fast."""
    folder = Path(tempfile.mkdtemp(prefix="sipas-peopled-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = Database(f"sqlite:///{folder / 'sipas.db'}")
    upgrade(database)
    with database.write() as session:
        open_place(session, questionnaire)
    database.dispose()
    return folder / "sipas.db"


def open_place(session: orm.Session, questionnaire: str = "sipas-service-16") -> None:
    """Add counters `CODE` (one service), `MANY` (two services, two deciding agencies) and `REVOKED`, and a round."""
    centre, justice, land_office = (
        Agency(
            code=code, kind=kind, level=AgencyLevel.PROVINCE, name=name, name_en=english, valid_from=date(2020, 1, 1)
        )
        for code, kind, name, english in (
            ("trung-tam", AgencyKind.CENTRE, "Trung tâm Phục vụ hành chính công", "Public Service Centre"),
            ("so-tu-phap", AgencyKind.DEPARTMENT, "Sở Tư pháp", "Department of Justice"),
            ("so-dat-dai", AgencyKind.DEPARTMENT, "Sở Nông nghiệp và Môi trường", None),
        )
    )
    records = Service(code="ho-tich", name="Hộ tịch", name_en="Civil status")
    land = Service(code="dat-dai", name="Đất đai", name_en="Land")
    one = Counter(agency=centre, code="Q1", name="Quầy số 1", name_en="Counter 1", services=[records])
    many = Counter(
        agency=centre,
        code="Q2",
        name="Quầy số 2",
        services=[land, records],
        deciding_agencies=[justice, land_office],
    )
    version = install_questionnaire(session, bundled()[questionnaire], LONG_AGO)
    session.add_all(
        [
            one,
            many,
            CounterCode(code=CODE, counter=one, created_at=LONG_AGO),
            CounterCode(code=MANY, counter=many, created_at=LONG_AGO),
            CounterCode(code=REVOKED, counter=one, created_at=LONG_AGO, revoked_at=LONG_AGO),
            Round(
                code="r1",
                name="Đợt 1",
                version=version,
                opens_on=date(2020, 1, 1),
                closes_on=date(2099, 12, 31),
                state=RoundState.OPEN,
            ),
        ]
    )


def fill(client: Any, code: str = CODE, **changes: str) -> dict[str, str]:
    """Return the body a browser would post of a freshly opened form, every item answered 4, with `changes` applied."""
    page = client.get(f"/K/{code}").get_data(as_text=True)
    soup = BeautifulSoup(page, "html.parser")
    form = soup.find(id="form")
    assert form is not None, page
    body = {field["name"]: field.get("value", "") for field in form.select("input[type=hidden]")}
    body |= {radio["name"]: "4" for radio in form.select(".scale input[type=radio]")}
    body["comment"] = ""
    return {name: value for name, value in (body | changes).items() if value is not None}
