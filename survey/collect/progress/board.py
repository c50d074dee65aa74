"""Counts against targets: what the page shows of each agency's service and of each counter. No database, no page."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from scoring.planner import official_size, size_for
from survey.collect.progress.sparkline import Sparkline, sparkline
from survey.collect.queries.progress import Count, DayCount
from survey.models import Counter

TREND_DAYS = 28
QUIET_DAYS = 7
#: share of the pace below which a unit lags, and below which it lags far
LAGS, LAGS_FAR = 0.8, 0.5


class Method(enum.StrEnum):
    """How the target n is worked out from N."""

    OFFICIAL = "official"  # n = N/(1 + N e²)
    HALF_WIDTH = "half-width"  # the interval's half-width is e
    PLAN = "plan"  # what the plan of the round says for ± e, field by field


class Status(enum.StrEnum):
    """How a unit stands against its target and the days gone by."""

    NONE = "none"
    QUIET = "quiet"
    FAR_BEHIND = "far_behind"
    BEHIND = "behind"
    ON_PACE = "on_pace"
    REACHED = "reached"
    NO_TARGET = "no_target"


ORDER = tuple(Status)


@dataclass(frozen=True)
class TargetPlan:
    """How targets are set: the method, and e as a share."""

    method: Method = Method.OFFICIAL
    error: float = 0.05
    #: Kish's design effect of counter-days in the round before; None where none tells. The official rule has none
    deff: float | None = None
    #: the plan's responses by (agency, service); of a field that it does not know the half-width decides
    planned: Mapping[tuple[int, int], int] = field(default_factory=dict)

    def target(self, transactions: int, cell: tuple[int, int] | None = None) -> int:
        """The n wanted of the N transactions of a cell."""
        if transactions <= 0:
            return 0
        if self.method is Method.PLAN and cell is not None and cell in self.planned:
            return self.planned[cell]
        if self.method is Method.OFFICIAL:
            return official_size(transactions, self.error)
        return size_for(self.error, transactions, deff=max(self.deff or 1.0, 1.0))


@dataclass(frozen=True)
class Calendar:
    """The round's days as they stand today."""

    opens_on: date
    closes_on: date
    today: date
    zone: ZoneInfo
    #: responses below which no day is shown, so that nobody can be singled out
    min_n: int

    @property
    def pace(self) -> float:
        """Share of the round's days that are over, today included; between 0 and 1."""
        total = (self.closes_on - self.opens_on).days + 1
        gone = (min(self.today, self.closes_on) - self.opens_on).days + 1
        return min(max(gone / total, 0.0), 1.0)

    @property
    def days_left(self) -> int:
        """Days after today."""
        return max((self.closes_on - self.today).days, 0)

    @property
    def last_day(self) -> date:
        """The newest day that can have responses."""
        return max(min(self.today, self.closes_on), self.opens_on)

    @property
    def first_shown(self) -> date:
        """The first day of the trend."""
        return max(self.opens_on, self.last_day - timedelta(days=TREND_DAYS - 1))


@dataclass
class ServiceProgress:
    """One service of a counter."""

    service_id: int | None
    responses: int
    #: None while N is not known
    target: int | None


@dataclass
class UnitProgress:
    """One unit: an agency's service, or a counter."""

    agency_id: int
    service_id: int | None
    counter_id: int | None
    responses: int
    #: None while N is not known
    target: int | None
    transactions: int | None
    last: datetime | None
    calendar: Calendar
    #: counters that share the target of their agency's service
    shared: int = 1
    has_code: bool = True
    days: dict[date, int] = field(default_factory=dict)
    #: 0, or the people that every count is rounded down to a multiple of (`survey.collect.progress.coarse`)
    block: int = 0
    #: of a counter with several services: service → what it has and what is wanted
    parts: list[ServiceProgress] = field(default_factory=list)

    @property
    def rate(self) -> float | None:
        """Responses per hundred transactions; None while N is not known."""
        return 100 * self.responses / self.transactions if self.transactions else None

    @property
    def missing(self) -> int:
        """Responses still wanted."""
        return max((self.target or 0) - self.responses, 0)

    @property
    def per_day(self) -> int:
        """Responses wanted on each day that is left."""
        return ceil(self.missing / self.calendar.days_left) if self.calendar.days_left else self.missing

    @property
    def thin(self) -> bool:
        """Whether there are too few responses for days to be shown."""
        return self.responses < self.calendar.min_n

    @property
    def dated(self) -> bool:
        """Whether the day of the newest response may be shown."""
        return not self.thin and not self.block

    @property
    def last_on(self) -> date | None:
        """The local day of the newest response."""
        return self.last.astimezone(self.calendar.zone).date() if self.last else None

    @property
    def quiet(self) -> bool:
        """Whether nothing came for a week."""
        return self.last_on is None or (self.calendar.last_day - self.last_on).days >= QUIET_DAYS

    @property
    def status(self) -> Status:
        """How it stands."""
        if self.target is not None and self.responses >= self.target:
            return Status.REACHED
        if not self.responses:
            return Status.NONE
        if self.quiet:
            return Status.QUIET
        if self.target is None:
            return Status.NO_TARGET
        wanted = self.target * self.calendar.pace
        if self.responses < LAGS_FAR * wanted:
            return Status.FAR_BEHIND
        return Status.BEHIND if self.responses < LAGS * wanted else Status.ON_PACE

    @property
    def trend(self) -> Sparkline | None:
        """Responses a day; None where that could single people out."""
        if self.thin:
            return None
        return sparkline(self.days, self.calendar.first_shown, self.calendar.last_day)


