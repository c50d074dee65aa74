"""The board as a table, the same for CSV, workbook and API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
from flask_babel import gettext as _

from survey.improvement.board import BoardRow

BOARD_COLUMNS: dict[str, Callable[[], str]] = {
    "number": lambda: _("Number"),
    "agency": lambda: _("Code of the agency"),
    "agency_name": lambda: _("Agency"),
    "round": lambda: _("Round"),
    "level": lambda: _("Level"),
    "key": lambda: _("Key"),
    "about": lambda: _("For"),
    "place": lambda: _("Where it sits"),
    "causes": lambda: _("Causes"),
    "cause": lambda: _("Cause, as the agency sees it"),
    "what": lambda: _("What is done"),
    "responsible": lambda: _("Responsible"),
    "unit": lambda: _("Unit that carries it out"),
    "co_units": lambda: _("Units that help"),
    "first_due_on": lambda: _("First due day"),
    "due_on": lambda: _("Due day"),
    "state": lambda: _("State"),
    "overdue": lambda: _("Overdue (1 yes, 0 no)"),
    "accepted_on": lambda: _("Accepted on"),
    "before": lambda: _("Before"),
    "after": lambda: _("After"),
    "effect": lambda: _("Effect in points"),
    "effect_lo": lambda: _("Lower end"),
    "effect_hi": lambda: _("Upper end"),
    "verdict": lambda: _("Verdict"),
}
"""Columns in order, with their headings in the language of the page."""


def board_table(rows: Sequence[BoardRow]) -> pd.DataFrame:
    """One row an action, columns `BOARD_COLUMNS`; what does not exist is empty."""
    return pd.DataFrame([_row(row) for row in rows], columns=list(BOARD_COLUMNS))


def _row(row: BoardRow) -> dict[str, Any]:
    action, effect = row.action, row.effect
    return {
        "number": action.id,
        "agency": action.agency.code,
        "agency_name": action.agency.name,
        "round": action.round.code,
        "level": action.figure[0],
        "key": action.figure[1],
        "about": row.title,
        "place": action.place,
        "causes": " ".join(action.causes or ()),
        "cause": action.cause or "",
        "what": action.what,
        "responsible": action.responsible,
        "unit": action.unit,
        "co_units": action.co_units,
        "first_due_on": action.first_due.isoformat(),
        "due_on": action.due_on.isoformat(),
        "state": action.state.value,
        "overdue": int(row.overdue),
        "accepted_on": action.accepted_at.date().isoformat() if action.accepted_at else "",
        "before": effect.before if effect else None,
        "after": effect.after if effect else None,
        "effect": effect.effect if effect else None,
        "effect_lo": effect.lo if effect else None,
        "effect_hi": effect.hi if effect else None,
        "verdict": effect.verdict if effect else "",
    }
