"""Coarse counts for those who are judged by the answers: every number of a progress page moves by whole blocks.

A count that moves by one tells that somebody has just answered here; beside the released totals it would say whose
answers a block holds, and beside the final table how few people a hidden service has (`scoring.release`).
"""

from __future__ import annotations

from scoring.release import coarse_days, round_down
from survey.collect.progress.board import UnitProgress


def coarsen(standing: UnitProgress, block: int) -> UnitProgress:
    """Round every count of a standing down to whole blocks, its days and its services included; return it."""
    days = sorted(standing.days.items())
    standing.days = dict(coarse_days(days, standing.responses - sum(count for _, count in days), block))
    standing.responses = round_down(standing.responses, block)
    standing.block = block
    for part in standing.parts:
        part.responses = round_down(part.responses, block)
    return standing
