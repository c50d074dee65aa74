"""Calibration of a round to known margins: raking or post-stratification, and what it did, in numbers.

Margins are the transactions of categories (sex, age, on time or late, ...): of all, or of single agencies. Every
margin is scaled to what the plain weights N/n add up to, so that no margin has to know which strata answered. Those
who did not say, or whose category the margin does not name, are a category of their own that keeps its total. Raking
keeps the totals of the strata (of the agencies, where services are a margin) as one margin more.

Sources: Deming & Stephan (1940); Deville & Särndal (1992) for the residuals; Kish (1965) for the design effect; Austin
(2009), Statistics in Medicine 28, for standardised differences; Schouten, Cobben & Bethlehem (2009), Survey
Methodology 35, for the R-indicator, here with the propensities 1/w of the calibration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scoring.scheme import DataError, nfc
from scoring.weights import Design, Trimming, kish, labels_of, post_stratify, rake, trim

Floats = NDArray[np.float64]

METHODS = ("rake", "poststratify")
UNTOLD = "*"
"""Category of those who did not say, or whose category the margin does not name."""
_GROUP = "group*"


class EmptyCategoryError(DataError):
    """A category has transactions and nobody who answered: it must be joined with another."""

    def __init__(self, variable: str, agency: str, category: str) -> None:
        super().__init__(f"no respondents in {variable} = {category} {agency}".rstrip() + "; join categories")
        self.variable, self.agency, self.category = variable, agency, category


@dataclass(frozen=True)
class MarginTotals:
    """Transactions by category of a variable, of an agency or of all ("")."""

    variable: str
    agency: str
    totals: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Calibration:
    """A calibrated design, and how calibrating went."""

    design: Design
    method: str
    converged: bool
    iterations: int
    #: largest relative distance of a margin from its total, before trimming
    distance: float
    #: smallest and largest factor by which a weight changed, before trimming
    ratio: tuple[float, float]
    #: weights that were cut; None where nothing may be
    trimming: Trimming | None
    #: Kish's design effect and effective respondents of the plain weights, and of the calibrated ones
    deff_before: float
    deff: float
    n_eff: float
    #: respondents
    n: int
    #: how even the response is, 1 for even; NaN without transactions
    r_indicator: float
    #: one row a category, see `BALANCE`
    balance: pd.DataFrame

    @property
    def trimmed_share(self) -> float:
        """Share of respondents whose weight was cut."""
        return self.trimming.trimmed / self.n if self.trimming and self.n else 0.0


BALANCE = (
    ("variable", "what the margin is of"),
    ("agency", "code of the agency it is of; empty: all"),
    ("category", "code of the category"),
    ("transactions", "percent of the transactions"),
    ("responses", "percent of the responses, each counted once"),
    ("before", "percent with the plain weights N/n"),
    ("after", "percent with the calibrated weights"),
    ("std_before", "standardised difference with the plain weights: (before - transactions) / √(P (100 - P))"),
    ("std_after", "standardised difference with the calibrated weights"),
)
"""Name and meaning of the columns of `Calibration.balance`, in order."""


@dataclass(frozen=True, eq=False)
class _Groups:
    """A margin as groups of cells: names, the cells' groups, totals; what `rake` and `post_stratify` take."""

    label: list[str]
    totals: dict[str, float]

    @property
    def frame(self) -> pd.DataFrame:
        return pd.DataFrame({_GROUP: list(self.totals), "N": list(self.totals.values())})


