"""Agencies and services by their codes, for pages that show figures keyed by code."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, Service


def agencies(session: orm.Session) -> dict[str, Agency]:
    """Return every agency, past ones too, by code."""
    return {agency.code: agency for agency in session.scalars(sa.select(Agency).order_by(Agency.code))}


def services(session: orm.Session) -> dict[str, Service]:
    """Return every service by code."""
    return {service.code: service for service in session.scalars(sa.select(Service).order_by(Service.code))}
