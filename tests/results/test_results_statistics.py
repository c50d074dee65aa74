"""Rounds that report a mean score or the share of one answer, all the way from the database."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from survey.core.db import Database
from survey.models import Round
from survey.results.breakdowns import breakdown, dimensions
from survey.results.compute import round_results
from survey.results.doubtful_responses import flagged
from tests.support.evaluation import scored_round

#: by hand from tests/support/evaluation.py, the agencies weighted 600 : 200 : 100
INDEX = {
    "top2": (600 * 75 + 200 * 50 + 100 * 100) / 900,
    # 45 of 60 answer 5 and 15 answer 2; 20 and 20 answer 4 and 3; all of the last answer 4
    "score": (600 * (45 * 100 + 15 * 25) / 60 + 200 * (75 + 50) / 2 + 100 * 75) / 900,
    "level5": 600 * 75 / 900,
    "level3": 200 * 50 / 900,
}


@pytest.mark.parametrize("statistic", INDEX)
def test_every_statistic_reaches_the_results(database: Database, statistic: str) -> None:
    with database.write() as session:
        scored_round(session)
        session.flush()
        session.scalars(sa.select(Round)).one().rules = {"statistic": statistic}
    with database.read() as session:
        results = round_results(session, "r1")
        table = results.table
        whole = table[(table["agency"] == "") & (table["service"] == "") & (table["level"] == "overall")].iloc[0]
        assert whole["index"] == pytest.approx(INDEX[statistic], abs=1e-9)
        assert flagged(session, "r1").counts.keys() >= {"straight_best"}
        by_channel = next(d for d in dimensions(results.definition) if d.key == "channel")
        assert breakdown(session, results, by_channel, "")["index"].notna().any()
