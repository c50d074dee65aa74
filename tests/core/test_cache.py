"""The cache: one per database, limited by bytes, evicting what was least recently used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import orm

from scoring.moments import moments
from scoring.scheme import Item, Scheme
from survey.core import cache
from survey.core.cache import cached, weigh
from survey.core.db import Database


def test_a_value_is_made_once_for_each_database(tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        database = Database(f"sqlite:///{tmp_path / name}")
        for _ in range(2):
            with database.read() as session:
                assert cached(session, ("x", 1), lambda: made.append(1) or len(made)) == len(made)
        database.dispose()
    assert len(made) == 2


def test_what_was_not_asked_for_longest_gives_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("survey.core.cache.MAX_BYTES", 2500)
    database = Database(f"sqlite:///{tmp_path / 'a'}")
    made = []

    def ask(key: str, size: int = 125) -> None:
        with database.read() as session:
            cached(session, key, lambda: made.append(key) or np.zeros(size))

    for key in ("one", "two", "one", "three", "one", "two"):  # 1,000 bytes each: two have room
        ask(key)
    assert made == ["one", "two", "three", "two"]
    ask("large", 10_000)
    ask("large", 10_000)
    assert made[4:] == ["large"]
    database.dispose()


def test_heavy_things_weigh_about_what_they_take() -> None:
    scheme = Scheme((Item("a", "one"), Item("b", "one")))
    keys = pd.DataFrame({"agency": [f"a{k}" for k in range(100)], "service": "s"})
    found = moments(np.full((100, 2), 4), keys, scheme)
    assert weigh(found) > 2 * found.cross.nbytes  # `within` will be as large
    assert weigh([1.0] * 1000) == 100 + 32 * 1000
    assert weigh({"a": None, "b": "xyz"}) < 500
    assert weigh(None) == 32


def test_a_recent_value_stays_for_its_time_and_no_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(cache.time, "monotonic", lambda: clock[0])
    computed: list[int] = []

    def asked(session: orm.Session, stamp: int, seconds: float = 600) -> int:
        return cache.recent(session, "key", stamp, lambda: computed.append(stamp) or stamp, seconds=seconds)

    database = Database(f"sqlite:///{tmp_path / 'one.db'}")
    with database.read() as session:
        assert [asked(session, 1), asked(session, 2)] == [1, 1]
        clock[0] += 599
        assert asked(session, 3) == 1
        clock[0] += 1
        assert asked(session, 3) == 3  # its time is over
        clock[0] += 9999
        assert asked(session, 3) == 3  # nothing came since
        assert asked(session, 4, seconds=0) == 4
    assert computed == [1, 3, 4]
    database.dispose()
