"""Small-area estimates: a figure for a cell of few answers that borrows strength from the cells like it, and says so.

A commune's twelve answers about land have an interval too wide to say anything. The model takes each cell's direct
estimate y with its known variance v as the truth plus sampling error, and the truth as a common line plus random
effects: of the agency, of the field (crossed), and of the cell itself. The estimate (EBLUP) lies between the direct one
and what agency and field suggest, nearer to the latter the fewer answers stand behind the former; its mean squared
error counts the sampling, the line and the estimation of the variances. Then cells are moved so that they add up to
the design-based figure of their agency (benchmarking): the model redistributes within it and never overrules it.

Not a measurement: shown apart with its interval and the share the model contributes, never ranked, never tested.

Sources: Fay & Herriot (1979), JASA 74; Prasad & Rao (1990), JASA 85, and Datta & Lahiri (2000), Statistica Sinica 10,
for the error under REML; Rao & Molina (2015), "Small Area Estimation", 5.2-5.3 and 6.2; Wang, Fuller & Qu (2008),
Survey Methodology 34, for the benchmark. The model without crossed effects is checked against R's sae 1.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import linalg, optimize, special

from scoring.scheme import DataError

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

_STEPS, _PRECISION = 50, 1e-11


@dataclass(frozen=True, eq=False)
class SmallArea:
    """Estimates of m cells, in the unit of the direct ones. Made by `small_area`."""

    #: (m,)
    value: Floats
    #: (m,) mean squared errors
    mse: Floats
    #: (m,) the share, 0..1, that the model rather than the cell's own answers contributes
    model_share: Floats
    #: variance of the cells' own effects, then of each crossed factor
    components: Floats
    #: (q,) coefficients of the line
    coefficients: Floats
    confidence: float = 0.95

    def __repr__(self) -> str:
        return f"SmallArea of {len(self.value)} cells, the model contributing {100 * self.model_share.mean():.0f} %"

    def to_frame(self) -> pd.DataFrame:
        """`value, se, lo, hi, model_share`, one row a cell in the order given."""
        se = np.sqrt(self.mse)
        reach = special.ndtri((1 + self.confidence) / 2) * se
        columns = {"value": self.value, "se": se, "lo": self.value - reach, "hi": self.value + reach}
        return pd.DataFrame(columns | {"model_share": self.model_share})


def small_area(
    direct: ArrayLike,
    variance: ArrayLike,
    *,
    line: ArrayLike | None = None,
    crossed: Sequence[ArrayLike] = (),
    confidence: float = 0.95,
) -> SmallArea:
    """Empirical best linear unbiased predictions of m cells with their errors, by REML.

    `direct`: (m,) design-based estimates; `variance`: (m,) their sampling variances, smoothed (`smoothed_variance`):
    one estimated from ten answers is mostly noise. `line`: (m, q) known columns, if not given a common mean. `crossed`:
    factors, each (m,) codes from 0, for instance agency and field. Raises `DataError` for fewer cells than
    coefficients and variances, or variances that are not positive.

    >>> small_area([80.0, 82.0, 90.0, 76.0, 81.0], [25.0] * 5).to_frame()["value"].round(1).tolist()
    [81.7, 81.8, 82.2, 81.5, 81.8]
    """
    model = _Model.of(direct, variance, line, crossed)
    components = model.fitted()
    return model.predicted(components, confidence)


def smoothed_variance(index: ArrayLike, variance: ArrayLike, n: ArrayLike, *, firm: int = 30) -> Floats:
    """Sampling variances (m,) of shares in percent by a generalised variance function (Wolter 2007, ch. 7).

    Cells of `firm` answers or more lend their design effect, respondents over what a simple random sample would need
    for their variance; a cell's variance is that effect times centre (100 - centre) / n. NaN where no cell is firm.
    """
    share, own, size = (np.asarray(x, dtype=np.float64) for x in (index, variance, n))
    used = (size >= firm) & np.isfinite(own) & (own > 0)
    if not used.any():
        return np.full(len(size), np.nan)
    centre = float((share[used] * size[used]).sum() / size[used].sum())
    ratio = own[used] * size[used] / (share[used] * (100 - share[used])).clip(min=1.0)
    return np.asarray(np.median(ratio) * centre * (100 - centre) / size)


def benchmark(
    estimates: SmallArea, weights: ArrayLike, groups: ArrayLike, totals: ArrayLike, free: ArrayLike
) -> SmallArea:
    """Estimates moved so that each group's weighted mean is its design-based figure (Wang, Fuller & Qu 2008).

    `weights`: (m,) the cells' shares in their group's figure, each group's sum being 1; `groups`: (m,) codes from 0;
    `totals`: (g,) the groups' figures, NaN for none; `free`: (m,) which cells may move. A cell moves in proportion to
    its mean squared error times its weight; the square of the move is added to its error. Groups without a free cell
    stay.
    """
    weight, code = np.asarray(weights, dtype=np.float64), np.asarray(groups, dtype=np.int64)
    target, movable = np.asarray(totals, dtype=np.float64), np.asarray(free, dtype=np.bool_)
    size = len(target)
    gap = target - np.bincount(code, weights=weight * estimates.value, minlength=size)
    give = np.where(movable, estimates.mse * weight, 0.0)
    reach = np.bincount(code, weights=give * weight, minlength=size)
    rate = np.divide(gap, reach, out=np.zeros(size), where=(reach > 0) & np.isfinite(gap))
    move = give * rate[code]
    return SmallArea(
        estimates.value + move, estimates.mse + move**2, estimates.model_share, estimates.components,
        estimates.coefficients, estimates.confidence,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Model:
    """The linear mixed model y = X b + Z u + w + e of m cells; e has the known variance."""

    y: Floats
    v: Floats
    x: Floats
    #: one 0/1 matrix (m, levels) a crossed factor
    z: tuple[Floats, ...]

    @classmethod
    def of(cls, direct: ArrayLike, variance: ArrayLike, line: ArrayLike | None, crossed: Sequence[ArrayLike]) -> _Model:
        """The model of checked arrays."""
        y, v = np.asarray(direct, dtype=np.float64), np.asarray(variance, dtype=np.float64)
        x = np.ones((len(y), 1)) if line is None else np.asarray(line, dtype=np.float64).reshape(len(y), -1)
        if y.shape != v.shape or not (np.isfinite(y) & (v > 0)).all() or not np.isfinite(x).all():
            raise DataError("small-area estimates need a finite direct estimate and a variance above 0 for each cell")
        if len(y) <= x.shape[1] + 1 + len(crossed):
            raise DataError(f"{len(y)} cells are too few for a model of {x.shape[1] + 1 + len(crossed)} parameters")
        codes = [np.asarray(factor, dtype=np.int64) for factor in crossed]
        return cls(y, v, x, tuple(np.eye(int(code.max()) + 1)[code] for code in codes))

    def fitted(self) -> Floats:
        """The variances of highest restricted likelihood, the cells' own first; none below 0."""
        start = max(float(np.var(self.y) - np.mean(self.v)), 0.1 * float(np.mean(self.v)))
        count = 1 + len(self.z)
        # standard deviations: the likelihood is smooth through 0 in them, so that the bound needs no care
        result = optimize.minimize(
            lambda root: self._deviance(root**2), np.full(count, np.sqrt(start / count)), method="L-BFGS-B",
            bounds=[(0, None)] * count,
        )  # fmt: skip
        return np.asarray(self._scored(result.x**2))

    def _scored(self, components: Floats) -> Floats:
        """The variances after Fisher scoring from near the maximum, where L-BFGS stops before the last digit."""
        at = components
        for _ in range(_STEPS):
            p = self._projection(self._inverse(at))
            roots = [p, *(p @ z for z in self.z)]  # P Zk
            gain = [np.sum((root.T @ self.y) ** 2) for root in roots]
            trace = [np.trace(p), *(np.sum(root * z) for root, z in zip(roots[1:], self.z, strict=True))]
            score = 0.5 * (np.array(gain) - np.array(trace))
            info = np.array([[0.5 * np.sum(self._between(k, root) ** 2) for root in roots] for k in range(len(at))])
            active = (at > 0) | (score > 0)
            step = np.zeros(len(at))
            step[active] = np.linalg.lstsq(info[np.ix_(active, active)], score[active], rcond=None)[0]
            following = np.maximum(at + step, 0.0)
            if np.abs(following - at).max() <= _PRECISION * (1 + at.max()):
                return following
            at = following
        return at

    def _deviance(self, components: Floats) -> float:
        """Minus twice the restricted log-likelihood, without its constant."""
        d = components[0] + self.v
        gram = self._random(components)
        inner = np.eye(gram.shape[1]) + gram.T @ (gram / d[:, None])
        factor = linalg.cho_factor(inner, lower=True)

        def solved(right: Floats) -> Floats:
            scaled = right / d[:, None]
            return np.asarray(scaled - (gram / d[:, None]) @ linalg.cho_solve(factor, gram.T @ scaled))

        vx, vy = solved(self.x), solved(self.y[:, None])[:, 0]
        xvx = self.x.T @ vx
        quadratic = self.y @ vy - (vx.T @ self.y) @ np.linalg.solve(xvx, vx.T @ self.y)
        determinant = np.log(d).sum() + 2 * np.log(np.diag(factor[0])).sum()
        return float(determinant + np.linalg.slogdet(xvx)[1] + quadratic)

    def _random(self, components: Floats) -> Floats:
        """The factors' columns times their standard deviations, (m, all levels)."""
        parts = [np.sqrt(share) * z for share, z in zip(components[1:], self.z, strict=True)]
        return np.hstack(parts) if parts else np.empty((len(self.y), 0))

    def _inverse(self, components: Floats) -> Floats:
        """The inverse (m, m) of the covariance of y, by way of the few levels of the factors (Woodbury)."""
        d = components[0] + self.v
        gram = self._random(components)
        scaled = gram / d[:, None]
        inner = np.eye(gram.shape[1]) + gram.T @ scaled
        return np.asarray(np.diag(1 / d) - scaled @ np.linalg.solve(inner, scaled.T))

    def _projection(self, inverse: Floats) -> Floats:
        """P = V⁻¹ - V⁻¹ X (X' V⁻¹ X)⁻¹ X' V⁻¹."""
        vx = inverse @ self.x
        return np.asarray(inverse - vx @ np.linalg.solve(self.x.T @ vx, vx.T))

    def predicted(self, components: Floats, confidence: float) -> SmallArea:
        """The predictions under these variances: y less the error that the model sees in it, R P y."""
        inverse = self._inverse(components)
        p, vx = self._projection(inverse), inverse @ self.x
        coefficients = np.linalg.solve(self.x.T @ vx, vx.T @ self.y)
        own = self.v * np.diag(p)
        # g1 + g2: the error where the variances are known; g3 that of not knowing them, counted twice under REML
        mse = self.v * (1 - own) + 2 * self._unknown_variances(inverse)
        line = np.asarray(coefficients, dtype=np.float64)
        return SmallArea(self.y - self.v * (p @ self.y), mse, own, components, line, confidence)

    def _unknown_variances(self, inverse: Floats) -> Floats:
        """g3 (m,) of Datta & Lahiri (2000): R V⁻¹ Vk V⁻¹ Vl V⁻¹ R by the information of the variances."""
        count = 1 + len(self.z)
        roots = [inverse, *(inverse @ z for z in self.z)]  # V⁻¹ Zk
        cross = [[self._between(k, root) for root in roots] for k in range(count)]  # Zk' V⁻¹ Zl
        information = np.array([[0.5 * np.sum(part**2) for part in row] for row in cross])
        covariance = np.linalg.pinv(information)
        total = np.zeros(len(self.y))
        for k in range(count):
            for m in range(count):
                total += covariance[k, m] * np.sum((roots[k] @ cross[k][m]) * roots[m], axis=1)
        return np.asarray(self.v**2 * total)

    def _between(self, k: int, root: Floats) -> Floats:
        return root if k == 0 else np.asarray(self.z[k - 1].T @ root)
