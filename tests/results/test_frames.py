"""People chosen by chance beside those who chose to answer: an index of each, their difference, and who may read it.

Of the ten answers of a week (`tests.support.stuffed_round`) two say 3 to everything, five say 4 and three say 5.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm

from app import create_app
from scoring.selection import FrameIndex, frame_index
from survey.core import cache
from survey.core.actor import Actor
from survey.core.config import Settings
from survey.files.exports.content import load_content
from survey.files.exports.workbook import write_workbook
from survey.files.reports import sentences
from survey.files.reports.load import agency_context, province_context, round_context
from survey.models import Agency, Channel, Counter, Response, Round, SlipPlan
from survey.publication.operations.api_clients import create_api_client
from survey.results.compute import round_results
from survey.results.frame_files import frame_table
from survey.results.frames import FrameRow, Frames, frames_for, open_frames
from tests.support.evaluation import NOW, accounts, publish_scored, sign_in
from tests.support.places import open_place
from tests.support.reading import soup, words
from tests.support.stuffed_round import stuffed_round


def came_by(session: orm.Session, agency: str, channel: Channel, levels: str) -> None:
    """Let those answers of an agency that say one of the levels have come by a channel."""
    number = session.scalars(sa.select(Agency.id).where(Agency.code == agency)).one()
    session.execute(
        sa.update(Response)
        .where(Response.deciding_agency_id == number, sa.func.substr(Response.answers, 1, 1).in_(list(levels)))
        .values(channel=channel)
        .execution_options(synchronize_session=False)
    )


def planned(session: orm.Session, agency: str) -> None:
    counter = session.scalars(sa.select(Counter.id).join(Counter.agency).where(Agency.code == agency)).one()
    number = session.scalars(sa.select(Round.id).where(Round.code == "dem")).one()
    session.add(SlipPlan(round_id=number, counter_id=counter, every=5, tickets=100, set_at=NOW))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, newest_file: Path) -> Iterator[Flask]:
    """Receipts of two agencies by a plan, of a third without one, an interviewer at a fourth; nothing is changed."""
    made = application(newest_file, tmp_path_factory.mktemp("frames"))
    with made.extensions["database"].write() as session:
        open_place(session)
        accounts(session)
        stuffed_round(session)
        session.flush()
        came_by(session, "co-quan-02", Channel.RECEIPT, "4")
        came_by(session, "co-quan-03", Channel.RECEIPT, "35")
        came_by(session, "co-quan-05", Channel.RECEIPT, "3")
        came_by(session, "co-quan-04", Channel.INTERVIEWER, "5")
        planned(session, "co-quan-02")
        planned(session, "co-quan-03")
    yield made
    made.extensions["database"].dispose()


def application(file: Path, folder: Path) -> Flask:
    shutil.copy(file, folder / "sipas.db")
    return create_app(Settings(instance_dir=folder, secret_key="s" * 40))


@pytest.fixture
def site(shown: Flask, tmp_path: Path) -> Iterator[Flask]:
    """The same, to be changed."""
    made = copied(shown, tmp_path)
    yield made
    made.extensions["database"].dispose()


@pytest.fixture(scope="module")
def published(shown: Flask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The same, published; what was planned is gone from the round then, as from any database of later."""
    made = copied(shown, tmp_path_factory.mktemp("edition"))
    with made.extensions["database"].write() as session:
        publish_scored(session, code="dem", now=NOW + timedelta(days=100))
        session.execute(sa.delete(SlipPlan))
    yield made
    made.extensions["database"].dispose()


def copied(app: Flask, folder: Path) -> Flask:
    """An application over a copy of another's database."""
    files = (app.config["SETTINGS"].instance_dir / "sipas.db", folder / "sipas.db")
    with closing(sqlite3.connect(files[0])) as source, closing(sqlite3.connect(files[1])) as target:
        source.backup(target)
    return create_app(Settings(instance_dir=folder, secret_key="s" * 40))


