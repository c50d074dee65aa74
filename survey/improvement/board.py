"""The board: where each action of all agencies stands, filtered, searched and counted."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from survey.core.text import fold
from survey.improvement.effects import Effect
from survey.models import Action, ActionState, Agency, PlanRequest
from survey.questionnaires import Definition

OPEN = (ActionState.PLANNED, ActionState.DOING)


class Standing(enum.StrEnum):
    """Where an action, or an agency without one, stands; the filter of the board."""

    NO_PLAN = "chua-co-ke-hoach"
    DUE = "den-han"
    OVERDUE = "qua-han"
    OPEN = "dang-lam"
    WAITING = "cho-duyet"
    ACCEPTED = "da-duyet"
    NO_EFFECT = "chua-hieu-qua"
    EFFECTIVE = "hieu-qua"
    DROPPED = "da-bo"


@dataclass(frozen=True)
class BoardRow:
    """One action as the board shows it."""

    action: Action
    #: what it is about, in words
    title: str
    effect: Effect | None
    standings: frozenset[Standing]

    @property
    def overdue(self) -> bool:
        """Whether the first due day has passed with nothing reported."""
        return Standing.OVERDUE in self.standings

    @property
    def extended(self) -> bool:
        """Whether the due day was moved."""
        return self.action.first_due != self.action.due_on


@dataclass(frozen=True)
class BoardFilter:
    """What is asked of the board; empty: everything."""

    round_code: str = ""
    agency: str = ""
    kind: str = ""
    element: str = ""
    standing: str = ""
    words: str = ""


def standings_of(action: Action, effect: Effect | None, today: date) -> frozenset[Standing]:
    """Where an action stands on a day. Overdue counts from its first due day, whatever was granted since."""
    if action.state is ActionState.DROPPED:
        return frozenset({Standing.DROPPED})
    if action.state in OPEN:
        found = {Standing.OPEN}
        if action.first_due < today:
            found.add(Standing.OVERDUE)
        elif (action.due_on.year, action.due_on.month) == (today.year, today.month):
            found.add(Standing.DUE)
        return frozenset(found)
    if action.accepted_at is None:
        return frozenset({Standing.WAITING})
    if effect is None or effect.verdict == "unknown":
        return frozenset({Standing.ACCEPTED})
    outcome = Standing.EFFECTIVE if effect.verdict == "better" else Standing.NO_EFFECT
    return frozenset({Standing.ACCEPTED, outcome})


def board_rows(
    actions: Sequence[Action], titles: Mapping[int, str], effects: Mapping[int, Effect], today: date
) -> list[BoardRow]:
    """The actions as rows; `titles` are those of what they are about, by number."""
    return [
        BoardRow(action, titles[action.id], effects.get(action.id), standings_of(action, effects.get(action.id), today))
        for action in actions
    ]


def wanted_rows(rows: Sequence[BoardRow], asked: BoardFilter, definitions: Mapping[int, Definition]) -> list[BoardRow]:
    """The rows that a filter asks for; words are looked for in what is done, where, why and by whom."""
    words = fold(asked.words)

    def wanted(row: BoardRow) -> bool:
        action = row.action
        text = (
            action.what,
            action.cause or "",
            action.place,
            action.responsible,
            action.unit,
            action.co_units,
            row.title,
        )
        return (
            (not asked.round_code or action.round.code == asked.round_code)
            and (not asked.agency or action.agency.code == asked.agency)
            and (not asked.kind or action.agency.kind == asked.kind)
            and (not asked.element or element_of(action, definitions) == asked.element)
            and (not asked.standing or asked.standing in row.standings)
            and (not words or words in fold(" ".join(text)))
        )

    return [row for row in rows if wanted(row)]


def element_of(action: Action, definitions: Mapping[int, Definition]) -> str:
    """The code of the element an action belongs to; empty for the overall index."""
    if action.element is not None or action.item is None:
        return action.element or ""
    definition = definitions[action.round.version_id]
    return next(
        (element.code for element in definition.elements if any(item.code == action.item for item in element.items)), ""
    )


def counts(rows: Sequence[BoardRow], without_plan: int) -> dict[Standing, int]:
    """How many actions stand where, and how many agencies have no plan."""
    found = {standing: sum(standing in row.standings for row in rows) for standing in Standing}
    return found | {Standing.NO_PLAN: without_plan}


@dataclass(frozen=True)
class MissingPlan:
    """An agency that has no action for a round yet, and the request it has not answered."""

    agency: Agency
    request: PlanRequest | None
    overdue: bool


def missing_plans(
    agencies: Sequence[Agency], actions: Sequence[Action], requests: Sequence[PlanRequest], round_id: int, today: date
) -> list[MissingPlan]:
    """The agencies without an action that answers to a round: those asked for a plan first, by due day."""
    planned = {a.agency_id for a in actions if a.round_id == round_id and a.state is not ActionState.DROPPED}
    newest: dict[int, PlanRequest] = {}
    for request in sorted(requests, key=lambda one: one.id):
        if request.round_id == round_id:
            newest[request.agency_id] = request
    found = [
        MissingPlan(agency, newest.get(agency.id), agency.id in newest and newest[agency.id].due_on < today)
        for agency in agencies
        if agency.id not in planned
    ]
    return sorted(found, key=lambda one: (one.request is None, one.request.due_on if one.request else today))
