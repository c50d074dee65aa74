"""Roll-up of progress by agency: its fields' responses and targets added up, and how many of them need help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from survey.collect.progress.board import Status, UnitProgress

WELL = frozenset({Status.REACHED, Status.ON_PACE, Status.NO_TARGET})
"""Where nothing is to be done."""


@dataclass
class AgencyProgress:
    """One agency. Made of counts that may be shown as they are (`coarsen`), so that it tells nothing beyond them."""

    agency_id: int
    responses: int = 0
    #: None while N is not known of any field
    target: int | None = None
    transactions: int | None = None
    #: fields of the agency, and those that need help
    fields: int = 0
    wanting: int = 0

    @property
    def rate(self) -> float | None:
        """Responses per hundred transactions; None while N is not known."""
        return 100 * self.responses / self.transactions if self.transactions else None

    @property
    def percent(self) -> float:
        """The part of the target that is reached, in percent."""
        return 100 * self.share

    @property
    def share(self) -> float:
        """The part of the target that is reached; above all others where there is no target."""
        return self.responses / self.target if self.target else float("inf")


def by_agency(cells: Sequence[UnitProgress]) -> list[AgencyProgress]:
    """The agencies of some fields, those farthest from their target first."""
    rows: dict[int, AgencyProgress] = {}
    for cell in cells:
        row = rows.setdefault(cell.agency_id, AgencyProgress(cell.agency_id))
        row.responses += cell.responses
        row.fields += 1
        row.wanting += cell.status not in WELL
        if cell.target is not None:
            row.target = (row.target or 0) + cell.target
        if cell.transactions is not None:
            row.transactions = (row.transactions or 0) + cell.transactions
    return sorted(rows.values(), key=lambda row: (row.share, -row.wanting, row.agency_id))
