"""How a round comes from the database: `PYTHONPATH=. python benchmarks/reading.py [responses] [--adbc FOLDER]`.

Draws an SQLite database of a round, then times in one run, as processor seconds: reading the same bytes (a sum of
lengths), counting equal answers in the database as rows (what was done before), rows of responses, long texts taken
apart by numpy (`survey.results.queries.packed`), sums of these (moments and counter-days), and the ADBC driver where
`--adbc` names a folder that it was installed into (`pip install --target FOLDER adbc-driver-sqlite`).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from sqlalchemy import orm

from scoring.scheme import Rules
from survey.core.actor import Actor
from survey.core.db import Database
from survey.migrations import upgrade
from survey.models import Agency, AgencyKind, AgencyLevel, Channel, Counter, Response, Round, Service
from survey.questionnaires import bundled, from_canonical
from survey.results.compute import sums_of_rows
from survey.results.queries import responses
from survey.results.queries.packed import packed_responses
from survey.structure.operations.install_questionnaire import install_questionnaire
from survey.structure.operations.open_round import RoundPlan, create_round

AGENCIES, SERVICES, DAYS = 97, 10, 60
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def fill(session: orm.Session, size: int) -> None:
    """Add a round with responses of chance: 97 agencies, ten services each, 60 days, answers that differ."""
    version = install_questionnaire(session, bundled()["sipas-service-16"], NOW)
    round_ = create_round(session, RoundPlan("r", "r", date(2026, 1, 1), date(2026, 6, 30)), version, actor=Actor(NOW))
    kind, level, since = AgencyKind.COMMUNE, AgencyLevel.COMMUNE, date(2020, 1, 1)
    for k in range(1, AGENCIES + 1):
        session.add(Agency(id=k, code=f"a{k:03d}", name=f"A {k}", kind=kind, level=level, valid_from=since))
    session.add_all([Service(id=k, code=f"s{k:02d}", name=f"S {k}") for k in range(1, SERVICES + 1)])
    session.flush()
    session.add_all([Counter(id=k, agency_id=k, code="Q1", name="Quầy 1") for k in range(1, AGENCIES + 1)])
    session.flush()
    rng = np.random.default_rng(1)
    levels = np.clip(rng.normal(3.6, 1.3, (size, 16)), 1, 5).round().astype(np.uint8) + ord("0")
    tail = "." * (len(version.slots) - 16)
    agency, service = rng.integers(1, AGENCIES + 1, size), rng.integers(1, SERVICES + 1, size)
    day, second = np.sort(rng.integers(0, DAYS, size)), rng.integers(0, 30_000, size)
    block = 20_000
    for start in range(0, size, block):
        rows = [
            {
                "key": f"{k:020d}",
                "round_id": round_.id,
                "deciding_agency_id": int(agency[k]),
                "service_id": int(service[k]),
                "counter_id": int(agency[k]),
                "channel": Channel.QR,
                "language": "vi",
                "answers": levels[k].tobytes().decode() + tail,
                "submitted_at": NOW + timedelta(days=int(day[k]), seconds=int(second[k])),
            }
            for k in range(start, min(start + block, size))
        ]
        session.execute(sa.insert(Response), rows)


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of the better of two runs."""
    took = []
    for _ in range(2):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return min(took)


def measure(file: Path, adbc: str = "") -> dict[str, float]:
    """Processor seconds of each way to read the round in a file."""
    database = Database(f"sqlite:///{file}")
    with database.read() as session:
        round_ = session.scalars(sa.select(Round)).one()
        scheme = from_canonical(round_.version.content).scheme()
        days, rules = responses.cluster_keys(round_), Rules()
        keys = ("agency", "service", *days)
        rows = sa.select(Response.deciding_agency_id, Response.service_id, Response.answers)
        length = sa.select(sa.func.sum(sa.func.length(Response.answers)))
        packed = packed_responses(session, round_, 16, days)
        assert packed is not None
        found = {
            "bytes": seconds(lambda: session.scalar(length)),
            "packed": seconds(lambda: packed_responses(session, round_, 16, days)),
            "sums": seconds(lambda: sums_of_rows(packed.answers, packed.keys, scheme, rules)),
            "rows": seconds(lambda: session.execute(rows).all()),
            "patterns": seconds(lambda: responses.patterns(session, round_.id, keys)),
        }
    database.dispose()
    if adbc:
        sys.path.insert(0, adbc)
        import adbc_driver_sqlite.dbapi as driver

        query = (
            "SELECT deciding_agency_id, service_id, counter_id, date(submitted_at, '+420 minutes'), "
            "substr(answers, 1, 16) FROM response NOT INDEXED WHERE excluded IS NULL"
        )
        with driver.connect(str(file)) as connection, connection.cursor() as cursor:
            found["adbc"] = seconds(lambda: (cursor.execute(query), cursor.fetch_arrow_table()))
    return found


def draw(folder: Path, size: int) -> Path:
    """Write a database of `size` responses."""
    file = folder / "reading.db"
    database = Database(f"sqlite:///{file}")
    upgrade(database)
    with database.write() as session:
        fill(session, size)
    database.dispose()
    return file


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("responses", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--adbc", default="")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(draw(Path(folder), given.responses), given.adbc)
    print(json.dumps({"responses": given.responses, "load": os.getloadavg()[0], "cpu_s": found}, indent=1))


if __name__ == "__main__":
    main()
