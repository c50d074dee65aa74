"""Responses as long texts of the database give the sums that rows and counts of equal answers give."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from scoring.clusters import cluster_sums
from scoring.moments import moments_from_patterns
from scoring.scheme import Rules
from survey.core.db import Database
from survey.models import Response, Round
from survey.questionnaires import from_canonical
from survey.results.compute import round_sums
from survey.results.queries import packed, responses
from survey.results.queries.packed import packed_responses
from tests.support.counter_days import give_counters
from tests.support.evaluation import scored_round


def vary(session: sa.orm.Session, seed: int) -> None:
    """Give `r1` answers of chance, services that are not known, instants around midnight of Vietnam and UTC."""
    rng = np.random.default_rng(seed)
    midnights = [datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in (0, 17)]
    for response in session.scalars(sa.select(Response).order_by(Response.id)):
        items = "".join(rng.choice(list("12345x._"), 16))
        response.answers = items + response.answers[16:]
        response.service_id = None if rng.random() < 0.15 else response.service_id
        around = midnights[int(rng.integers(2))] + timedelta(seconds=int(rng.integers(-2, 2)))
        response.submitted_at = around if rng.random() < 0.5 else response.submitted_at


@pytest.mark.parametrize(
    "rules", [Rules(), Rules(clusters="none"), Rules(min_answered_share=0.7)], ids=["days", "no days", "enough answers"]
)
@pytest.mark.parametrize("block", [7, 100_000])
def test_the_sums_are_those_of_counted_patterns(
    database: Database, monkeypatch: pytest.MonkeyPatch, rules: Rules, block: int
) -> None:
    monkeypatch.setattr(packed, "BLOCK", block)
    with database.write() as session:
        scored_round(session)
        give_counters(session)
        vary(session, 3)
    with database.read() as session:
        round_ = session.scalars(sa.select(Round)).one()
        scheme = from_canonical(round_.version.content).scheme()
        found = round_sums(session, round_, scheme, rules)
        days = responses.cluster_keys(round_) if rules.clusters != "none" else ()
        patterns = responses.patterns(session, round_.id, ("agency", "service", *days))
    given = [sum(one in "12345" for one in text[:16]) for text in patterns.answers]
    enough = np.array([n > 0 and n >= rules.min_answered_share * 16 for n in given]) | (rules.min_answered_share == 0)
    texts = [text for text, kept in zip(patterns.answers, enough, strict=True) if kept]
    counts, keys = patterns.counts[enough], patterns.keys[enough].reset_index(drop=True)
    wanted = moments_from_patterns(texts, counts, keys[["agency", "service"]], scheme)
    assert found.too_few == int(patterns.counts[~enough].sum())
    pd.testing.assert_frame_equal(found.moments.keys, wanted.keys)
    for name in ("n", "counts", "reached", "cross"):
        np.testing.assert_array_equal(getattr(found.moments, name), getattr(wanted, name))
    if not days:
        assert found.clusters is None
        return
    units = cluster_sums(texts, counts, keys.set_axis(["agency", "service", "counter", "day"], axis=1), scheme)
    assert found.clusters is not None
    assert {label[:1] for label in found.clusters.keys["counter"]} == {"", "c", "p"}
    pd.testing.assert_frame_equal(found.clusters.keys, units.keys)
    np.testing.assert_array_equal(found.clusters.n, units.n)
    np.testing.assert_array_equal(found.clusters.sums, units.sums)


def test_what_fits_into_no_record_is_read_otherwise(database: Database) -> None:
    with database.write() as session:
        scored_round(session)
    with database.read() as session:
        round_ = session.scalars(sa.select(Round)).one()
        whole = packed_responses(session, round_, 16, ())
        assert whole is not None
        assert whole.answers.shape == (106, 16)
        answers, times = np.unique(whole.answers[:, 0], return_counts=True)  # 15 of 2, 20 of 3, 20 and 6 of 4, 45 of 5
        assert (bytes(answers), times.tolist()) == (b"2345", [15, 20, 26, 45])
        assert packed_responses(session, round_, 99, ()) is None  # answers are shorter
        nobody = Round(id=round_.id + 1)
        assert packed_responses(session, nobody, 16, ()) is None
