"""How much a counter's codes are used: numbers of responses, never single ones, and days, never times of day."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import orm

from scoring.release import coarse_days, round_down
from survey.models import Channel, CounterCode, ReceiptCode, Response

SCANNED = (Channel.QR, Channel.KIOSK)
"""Channels of answers that came through a poster's code."""


@dataclass(frozen=True)
class CodeUse:
    """A code of a counter, in force or withdrawn, and the responses it brought."""

    code: str
    made_on: date
    #: None while its posters take answers
    withdrawn_on: date | None
    responses: int
    #: (local day, responses), the newest day first, days without a response left out
    days: tuple[tuple[date, int], ...]


@dataclass(frozen=True)
class ReceiptUse:
    """One-use codes of a counter: how many were made and how many took their response, all days together."""

    made: int
    used: int


def code_use(session: orm.Session, counter_id: int, zone: ZoneInfo, *, now: datetime, days: int = 31) -> list[CodeUse]:
    """Every code of a counter, the newest first, with its responses in all and on each of the last `days`.

    A response does not store which code it came by. A counter has one code in force at a time, for a new code
    withdraws the old one at the same instant; so the counter and the instant of arrival tell the code.
    """
    codes = session.scalars(
        sa.select(CounterCode).where(CounterCode.counter_id == counter_id).order_by(CounterCode.id.desc())
    )
    return [_use(session, code, zone, now, days) for code in codes]


def coarse_use(use: CodeUse) -> CodeUse:
    """Round the counts of a code's use down to whole blocks of people, for those who are judged by the answers."""
    days = coarse_days(use.days[::-1], use.responses - sum(count for _, count in use.days))
    return replace(use, responses=round_down(use.responses), days=tuple(days[::-1]))


def _use(session: orm.Session, code: CounterCode, zone: ZoneInfo, now: datetime, days: int) -> CodeUse:
    came = [
        Response.counter_id == code.counter_id,
        Response.channel.in_(SCANNED),
        Response.batch_id.is_(None),
        Response.excluded.is_(None),
        Response.submitted_at >= code.created_at,
    ]
    if code.revoked_at is not None:
        came.append(Response.submitted_at < code.revoked_at)
    total = session.scalar(sa.select(sa.func.count()).select_from(Response).where(*came)) or 0
    end = min(code.revoked_at or now, now)
    recent = session.scalars(
        sa.select(Response.submitted_at).where(*came, Response.submitted_at >= end - timedelta(days=days))
    )
    return CodeUse(
        code.code,
        code.created_at.astimezone(zone).date(),
        code.revoked_at.astimezone(zone).date() if code.revoked_at else None,
        total,
        _per_day(recent.all(), zone, first=(end - timedelta(days=days)).astimezone(zone).date() + timedelta(days=1)),
    )


def _per_day(instants: Sequence[datetime], zone: ZoneInfo, first: date) -> tuple[tuple[date, int], ...]:
    """Count instants by local day from `first` on: a day is whole or not there."""
    tally = Tally(instant.astimezone(zone).date() for instant in instants)
    return tuple(sorted(((day, n) for day, n in tally.items() if day >= first), reverse=True))


def receipt_use(session: orm.Session, counter_id: int) -> ReceiptUse:
    """How many one-use codes a counter was given, and how many were used."""
    made, used = session.execute(
        sa.select(sa.func.count(), sa.func.count().filter(ReceiptCode.used.is_(True))).where(
            ReceiptCode.counter_id == counter_id
        )
    ).one()
    return ReceiptUse(int(made), int(used))
