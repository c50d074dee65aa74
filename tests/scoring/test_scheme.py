"""Schemes and rules: order, compositions by hand, and every refusal."""

from __future__ import annotations

import pytest

from scoring.scheme import BEFORE, DataError, Item, Part, Rules, Scheme, figure, figures

BOTH = {"element_weights": {"p": 1, "a": 3, "b": 1}, "aspect_weights": {"policy": 1, "service": 4}}
NO_P = {"element_weights": {"p": 0, "a": 1, "b": 1}}
SCHEME = Scheme((Item("p1", "p", "policy"), Item("a1", "a"), Item("a2", "a"), Item("b1", "b")))


def test_levels_stand_in_the_order_of_the_questionnaire() -> None:
    assert SCHEME.elements == ("p", "a", "b")
    assert SCHEME.aspects == ("policy", "service")
    assert [(f.level, f.key) for f in figures(SCHEME, Rules())] == list(SCHEME.levels)
    assert SCHEME.levels["aspect", "service"] == (1, 2, 3)


@pytest.mark.parametrize(
    ("rules", "level", "key", "parts"),
    [
        (Rules(), "overall", "all", {(0, 1, 2, 3): 1}),
        (Rules(composition="mean_items"), "aspect", "service", {(1,): 1 / 3, (2,): 1 / 3, (3,): 1 / 3}),
        (Rules(composition="mean_items"), "item", "a1", {(1,): 1}),
        (Rules(composition="mean_elements"), "element", "a", {(1, 2): 1}),
        (Rules(composition="mean_elements"), "overall", "all", {(0,): 1 / 3, (1, 2): 1 / 3, (3,): 1 / 3}),
        (Rules(composition="mean_elements"), "aspect", "service", {(1, 2): 1 / 2, (3,): 1 / 2}),
        (
            Rules(composition="custom", **BOTH),
            "overall",
            "all",
            {(0,): 0.2, (1, 2): 0.6, (3,): 0.2},
        ),
        (Rules(composition="custom", **NO_P), "overall", "all", {(1, 2): 0.5, (3,): 0.5}),
        (Rules(composition="custom", aspect_weights={"policy": 3, "service": 1}), "aspect", "service", {(1, 2, 3): 1}),
    ],
)  # fmt: skip
def test_compositions_by_hand(rules: Rules, level: str, key: str, parts: dict[tuple[int, ...], float]) -> None:
    found = figure(SCHEME, rules, level, key)
    assert {part.items: part.weight for part in found.parts} == pytest.approx(parts)
    assert found.items == tuple(sorted({i for items in parts for i in items}))


def test_rules_survive_being_stored() -> None:
    rules = Rules(composition="custom", element_weights={"a": 1.5}, interval="beta", same_mix=["channel", "age"])
    assert rules.to_mapping()["same_mix"] == ["channel", "age"]
    assert Rules.from_mapping(rules.to_mapping()) == rules


def test_rules_stored_before_a_key_existed_keep_their_meaning() -> None:
    stored = {k: v for k, v in Rules().to_mapping().items() if k not in BEFORE}
    old = Rules.from_mapping(stored)
    assert (old.pooling, old.clusters, old.fpc_in_tests, old.expected_by) == (False, "none", True, "none")
    assert old.same_mix == Rules().same_mix == ()
    assert (old.letters, Rules().letters) == ("all", "clear")
    new = Rules.new({"min_n": 20})
    assert (new.pooling, new.clusters, new.fpc_in_tests, new.min_n) == (True, "counter_day", False, 20)
    assert Rules.new({}) == Rules()
    assert Rules().expected_by == "services"
    with pytest.raises(DataError, match="unknown scoring rule"):
        Rules.new({"pool": True})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"composition": "mean"}, "composition must be one of"),
        ({"same_mix": "channel"}, "same_mix must be a list"),
        ({"same_mix": ["age", "age"]}, "same_mix has a variable twice"),
        ({"interval": "exact"}, "interval must be one of"),
        ({"clusters": "day"}, "clusters must be one of"),
        ({"letters": "roman"}, "letters must be one of clear, all"),
        ({"pooling": "no"}, "pooling must be true or false"),
        ({"confidence": 1.0}, "confidence"),
        ({"min_coverage": 2}, "min_coverage"),
        ({"element_weights": {"a": -1}}, "weight of 'a'"),
        ({"element_weights": {"a": 0}}, "not all be 0"),
        ({"composition": "custom"}, "needs element_weights"),
        ({"rollup": "given"}, "needs agency_weights"),
        ({"leagues": "list"}, "needs league_of"),
        ({"leagues": "list", "league_of": {"xa-a": " "}}, "the league of 'xa-a' must have a name"),
        ({"weight": 1}, "unknown scoring rule 'weight'"),
    ],
)
def test_rules_outside_their_choices_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Rules.from_mapping(change)


def test_schemes_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(DataError, match="at least one item"):
        Scheme(())
    with pytest.raises(DataError, match="must differ"):
        Scheme((Item("a", "e"), Item("a", "e")))
    with pytest.raises(DataError, match="two aspects"):
        Scheme((Item("a", "e", "policy"), Item("b", "e", "service")))
    with pytest.raises(DataError, match="no element 'z'"):
        figure(SCHEME, Rules(), "element", "z")
    with pytest.raises(DataError, match="no weight for 'p'"):
        figure(SCHEME, Rules(composition="custom", element_weights={"a": 1}), "overall", "all")
    with pytest.raises(DataError, match="must not all be 0"):
        figure(SCHEME, Rules(composition="custom", element_weights={"p": 0, "a": 1, "b": 1}), "aspect", "policy")
    assert Part((0,), 1.0).items == (0,)
