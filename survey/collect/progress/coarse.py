"""Coarse counts of an open round for those who are judged by it: every number moves by whole blocks of people.

A count that moves by one tells that somebody has just answered here; beside the released totals it would say whose
answers a block holds. Rounded down to multiples of the block, it moves by 0 or by a block.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from survey.collect.progress.board import UnitProgress


def round_down(count: int, block: int) -> int:
    """Return the largest multiple of a block that is not above a count."""
    return count - count % block


def coarse_days(days: Sequence[tuple[date, int]], before: int, block: int) -> list[tuple[date, int]]:
    """Return the steps of the rounded running total, day by day; `before`: how many came before the first day."""
    steps, total = [], before
    for day, count in days:
        step = round_down(total + count, block) - round_down(total, block)
        total += count
        steps.append((day, step))
    return steps


def coarsen(standing: UnitProgress, block: int) -> UnitProgress:
    """Round every count of a standing down to whole blocks, its days and its services included; return it."""
    days = sorted(standing.days.items())
    steps = coarse_days(days, standing.responses - sum(count for _, count in days), block)
    standing.days = {day: step for day, step in steps if step}
    standing.responses = round_down(standing.responses, block)
    standing.block = block
    for part in standing.parts:
        part.responses = round_down(part.responses, block)
    return standing
