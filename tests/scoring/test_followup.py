"""Effect of actions: by hand, and against rounds drawn without any effect."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scoring.followup import action_effects
from scoring.scheme import DataError


def table(before: list[float], after: list[float], acted: int, se: float = 1.0, figure: str = "a") -> pd.DataFrame:
    """Return agencies of which the first `acted` acted."""
    return pd.DataFrame(
        {
            "figure": figure,
            "agency": [f"cq-{k}" for k in range(len(before))],
            "before": before,
            "se_before": se,
            "after": after,
            "se_after": se,
            "acted": [k < acted for k in range(len(before))],
        }
    )


def test_by_hand() -> None:
    """By hand: x = 50, 60, 70, 80, 90 with s = 1. Q = 1000, tau^2 = (1000 - 4)/4 = 249, B = 249/250 = 0.996.

    m = 70 + 0.996 (x - 70); of the worst 70 - 0.996 * 20 = 50.08. The others lie at 60.04, 70, 79.96, 89.92 and at
    60, 70, 80, 90 afterwards: r = -0.04, 0, 0.04, 0.08, d = 0.02, omega^2 = 0, var(d) = (0.996 + 1)/4 = 0.499.
    Effect 70 - 50.08 - 0.02 = 19.90, variance 0.996 + 1 + 0.499 = 2.495.
    """
    found = action_effects(table([50, 60, 70, 80, 90], [70, 60, 70, 80, 90], 1)).iloc[0]
    assert found["expected"] == pytest.approx(50.10)
    assert found["effect"] == pytest.approx(19.90)
    assert found["se"] == pytest.approx(np.sqrt(2.495))
    assert (found["df"], found["others"], found["verdict"]) == (3, 4, "better")


def test_what_rises_by_itself_is_no_effect() -> None:
    """All agencies are truly 70 with an error of 5: the worst, 62, comes back to 70 and nothing was achieved."""
    before = [62.0, 66.0, 68.0, 70.0, 72.0, 74.0, 76.0, 72.0]
    found = action_effects(table(before, [70.0] * 8, 1, se=5.0)).iloc[0]
    assert found["expected"] == pytest.approx(70.0)  # tau^2 = 0: nothing of the distance is reliable
    assert found["effect"] == pytest.approx(0.0)
    assert found["verdict"] == "same"


def test_what_all_gained_is_no_effect() -> None:
    """Everybody gains ten points; the one that acted too."""
    before = [50.0, 60.0, 70.0, 80.0, 90.0]
    found = action_effects(table(before, [x + 10 for x in before], 1)).iloc[0]
    assert abs(found["effect"]) < 0.2
    assert found["verdict"] == "same"


def test_many_actions_are_judged_together_and_the_interval_goes_with_the_verdict() -> None:
    """One action with p just below 5 % is told alone, and not among twenty."""
    before = [50.0, 60.0, 70.0, 80.0, 90.0, 65.0, 75.0, 85.0]
    one = table(before, [54.0, *before[1:]], 1)
    assert action_effects(one).iloc[0]["verdict"] == "better"
    many = pd.concat([table(before, [54.0 if k == 0 else 50.0, *before[1:]], 1, figure=f"f{k}") for k in range(20)])
    found = action_effects(many)
    assert set(found["verdict"]) == {"same"}
    for part in (found, action_effects(one)):
        excludes = (part["lo"] > 0) | (part["hi"] < 0)
        assert (excludes == part["verdict"].isin(["better", "worse"])).all()


def test_a_fall_is_told() -> None:
    before = [50.0, 60.0, 70.0, 80.0, 90.0]
    assert action_effects(table(before, [30.0, *before[1:]], 1)).iloc[0]["verdict"] == "worse"


def test_too_few_others_or_unknown_errors_say_nothing() -> None:
    few = action_effects(table([50.0, 60.0, 70.0, 80.0], [70.0, 60.0, 70.0, 80.0], 1)).iloc[0]
    assert (few["verdict"], few["others"]) == ("unknown", 3)
    missing = table([50.0, 60.0, 70.0, 80.0, 90.0], [70.0, 60.0, 70.0, 80.0, 90.0], 1)
    missing.loc[0, "se_after"] = np.nan
    assert action_effects(missing).iloc[0]["verdict"] == "unknown"
    assert len(action_effects(table([50.0, 60.0], [50.0, 60.0], 0))) == 0
    with pytest.raises(DataError, match="'acted'"):
        action_effects(missing.drop(columns="acted"))


def false_rounds(rounds: int, seed: int) -> float:
    """Return the share of rounds without any effect in which some action is called better.

    30 agencies, 8 items; true indices N(75, 6^2), errors 2 to 5 points, true changes N(1, 1.5^2); on each item the
    five that look worst act.
    """
    random = np.random.default_rng(seed)
    false = 0
    for _ in range(rounds):
        parts = []
        for item in range(8):
            truth = random.normal(75, 6, 30)
            se = random.uniform(2, 5, 30)
            before = random.normal(truth, se)
            after = random.normal(truth + random.normal(1, 1.5, 30), se)
            worst = np.argsort(before)[:5]
            parts.append(
                pd.DataFrame(
                    {
                        "figure": item,
                        "agency": np.arange(30),
                        "before": before,
                        "se_before": se,
                        "after": after,
                        "se_after": se,
                        "acted": np.isin(np.arange(30), worst),
                    }
                )
            )
        false += "better" in set(action_effects(pd.concat(parts))["verdict"])
    return false / rounds


def test_rounds_without_effect_rarely_call_an_action_better() -> None:
    """At most 5 % in the long run; 60 rounds of 5 % have more than 8 with a probability of 0.3 %."""
    assert false_rounds(60, seed=7) <= 8 / 60


@pytest.mark.slow(reason="a thousand rounds of eight items without effect take half a minute")
def test_a_thousand_rounds_without_effect() -> None:
    """The share is 0.4 %: Holm and the spread of changes without actions are both on the safe side."""
    assert false_rounds(1000, seed=20261130) <= 0.05