def frames(app: Flask, *, limited: bool = False) -> Frames | None:
    with app.extensions["database"].read() as session:
        return frames_for(session, round_results(session, "dem"), limited=limited)


def test_each_frame_has_an_index_of_its_own(shown: Flask) -> None:
    """Twelve weeks: 60 receipts of 4s (100 %), 60 of 3s and 5s (36 of 60 satisfied), 36 interviews of 5s."""
    made = frames(shown)
    assert [row.agency for row in made.rows] == ["co-quan-02", "co-quan-03", "co-quan-04"]
    two, three, four = made.rows
    assert (two.sample.n, two.sample.index, two.wall.n, two.wall.index) == (60, 100, 60, 60)
    assert (three.sample.n, three.sample.index, three.wall.n, three.wall.index) == (60, 60, 60, 100)
    assert (four.interviewer.n, four.interviewer.index, four.wall.n) == (36, 100, 84)
    assert four.wall.index == pytest.approx(100 * 60 / 84)
    assert (two.from_sample.difference, three.from_sample.difference) == (-40, 40)
    assert two.from_interviewer is None
    assert four.from_interviewer.difference == pytest.approx(100 * 60 / 84 - 100)
    # Holm: three differences of the agencies are one family, so that the largest p is its own
    assert max(one.p for one in (two.from_sample, three.from_sample, four.from_interviewer)) < 0.001
    # receipts that nobody drew are in no frame: 120 of both plans, (60 × 100 + 60 × 60) / 120
    whole = made.province
    assert (whole.sample.n, whole.sample.index) == (120, 80)
    # half of the transactions each
    assert whole.from_sample.difference == pytest.approx(0)
    assert whole.from_sample.agencies == 2
    assert whole.from_sample.seen_from > 0


def test_nobody_chosen_by_chance_is_no_frame(app: Flask) -> None:
    with app.extensions["database"].write() as session:
        stuffed_round(session)
        session.flush()
        came_by(session, "co-quan-02", Channel.RECEIPT, "4")
    assert frames(app) is None
    with app.extensions["database"].write() as session:
        planned(session, "co-quan-09")  # where nobody answered by a receipt
    assert frames(app) is None


def test_below_evaluator_all_where_no_group_is_small(shown: Flask) -> None:
    made = frames(shown, limited=True)
    assert [row.agency for row in made.rows] == ["co-quan-02", "co-quan-03", "co-quan-04"]
    assert made.province.sample.n == 120


def small(app: Flask) -> None:
    """Let three answers of an agency have come by phone."""
    with app.extensions["database"].write() as session:
        number = session.scalars(sa.select(Agency.id).where(Agency.code == "co-quan-02")).one()
        chosen = session.scalars(sa.select(Response.id).where(Response.deciding_agency_id == number).limit(3)).all()
        session.execute(
            sa.update(Response)
            .where(Response.id.in_(chosen))
            .values(channel=Channel.PHONE)
            .execution_options(synchronize_session=False)
        )


def test_below_evaluator_none_that_tells_of_a_small_group(site: Flask) -> None:
    """Three answers of an agency by another channel: with what else is told by channel they could be worked out."""
    small(site)
    cut = frames(site, limited=True)
    assert [row.agency for row in cut.rows] == ["co-quan-03", "co-quan-04"]
    assert cut.province.sample.n == 0  # else the others would give that agency away
    assert cut.find("") is cut.province
    assert cut.find("co-quan-02") is None


def test_a_unit_reads_those_of_its_own_agencies_alone(shown: Flask) -> None:
    with shown.extensions["database"].read() as session:
        results = round_results(session, "dem")
        own = frames_for(session, results, limited=True, seen={"", "co-quan-03"})
        assert [row.agency for row in own.rows] == ["co-quan-03"]
        assert own.province.sample.n == 120
        assert frames_for(session, results, limited=True, seen={"co-quan-06"}) is None


