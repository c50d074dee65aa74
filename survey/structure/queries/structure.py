"""Reading the administration for those who keep it: the tree of agencies, counters, services, rounds' transactions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import (
    Agency,
    AgencyLevel,
    AgencySuccessor,
    BatchKind,
    Counter,
    CounterCode,
    FormerName,
    ImportBatch,
    Population,
    Questionnaire,
    QuestionnaireVersion,
    Response,
    Round,
    Service,
    User,
)


@dataclass
class Branch:
    """An agency and those below it."""

    agency: Agency
    below: list[Branch]

    def walk(self) -> Iterator[Branch]:
        """Yield this branch and all below it, from above."""
        yield self
        for branch in self.below:
            yield from branch.walk()


def tree(session: orm.Session, today: date, ended: bool = False) -> list[Branch]:
    """Build the tree of agencies that have not ended by `today`; with `ended` of all.

    Siblings stand by tier and name. An agency whose parent is left out stands at the top, so that none is lost.
    """
    tier = sa.case({level: place for place, level in enumerate(AgencyLevel)}, value=Agency.level)
    agencies = session.scalars(sa.select(Agency).order_by(tier, Agency.name, Agency.code)).all()
    branches = {agency.id: Branch(agency, []) for agency in agencies if ended or not has_ended(agency, today)}
    top: list[Branch] = []
    for branch in branches.values():
        above = branches.get(branch.agency.parent_id or 0)
        (above.below if above else top).append(branch)
    return top


def has_ended(agency: Agency, today: date) -> bool:
    """Whether an agency has ended by a day."""
    return agency.valid_to is not None and agency.valid_to <= today


def find_agency(session: orm.Session, code: str) -> Agency | None:
    """The agency of a code; None without one."""
    return session.scalars(sa.select(Agency).where(Agency.code == code)).first()


def find_agencies(session: orm.Session, codes: Sequence[str]) -> dict[str, Agency]:
    """The agencies of these codes by code, leaving out codes that no agency has."""
    return {agency.code: agency for agency in session.scalars(sa.select(Agency).where(Agency.code.in_(codes)))}


def find_service(session: orm.Session, code: str) -> Service | None:
    """The service of a code; None without one."""
    return session.scalars(sa.select(Service).where(Service.code == code)).first()


def find_counter(session: orm.Session, counter_id: int) -> Counter | None:
    """A counter by its id; None without one."""
    return session.get(Counter, counter_id)


def find_code_in_use(session: orm.Session) -> str | None:
    """Some counter's public code that is not revoked, for showing what a form looks like."""
    return session.scalar(sa.select(CounterCode.code).where(CounterCode.revoked_at.is_(None)).limit(1))


def in_force(session: orm.Session, today: date) -> Sequence[Agency]:
    """The agencies that have not ended by `today`, by name."""
    lasting = Agency.valid_to.is_(None) | (Agency.valid_to > today)
    return session.scalars(sa.select(Agency).where(lasting).order_by(Agency.name, Agency.code)).all()


@dataclass(frozen=True)
class Past:
    """History of an agency."""

    #: former names, the oldest first
    names: Sequence[FormerName]
    successors: Sequence[Agency]
    predecessors: Sequence[Agency]


def past(session: orm.Session, agency: Agency) -> Past:
    """An agency's former names, who took over from it, and from whom it took over."""
    former = sa.select(FormerName).where(FormerName.agency_id == agency.id).order_by(FormerName.until)
    split_to = sa.select(AgencySuccessor.successor_id).where(AgencySuccessor.agency_id == agency.id)
    split_from = sa.select(AgencySuccessor.agency_id).where(AgencySuccessor.successor_id == agency.id)
    after = sa.select(Agency).where((Agency.id == agency.successor_id) | Agency.id.in_(split_to)).order_by(Agency.name)
    before = sa.select(Agency).where((Agency.successor_id == agency.id) | Agency.id.in_(split_from))
    return Past(
        session.scalars(former).all(),
        session.scalars(after).all(),
        session.scalars(before.order_by(Agency.name)).all(),
    )


