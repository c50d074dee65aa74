"""The form's p99 while eight people's files are being made: `python -m benchmarks.heavy_work --help`.

The demonstration on the real server, whose worker makes one file after the other (`jobs run`, nice 10). Quiet and busy
phases take turns in one run, so that a busy machine is in both; the ratio of their p99 is what counts (goal: 2).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from benchmarks.load import Citizen, load
from survey.accounts.operations.create_user import create_user
from survey.core.actor import Actor
from survey.core.db import Database
from survey.models import Job, JobState, Role, Round, User
from survey.structure.queries.structure import find_code_in_use
from survey.web.operations.jobs import enqueue_job
from tests.faults.serving import Server

PEOPLE = 8
KINDS = ("province_report", "workbook")


def ask(database: Database, people: list[int]) -> int:
    """Let each of them ask for a file; how many are under way then."""
    with database.write() as session:
        code = session.scalars(sa.select(Round.code).order_by(Round.id.desc())).first()
        for number, person in enumerate(people):
            kind = KINDS[number % len(KINDS)]
            parameters = {"round": code, **({"english": False} if kind == "workbook" else {})}
            enqueue_job(session, kind, parameters, name=kind, actor=Actor(datetime.now(UTC), person))
    return under_way(database)


def under_way(database: Database) -> int:
    """Files that wait or are being made."""
    with database.read() as session:
        states = (JobState.WAITING, JobState.RUNNING)
        return session.scalar(sa.select(sa.func.count()).select_from(Job).where(Job.state.in_(states))) or 0


def p99(code: str, port: int, seconds: float, connections: int) -> float:
    """Milliseconds within which 99 of 100 forms were opened."""

    def opening(citizen: Citizen) -> str:
        citizen.request(b"GET", f"/K/{code}")
        return "form"

    return load(port, seconds, connections, opening).within("form", 0.99)


def main() -> None:
    """Measure in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sipas-heavy-", ignore_cleanup_errors=True) as name:
        server = Server(Path(name) / "instance")
        server.start()
        database = Database(server.url)
        try:
            with database.write() as session:
                code = find_code_in_use(session)
                for number in range(PEOPLE):
                    create_user(
                        session,
                        username=f"nguoi{number}",
                        password="ruong bac thang xanh",  # noqa: S106 (an invented account on an invented server)
                        role=Role.EVALUATOR,
                        actor=Actor(datetime.now(UTC)),
                    )
            with database.read() as session:
                people = list(session.scalars(sa.select(User.id).where(User.username.like("nguoi%"))))
            assert code is not None, "the demonstration has no counter"
            quiet, busy = [], []
            for _ in range(options.turns):
                while under_way(database):
                    time.sleep(1)
                print(" quiet", flush=True)
                quiet.append(p99(code, server.port, options.seconds, options.connections))
                began = ask(database, people)
                print(f" {began} files under way", flush=True)
                busy.append(p99(code, server.port, options.seconds, options.connections))
                print(f"  {under_way(database)} files still under way")
            while under_way(database):
                time.sleep(1)
            with database.read() as session:
                ended = dict(session.execute(sa.select(Job.state, sa.func.count()).group_by(Job.state)).all())
            assert set(ended) == {JobState.DONE}, ended
            calm, full = statistics.median(quiet), statistics.median(busy)
            print(f"median p99: quiet {calm:.1f} ms, busy {full:.1f} ms: {full / calm:.2f}")
        finally:
            database.dispose()
            server.stop()


if __name__ == "__main__":
    main()
