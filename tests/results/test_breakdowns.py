"""Breakdowns keep the design, and no subtraction brings a small group back: attacked by linear programming."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from scipy.optimize import linprog

from scoring.disclosure import DisclosureRule
from scoring.moments import moments
from scoring.scheme import Item, Rules, Scheme
from scoring.table import score_table
from survey.core.db import Database
from survey.models import Agency, Counter, Response, Round
from survey.questionnaires import from_canonical
from survey.results.breakdowns import breakdown, dimensions
from survey.results.compute import round_results
from survey.results.group_sizes import GROUP, GroupSizes
from tests.support.evaluation import scored_round

SCHEME = Scheme((Item("a", "one"), Item("b", "one"), Item("c", "two"), Item("d", "two")))
RULE = DisclosureRule(min_n=5)


def sample(seed: int) -> tuple[GroupSizes, pd.DataFrame]:
    """Return respondents of every figure for some agencies and groups, many of them small; and the results."""
    random = np.random.default_rng(seed)
    agencies, groups = int(random.integers(2, 7)), int(random.integers(2, 5))
    size = random.choice([0, 1, 2, 4, 6, 15, 60], (agencies, groups), p=[0.1, 0.15, 0.1, 0.15, 0.2, 0.2, 0.1])
    keys = [(f"a{i}", f"g{j}") for i, j in np.ndindex(size.shape) for _ in range(size[i, j])]
    answers = random.integers(0, 6, (len(keys), 4)) * (random.random((len(keys), 4)) < 0.8)
    frame = pd.DataFrame(keys or [("a0", "g0")], columns=["agency", GROUP]).assign(service="s")
    found = moments(answers if keys else np.zeros((1, 4), dtype=int), frame[["agency", "service", GROUP]], SCHEME)
    results = score_table(found.collapse(["agency", "service"]), SCHEME, None, Rules(min_n=RULE.min_n))
    return GroupSizes.of(found, ("agency", GROUP)), results


def ranges(part: pd.DataFrame, hidden: np.ndarray) -> list[float]:
    """Return how far each hidden small number can be anything, to a reader who knows the shown ones and the sums."""
    place = {(row.agency, row.group): k for k, row in enumerate(part.itertuples(index=False))}
    n = part["n"].to_numpy(dtype=float)
    rows, right = [], []
    for (agency, group), k in place.items():
        for other in ([(a, group) for a, g in place if a and g == group] if not agency else [],
                      [(agency, g) for a, g in place if g and a == agency] if not group else []):  # fmt: skip
            if not other:
                continue
            line = np.zeros(len(n))
            line[k] -= 1
            line[[place[o] for o in other]] += 1
            rows.append(line)
            right.append(0.0)
    bounds = [(0, None) if gone else (value, value) for value, gone in zip(n, hidden, strict=True)]
    found = []
    for k in np.flatnonzero(hidden & (n < RULE.min_n)):
        goal = np.zeros(len(n))
        goal[k] = 1
        ends = [
            linprog(sign * goal, A_eq=np.array(rows), b_eq=right, bounds=bounds, method="highs") for sign in (1, -1)
        ]
        low, high = (
            sign * end.fun if end.status == 0 else sign * np.inf for sign, end in zip((1, -1), ends, strict=True)
        )
        found.append(abs(high - low))
    return found


@pytest.mark.parametrize("seed", [*range(12), 16, 37, 51, 54])
def test_no_small_group_is_shown_or_worked_out(seed: int) -> None:
    sizes, results = sample(seed)
    table, hidden = sizes.table(), sizes.hidden(RULE, SCHEME, results).T.ravel()
    small = ((table["n"] > 0) & (table["n"] < RULE.min_n)).to_numpy()
    assert not (small & ~hidden).any()
    for rows in table.groupby(["level", "key"], sort=False).indices.values():
        part = table.iloc[rows].reset_index(drop=True)
        if hidden[rows].any():
            assert min(ranges(part, hidden[rows]), default=np.inf) >= RULE.min_n - 1e-6


def test_the_rows_of_a_breakdown_add_up() -> None:
    """By hand: two agencies, two groups, one respondent without a group, one agency without known transactions."""
    keys = pd.DataFrame(
        {"agency": ["a", "a", "a", "b", "b"], "service": "s", GROUP: ["x", "x", "", "x", "y"]}, dtype=object
    )
    answers = np.array([[5, 0, 0, 0], [4, 4, 0, 0], [1, 0, 0, 0], [2, 0, 0, 3], [3, 0, 0, 0]])
    table = GroupSizes.of(moments(answers, keys, SCHEME), ("agency", GROUP), frozenset({"b"})).table()
    overall = table[table["level"] == "overall"].set_index(["agency", GROUP])["n"].to_dict()
    assert overall == {
        ("", ""): 3, ("a", ""): 3, ("b", ""): 2, ("", "x"): 2, ("a", "x"): 2, ("b", "x"): 1, ("b", "y"): 1,
    }  # fmt: skip
    second = table[(table["level"] == "item") & (table["key"] == "b")].set_index(["agency", GROUP])["n"]
    assert second["a", "x"] == 1
    assert set(table.loc[table["warnings"] == "no_population", "agency"]) == {"b"}


def test_groups_are_counted_the_same_on_both_databases(database: Database) -> None:
    """By hand: the 45 of so-tu-phap who answered 5 filed at the counter, its other 15 (who answered 2) online."""
    with database.write() as session:
        scored_round(session)
        session.flush()
        round_ = session.scalars(sa.select(Round)).one()
        agency = session.scalar(sa.select(Agency.id).where(Agency.code == "so-tu-phap"))
        position = [slot.code for slot in from_canonical(round_.version.content).slots].index("filing")
        counter = session.scalars(sa.select(Counter.id).order_by(Counter.id)).first()
        for response in session.scalars(sa.select(Response).where(Response.deciding_agency_id == agency)):
            code = "c" if response.answers[0] == "5" else "o"
            response.answers = response.answers[:position] + code + response.answers[position + 1 :]
            response.counter_id = counter if code == "c" else None
    with database.read() as session:
        results = round_results(session, "r1")
        by_code = {dimension.code: dimension for dimension in dimensions(results.definition)}
        filing = overall(breakdown(session, results, by_code["filing"], "so-tu-phap"))
        assert filing == {"": (60, 75.0), "c": (45, 100.0), "o": (15, 0.0)}
        province = overall(breakdown(session, results, by_code["filing"], ""))
        assert {group: n for group, (n, _) in province.items()} == {"": 106, ".": 46, "c": 45, "o": 15}
        assert province["."][1] == pytest.approx(100 * (100 + 100) / 300)
        at_counter = breakdown(session, results, by_code["quay"], "so-tu-phap")
        assert overall(at_counter[at_counter["service"] == "ho-tich"]) == {"": (60, 75.0), str(counter): (45, 100.0)}


def overall(table: pd.DataFrame) -> dict[str, tuple[int, float]]:
    """Return n and index of each group."""
    rows = table[table["level"] == "overall"]
    return {str(row["group"]): (int(row["n"]), float(row["index"])) for row in rows.to_dict("records")}


def test_a_response_elsewhere_leaves_an_agencys_groups_as_they_are(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are not estimated again; those of the agency it came to are, and are what all responses anew give."""
    scored: list[int] = []

    def counted(*args: object, **more: object) -> pd.DataFrame:
        scored.append(1)
        return score_table(*args, **more)  # type: ignore[arg-type]

    def groups(agency: str) -> pd.DataFrame:
        with database.read() as session:
            results = round_results(session, "r1")
            channel = next(d for d in dimensions(results.definition) if d.key == "channel")
            return breakdown(session, results, channel, agency)

    def one_more(agency: str) -> None:
        with database.write() as session:
            of_agency = sa.select(Response).join(Agency, Agency.id == Response.deciding_agency_id)
            same = session.scalars(of_agency.where(Agency.code == agency, Response.excluded.is_(None)).limit(1)).one()
            columns = sa.inspect(Response).column_attrs.keys()
            values = {name: getattr(same, name) for name in columns if name not in ("id", "key")}
            session.add(Response(**values, key=f"{agency:x<32}"))

    with database.write() as session:
        scored_round(session)
    monkeypatch.setattr("survey.results.breakdowns.score_table", counted)
    before = groups("so-tu-phap")
    one_more("so-dat-dai")
    pd.testing.assert_frame_equal(groups("so-tu-phap"), before, check_exact=True)
    assert len(scored) == 1
    one_more("so-tu-phap")
    after = groups("so-tu-phap")
    assert len(scored) == 2
    monkeypatch.setattr("survey.results.breakdowns.cached", lambda _session, _key, compute: compute())
    pd.testing.assert_frame_equal(groups("so-tu-phap"), after, check_exact=True)
    whole = (after[GROUP] == "") & (after["level"] == "overall") & (after["service"] == "")
    assert after.loc[whole, "n"].tolist() == [61]