def calibrate(
    design: Design, margins: Sequence[MarginTotals], *, method: str = "rake", trim_at: float = 0.0
) -> Calibration:
    """The design calibrated to margins; its cells have a key column for each variable, and `agency`.

    `method`: one of `METHODS`. `poststratify` takes margins of one variable: those of agencies where there are any,
    else that of all. `trim_at`: no weight above so many times the respondents' median; 0 for no limit. Raises
    `EmptyCategoryError` for a category with transactions in which nobody answered, `DataError` for no margins, an
    unknown method, a column that is not there, margins given twice or post-stratification by several variables.
    """
    if method not in METHODS:
        raise DataError(f"method must be one of {', '.join(METHODS)}, not {method!r}")
    if not margins:
        raise DataError("there is no margin to calibrate to")
    if len({(margin.variable, margin.agency) for margin in margins}) < len(margins):
        raise DataError("a margin is given twice")
    variables = list(dict.fromkeys(margin.variable for margin in margins))
    known = np.ones(len(design.n), dtype=np.bool_) if design.known is None else design.known
    if method == "poststratify":
        if len(variables) > 1:
            raise DataError(f"post-stratification is by one variable, not by {', '.join(variables)}")
        own = [margin for margin in margins if margin.agency]
        groups = [_groups(design, own or margins, known)]
        raked = replace(post_stratify(_with_group(design, groups[0]), [_GROUP], groups[0].frame), keys=design.keys)
        used = (design.weight > 0) & (design.n > 0)
        factor = raked.weight[used] / design.weight[used]
        report = (True, 1, _distance(raked, groups), (float(factor.min()), float(factor.max())))
    else:
        groups = [_kept(design, "agency" if "service" in variables else None)]
        for name in variables:
            for wide in (True, False):
                chosen = [margin for margin in margins if margin.variable == name and (margin.agency == "") == wide]
                groups += [_groups(design, chosen, known)] if chosen else []
        keys = pd.DataFrame({f"{_GROUP}{k}": one.label for k, one in enumerate(groups)}, dtype=object)
        totals: dict[str | tuple[str, ...], pd.DataFrame] = {
            f"{_GROUP}{k}": one.frame.rename(columns={_GROUP: f"{_GROUP}{k}"}) for k, one in enumerate(groups)
        }
        raked, went = rake(replace(design, keys=keys), totals)
        raked = replace(raked, keys=design.keys)
        report = (went.converged, went.iterations, went.distance, went.ratio)
    trimmed, trimming = trim(raked, trim_at) if trim_at else (raked, None)
    cost = kish(trimmed)
    return Calibration(
        trimmed,
        method,
        *report,
        trimming,
        kish(design).deff,
        cost.deff,
        cost.n_eff,
        cost.n,
        r_indicator(raked),
        _balance(design, trimmed, margins, known),
    )


def r_indicator(design: Design) -> float:
    """The R-indicator 1 - 2 S(ρ) of the weights: ρ = 1/w is how likely a transaction is to be answered for.

    S² = Σ w (1/w - ρ̄)² / (N - 1) over respondents, ρ̄ = n/N, N = Σ w: for post-strata exactly the variance of n/N over
    all transactions, for raked weights that of the raking's model. NaN for weights that do not add up to more than n.

    >>> import pandas as pd
    >>> from scoring.weights import stratified
    >>> keys = pd.DataFrame({"agency": ["a", "a"], "service": ["s", "t"]})
    >>> round(r_indicator(stratified(keys, [20, 60], keys.assign(N=[100, 100]))), 4)
    0.599
    """
    used = (design.weight > 0) & (design.n > 0)
    used &= np.ones(len(design.n), dtype=np.bool_) if design.known is None else design.known
    n, weight = design.n[used].astype(np.float64), design.weight[used]
    total = float(weight @ n)
    if not total > n.sum():
        return float("nan")
    spread = float((weight * n) @ (1 / weight - n.sum() / total) ** 2) / (total - 1)
    return 1 - 2 * float(np.sqrt(spread))


def _with_group(design: Design, groups: _Groups) -> Design:
    return replace(design, keys=pd.DataFrame({_GROUP: groups.label}, dtype=object))


def _kept(design: Design, column: str | None) -> _Groups:
    """The strata, or the values of a column, with the totals that they have by the plain weights."""
    label = (
        [str(h) for h in design.stratum] if column is None else [name for (name,) in labels_of(design.keys, [column])]
    )
    return _Groups(label, _sums(label, design.weight * design.n))


