"""Hiding attributes of respondents until nobody stands out (k-anonymity by local suppression).

Within a group of people who are alike in all that is shown so far, an attribute is shown for those values that at least
k of them share; the others lose it. If those others are fewer than k, the smallest shown values go with them: "none of
the values shown" must not single out anyone either. Both kinds of groups then go on to the next attribute. In the end
every row has at least k - 1 others that show exactly the same.

Sources: Samarati & Sweeney (1998); Willenborg & de Waal, *Elements of Statistical Disclosure Control* (2001), ch. 5
(local suppression).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]


def shown(attributes: Sequence[Codes], k: int) -> list[Flags]:
    """Which rows may show each attribute (codes from 0 up), the first attributes having precedence.

    Fewer than k rows in all show nothing.
    """
    size = len(attributes[0]) if attributes else 0
    group: Codes = np.zeros(size, dtype=np.int64)
    result = []
    for codes in attributes:
        keep = _keep(group, codes, k)
        result.append(keep)
        width = int(codes.max(initial=0)) + 2
        group = np.unique(group * width + np.where(keep, codes + 1, 0), return_inverse=True)[1].astype(np.int64)
    return result


def _keep(group: Codes, codes: Codes, k: int) -> Flags:
    """Which rows may show their code within their group."""
    if not len(codes):
        return np.zeros(0, dtype=np.bool_)
    width = int(codes.max()) + 1
    pairs, at, count = np.unique(group * width + codes, return_inverse=True, return_counts=True)
    owner = pairs // width
    fine = count >= k
    rest = np.bincount(owner, weights=np.where(fine, 0, count)).astype(np.int64)
    starts = np.searchsorted(owner, np.arange(len(rest) + 1))
    for g in np.flatnonzero((rest > 0) & (rest < k)):
        part = slice(starts[g], starts[g + 1])
        left = int(rest[g])
        for value in np.argsort(count[part], kind="stable") + starts[g]:
            if left >= k:
                break
            if fine[value]:
                fine[value] = False
                left += int(count[value])
    return np.asarray(fine[at], dtype=np.bool_)