def all_counters(session: orm.Session) -> Sequence[Counter]:
    """All counters, closed ones too, in the order of their agencies' names."""
    query = (
        sa.select(Counter)
        .join(Counter.agency)
        .options(
            orm.contains_eager(Counter.agency),
            orm.selectinload(Counter.services),
            orm.selectinload(Counter.deciding_agencies),
        )
        .order_by(Agency.name, Agency.code, Counter.code)
    )
    return session.scalars(query).all()


def counters_by_agency(session: orm.Session) -> list[tuple[Agency, list[Counter]]]:
    """All counters, closed ones too, under their agencies."""
    units: dict[int, tuple[Agency, list[Counter]]] = {}
    for counter in all_counters(session):
        units.setdefault(counter.agency_id, (counter.agency, []))[1].append(counter)
    return list(units.values())


def public_codes(session: orm.Session) -> list[tuple[str, str, str]]:
    """(public code in force, agency's name, counter's name) of every counter in use."""
    query = (
        sa.select(CounterCode.code, Agency.name, Counter.name)
        .join(CounterCode.counter)
        .join(Counter.agency)
        .where(CounterCode.revoked_at.is_(None), Counter.active.is_(True))
        .order_by(Agency.code, Counter.id)
    )
    return [(code, agency, counter) for code, agency, counter in session.execute(query)]


def services(session: orm.Session, active: bool | None = None) -> Sequence[Service]:
    """The services by name: all, or those in use or not."""
    query = sa.select(Service).order_by(Service.name)
    return session.scalars(query if active is None else query.where(Service.active.is_(active))).all()


def versions(session: orm.Session) -> Sequence[QuestionnaireVersion]:
    """Every version of every questionnaire, the newest of each first."""
    return session.scalars(
        sa.select(QuestionnaireVersion)
        .join(QuestionnaireVersion.questionnaire)
        .options(orm.contains_eager(QuestionnaireVersion.questionnaire))
        .order_by(Questionnaire.code, QuestionnaireVersion.number.desc())
    ).all()


@dataclass(frozen=True)
class Transactions:
    """N of an agency's service, with the responses there are already."""

    agency: Agency
    service: Service
    transactions: int


def transactions(session: orm.Session, round_id: int) -> list[Transactions]:
    """A round's transactions in the order of names."""
    rows = session.execute(
        sa.select(Agency, Service, Population.transactions)
        .join(Population, Population.agency_id == Agency.id)
        .join(Service, Service.id == Population.service_id)
        .where(Population.round_id == round_id)
        .order_by(Agency.name, Service.name)
    )
    return [Transactions(agency, service, int(n)) for agency, service, n in rows]


def responses_of(session: orm.Session, round_id: int) -> int:
    """How many responses a round has, counted or not."""
    return session.scalar(sa.select(sa.func.count()).select_from(Response).where(Response.round_id == round_id)) or 0


def overlapping(session: orm.Session, first: date, last: date, but: int) -> Sequence[Round]:
    """Overlap check: return the other rounds that have days in common with these."""
    return session.scalars(
        sa.select(Round)
        .where(Round.id != but, Round.opens_on <= last, Round.closes_on >= first)
        .order_by(Round.opens_on)
    ).all()


@dataclass(frozen=True)
class Batch:
    """An import, with the person and the round it belongs to."""

    batch: ImportBatch
    person: str | None
    round: Round | None


def structure_batches(session: orm.Session, kinds: Sequence[BatchKind], batch_id: int | None = None) -> list[Batch]:
    """Imports of these kinds, the newest first; or the one of a number."""
    query = (
        sa.select(ImportBatch, User.display_name, Round)
        .outerjoin(User, User.id == ImportBatch.user_id)
        .outerjoin(Round, Round.id == ImportBatch.round_id)
        .where(ImportBatch.kind.in_(kinds))
        .order_by(ImportBatch.id.desc())
        .limit(100)
    )
    if batch_id is not None:
        query = query.where(ImportBatch.id == batch_id)
    return [Batch(batch, person, round_) for batch, person, round_ in session.execute(query)]
