"""A league of six communes, one of them of forty responses, whose head is the account `manager`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, AgencyKind, AgencyLevel, Channel, Response, Round
from tests.support.evaluation import accounts
from tests.support.places import open_place

#: of each commune's people, half in January and half in February 2026, how many are satisfied with everything
COMMUNES = {
    "xa-a": (80, 100),
    "xa-b": (80, 100),
    "xa-c": (80, 100),
    "xa-d": (80, 100),
    "xa-e": (50, 100),
    "xa-f": (32, 40),
}


def six_communes(session: orm.Session) -> None:
    """Add the round `r1`, which is open, with the communes' people, and an account of each role."""
    open_place(session)
    session.flush()
    accounts(session)
    round_ = session.scalars(sa.select(Round)).one()
    round_.rules = {**round_.rules, "leagues": "kind", "fpc_in_tests": False, "definitions": 2, "pooling": True}
    length, number = len(round_.version.slots), 0
    for code, (satisfied, people) in COMMUNES.items():
        agency = Agency(
            code=code, kind=AgencyKind.COMMUNE, level=AgencyLevel.COMMUNE, name=f"UBND {code}",
            valid_from=date(2020, 1, 1),
        )  # fmt: skip
        session.add(agency)
        session.flush()
        for k in range(people):
            number += 1
            good = k % people < satisfied
            session.add(
                Response(
                    key=f"{number:016d}", round_id=round_.id, deciding_agency_id=agency.id, channel=Channel.QR,
                    language="vi", answers=("5" if good else "2") * 16 + "." * (length - 16),
                    submitted_at=datetime(2026, 1 + k % 2, 12, 3, tzinfo=UTC) + timedelta(days=7 * (k % 3)),
                )
            )  # fmt: skip
    manager = session.execute(sa.text("SELECT id FROM user_account WHERE username = 'manager'")).scalar_one()
    place = session.scalars(sa.select(Agency.id).where(Agency.code == "xa-f")).one()
    session.execute(sa.text("UPDATE user_account SET agency_id = :a WHERE id = :m"), {"a": place, "m": manager})