def test_pages_have_them_side_by_side(shown: Flask) -> None:
    client = shown.test_client()
    sign_in(client, "evaluator")
    page = soup(client, "/danh-gia/dem")
    row = words(page.select_one('[data-frames="co-quan-03"]'))
    assert "60,0" in row
    assert "n = 60" in row
    assert "+40,0" in row
    assert "thấy được từ" in row
    assert "(−35,1; −22,1) p < 0,001" in words(page.select_one('[data-frames="co-quan-04"]'))
    own = soup(client, "/danh-gia/dem/co-quan/co-quan-03")
    assert [line["data-frames"] for line in own.select("[data-frames]")] == ["co-quan-03"]
    assert own.find(id="frames") is not None
    assert soup(client, "/danh-gia/dem/co-quan/co-quan-06").find(id="frames") is None


def test_an_edition_keeps_them_for_everyone(published: Flask) -> None:
    """What is frozen is shown to all, whatever is planned or answered later; an agency's page has its own."""
    client = published.test_client()
    page = soup(client, "/ket-qua/dem")
    told = {row["data-frames"]: words(row) for row in page.select("[data-frames]")}
    assert list(told) == ["", "co-quan-02", "co-quan-03", "co-quan-04"]
    assert "80,0" in told[""]
    assert "n = 60" in told["co-quan-03"]
    assert "+40,0" in told["co-quan-03"]
    own = soup(client, "/ket-qua/dem/co-quan-03").select("[data-frames]")
    assert [row["data-frames"] for row in own] == ["co-quan-03"]
    assert "+40,0" in words(own[0])
    assert soup(client, "/ket-qua/dem/co-quan-06").select("[data-frames]") == []


def test_the_public_table_has_them_as_rows_of_their_own_levels(published: Flask) -> None:
    client = published.test_client()
    text = client.get("/ket-qua/dem/ket-qua.csv").text.lstrip("\ufeff")
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["level"].startswith("frame")]
    found = {(row["agency"], row["level"], row["key"]): row for row in rows}
    assert len(found) == len(rows) == 9 + 5  # frames: two each, three of the province; differences: one each, two
    own = found["co-quan-03", "frame", "sample"]
    assert (own["n"], float(own["index"]), own["agency_name"] != "") == ("60", 60, True)
    assert float(own["lo"]) < 60 < float(own["hi"])
    assert own["name"] == "Phiếu chọn ngẫu nhiên: mã trên giấy hẹn"
    away = found["co-quan-03", "frame_difference", "sample"]
    assert (away["n"], float(away["index"])) == ("", pytest.approx(40))
    assert float(away["lo"]) < 40 < float(away["hi"])
    as_json = json.loads(client.get("/ket-qua/dem/ket-qua.json").text)
    assert sum(row["level"] == "frame" for row in as_json) == 9


def test_programs_read_those_of_the_edition(published: Flask) -> None:
    with published.extensions["database"].write() as session:
        token = create_api_client(session, name="cong", scopes=["published"], actor=Actor(NOW))[1]
    reply = published.test_client().get("/api/v1/rounds/dem", headers={"Authorization": f"Bearer {token}"})
    told = {(row["agency"], row["frame"]): row for row in reply.get_json()["frames"]}
    assert told["co-quan-03", "sample"]["difference"] == pytest.approx(40)
    assert told["co-quan-03", "wall"]["difference"] is None
    assert {code for code, _ in told} == {"", "co-quan-02", "co-quan-03", "co-quan-04"}


