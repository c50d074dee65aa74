"""Sample sizes: published table, worked cases, exact sums."""

from itertools import product
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.planner import allocate, half_width, official_size, size_for
from scoring.scheme import DataError


@pytest.mark.parametrize(
    ("population", "n"), [(100, 80), (500, 223), (1000, 286), (5000, 371), (10_000, 385), (50_000, 397), (0, 0), (1, 1)]
)
def test_published_table(population: int, n: int) -> None:
    assert official_size(population) == n


def test_a_whole_result_is_not_rounded_up() -> None:
    assert official_size(400, 0.05) == 200  # 400 / (1 + 400/400)
    assert official_size(9900, 0.1) == 99  # 9900 / 100, which floats may miss


@pytest.mark.parametrize(("population", "error"), [(-1, 0.05), (5, 0.0), (5, 1.0)])
def test_official_rule_refuses_nonsense(population: int, error: float) -> None:
    with pytest.raises(DataError):
        official_size(population, error)


def test_half_width_by_hand() -> None:
    # t(.975, 100) = 1.983971519; sqrt(1.5 * (1 - 101/1010) * .25 / 100)
    assert half_width(101, 1010, 0.5, deff=1.5) == pytest.approx(1.983971519 * (1.5 * 0.9 * 0.25 / 100) ** 0.5)
    assert half_width(50, 50, 0.5) == 0.0
    assert half_width(3, None, 0.5, strata=3) == inf


@given(
    st.floats(0.01, 0.4), st.one_of(st.none(), st.integers(2, 5000)), st.floats(0.02, 0.98), st.floats(0.3, 3),
    st.integers(1, 5),
)  # fmt: skip
def test_size_is_the_smallest_that_is_enough(
    width: float, population: int | None, share: float, deff: float, strata: int
) -> None:
    n = size_for(width, population, share, deff=deff, strata=strata)
    assert half_width(n, population, share, deff=deff, strata=strata) <= width
    assert half_width(n - 1, population, share, deff=deff, strata=strata) > width
    assert population is None or n <= population


@pytest.mark.parametrize("wrong", [{"width": 0}, {"width": 0.1, "share": 1.0}, {"width": 0.1, "deff": 0}])
def test_size_refuses_nonsense(wrong: dict[str, float]) -> None:
    with pytest.raises(DataError):
        size_for(population=None, **wrong)  # type: ignore[arg-type]


def test_proportional_by_hand() -> None:
    assert allocate(100, {"a": 500, "b": 300, "c": 200}) == {"a": 50, "b": 30, "c": 20}
    assert allocate(10, {"a": 900, "b": 100, "c": 2}, minimum=2) == {"a": 6, "b": 2, "c": 2}
    assert allocate(3, {"b": 10, "a": 10}) == {"b": 1, "a": 2}
    assert allocate(4, {"a": 3, "b": 1}, spread={"a": 0.0, "b": 9.0}) == {"a": 3, "b": 1}


def _variance(n: dict[str, int], population: dict[str, int], spread: dict[str, float]) -> float:
    return sum(population[k] ** 2 * spread[k] ** 2 / n[k] for k in population)


def test_neyman_is_the_best_of_all_whole_allocations() -> None:
    population, spread = {"a": 40, "b": 25, "c": 6}, {"a": 0.2, "b": 0.5, "c": 0.9}
    found = allocate(12, population, method="neyman", spread=spread, minimum=1)
    every = [dict(zip("abc", n, strict=True)) for n in product(range(1, 11), repeat=3) if sum(n) == 12 and n[2] <= 6]
    assert _variance(found, population, spread) == min(_variance(n, population, spread) for n in every)


@given(
    st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 60), min_size=1, max_size=8),
    st.integers(0, 5),
    st.data(),
)
def test_sums_are_exact_and_bounds_hold(population: dict[str, int], minimum: int, data: st.DataObject) -> None:
    low = sum(min(minimum, size) for size in population.values())
    total = data.draw(st.integers(low, sum(population.values())))
    spread = {name: data.draw(st.floats(0, 1)) for name in population}
    for method in ("proportional", "neyman"):
        found = allocate(total, population, method=method, spread=spread, minimum=minimum)
        assert sum(found.values()) == total
        assert all(min(minimum, population[k]) <= found[k] <= population[k] for k in population)
        assert list(found) == list(population)


def test_what_does_not_fit_is_refused() -> None:
    for total, population, more in (
        (11, {"a": 10}, {}),
        (3, {"a": 9, "b": 9}, {"minimum": 2}),
        (1, {"a": -1, "b": 5}, {}),
        (1, {"a": 5}, {"method": "other"}),
        (1, {"a": 5}, {"method": "neyman"}),
    ):
        with pytest.raises(DataError):
            allocate(total, population, **more)  # type: ignore[arg-type]
