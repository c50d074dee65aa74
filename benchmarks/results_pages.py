"""How long the evaluator's pages of a province-year take: the demonstration, its newer round copied many times over.

    PYTHONPATH=. python benchmarks/results_pages.py [copies [DATABASE_URL]]

`DATABASE_URL`: an empty database of PostgreSQL; without one SQLite in a temporary folder. For each page: the first time
in the process; after one more response came, so that everything that follows from the responses is made anew, as
processor time as well, which other work on the machine does not lengthen; and unchanged.
"""

from __future__ import annotations

import contextlib
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from statistics import median

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy import orm

from app import create_app
from survey.core.config import Settings
from survey.core.db import Database
from survey.demo.operations.load_demo import load_demo
from survey.migrations import upgrade
from survey.models import Agency, Population, Response, Round

PAGES = ("", "/xep-hang", "/bang-nhiet", "/dien-bien", "/phan-to", "/phan-to?theo=timeliness", "/toan-tinh")
AGENCY_PAGES = ("", "/manh-yeu")


@contextlib.contextmanager
def demonstration(copies: int, url: str = "") -> Iterator[tuple[FlaskClient, Database, str]]:
    """Load the demonstration, its newer round copied; yield an evaluator's client, database and the round's address."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(instance_dir=Path(folder), secret_key=secrets.token_hex(32), database_url=url))
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
        yield client, database, f"/danh-gia/{code}"
        database.dispose()


def main(copies: int, url: str) -> None:
    """Print how long each page takes, in milliseconds."""
    with demonstration(copies, url) as (client, database, base):
        addresses = [*(base + part for part in PAGES), *(f"{base}/co-quan/so-tu-phap{part}" for part in AGENCY_PAGES)]
        first = [elapsed(client, address)[0] for address in addresses]
        print(f"{'page':40} {'first':>6} {'after a response':>17} {'(processor)':>12} {'unchanged':>10}")
        for address, started in zip(addresses, first, strict=True):
            anew, again = [], []
            for _ in range(5):
                with database.write() as session:
                    one_more(session, base.rsplit("/", 1)[1])
                anew.append(elapsed(client, address))
                again.append(elapsed(client, address))
            wall, processor, same = median(w for w, _ in anew), median(c for _, c in anew), median(w for w, _ in again)
            print(f"{address:40} {started:6.0f} {wall:17.0f} {processor:12.0f} {same:10.0f}")


def elapsed(client: FlaskClient, address: str) -> tuple[float, float]:
    """Open a page; return the milliseconds it took, by the clock and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    status = client.get(address).status_code
    if status != HTTPStatus.OK:
        raise SystemExit(f"{address}: {status}")
    return 1000 * (time.perf_counter() - clock), 1000 * (time.process_time() - processor)


def one_more(session: orm.Session, code: str, agency: str | None = None) -> None:
    """Let the newest response of a round that counts come once more, or an agency's newest."""
    counted = sa.select(Response).join(Round).where(Round.code == code, Response.excluded.is_(None))
    if agency:
        counted = counted.join(Agency, Agency.id == Response.deciding_agency_id).where(Agency.code == agency)
    newest = session.scalars(counted.order_by(Response.id.desc()).limit(1)).one()
    columns = sa.inspect(Response).column_attrs.keys()
    same = {name: getattr(newest, name) for name in columns if name not in ("id", "key")}
    session.add(Response(**same, key=secrets.token_hex(16)))


def copy(session: orm.Session, copies: int) -> tuple[str, int]:
    """Copy the responses of the newer round and raise its transactions likewise; return its code and responses."""
    round_ = session.scalars(sa.select(Round).order_by(Round.opens_on.desc()).limit(1)).one()
    names = [column.name for column in Response.__table__.columns if column.name not in ("id", "key")]
    last = session.scalar(sa.select(sa.func.max(Response.id)))
    key: sa.ColumnElement[str] = sa.func.lower(sa.func.hex(sa.func.randomblob(16)))
    if session.get_bind().dialect.name == "postgresql":
        key = sa.cast(sa.func.gen_random_uuid(), sa.String)
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
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1, *sys.argv[2:3] or [""])
