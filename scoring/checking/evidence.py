"""Evidence that columns belong together: a relation is believed when it holds in rows where chance would not make it.

For each row where a relation holds, the logarithm of one over its chance is added up; what was tried is paid for.
"""

from __future__ import annotations

from math import comb, log10

ENOUGH = 3.0
"""Powers of ten by which a relation must be less likely by chance than all that was tried."""
HINTED = 0.3
"""The same where words say that the relation is meant."""
MOST = 0.6
"""Share of rows that must hold."""
FEW = 0.12
"""Share of the rows of a long table that may not hold: more of them are rows of another kind, not errors."""


def is_believed(held: int, rows: int, odds: float, tried: int, *, hinted: bool = False) -> bool:
    """Say whether a relation that holds in `held` of `rows` is meant; `odds`: sum of log10(1/chance) of those."""
    if rows - held > max(2, FEW * rows):
        return False
    if not held or held < (0.5 if hinted else MOST) * rows or (held < 2 and not hinted):
        return False
    paid = log10(max(tried, 1)) + log10(comb(rows, min(rows - held, rows))) if rows < 500 else log10(max(tried, 1))
    return odds - paid >= (HINTED if hinted else ENOUGH)
