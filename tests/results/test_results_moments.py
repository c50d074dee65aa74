"""Moments from the database's GROUP BY, on SQLite and PostgreSQL, are those of the responses taken one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import sqlalchemy as sa

from scoring.moments import moments
from scoring.scheme import Rules
from survey.core.actor import Actor
from survey.core.db import Database
from survey.models import Agency, AgencyKind, AgencyLevel, Channel, Response, Round, Service
from survey.questionnaires import bundled, from_canonical
from survey.results.compute import round_sums
from survey.structure.operations.install_questionnaire import install_questionnaire
from survey.structure.operations.open_round import RoundPlan, create_round

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)


def test_grouped_by_the_database_or_one_by_one(database: Database) -> None:
    rng = np.random.default_rng(11)
    answers = rng.choice(6, (400, 9), p=[0.2, 0.05, 0.05, 0.1, 0.3, 0.3])
    keys = pd.DataFrame({"agency": rng.choice(["a", "b"], 400), "service": rng.choice(["s", "t", ""], 400)})
    with database.write() as session:
        version = install_questionnaire(session, bundled()["sipas-short"], NOW)
        round_ = create_round(
            session, RoundPlan("r", "Đợt r", date(2026, 1, 1), date(2026, 6, 30)), version, actor=Actor(NOW)
        )
        kind, level = AgencyKind.DEPARTMENT, AgencyLevel.PROVINCE
        agencies = {
            c: Agency(code=c, name=f"Sở {c}", kind=kind, level=level, valid_from=date(2020, 1, 1)) for c in "ab"
        }
        services = {c: Service(code=c, name=f"Lĩnh vực {c}") for c in "st"}
        session.add_all([*agencies.values(), *services.values()])
        session.flush()
        tail = "." * (len(version.slots) - 9)
        for k, (person, agency, service) in enumerate(zip(answers, keys["agency"], keys["service"], strict=True)):
            session.add(
                Response(
                    key=f"response-{k:012d}",
                    round_id=round_.id,
                    deciding_agency_id=agencies[agency].id,
                    service_id=services[service].id if service else None,
                    channel=Channel.QR,
                    language="vi",
                    answers="".join(".12345"[a] for a in person) + tail,
                    submitted_at=NOW,
                )
            )
    with database.read() as session:
        round_ = session.scalars(sa.select(Round)).one()
        scheme = from_canonical(round_.version.content).scheme()
        sums = round_sums(session, round_, scheme, Rules())
    found = sums.moments
    wanted = moments(answers, keys, scheme)
    assert sums.too_few == 0
    pd.testing.assert_frame_equal(found.keys[["agency", "service"]], wanted.keys[["agency", "service"]])
    for name in ("n", "counts", "reached", "cross"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
