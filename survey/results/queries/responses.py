"""Responses as the scoring wants them: distinct answers with how often each was given, counted in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy import orm

from survey.models import Agency, AnswerSlot, EntryBatch, Response, Round, Service, SettledOut, SlotKind
from survey.questionnaires import OVERALL
from survey.structure.queries.counted import counted, held
from survey.structure.queries.exclusion_rule import EXCLUDED

# Constants written into the SQL: PostgreSQL takes two bound parameters of one expression for different expressions, and
# then the SELECT and its GROUP BY do not match.
EMPTY: sa.ColumnElement[str] = sa.literal_column("''")
KEYS: dict[str, sa.ColumnElement[str]] = {
    "agency": Agency.code.expression,
    "service": sa.func.coalesce(Service.code, EMPTY),
    "channel": sa.cast(Response.channel, sa.String),
    "counter_id": sa.func.coalesce(sa.cast(Response.counter_id, sa.String), EMPTY),
}
"""What responses can be counted by. `agency` is the deciding agency; `""` stands for unknown."""
PILE: sa.ColumnElement[bool] = EntryBatch.batch_id.is_not(None)
"""Whether a response was keyed in with a pile of forms; queries that use it have `EntryBatch` joined."""
DAY, RELEASE_DAY = "day", "release_day"
"""Names of the day of receipt (`day_key`), and of the day since which a response counts for those who are judged."""
MONTH = "month"
"""Name of the month of receipt, see `month_key`."""
CLUSTER, CLUSTER_DAY = "cluster", "cluster_day"
"""Names of `cluster_keys`, the second with the minutes by which the round's clocks are before UTC."""


def cluster_keys(round_: Round) -> tuple[str, str]:
    """The keys that name a round's sampling units: a counter or a pile of forms, and the local day.

    A pile has no day, and who came to no known counter has neither. The clocks are those of the round's first day, so
    that the same answers make the same units on every database and for ever.
    """
    first = datetime.combine(round_.opens_on, time(12), ZoneInfo(round_.zone)).utcoffset() or timedelta()
    return CLUSTER, f"{CLUSTER_DAY}:{int(first.total_seconds() // 60)}"


def day_key(round_: Round) -> str:
    """The name by which responses are counted by the local day of receipt, by the clocks of `cluster_keys`."""
    return f"{DAY}:{cluster_keys(round_)[1].partition(':')[2]}"


def month_key(round_: Round) -> str:
    """The name by which responses are counted by the month of receipt, `YYYY-MM`, by the clocks of `cluster_keys`."""
    return f"{MONTH}:{cluster_keys(round_)[1].partition(':')[2]}"


def answer_key(position: int) -> str:
    """The name by which responses are counted by their answer at a position of the packed answers, from 0."""
    return f"answer:{position}"


def key_column(session: orm.Session, name: str) -> sa.ColumnElement[str]:
    """The expression of a key: one of `KEYS` or `cluster_keys`, or an `answer_key` with its packed character."""
    kind, _, detail = name.partition(":")
    if kind == CLUSTER:
        pile = sa.literal_column("'p'").concat(sa.cast(EntryBatch.batch_id, sa.String))
        counter = sa.literal_column("'c'").concat(sa.cast(Response.counter_id, sa.String))
        return sa.case((PILE, pile), (Response.counter_id.is_not(None), counter), else_=EMPTY)
    if kind == CLUSTER_DAY:
        day = _local_day(session.get_bind().dialect.name, int(detail))
        return sa.case((PILE, EMPTY), (Response.counter_id.is_(None), EMPTY), else_=day)
    if kind == DAY:
        return _local_day(session.get_bind().dialect.name, int(detail))
    if kind == MONTH:
        day = _local_day(session.get_bind().dialect.name, int(detail))
        return sa.func.substr(day, sa.literal_column("1"), sa.literal_column("7"))
    if kind == RELEASE_DAY:
        return sa.cast(Response.live_since, sa.String)
    if kind != "answer":
        return KEYS[name]
    return sa.func.substr(Response.answers, sa.literal_column(str(int(detail) + 1)), sa.literal_column("1"))


def _local_day(dialect: str, minutes: int) -> sa.ColumnElement[str]:
    """The day on which a response came, `YYYY-MM-DD`, by clocks `minutes` before UTC."""
    if dialect == "postgresql":
        utc = sa.func.timezone(sa.literal_column("'UTC'"), Response.submitted_at)
        local = utc + sa.literal_column(f"interval '{minutes} minutes'")
        return sa.func.to_char(local, sa.literal_column("'YYYY-MM-DD'"))
    return sa.func.date(Response.submitted_at, sa.literal_column(f"'{minutes:+d} minutes'"))


