"""Layouts of cluster samples: shared by equal numberings, and figures under several designs made together."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from scoring import unit_layout
from scoring.clusters import clustered
from scoring.compare import without_correction
from scoring.estimate import domains, estimate, estimates
from scoring.scheme import DataError, Rules, figures
from scoring.unit_layout import Adder, Numbering, degrees_layout, residual_layout
from scoring.weights import post_stratify, stratified
from tests.scoring.test_clusters import sums, with_days
from tests.scoring.thin import thin_round


def numbering(stratum: list[int], unit: list[int], domain: list[int], anyone: list[bool] | None = None) -> Numbering:
    rows = [np.array(x, dtype=np.intp) for x in (stratum, unit, domain)]
    there = np.array([True] * len(unit) if anyone is None else anyone)
    return Numbering(*rows, there, strata=max(stratum) + 1, size=max(domain) + 1)


def test_rows_are_added_by_label() -> None:
    added = Adder.by(np.array([2, 0, 2]), 3).sums(np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]]))
    assert added.tolist() == [[2.0, 20.0], [0.0, 0.0], [5.0, 50.0]]


def test_every_domain_has_all_clusters_of_its_strata() -> None:
    """Cluster 1 serves both strata; domain 0 is the first row alone, domain 1 the last, the middle one is in none."""
    found = residual_layout(numbering([0, 0, 1], [0, 1, 1], [0, -1, 1]))
    assert found.of.tolist() == [0, 0, 1]  # stratum 0 has two clusters, stratum 1 one
    assert list(zip(found.where.tolist(), found.home.tolist(), strict=True)) == [(0, 0), (1, 1)]
    assert list(zip(found.domain.tolist(), found.unit.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 1)]
    assert found.to_terms.sums(np.array([[3.0], [5.0]])).tolist() == [[3.0], [0.0], [5.0]]


def test_clusters_that_share_a_stratum_are_one_part() -> None:
    """Clusters 0 and 1 share stratum 0, cluster 1 serves stratum 1 too; cluster 2 has stratum 2 for itself."""
    found = degrees_layout(numbering([0, 0, 1, 2], [0, 1, 1, 2], [0, 0, 0, 0]))
    assert found is not None
    assert found.to_parts.sums(np.ones((3, 1))).tolist() == [[2.0], [1.0]]
    assert degrees_layout(numbering([0, 0], [0, 1], [0, 0], [False, False])) is None


def test_equal_numberings_share_a_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    one, same, other = (numbering([0, 0, 1], [0, 1, 1], domain) for domain in ([0, 0, 1], [0, 0, 1], [0, 1, 1]))
    assert one == same
    assert one != other
    assert one != "one"
    assert residual_layout(one) is residual_layout(same)
    assert residual_layout(one) is not residual_layout(other)
    assert degrees_layout(one) is degrees_layout(same)
    held = residual_layout(one)
    monkeypatch.setattr(unit_layout, "MEMOIZED_ROWS", 3)  # room for one: the last one asked for
    newest = residual_layout(numbering([0, 0, 1], [0, 0, 0], [0, 0, 0]))
    assert residual_layout(numbering([0, 0, 1], [0, 0, 0], [0, 0, 0])) is newest
    assert residual_layout(one) is not held


@pytest.mark.parametrize("lonely", ["adjust", "average", "certainty"])
@pytest.mark.parametrize("kind", ["clusters", "respondents", "calibrated", "calibrated clusters"])
def test_designs_made_together_have_the_figures_of_each_alone(kind: str, lonely: str) -> None:
    found = thin_round(5, agencies=6, services=3)
    rated = found.moments.rated()
    design = stratified(rated.keys, rated.n, found.population, Rules(lonely=lonely))
    if "clusters" in kind:
        design = clustered(design, sums(found, with_days(found, 5)))
    if "calibrated" in kind:
        totals = found.population.groupby("service", as_index=False)["N"].sum()
        design = post_stratify(design, ["service"], totals)
    wanted = figures(rated.scheme, Rules())
    code, _ = domains(rated.keys, ["agency"])
    designs = (design, without_correction(design))
    for together, alone in zip(
        estimates(rated, designs, wanted, code), (estimate(rated, d, wanted, code) for d in designs), strict=True
    ):
        for field in fields(together):
            np.testing.assert_array_equal(getattr(together, field.name), getattr(alone, field.name), err_msg=field.name)
    assert (designs[0].fraction > 0).any()


def test_designs_of_other_weights_are_refused() -> None:
    found = thin_round(5, agencies=6, services=3)
    rated = found.moments.rated()
    design = stratified(rated.keys, rated.n, found.population, Rules())
    with pytest.raises(DataError, match="more than sampling fractions"):
        estimates(rated, (design, replace(design, weight=design.weight * 2)), figures(rated.scheme, Rules()))