def test_workbook_and_reports_have_them(shown: Flask, tmp_path: Path) -> None:
    with shown.extensions["database"].read() as session:
        write_workbook(tmp_path / "w.xlsx", load_content(session, "dem"), now=NOW)
        shared = round_context(session, "dem")
        own = sentences.frames(agency_context(session, shared, "co-quan-03"))
        whole = sentences.frames(province_context(session, shared))
        assert sentences.frames(agency_context(session, shared, "co-quan-06")) == ""
    assert "mã trên giấy hẹn 60,0\N{NO-BREAK SPACE}% (" in own
    assert "), 60 người) và phiếu tự trả lời (mã dán 100,0\N{NO-BREAK SPACE}%" in own
    assert "Phiếu tự trả lời chênh +40,0 điểm so với mã trên giấy hẹn (khoảng tin cậy từ +" in own
    assert "mã trên giấy hẹn 80,0" in whole
    sheet = openpyxl.load_workbook(tmp_path / "w.xlsx")["Ngẫu nhiên và tự trả lời"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert len(rows) == 9
    assert rows[0][2:6] == ["sample", "Phiếu chọn ngẫu nhiên: mã trên giấy hẹn", 120, 80]


def everything(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """All that a reader below evaluator has of frames, worked out anew: pages, table and API are made of these."""
    monkeypatch.setattr(cache, "_caches", WeakKeyDictionary())  # answers are never edited elsewhere
    made = frames(app, limited=True)
    return [] if made is None else frame_table(made).astype(object).fillna("").to_numpy().tolist()


def exchange(app: Flask, agency: str, one: Channel, other: Channel) -> None:
    """Let two people of an agency who came by different channels, and said different things, exchange their answers."""
    with app.extensions["database"].write() as session:
        number = session.scalars(sa.select(Agency.id).where(Agency.code == agency)).one()
        own = sa.select(Response).where(Response.deciding_agency_id == number)
        first = session.scalars(own.where(Response.channel == one)).first()
        second = session.scalars(own.where(Response.channel == other, Response.answers != first.answers)).first()
        texts = (second.answers, first.answers)
        for who, said in zip((first, second), texts, strict=True):
            session.execute(sa.update(Response).where(Response.id == who.id).values(answers=said))


def test_attack_two_people_of_a_small_channel_could_have_said_each_other_s(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three people by phone: whoever compares frames with sums cannot tell what they said, for nothing printed moves.

    Where every channel has enough people the frames do move, as they must: this trial can fail.
    """
    enough = everything(site, monkeypatch)
    exchange(site, "co-quan-02", Channel.RECEIPT, Channel.QR)
    assert everything(site, monkeypatch) != enough
    small(site)
    before = everything(site, monkeypatch)
    exchange(site, "co-quan-02", Channel.PHONE, Channel.QR)
    assert everything(site, monkeypatch) == before
    assert "co-quan-03" in {row[0] for row in before}


def test_attack_what_frames_leave_of_the_province_is_nobody_or_enough() -> None:
    """Whoever takes the shown interviews from those of the province (told by channel) finds none, or `min_n` people."""
    rng = np.random.default_rng(14)
    hid = 0
    for _ in range(300):
        n = rng.integers(0, 14, (6, 3))
        rows = [
            FrameRow(f"a{k}", *map(people, one), None, None, for_all=all(size == 0 or size >= 5 for size in one))
            for k, one in enumerate(n.tolist())
        ]
        hidden = {row.agency for row in rows if rng.random() < 0.2}
        whole = FrameRow("", *map(people, n.sum(axis=0).tolist()), None, None, for_all=all(r.for_all for r in rows))
        told = open_frames(Frames(whole, tuple(rows)), hidden, 5)
        shown = [] if told is None else [int(row.agency[1:]) for row in told.rows]
        assert not {f"a{k}" for k in shown} & hidden
        if shown:
            rest = n.sum(axis=0) - n[shown].sum(axis=0)
            assert all(size == 0 or size >= 5 for size in rest.tolist())
            assert (told.province.wall.n == 0) or len(shown) == 6
        hid += len(shown) < sum(row.for_all and row.agency not in hidden for row in rows)
    assert hid > 10  # some were left out for the rest alone


def people(n: int) -> FrameIndex:
    return frame_index([80.0] * n, range(n))
