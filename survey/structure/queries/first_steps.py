"""Reading how far an installation has come on its way to the first response."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, Counter, Population, Response, Round, Service
from survey.structure.queries.rounds import all_rounds


@dataclass(frozen=True)
class FirstSteps:
    """What there is already."""

    agencies: int
    services: int
    counters: int
    #: the newest round; its questionnaire is chosen with it
    round: Round | None
    #: N of that round, all agencies and fields together
    transactions: int
    #: responses of that round
    responses: int


def first_steps(session: orm.Session) -> FirstSteps:
    """Count what an installation has of what its first response needs."""
    round_ = next(iter(all_rounds(session)), None)
    of_round = round_.id if round_ is not None else 0
    agencies, services, counters = (
        int(session.scalar(sa.select(sa.func.count()).select_from(table)) or 0) for table in (Agency, Service, Counter)
    )
    total = sa.select(sa.func.sum(Population.transactions)).where(Population.round_id == of_round)
    came = sa.select(sa.func.count()).select_from(Response).where(Response.round_id == of_round)
    return FirstSteps(
        agencies, services, counters, round_, int(session.scalar(total) or 0), int(session.scalar(came) or 0)
    )
