"""Targets of the demonstration: the province's, that of every agency judged, and an element's."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, AgencyKind, Population, Round, Target

PROVINCE, AGENCY = 82.0, 80.0
ELEMENT, OF_ELEMENT = "result", 84.0


def set_targets(session: orm.Session, round_: Round) -> None:
    """Set the targets of a round whose transactions are there."""
    judged = session.scalars(sa.select(Population.agency_id).where(Population.round_id == round_.id).distinct())
    province = session.scalars(sa.select(Agency.id).where(Agency.kind == AgencyKind.PROVINCE)).one()
    values = {(province, ""): PROVINCE, (province, ELEMENT): OF_ELEMENT} | {(agency, ""): AGENCY for agency in judged}
    session.add_all(
        Target(round_id=round_.id, agency_id=agency, element=element, value=value)
        for (agency, element), value in values.items()
    )
