"""The province of the cases in tests/fixtures/cases: Sơn La as shipped, and the small one of its own files."""

from __future__ import annotations

from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from flask import Flask

from survey.core.actor import Actor
from survey.core.config import ROOT
from survey.models import BatchKind
from survey.questionnaires import bundled
from survey.spreadsheets.read import open_office_table
from survey.structure.operations.import_structure import import_structure
from survey.structure.operations.install_questionnaire import install_questionnaire
from survey.structure.operations.open_round import RoundPlan, create_round, open_round
from survey.structure.queries.names import service_names
from survey.structure.queries.rounds import by_code
from survey.structure.table_columns import assign_columns, known_headings

CASES = Path(__file__).parents[1] / "fixtures" / "cases"
TABLES, RESPONSES = CASES / "tables", CASES / "responses"
SON_LA = ROOT / "survey" / "structure" / "administrative" / "son-la-tu-2025-07-01.csv"
NOW = datetime(2026, 12, 15, 3, tzinfo=UTC)
ROUND = "2026-2"


def load(app: Flask, kind: BatchKind, path: Path) -> int:
    """Import a table as the pages do; return how many rows were added."""
    with app.extensions["database"].write() as session:
        services = service_names(session)
        with open_office_table(path, known_headings(kind, {}, services)) as found:
            table = assign_columns(found, kind, {}, services)
            round_ = by_code(session, ROUND) if kind is BatchKind.POPULATION else None
            _, done = import_structure(
                session, kind, table, sha256(path.read_bytes()).hexdigest(), round_=round_, actor=Actor(NOW)
            )
    return done.added


def make_round(app: Flask) -> None:
    """Open the round of the cases, 1 November to 31 December 2026, of the questionnaire of 16 items."""
    with app.extensions["database"].write() as session:
        version = install_questionnaire(session, bundled()["sipas-service-16"], NOW)
        plan = RoundPlan(ROUND, "Đợt 2 năm 2026", date(2026, 11, 1), date(2026, 12, 31))
        open_round(session, create_round(session, plan, version, actor=Actor(NOW)), actor=Actor(NOW))


def son_la(app: Flask) -> None:
    """Make the province as shipped, with the fields of S3_ok.xlsx and the counters of C1_quay.csv."""
    load(app, BatchKind.AGENCIES, SON_LA)
    load(app, BatchKind.SERVICES, TABLES / "S3_ok.xlsx")
    load(app, BatchKind.COUNTERS, TABLES / "C1_quay.csv")
    make_round(app)


def small(app: Flask) -> None:
    """Make the small province of the other files."""
    load(app, BatchKind.AGENCIES, TABLES / "agencies.csv")
    load(app, BatchKind.SERVICES, TABLES / "services.csv")
    load(app, BatchKind.COUNTERS, TABLES / "counters.csv")
    make_round(app)
