"""A province above the agencies of the scored round, with a manager for it; and rounds to tell effects by."""

from __future__ import annotations

from datetime import UTC, date, datetime

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm

from survey.accounts.operations.create_user import create_user
from survey.core.actor import Actor
from survey.models import Agency, AgencyKind, AgencyLevel, Population, Response, Role, Round, RoundState, Service
from survey.models.responses import Channel
from tests.support.clock import set_clock
from tests.support.evaluation import NOW, PASSWORD

TODAY = datetime(2026, 3, 10, 3, tzinfo=UTC)


def with_province(app: Flask) -> None:
    """Put a province above all agencies, with the manager `tinh`; let it be 10 March 2026 and close the rounds."""
    set_clock(app, TODAY)
    with app.extensions["database"].write() as session:
        root = Agency(
            code="tinh",
            kind=AgencyKind.PROVINCE,
            level=AgencyLevel.PROVINCE,
            name="UBND tỉnh",
            valid_from=date(2020, 1, 1),
        )
        session.add(root)
        session.flush()
        session.execute(sa.update(Agency).where(Agency.code != "tinh").values(parent_id=root.id))
        create_user(
            session,
            username="tinh",
            password=PASSWORD,
            role=Role.MANAGER,
            agency_id=root.id,
            display_name="Văn phòng tỉnh",
            actor=Actor(NOW),
        )
        session.execute(sa.update(Round).where(Round.state == RoundState.OPEN).values(state=RoundState.CLOSED))


def two_rounds_of_eight(session: orm.Session, before: list[int], after: list[int]) -> None:
    """Add agencies `cq-0` … and the rounds `truoc` and `sau`: of 50 who answered, so many satisfied with every item."""
    version_id = session.scalars(sa.select(Round.version_id)).first()
    length = len(session.scalars(sa.select(Round)).first().version.slots)
    service_id = session.scalars(sa.select(Service.id).order_by(Service.id)).first()
    agencies = [
        Agency(
            code=f"cq-{k}",
            kind=AgencyKind.COMMUNE,
            level=AgencyLevel.COMMUNE,
            name=f"UBND xã số {k}",
            valid_from=date(2015, 1, 1),
        )
        for k in range(len(before))
    ]
    session.add_all(agencies)
    for code, year, satisfied in (("truoc", 2017, before), ("sau", 2018, after)):
        round_ = Round(
            code=code,
            name=f"Đợt {year}",
            version_id=version_id,
            opens_on=date(year, 1, 1),
            closes_on=date(year, 12, 31),
            state=RoundState.CLOSED,
        )
        session.add(round_)
        session.flush()
        for agency, good in zip(agencies, satisfied, strict=True):
            session.add(Population(round_id=round_.id, agency_id=agency.id, service_id=service_id, transactions=5000))
            for number in range(50):
                answer = "5" if number < good else "2"
                session.add(
                    Response(
                        key=f"{code}-{agency.code}-{number:010d}",
                        round_id=round_.id,
                        deciding_agency_id=agency.id,
                        service_id=service_id,
                        channel=Channel.QR,
                        language="vi",
                        answers=answer * 16 + "." * (length - 16),
                        submitted_at=NOW,
                    )
                )
