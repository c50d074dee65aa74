"""Actions of agencies as the API sends them: the board, or for the public scope what stands on public pages."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import orm

from survey.improvement.board import board_rows
from survey.improvement.effects import effects_of
from survey.improvement.queries import actions as action_queries
from survey.improvement.table import board_table
from survey.results.as_csv import plain
from survey.web.context import today

PUBLIC = ("number", "agency", "round", "level", "key", "what", "accepted_on")
"""What everyone may know of an accepted action of a published round."""


def action_rows(session: orm.Session, *, everything: bool) -> list[dict[str, Any]]:
    """One object an action. What it is about is its level and key: titles are in the questionnaire."""
    actions = action_queries.actions_of(session, None) if everything else action_queries.public_actions(session)
    effects = effects_of(session, actions) if everything else {}
    table = board_table(board_rows(actions, {action.id: "" for action in actions}, effects, today()))
    return _rows(table.drop(columns="about") if everything else table[list(PUBLIC)])


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    columns = [str(column) for column in table.columns]
    return [dict(zip(columns, map(plain, values), strict=True)) for values in table.itertuples(index=False, name=None)]
