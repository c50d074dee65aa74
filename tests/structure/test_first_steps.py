"""From an empty installation to the first response: the administrator's link, the list of steps, opening a round."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask

from app import create_app
from survey.accounts.operations.create_user import create_user
from survey.accounts.operations.first_administrator import awaits_first, invite_first
from survey.accounts.operations.invitations import accept_invitation, find_invitation
from survey.accounts.passwords import hash_password
from survey.core.actor import Actor
from survey.core.config import ROOT, Settings
from survey.core.db import Database
from survey.core.errors import InputError
from survey.models import Agency, Installation, Role, Round, RoundState, Service
from survey.questionnaires import bundled
from survey.structure.operations.install_questionnaire import install_questionnaire
from survey.structure.operations.mark_production import mark_production
from tests.support.evaluation import PASSWORD, sign_in, token
from tests.support.office import OFFICE

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
BY = Actor(NOW)
KEY = "k" * 40


def test_the_first_link_makes_one_administrator_within_half_an_hour(database: Database) -> None:
    with database.write() as session:
        old = invite_first(session, actor=BY)
        new = invite_first(session, actor=BY)  # the next start of the server
        assert find_invitation(session, old, NOW) is None
        assert find_invitation(session, new, NOW + timedelta(minutes=29, seconds=59)) is not None
        assert find_invitation(session, new, NOW + timedelta(minutes=30)) is None
        user = accept_invitation(session, new, password_hash=hash_password(PASSWORD), now=NOW)
        assert (user.username, user.role) == ("quan-tri", Role.ADMIN)
        assert not awaits_first(session)
        with pytest.raises(InputError, match="accounts already"):
            invite_first(session, actor=BY)


def test_no_first_link_beside_an_account_of_another_name(database: Database) -> None:
    with database.write() as session:
        assert awaits_first(session)
        create_user(session, username="lan", password=None, role=Role.ADMIN, actor=BY)
        assert not awaits_first(session)


def test_production_is_a_fact_of_the_database(settings: Settings, app: Flask) -> None:
    with app.extensions["database"].write() as session:
        mark_production(session, actor=BY)
        mark_production(session, actor=BY)
    app.extensions["database"].dispose()
    with pytest.raises(InputError, match="PUBLIC_BASE_URL"):
        create_app(settings)
    with pytest.raises(InputError, match="SECRET_KEY"):
        create_app(replace(settings, secret_key="short", public_base_url="https://danhgia.example.vn"))
    known = replace(settings, public_base_url="http://danhgia.example.vn", portal_url=OFFICE["PORTAL_URL"])
    with pytest.raises(InputError, match="HOTLINE"):
        create_app(known)
    held = create_app(replace(known, hotline=OFFICE["HOTLINE"]))
    done = held.test_cli_runner().invoke(args=["demo"])
    assert (done.exit_code, "never loaded in production" in done.output) == (2, True)
    held.extensions["database"].dispose()


def test_the_demonstration_is_never_served_to_citizens(database: Database) -> None:
    with database.write() as session:
        session.add(Installation(id=1, is_demo=True, created_at=NOW))
        session.flush()
        with pytest.raises(InputError, match="invented data"):
            mark_production(session, actor=BY)


def steps(page: str) -> list[tuple[str, str]]:
    """Return (title, mark) of each step."""
    found = BeautifulSoup(page, "html.parser").select(".first-steps h2")
    marks = [(head.find(string=True).strip(), head.select_one(".mark").get_text(strip=True)) for head in found]
    return [(title, mark.replace("✓ ", "")) for title, mark in marks]


def test_the_list_of_steps_knows_what_is_done_and_opening_asks_once(app: Flask) -> None:
    database = app.extensions["database"]
    with database.write() as session:
        create_user(session, username="admin", password=PASSWORD, role=Role.ADMIN, actor=BY)
        for definition in bundled().values():
            install_questionnaire(session, definition, NOW)
    client = app.test_client()
    assert sign_in(client, "admin").headers["Location"] == "/quan-tri/bat-dau"
    at = "/quan-tri/bat-dau"
    rounds = client.get("/danh-gia").get_data(as_text=True)
    assert f'href="{at}"' in rounds
    assert "Người quản trị sẽ mở" not in rounds  # said to others, who cannot
    page = client.get(at).get_data(as_text=True)
    titles = [
        "Các cơ quan",
        "Lĩnh vực",
        "Quầy",
        "Bộ câu hỏi và đợt khảo sát",
        "Số giao dịch",
        "Mở đợt",
        "Áp phích, và đánh giá đầu tiên",
    ]
    assert [title for title, _ in steps(page)] == titles
    assert [mark for _, mark in steps(page)] == ["việc tiếp theo", "chưa", *["để sau"] * 5]
    took = client.post(f"{at}/danh-muc", data={"csrf_token": token(client.get(at).get_data(as_text=True))})
    assert took.headers["Location"] == at
    with database.read() as session:
        # 92 rows of agencies, of which 75 communes (docs: administrative/README.md), and the fields of linh-vuc.csv
        assert session.scalar(sa.select(sa.func.count()).select_from(Agency)) == 92
        assert session.scalar(sa.select(sa.func.count()).select_from(Agency).where(Agency.kind == "commune")) == 75
        assert session.scalar(sa.select(sa.func.count()).select_from(Service)) == 25
    page = client.get(at).get_data(as_text=True)
    assert [mark for _, mark in steps(page)][:3] == ["xong", "xong", "việc tiếp theo"]
    assert "danh-muc" not in page
    assert (
        client.post(
            f"{at}/danh-muc", data={"csrf_token": token(client.get("/quan-tri/nhap").get_data(as_text=True))}
        ).status_code
        == 303
    )
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Agency)) == 92

    soup = BeautifulSoup(client.get("/quan-tri/dot/them").get_data(as_text=True), "html.parser")
    assert "sipas-service-16" in soup.select_one("select[name=version] option[selected]").text
    data = {
        field["name"]: field.get("value", "")
        for field in soup.select("main input[name]")
        if field.get("type") not in ("radio", "checkbox")
    }
    data |= {field["name"]: field["value"] for field in soup.select("main input[checked]")}
    data |= {
        field["name"]: (field.select_one("[selected]") or field.option)["value"] for field in soup.select("main select")
    }
    made = client.post("/quan-tri/dot/them", data={**data, "code": "d1", "name": "Đợt 1"})
    assert made.status_code == 303, made.get_data(as_text=True)
    asked = BeautifulSoup(client.get("/quan-tri/dot/d1/mo").get_data(as_text=True), "html.parser")
    said = asked.main.get_text(" ", strip=True)
    for words in ("Đợt 1", "16 câu để đánh giá", "Chưa quầy nào có mã", "chưa có"):
        assert words in said, words
    preview = asked.select_one("a[href*='/thu']")["href"]
    form = BeautifulSoup(client.get(preview).get_data(as_text=True), "html.parser")
    assert len({radio["name"] for radio in form.select("input[type=radio]")}) >= 17
    assert form.select("button[type=submit], #send") == []
    with database.read() as session:
        assert session.scalars(sa.select(Round)).one().state is RoundState.DRAFT  # looking opened nothing
    client.post(
        "/quan-tri/dot/d1/mo", data={"csrf_token": token(client.get("/quan-tri/dot/d1/mo").get_data(as_text=True))}
    )
    with database.read() as session:
        assert session.scalars(sa.select(Round)).one().state is RoundState.OPEN
    assert client.get("/quan-tri/dot/d1/mo").headers["Location"] == "/quan-tri/dot/d1"


@pytest.mark.slow(reason="runs the ten commands of the README, each in a process of its own")
def test_the_whole_job_of_the_readme_works_when_pasted(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    block = re.search(r"## The whole job.*?```sh\n(.*?)```", text, re.DOTALL)[1]
    for path in ("app.py", "survey", "scoring", "templates", "static", ".venv", "requirements"):
        (tmp_path / path).symlink_to(ROOT / path)
    script = re.sub(r"^make init.*$", ".venv/bin/flask --app app init", block, flags=re.MULTILINE)
    serving = re.search(r"^flask run.*$", script, re.MULTILINE)[0]
    answer = r"""python - <<'PY'
import re
from app import create_app
app = create_app()
from survey.structure.queries.structure import find_code_in_use
with app.extensions["database"].read() as session:
    code = find_code_in_use(session)
client = app.test_client()
page = client.get(f"/K/{code}").get_data(as_text=True)
data = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("key", "opened", "version")}
for name in set(re.findall(r'type="radio" name="(a[.][^"]+)" value="4"', page)):
    data[name] = "4"
data["service"] = "ho-tich"
print("ANSWERED", client.post(f"/K/{code}", data=data).status_code)
PY"""
    environment = {
        "PATH": os.environ["PATH"],
        "INSTANCE_DIR": str(tmp_path / "instance"),
        "PYTHONUTF8": "1",
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        ["bash", "-e", "-c", script.replace(serving, answer)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "ANSWERED 303" in done.stdout
    assert list((tmp_path / "posters").glob("*.pdf"))
    assert "phuong-to-hieu" in done.stdout