@dataclass(frozen=True, eq=False)
class Patterns:
    """Distinct answers to the satisfaction items, each with how many respondents of a cell gave exactly these."""

    #: one character an item: `1`..`5`, anything else is no valid answer
    answers: list[str]
    #: (rows,) respondents
    counts: NDArray[np.int64]
    #: (rows, keys) text
    keys: pd.DataFrame

    @property
    def respondents(self) -> int:
        """How many responses there are in all."""
        return int(self.counts.sum())


def patterns(session: orm.Session, round_id: int, by: Sequence[str] = ("agency", "service")) -> Patterns:
    """The counted responses of a round by deciding agency, service (and whatever key is asked for).

    Excluded responses are left out; `exclusions` counts them. The work is one `GROUP BY` in the database.
    """
    return grouped_patterns(session, round_id, by, counted(session, round_id))


def grouped_patterns(
    session: orm.Session, round_id: int, by: Sequence[str], chosen: sa.ColumnElement[bool]
) -> Patterns:
    """The chosen responses of a round by keys, distinct answers with how often each was given."""
    items = _items(session, round_id)
    answers = sa.func.substr(Response.answers, sa.literal_column("1"), sa.literal_column(str(items)))
    keyed = [key_column(session, name) for name in by]
    columns = [column.label(f"key_{k}") for k, column in enumerate(keyed)]
    query = (
        sa.select(*columns, answers.label("answers"), sa.func.count().label("respondents"))
        .select_from(Response)
        .join(Agency, Agency.id == Response.deciding_agency_id)
        .outerjoin(Service, Service.id == Response.service_id)
        .outerjoin(EntryBatch, EntryBatch.batch_id == Response.batch_id)
        .where(Response.round_id == round_id, chosen)
        .group_by(*keyed, answers)
    )
    rows = session.execute(query).all()
    keys = pd.DataFrame([tuple(row)[: len(by)] for row in rows], columns=list(by), dtype=object)
    counts = np.array([row.respondents for row in rows], dtype=np.int64)
    return Patterns([row.answers for row in rows], counts, keys)


FLAGGED = "flagged"
"""Reason of what evaluators left out by rules, all rules together."""


def exclusions(session: orm.Session, round_id: int) -> dict[str, int]:
    """How many responses of a round are not counted, by reason."""
    reason, chosen = Response.excluded, sa.and_(Response.round_id == round_id, Response.excluded.is_not(None))
    if held(session, round_id):
        reason, chosen = SettledOut.reason, sa.and_(SettledOut.round_id == round_id)
    rows = session.execute(sa.select(reason, sa.func.count()).where(chosen).group_by(reason).order_by(reason))
    totals: dict[str, int] = {}
    for name, count in rows:
        code = FLAGGED if str(name).startswith(EXCLUDED) else str(name)
        totals[code] = totals.get(code, 0) + int(count)
    return totals


def channels(session: orm.Session, round_id: int) -> dict[str, int]:
    """How many counted responses of a round came by each channel, the commonest first."""
    count = sa.func.count()
    rows = session.execute(
        sa.select(Response.channel, count)
        .where(Response.round_id == round_id, counted(session, round_id))
        .group_by(Response.channel)
        .order_by(count.desc(), Response.channel)
    )
    return {channel.value: int(number) for channel, number in rows}


def counted_responses(session: orm.Session, round_id: int) -> int:
    """Count the responses of a round that count."""
    query = sa.select(sa.func.count()).select_from(Response)
    return session.scalar(query.where(Response.round_id == round_id, counted(session, round_id))) or 0


def has_responses(session: orm.Session, round_id: int, agency: str) -> bool:
    """Say whether an agency has a response in a round that counts."""
    of_agency = sa.select(Agency.id).where(Agency.code == agency).scalar_subquery()
    chosen = (Response.round_id == round_id, counted(session, round_id), Response.deciding_agency_id == of_agency)
    return session.scalar(sa.select(sa.exists().where(*chosen))) or False


def _items(session: orm.Session, round_id: int) -> int:
    """The number of answers that make the index, which are the first characters of the packed answers."""
    rules = session.scalars(sa.select(Round.rules).where(Round.id == round_id)).one()
    in_index = AnswerSlot.kind == SlotKind.SATISFACTION
    if rules.get("overall_in_index"):
        in_index |= AnswerSlot.code == OVERALL
    return session.scalars(
        sa.select(sa.func.count())
        .select_from(AnswerSlot)
        .join(Round, Round.version_id == AnswerSlot.version_id)
        .where(Round.id == round_id, in_index)
    ).one()
