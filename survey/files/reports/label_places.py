"""Label placement: where the labels of crowded marks go, so that none covers another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MARK = 2.6
"""Half the width of a mark that no label may cover, in points."""
REACHES = (1.0, 6.0, 11.0)
"""Distances from the edge of a mark at which a label is tried, the nearest first, in points."""
WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))


@dataclass(frozen=True)
class Box:
    """A rectangle, in points."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """The centre."""
        return self.left + self.width / 2, self.bottom + self.height / 2

    def shared(self, other: Box) -> float:
        """The area that both cover."""
        across = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        up = min(self.bottom + self.height, other.bottom + other.height) - max(self.bottom, other.bottom)
        return max(across, 0.0) * max(up, 0.0)

    def holds(self, other: Box) -> bool:
        """Say whether the other lies within."""
        return self.shared(other) >= other.width * other.height - 1e-6

    def distance(self, x: float, y: float) -> float:
        """How far a point is from the nearest edge; 0 within."""
        across = max(self.left - x, x - self.left - self.width, 0.0)
        up = max(self.bottom - y, y - self.bottom - self.height, 0.0)
        return float((across**2 + up**2) ** 0.5)


def places(spots: Sequence[tuple[float, float]], sizes: Sequence[tuple[float, float]], within: Box) -> list[Box]:
    """The box of each label: the place beside its mark that covers least of other labels and of all marks.

    Greedy, in the order of the marks (spots and sizes as (x, y) and (width, height), in points): among places that
    cover nothing the nearest to the mark is taken, among others the one that covers least.
    """
    marks = [Box(x - MARK, y - MARK, 2 * MARK, 2 * MARK) for x, y in spots]
    placed: list[Box] = []
    for (x, y), (width, height) in zip(spots, sizes, strict=True):
        candidates = [_beside(x, y, width, height, way, reach) for reach in REACHES for way in WAYS]
        inside = [box for box in candidates if within.holds(box)] or candidates
        placed.append(_least_covering(inside, (*marks, *placed)))
    return placed


def _least_covering(boxes: Sequence[Box], others: Sequence[Box]) -> Box:
    """The box that covers least of the others, the first of several; one that covers none ends the search."""
    best, least = boxes[0], float("inf")
    for box in boxes:
        covered = sum(box.shared(other) for other in others)
        if covered < least:
            best, least = box, covered
        if not covered:
            break
    return best


def _beside(x: float, y: float, width: float, height: float, way: tuple[int, int], reach: float) -> Box:
    """A label's box on one side of a mark."""
    across, up = way
    slant = 0.7 if across and up else 1.0
    return Box(
        x - width / 2 + across * (slant * (MARK + reach) + width / 2),
        y - height / 2 + up * (slant * (MARK + reach) + height / 2),
        width,
        height,
    )