@dataclass(frozen=True)
class Known:
    """What was read of a round."""

    counts: Sequence[Count]
    days: Sequence[DayCount]
    #: N by (agency, service)
    transactions: Mapping[tuple[int, int], int]
    counters: Sequence[Counter]
    with_code: frozenset[int]


def by_service(known: Known, plan: TargetPlan, calendar: Calendar) -> list[UnitProgress]:
    """Each agency's services, the ones that need help most first."""
    cells = set(known.transactions) | {(c.agency_id, c.service_id) for c in known.counts}
    found = {
        (agency, service): _standing(
            agency, service, None, known.transactions.get((agency, service or 0)), plan, calendar
        )
        for agency, service in cells
    }
    for count in known.counts:
        _add(found[count.agency_id, count.service_id], count)
    for day in known.days:
        if (day.agency_id, day.service_id) in found:
            _add_day(found[day.agency_id, day.service_id], day)
    return _sorted(found.values())


def by_counter(known: Known, plan: TargetPlan, calendar: Calendar) -> list[UnitProgress]:
    """The open counters. The target of an agency's service is shared equally by the counters that take it."""
    cells_of = {counter.id: _cells(counter) for counter in known.counters}
    takers: dict[tuple[int, int], int] = defaultdict(int)
    for cells in cells_of.values():
        for cell in cells:
            takers[cell] += 1
    found: dict[int, UnitProgress] = {}
    for counter in known.counters:
        cells = [cell for cell in cells_of[counter.id] if cell in known.transactions]
        wanted = sum(plan.target(known.transactions[cell], cell) / takers[cell] for cell in cells)
        made = _standing(counter.agency_id, None, counter.id, None, plan, calendar)
        made.target = ceil(wanted - 1e-9) if cells else None
        made.transactions = round(sum(known.transactions[cell] / takers[cell] for cell in cells)) if cells else None
        made.shared = max([takers[cell] for cell in cells], default=1)
        made.has_code = counter.id in known.with_code
        found[counter.id] = made
    came: dict[tuple[int, int | None], int] = defaultdict(int)
    for count in known.counts:
        if count.counter_id in found:
            _add(found[count.counter_id], count)
            came[count.counter_id, count.service_id] += count.responses
    for counter in known.counters:
        found[counter.id].parts = _parts(counter, known, plan, takers, came)
    for day in known.days:
        if day.counter_id in found:
            _add_day(found[day.counter_id], day)
    return _sorted(found.values())


def _parts(
    counter: Counter,
    known: Known,
    plan: TargetPlan,
    takers: Mapping[tuple[int, int], int],
    came: Mapping[tuple[int, int | None], int],
) -> list[ServiceProgress]:
    """A counter's services one by one; answers that name none come last."""
    services = [service.id for service in counter.services]
    wanted: dict[int, float] = {}
    for cell in _cells(counter):
        if cell in known.transactions:
            wanted[cell[1]] = wanted.get(cell[1], 0) + plan.target(known.transactions[cell], cell) / takers[cell]
    parts = [
        ServiceProgress(
            service, came.get((counter.id, service), 0), ceil(wanted[service] - 1e-9) if service in wanted else None
        )
        for service in services
    ]
    others = {service: n for (at, service), n in came.items() if at == counter.id and service not in services}
    return parts + [
        ServiceProgress(service, n, None) for service, n in sorted(others.items(), key=lambda pair: pair[0] or 0)
    ]


def _cells(counter: Counter) -> list[tuple[int, int]]:
    agencies = [agency.id for agency in counter.deciding_agencies] or [counter.agency_id]
    return [(agency, service.id) for agency in agencies for service in counter.services]


def _standing(
    agency: int,
    service: int | None,
    counter: int | None,
    transactions: int | None,
    plan: TargetPlan,
    calendar: Calendar,
) -> UnitProgress:
    target = plan.target(transactions, (agency, service or 0)) if transactions is not None else None
    return UnitProgress(agency, service, counter, 0, target, transactions, None, calendar)


def _add(standing: UnitProgress, count: Count) -> None:
    standing.responses += count.responses
    standing.last = max(filter(None, (standing.last, count.last)))


def _add_day(standing: UnitProgress, day: DayCount) -> None:
    standing.days[day.day] = standing.days.get(day.day, 0) + day.responses


def _sorted(standings: Iterable[UnitProgress]) -> list[UnitProgress]:
    return sorted(standings, key=lambda s: (ORDER.index(s.status), -s.missing, s.agency_id, s.service_id or 0))
