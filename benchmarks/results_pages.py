"""How long the evaluator's pages of a province-year take: the demonstration, its newer round copied many times over.

    PYTHONPATH=. python benchmarks/results_pages.py [copies]

The first time a page is opened its figures are worked out; after that they are kept until a response comes in.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import orm

from app import create_app
from survey.config import Settings
from survey.demo import load_demo
from survey.migrations import upgrade
from survey.models import Population, Response, Round

PAGES = ("", "/xep-hang", "/bang-nhiet", "/dien-bien", "/phan-to", "/phan-to?theo=timeliness", "/toan-tinh")
AGENCY_PAGES = ("", "/manh-yeu")


def main(copies: int) -> None:
    """Print the first and the median of five further times of each page, in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(instance_dir=Path(folder), secret_key=secrets.token_hex(32)))
        database = app.extensions["database"]
        upgrade(database)
        with database.write() as session:
            demo = load_demo(session, now=datetime.now(UTC))
            code, responses = copy(session, copies)
        print(f"{responses:,} responses in round {code}")
        client = app.test_client()
        page = client.get("/dang-nhap").get_data(as_text=True)
        token = page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
        form = {"csrf_token": token, "username": demo.username, "password": demo.password}
        client.post("/dang-nhap", data=form)
        base = f"/danh-gia/{code}"
        for address in (*(base + part for part in PAGES), *(f"{base}/co-quan/so-tu-phap{p}" for p in AGENCY_PAGES)):
            times = []
            for _ in range(6):
                start = time.perf_counter()
                status = client.get(address).status_code
                times.append(1000 * (time.perf_counter() - start))
            print(f"{address:45} {status} first {times[0]:7.0f} ms, then {sorted(times[1:])[2]:5.0f} ms")


def copy(session: orm.Session, copies: int) -> tuple[str, int]:
    """Copy the responses of the newer round and raise its transactions likewise; return its code and responses."""
    round_ = session.scalars(sa.select(Round).order_by(Round.opens_on.desc()).limit(1)).one()
    names = [column.name for column in Response.__table__.columns if column.name not in ("id", "key")]
    last = session.scalar(sa.select(sa.func.max(Response.id)))
    key = sa.func.lower(sa.func.hex(sa.func.randomblob(16)))
    again = sa.select(key, *(getattr(Response, name) for name in names)).where(
        Response.round_id == round_.id, Response.id <= last
    )
    for _ in range(copies - 1):
        session.execute(sa.insert(Response).from_select(["key", *names], again))
    session.execute(
        sa.update(Population)
        .where(Population.round_id == round_.id)
        .values(transactions=Population.transactions * copies)
    )
    count = session.scalar(sa.select(sa.func.count()).where(Response.round_id == round_.id))
    return round_.code, int(count or 0)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