def _groups(design: Design, margins: Sequence[MarginTotals], known: NDArray[np.bool_]) -> _Groups:
    """The groups of margins of one variable: of all, or of agencies; the other agencies are one group."""
    label = _categories(design, margins, known)
    base = _sums(["\t".join(parts) for parts in label], design.weight * design.n)
    totals = dict(base)
    for margin in margins:
        named = _named(margin)
        inside = {c: base.get(f"{margin.agency}\t{c}", 0.0) for c in named}
        for category, reached in inside.items():
            if reached <= 0:
                raise EmptyCategoryError(margin.variable, margin.agency, category)
        here, every = sum(inside.values()), sum(named.values())
        totals |= {f"{margin.agency}\t{c}": here * n / every for c, n in named.items()}
    return _Groups(["\t".join(parts) for parts in label], totals)


def _named(margin: MarginTotals) -> dict[str, float]:
    """The categories with transactions; `DataError` for numbers that cannot be."""
    for category, n in margin.totals.items():
        if not 0 <= n < float("inf"):
            raise DataError(f"{margin.variable} = {category}: N is {n!r}, not 0 or more")
    named = {nfc(category): float(n) for category, n in margin.totals.items() if n > 0}
    if not named:
        raise DataError(f"the margin of {margin.variable} has no transactions")
    return named


def _categories(design: Design, margins: Sequence[MarginTotals], known: NDArray[np.bool_]) -> list[tuple[str, str]]:
    """Each cell's agency ("" for all) and category; cells that no margin is of have no category."""
    names = {margin.agency: _named(margin) for margin in margins}
    agency, own = labels_of(design.keys, ["agency"]), labels_of(design.keys, [margins[0].variable])
    found = []
    for (place,), (category,), ok in zip(agency, own, known, strict=True):
        at = "" if "" in names else place
        if not ok or at not in names:
            found.append((UNTOLD, ""))
        else:
            found.append((at, category if category in names[at] else UNTOLD))
    return found


def _distance(design: Design, groups: Sequence[_Groups]) -> float:
    """The largest relative distance of a group from its total."""
    worst = 0.0
    for one in groups:
        now = _sums(one.label, design.weight * design.n)
        worst = max([worst, *(abs(now.get(name, 0.0) - n) / n for name, n in one.totals.items() if n > 0)])
    return worst


def _sums(label: Sequence[str], values: ArrayLike) -> dict[str, float]:
    names, code = np.unique(np.asarray(label, dtype=object).astype(str), return_inverse=True)
    total = np.bincount(code, weights=np.asarray(values, dtype=np.float64), minlength=len(names))
    return dict(zip(names.tolist(), total.tolist(), strict=True))


def _balance(before: Design, after: Design, margins: Sequence[MarginTotals], known: NDArray[np.bool_]) -> pd.DataFrame:
    """How each category stands among those who said which they are."""
    rows = []
    for margin in margins:
        named = _named(margin)
        label = ["\t".join(parts) for parts in _categories(before, [margin], known)]
        found = [_sums(label, weight) for weight in (before.n, before.weight * before.n, after.weight * after.n)]
        inside = [sum(sums.get(f"{margin.agency}\t{c}", 0.0) for c in named) for sums in found]
        for category, n in named.items():
            known_share = 100 * n / sum(named.values())
            shares = [
                100 * sums.get(f"{margin.agency}\t{category}", 0.0) / total
                for sums, total in zip(found, inside, strict=True)
            ]
            spread = float(np.sqrt(known_share * (100 - known_share)))
            apart = [(share - known_share) / spread if spread else 0.0 for share in shares[1:]]
            rows.append((margin.variable, margin.agency, category, known_share, *shares, *apart))
    return pd.DataFrame(rows, columns=[name for name, _ in BALANCE])
