"""Twenty-four agencies with the same answers for twelve weeks, and one of them a week of nights besides.

Each agency has one counter, one service, 1 200 transactions, and ten answers a week: two on each workday, of which
Friday's second comes at 20:00. Eight of ten are satisfied with everything. `co-quan-01` has 40 answers more, all best,
in the nights of the week from Monday 30 March 2026: eight a night from 18:00 to 5:00.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import (
    Agency,
    AgencyKind,
    AgencyLevel,
    Channel,
    Counter,
    Population,
    Response,
    Round,
    RoundState,
    Service,
)
from survey.questionnaires import bundled
from survey.structure.operations.install_questionnaire import install_questionnaire

MONDAY, WEEKS, AGENCIES = date(2026, 3, 2), 12, 24
LEVELS = "3454453445"
"""What the ten answers of a week are, to every item."""
STUFFED = "co-quan-01"
NIGHT = (18, 20, 22, 24, 25, 27, 28, 29)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def stuffed_round(session: orm.Session) -> Round:
    """Add the closed round `dem` with its agencies and answers."""
    version = install_questionnaire(session, bundled()["sipas-service-16"], datetime(2020, 1, 1, tzinfo=UTC))
    service = Service(code="ho-so", name="Hồ sơ")
    round_ = Round(
        code="dem",
        name="Đợt có đêm",
        version=version,
        opens_on=MONDAY,
        closes_on=MONDAY + timedelta(days=7 * WEEKS - 1),
        state=RoundState.CLOSED,
    )
    session.add_all([service, round_])
    session.flush()
    rest = "." * (len(version.slots) - 16)
    rows = []
    for number in range(1, AGENCIES + 1):
        code = f"co-quan-{number:02d}"
        agency = Agency(
            code=code,
            kind=AgencyKind.COMMUNE,
            level=AgencyLevel.COMMUNE,
            name=f"Cơ quan {number}",
            valid_from=date(2020, 1, 1),
        )
        counter = Counter(agency=agency, code="Q1", name=f"Quầy {number}", services=[service])
        session.add_all([agency, counter])
        session.flush()
        session.add(Population(round_id=round_.id, agency_id=agency.id, service_id=service.id, transactions=1200))
        times = _ordinary() + (_nights() if code == STUFFED else [])
        rows += [
            {
                "key": f"{code}-{k:08d}",
                "round_id": round_.id,
                "counter_id": counter.id,
                "deciding_agency_id": agency.id,
                "service_id": service.id,
                "channel": Channel.QR,
                "language": "vi",
                "answers": level * 16 + rest,
                "submitted_at": at,
                "opened_at": at - timedelta(seconds=120),
                "duration_s": 90 + k % 60,
            }
            for k, (at, level) in enumerate(times)
        ]
    session.execute(sa.insert(Response), rows)
    return round_


def _ordinary() -> list[tuple[datetime, str]]:
    times = []
    for week in range(WEEKS):
        for k, level in enumerate(LEVELS):
            hour = 20 if k == 9 else 9 if k % 2 == 0 else 15
            times.append((_at(7 * week + k // 2, hour), level))
    return times


def _nights() -> list[tuple[datetime, str]]:
    return [(_at(28 + night, hour), "5") for night in range(5) for hour in NIGHT]


def _at(day: int, hour: int) -> datetime:
    local = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=ZONE) + timedelta(days=day, hours=hour)
    return local.astimezone(UTC)
