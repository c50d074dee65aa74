"""The figures of a whole from its parts: a nation from its provinces, none of which is held while another is scored.

Strata and sampling units lie within one part, so that weighted totals of the respondents' indicators z and the
covariance matrix of these totals add up over parts. A figure of the whole is linear in the totals once its ratios are
known (`scoring.estimate.linearise`): with α its coefficients and V the sum of the matrices, its variance is αᵀ V α,
exactly what one pass over everybody gives. A part is a few thousand numbers, however many counter-days it has.

Source: as `scoring.estimate` (Woodruff 1971; Särndal, Swensson & Wretman 1992, 5.5): variances of independent parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scoring.clusters import residuals
from scoring.estimate import (
    TINY,
    Estimates,
    columns_of,
    complete,
    covariance,
    degrees_of_freedom,
    in_short_strata,
    linearise,
    notes_of,
    possible_of,
    reach,
    single_units,
    spread_of,
    status_words,
    stratum_scale,
)
from scoring.moments import Moments, peak
from scoring.scheme import DataError, Figure, Rules, Scheme
from scoring.weights import Design, Floats

Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PartTotals:
    """What a part adds to figures of the whole: sums, but for the strata with a single unit, which stay apart."""

    #: (2·items,) Σ w z, and the part of it that the sampling fractions have seen
    total: Floats
    seen: Floats
    #: (2·items, 2·items) covariance of Σ w z
    covariance: Floats
    #: (items, levels) answers, and their weights
    answers: Counts
    weighted_answers: Floats
    #: (figures,) respondents, Σ w and Σ w² of these, degrees of freedom
    n: Counts
    weights: Floats
    squares: Floats
    df: Counts
    #: (single strata, 2·items) Σ w z of each stratum with a single unit, and what of it was not seen (single strata,)
    single: Floats
    unseen: Floats
    #: whether everybody answered, and whether a stratum has more responses than transactions
    complete: bool
    short: bool
    notes: frozenset[str]

    def merge(self, *others: PartTotals) -> PartTotals:
        """Totals of several parts together, in any order."""
        every = [self, *others]
        added = ("total", "seen", "covariance", "answers", "weighted_answers", "n", "weights", "squares", "df")
        return replace(
            self,
            **{name: np.sum([getattr(part, name) for part in every], axis=0) for name in added},
            single=np.concatenate([part.single for part in every]),
            unseen=np.concatenate([part.unseen for part in every]),
            complete=all(part.complete for part in every),
            short=any(part.short for part in every),
            notes=frozenset().union(*(part.notes for part in every)),
        )


def part_totals(moments: Moments, design: Design, figures: Sequence[Figure], rules: Rules) -> PartTotals:
    """Totals of all cells of known N. Raises `DataError` for raked weights or rules under which parts do not add up."""
    if design.adjustments or design.lonely == "average" or rules.rollup != "transactions":
        raise DataError(
            "a whole is added up from parts without raking, with a rollup by transactions and lonely strata "
            "that are not averaged"
        )
    outside = np.zeros(len(design.n), dtype=np.bool_) if design.known is None else ~design.known
    code = np.where(outside | (design.weight <= 0), -1, 0).astype(np.intp)
    inside = code >= 0
    at = columns_of(moments, rules.statistic)
    cell = np.where(inside[:, None], moments.sums[:, at] * design.weight[:, None], 0.0)
    reached = reach(moments, figures)
    heavy = design.weight * inside
    fraction = np.clip(design.fraction, 0.0, 1.0)[design.stratum]
    there = np.bincount(design.stratum[inside], weights=design.n[inside], minlength=len(design.names)) > 0
    lonely = single_units(design) & there
    alone = np.flatnonzero(lonely & (design.lonely == "adjust"))
    single = np.zeros((len(design.names), len(at)))
    np.add.at(single, design.stratum, cell)
    return PartTotals(
        total=cell.sum(axis=0),
        seen=(cell * fraction[:, None]).sum(axis=0),
        covariance=_covariance(moments, design, code, at),
        answers=moments.counts[inside].sum(axis=0),
        weighted_answers=np.tensordot(heavy, moments.counts, axes=1),
        n=reached[inside].sum(axis=0),
        weights=heavy @ reached,
        squares=(heavy**2) @ reached,
        df=degrees_of_freedom(moments, design, figures, code, 1)[0]
        if inside.any()
        else np.zeros(len(figures), np.int64),
        single=single[alone],
        unseen=np.clip(1 - design.fraction, 0.0, 1.0)[alone],
        complete=bool(complete(design, code, 1)[0]),
        short=bool((in_short_strata(design) & inside).any()),
        notes=notes_of(design, code, 1, np.array([lonely.any()]), np.zeros((1, 1), dtype=np.bool_))[0],
    )


def _covariance(moments: Moments, design: Design, code: NDArray[np.intp], at: NDArray[np.intp]) -> Floats:
    """Covariance matrix of Σ w z: over counter-days where the design has them, else over respondents."""
    inside = code >= 0
    if design.clusters is not None:
        weight = (design.weight * inside)[design.clusters.cell]
        rows = design.clusters.sums[:, at] * weight[:, None]
        value = residuals(rows, design, code, 1).value
        return np.asarray(value.T @ value)
    mean = moments.sums[:, at] * (design.weight * inside / np.maximum(moments.n, 1))[:, None]
    scale = stratum_scale(design)[design.stratum]
    heavy = scale * (design.weight * inside) ** 2
    return covariance(mean, np.tensordot(heavy, moments.within[:, at[:, None], at], axes=1), design)


def whole_estimates(part: PartTotals, scheme: Scheme, figures: Sequence[Figure], rules: Rules) -> Estimates:
    """Figures of the whole, one domain, from the totals of all its parts merged."""
    top = peak(rules.statistic, scheme.scale)
    line = linearise(part.total[None], scheme, figures, rules.statistic, renormalise=rules.renormalise)
    alpha = line.alpha[0]
    variance = np.einsum("ki,ij,kj->k", alpha, part.covariance, alpha)[None]
    variance = np.where(np.isnan(line.value), np.nan, np.where(variance <= TINY, 0.0, variance))
    second = None
    if rules.statistic == "score":
        second = (part.weighted_answers @ (np.arange(part.answers.shape[1]) / top) ** 2)[None]
    possible = (np.zeros(line.value.shape), np.ones(line.value.shape))
    least, most = possible_of(line, part.seen[None], top) if part.seen.any() else possible
    items = len(scheme.items)
    share = part.single[:, items:] @ (line.per_answer[0] @ line.members).T
    beyond = np.maximum(share**2 / 4 - (part.single @ alpha.T) ** 2, 0.0)
    counts = np.stack([part.answers[list(figure.items)].sum(axis=0) for figure in figures])[None]
    notes = part.notes | ({"renormalised"} if line.lost.any() else set())
    flags = np.array([part.complete]), np.array([part.short])
    return Estimates(
        figures=tuple(figures),
        value=line.value,
        variance=variance,
        df=part.df[None],
        n=part.n[None],
        valid=counts.sum(axis=2),
        counts=counts,
        n_kish=np.divide(part.weights**2, part.squares, out=np.zeros_like(part.weights), where=part.squares > 0)[None],
        status=status_words(line.value, variance, part.df[None], *flags),
        notes=(notes,),
        allowance=(part.unseen @ beyond)[None],
        spread=spread_of(line, second, part.answers.sum(axis=1)[None]),
        least=least,
        most=most,
    )
