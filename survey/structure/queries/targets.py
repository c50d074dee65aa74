"""Targets of a round, and the changes that are known of an agency."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, AgencyKind, KnownChange, Target

WHOLE = ""
"""Stands for the province where targets are found by an agency's code."""


def target_rows(session: orm.Session, round_id: int) -> Sequence[Target]:
    """The targets of a round by agency and element."""
    query = sa.select(Target).join(Agency).options(orm.contains_eager(Target.agency))
    return session.scalars(query.where(Target.round_id == round_id).order_by(Agency.code, Target.element)).all()


def targets(session: orm.Session, round_id: int) -> dict[tuple[str, str], float]:
    """The targets of a round by (agency, element), both codes; "" for the province and the overall index."""
    return {
        (WHOLE if row.agency.kind is AgencyKind.PROVINCE else row.agency.code, row.element): row.value
        for row in target_rows(session, round_id)
    }


def known_changes(session: orm.Session, agency: str) -> Sequence[KnownChange]:
    """The changes known of an agency, the earliest first."""
    query = sa.select(KnownChange).join(Agency, Agency.id == KnownChange.agency_id).where(Agency.code == agency)
    return session.scalars(query.order_by(KnownChange.on_day)).all()


def days_of_changes(session: orm.Session) -> dict[str, list[date]]:
    """The days of the changes known of every agency, by its code."""
    query = sa.select(Agency.code, KnownChange.on_day).join(Agency, Agency.id == KnownChange.agency_id)
    days: dict[str, list[date]] = {}
    for code, day in session.execute(query.order_by(Agency.code, KnownChange.on_day)):
        days.setdefault(code, []).append(day)
    return days


def known_change(session: orm.Session, number: int) -> KnownChange | None:
    """The mark of a known change by its number; None where it is gone."""
    return session.get(KnownChange, number)
