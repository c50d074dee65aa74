"""The board of all actions: filters in the address, counts that lead to them, and files of what they give."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from urllib.parse import urlencode

import flask
from sqlalchemy import orm

from survey.accounts.auth import role_required
from survey.core.text import clean
from survey.improvement.board import (
    BoardFilter,
    BoardRow,
    MissingPlan,
    Standing,
    board_rows,
    counts,
    missing_plans,
    wanted_rows,
)
from survey.improvement.effects import ENDED, effects_of
from survey.improvement.pages.common import READERS, blueprint, definitions_of, is_province, scope, titles_of
from survey.improvement.queries import actions as action_queries
from survey.models import AgencyKind, Round
from survey.questionnaires import Definition
from survey.structure.queries import rounds as round_queries
from survey.web.context import database, today
from survey.web.i18n import current_language, local_name
from survey.web.wording import AGENCY_KINDS, STANDINGS

PER_PAGE = 50
FIRST_MISSING = 10
"""Agencies without a plan that stand below the actions; a page of their own has all."""
ARGUMENTS = {
    "round_code": "dot",
    "agency": "co-quan",
    "kind": "loai",
    "element": "yeu-to",
    "standing": "tinh-trang",
    "words": "tim",
}
"""Names of the filter's parts in the address."""


@dataclass(frozen=True)
class Board:
    """What the board shows, and what its files hold."""

    asked: BoardFilter
    rows: list[BoardRow]
    missing: list[MissingPlan]
    counts: dict[Standing, int]
    #: the newest round that ended: plans are missing for it
    newest: Round | None
    elements: list[tuple[str, str]]
    agencies: list[tuple[str, str]]
    rounds: list[tuple[str, str]]


@blueprint.get("")
@role_required(*READERS)
def board() -> str:
    """Show the board."""
    with database().read() as session:
        made = load_board(session)
        alone = made.asked.standing == Standing.NO_PLAN
        missing = made.missing if alone or not made.asked.standing else []
        pages = max(1, -(-len(missing if alone else made.rows) // PER_PAGE))
        number = min(max(1, flask.request.args.get("trang", 1, int)), pages)
        first = PER_PAGE * (number - 1)
        return flask.render_template(
            "improvement/board.html",
            board=made,
            rows=made.rows[first : first + PER_PAGE],
            missing=missing[first : first + PER_PAGE] if alone else missing[:FIRST_MISSING],
            more_missing=0 if alone else max(len(missing) - FIRST_MISSING, 0),
            standings=STANDINGS.here(),
            kinds=AGENCY_KINDS.here(),
            number=number,
            pages=pages,
            address=lambda **changes: address(made.asked, **changes),
            file_address=lambda form: flask.url_for("improvement.table", form=form) + query(made.asked),
            speaks=is_province(session),
        )


def load_board(session: orm.Session) -> Board:
    """The board that the address asks for, as far as this person sees it; few statements for any number."""
    visible, asked = scope(session), asked_filter()
    actions = action_queries.actions_of(session, visible)
    definitions = definitions_of(actions)
    every = board_rows(actions, titles_of(actions, definitions), effects_of(session, actions), today())
    rounds = round_queries.all_rounds(session)
    newest = next((round_ for round_ in rounds if round_.state in ENDED), None)
    judged = action_queries.judged_agencies(session, newest.id) if newest else []
    judged = [one for one in judged if visible is None or one.code in visible]
    requests = action_queries.requests(session, visible)
    missing = missing_plans(judged, actions, requests, newest.id, today()) if newest else []
    missing = [
        one
        for one in missing
        if (not asked.agency or one.agency.code == asked.agency) and (not asked.kind or one.agency.kind == asked.kind)
    ]
    agencies = {one.code: local_name(one) for one in (*judged, *(action.agency for action in actions))}
    return Board(
        asked=asked,
        rows=[] if asked.standing == Standing.NO_PLAN else wanted_rows(every, asked, definitions),
        missing=missing,
        counts=counts(wanted_rows(every, _without_standing(asked), definitions), len(missing)),
        newest=newest,
        elements=_elements(definitions),
        agencies=sorted(agencies.items(), key=lambda one: one[1]),
        rounds=[(round_.code, local_name(round_)) for round_ in rounds],
    )


def asked_filter() -> BoardFilter:
    """What the address asks for."""
    given = {name: clean(flask.request.args.get(argument, ""))[:200] for name, argument in ARGUMENTS.items()}
    if given["standing"] not in set(Standing):
        given["standing"] = ""
    if given["kind"] not in set(AgencyKind):
        given["kind"] = ""
    return BoardFilter(**given)


def query(asked: BoardFilter, **changes: str) -> str:
    """The query of an address with the filter's parts, some of them changed."""
    parts = {ARGUMENTS[name]: value for name, value in (asdict(asked) | changes).items() if value and name in ARGUMENTS}
    parts |= {name: value for name, value in changes.items() if name not in ARGUMENTS}
    return f"?{urlencode(parts)}" if parts else ""


def address(asked: BoardFilter, **changes: str) -> str:
    """The address of the board with some parts of the filter changed."""
    return flask.url_for("improvement.board") + query(asked, **changes)


def _without_standing(asked: BoardFilter) -> BoardFilter:
    return BoardFilter(**asdict(asked) | {"standing": ""})


def _elements(definitions: dict[int, Definition]) -> list[tuple[str, str]]:
    language = current_language().code
    named = {e.code: e.title.get(language) for definition in definitions.values() for e in definition.elements}
    return list(named.items())
