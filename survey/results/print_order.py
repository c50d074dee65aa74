"""The print order of a plan: how many receipts each counter prints a week, for the staff who print them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import orm

from survey.models import Counter
from survey.results.response_plan import Cell, ResponsePlan
from survey.structure.queries.scope import covered_counters


@dataclass(frozen=True)
class PrintOrder:
    """What one counter prints in each week; without a counter: what no counter of the agency can hand out."""

    agency: str
    #: None: nobody at a counter hands these out, so they are asked for in another way
    counter: Counter | None
    #: codes of the services they are for
    services: tuple[str, ...]
    responses_per_week: int
    #: None where nothing tells how many who get one answer
    receipts_per_week: int | None
    #: weeks of the round
    weeks: int

    @property
    def receipts(self) -> int | None:
        """Receipts in all weeks."""
        return None if self.receipts_per_week is None else self.weeks * self.receipts_per_week


def print_order(session: orm.Session, plan: ResponsePlan) -> list[PrintOrder]:
    """The order of every open counter of a round's scope, by agency and name."""
    counters = covered_counters(session, plan.round)
    needs = {(cell.agency, cell.service): (cell.per_week, cell.receipts_per_week) for cell in plan.cells if cell.needed}
    return shared_out(needs, [(counter, _cells(counter)) for counter in counters], plan.weeks)


def shared_out(
    needs: Mapping[Cell, tuple[int, int | None]], counters: Sequence[tuple[Counter, Sequence[Cell]]], weeks: int
) -> list[PrintOrder]:
    """The responses and receipts a week of each cell, shared out over the counters that take it.

    Counters share equally; what does not divide goes one by one to the first of them, so that the sum is what is
    needed and not one receipt more.
    """
    takers: dict[Cell, list[int]] = {cell: [] for cell in needs}
    for k, (_, cells) in enumerate(counters):
        for cell in dict.fromkeys(cells):
            if cell in takers:
                takers[cell].append(k)
    given: dict[int, list[tuple[str, int, int | None]]] = {}
    orders = []
    for (agency, service), (responses, receipts) in needs.items():
        own = takers[agency, service]
        if not own:
            orders.append(PrintOrder(agency, None, (service,), responses, receipts, weeks))
        for place, k in enumerate(own):
            part = None if receipts is None else _share(receipts, place, len(own))
            given.setdefault(k, []).append((service, _share(responses, place, len(own)), part))
    for k, parts in given.items():
        counter = counters[k][0]
        services = tuple(sorted({part[0] for part in parts}))
        known = [part[2] for part in parts if part[2] is not None]
        receipts = sum(known) if known else None
        orders.append(
            PrintOrder(counter.agency.code, counter, services, sum(part[1] for part in parts), receipts, weeks)
        )
    return sorted(orders, key=lambda one: (one.agency, one.counter is None, one.counter.name if one.counter else ""))


def to_frame(orders: Sequence[PrintOrder]) -> pd.DataFrame:
    """One row an order: codes and names, numbers a week and in all."""
    rows = [
        {
            "agency": one.agency,
            "counter": one.counter.code if one.counter else "",
            "counter_name": one.counter.name if one.counter else "",
            "services": " ".join(one.services),
            "responses_per_week": one.responses_per_week,
            "receipts_per_week": one.receipts_per_week,
            "receipts": one.receipts,
        }
        for one in orders
    ]
    columns = (
        "agency", "counter", "counter_name", "services", "responses_per_week", "receipts_per_week", "receipts",
    )  # fmt: skip
    return pd.DataFrame(rows, columns=list(columns)).astype({"receipts_per_week": "Int64", "receipts": "Int64"})


def _share(number: int, place: int, of: int) -> int:
    """What the one at a place gets of a number that is shared out over so many."""
    return number // of + (place < number % of)


def _cells(counter: Counter) -> list[Cell]:
    agencies = [agency.code for agency in counter.deciding_agencies] or [counter.agency.code]
    return [(agency, service.code) for agency in agencies for service in counter.services]
