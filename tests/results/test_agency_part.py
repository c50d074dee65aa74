"""What is cached of one agency is what a fresh cache would give, whatever came or went; nothing else drops it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from scoring.scheme import Rules
from survey.core.db import Database
from survey.models import Agency, Channel, Counter, Population, Response
from survey.results import bars, breakdowns, weak_places
from survey.results.agency_part import agency_part
from survey.results.compute import RoundResults, round_results
from tests.support.counter_days import FIRST, give_counters
from tests.support.evaluation import scored_round

HERE, ELSEWHERE = "so-tu-phap", "so-dat-dai"
RULES = Rules(min_n=3)


@pytest.fixture
def two(newest_file: Path, tmp_path: Path) -> Iterator[tuple[Database, Callable[[], Database]]]:
    """The scored round, and whatever reads it without anything kept: a further engine over the same file."""
    file = tmp_path / "sipas.db"
    file.write_bytes(newest_file.read_bytes())
    opened = [Database(f"sqlite:///{file}")]
    with opened[0].write() as session:
        scored_round(session)
        give_counters(session)

    def fresh() -> Database:
        opened.append(Database(f"sqlite:///{file}"))
        return opened[-1]

    yield opened[0], fresh
    for database in opened:
        database.dispose()


def told(database: Database) -> dict[str, Any]:
    """All that is kept by the agency's own part, in a form that can be compared."""
    with database.read() as session:
        results = round_results(session, "r1", rules=RULES)
        dimensions = {one.code: one for one in breakdowns.dimensions(results.definition)}
        items = results.definition.scheme().codes[:2]
        found: dict[str, Any] = {"bars": bars.weighted_bars(session, results, HERE).shares}
        found["where"] = weak_places.weak_places(session, results, HERE, items)
        counters = dimensions[breakdowns.COUNTER]
        found["counters"] = breakdowns.breakdown(session, results, counters, HERE)
        found["hidden"] = breakdowns.hidden_figures(session, results, counters, HERE)
        return found


def compare(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    for name, value in wanted.items():
        if isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(found[name], value)
        else:
            assert found[name] == value, name


def answers_of(session: orm.Session, agency: str, chance: random.Random) -> list[Response]:
    """The agency's responses in random order."""
    of_agency = sa.select(Response).join(Agency, Agency.id == Response.deciding_agency_id).where(Agency.code == agency)
    found = list(session.scalars(of_agency.order_by(Response.id)))
    chance.shuffle(found)
    return found


def come(session: orm.Session, agency: str, chance: random.Random) -> None:
    old = answers_of(session, agency, chance)[0]
    same = {c.key: getattr(old, c.key) for c in sa.inspect(Response).column_attrs if c.key not in ("id", "key")}
    same |= {"channel": chance.choice(list(Channel)), "batch_id": None, "excluded": None}
    same["counter_id"] = chance.choice(session.scalars(sa.select(Counter.id)).all())
    same["answers"] = chance.choice("125") * 16 + same["answers"][16:]
    same["submitted_at"] = FIRST + timedelta(days=chance.randrange(9))
    session.add(Response(**same, key=f"{chance.getrandbits(64):032x}"))


def leave_out(session: orm.Session, agency: str, chance: random.Random) -> None:
    answers_of(session, agency, chance)[0].excluded = "test"


def take_back(session: orm.Session, agency: str, chance: random.Random) -> None:
    for response in answers_of(session, agency, chance):
        response.excluded = None


def more_transactions(session: orm.Session, agency: str, _chance: random.Random) -> None:
    number = session.scalars(sa.select(Agency.id).where(Agency.code == agency)).one()
    session.execute(
        sa.update(Population).where(Population.agency_id == number).values(transactions=Population.transactions + 7)
    )


def test_what_is_kept_is_what_a_fresh_cache_gives(two: tuple[Database, Callable[[], Database]]) -> None:
    kept, fresh = two
    chance = random.Random(2)  # noqa: S311 (what happens, not a secret)
    steps = (come, come, come, leave_out, take_back, more_transactions)
    compare(told(kept), told(fresh()))
    for _ in range(5):
        step, agency = chance.choice(steps), chance.choice((HERE, ELSEWHERE, "trung-tam"))
        with kept.write() as session:
            step(session, agency, chance)
        compare(told(kept), told(fresh()))


def test_the_part_is_the_same_while_nothing_of_it_changed(two: tuple[Database, Callable[[], Database]]) -> None:
    database, _ = two
    chance, seen = random.Random(5), []  # noqa: S311 (the same)

    def part(**rules: int) -> object:
        with database.read() as session:
            results: RoundResults = round_results(session, "r1", rules=Rules(**{"min_n": 3} | rules))
            return agency_part(session, results, HERE)

    seen.append(part())
    for step, agency, new in (
        (come, ELSEWHERE, False),
        (come, HERE, True),
        (come, ELSEWHERE, False),
        (more_transactions, ELSEWHERE, False),
        (more_transactions, HERE, True),
        (leave_out, HERE, True),
    ):
        with database.write() as session:
            step(session, agency, chance)
        seen.append(part())
        assert (seen[-1] != seen[-2]) is new, (step.__name__, agency)
    assert part(min_n=4) != seen[-1]


def test_a_response_elsewhere_scores_nothing_of_an_agency_again(
    two: tuple[Database, Callable[[], Database]], monkeypatch: pytest.MonkeyPatch
) -> None:
    database, _ = two
    told(database)
    with database.write() as session:
        come(session, ELSEWHERE, random.Random(1))  # noqa: S311 (the same)
    scored: list[str] = []
    for module, name in ((breakdowns, "score_table"), (bars, "level_shares"), (weak_places, "contrast")):
        monkeypatch.setattr(module, name, lambda *_given, of=name, **_options: scored.append(of))
    told(database)
    assert scored == []
