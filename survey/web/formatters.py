"""How figures and dates are shown: one place, used by every page.

Numbers follow the language (decimal comma and dot for thousands in Vietnamese, the reverse in English), dates are
dd/mm/yyyy in the configured zone. What does not exist is an en dash, never 0.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import flask
from flask_babel import gettext as _

from survey.core.numbers import NOTHING, fixed, with_sign
from survey.models import Round
from survey.web import wording
from survey.web.context import settings
from survey.web.i18n import current_language, local_name


def init_app(app: flask.Flask) -> None:
    """Register the filters."""
    filters: dict[str, Callable[..., str]] = {
        "number": number,
        "whole": whole,
        "percent": percent,
        "interval": interval,
        "signed": signed,
        "day": day,
        "week": week,
        "short_day": short_day,
        "span": span,
        "moment": moment,
        "local_name": local_name,
        "explain": wording.FIGURE_WORDS,
        "channel_name": wording.CHANNELS,
        "state_name": wording.ROUND_STATES,
        "role_name": wording.ROLES,
        "publication_state_name": wording.PUBLICATION_STATES,
        "exclusion_reason": wording.EXCLUSIONS,
        "batch_standing": wording.BATCH_STANDINGS,
        "withdrawal_kind": wording.WITHDRAWAL_KINDS,
        "withdrawal_state": wording.WITHDRAWAL_STATES,
        "withdrawal_reason": wording.WITHDRAWAL_REASONS,
        "composition_sentence": wording.COMPOSITIONS,
        "sampling_unit": wording.SAMPLING_UNITS,
        "league_name": wording.LEAGUES,
        "headline_name": wording.HEADLINES,
        "frame_name": wording.FRAMES,
        "band_name": wording.BANDS,
        "theme_name": wording.THEMES,
        "comment_state_name": wording.COMMENT_STATES,
        "doubt_reason": wording.DOUBTS,
        "place_check_name": wording.PLACE_CHECKS,
        "place_outcome_name": wording.PLACE_OUTCOMES,
        "action_state_name": wording.ACTION_STATES,
        "action_step_name": wording.ACTION_STEPS,
        "cause_name": wording.CAUSES,
        "standing_name": wording.STANDINGS,
        "case_kind_name": wording.CASE_KINDS,
        "case_kind_offer": wording.CASE_OFFERS,
        "case_origin_name": wording.CASE_ORIGINS,
        "case_state_name": wording.CASE_STATES,
        "case_state_citizen": wording.CASE_STATES_FOR_CITIZENS,
        "case_step_name": wording.CASE_STEPS,
        "effect_name": wording.EFFECT_VERDICTS,
    }
    app.jinja_env.filters.update(filters)


def number(value: Any, decimals: int = 1) -> str:
    """A number with a fixed number of decimals: 1234.56 is `1.234,6` in Vietnamese, `1,234.6` in English."""
    return fixed(value, decimals, english=current_language().locale.startswith("en"))


def whole(value: Any) -> str:
    """A count."""
    return number(value, 0)


def signed(value: Any, decimals: int = 1) -> str:
    """A difference with its sign: `+1,2`, `−0,3`, `0,0`."""
    return with_sign(number(value, decimals))


def percent(value: Any, decimals: int = 1) -> str:
    """Percentage points with their sign: `83,4 %` in Vietnamese, `83.4%` in English."""
    text = number(value, decimals)
    if text == NOTHING:
        return text
    return f"{text}%" if current_language().locale.startswith("en") else f"{text}\N{NO-BREAK SPACE}%"


def interval(low: Any, high: Any, decimals: int = 1) -> str:
    """An interval in brackets, `(81,2–85,3)`; empty when there is none."""
    if number(low, decimals) == NOTHING or number(high, decimals) == NOTHING:
        return ""
    return f"({number(low, decimals)}–{number(high, decimals)})"


def span(round_: Round) -> str:
    """When a round takes (or took) answers: its days, with its hours where it has any."""
    first = f"{round_.opens_at:%H:%M} " if round_.opens_at else ""
    last = f"{round_.closes_at:%H:%M} " if round_.closes_at and round_.last_day == round_.closes_on else ""
    return f"{first}{day(round_.opens_on)} – {last}{day(round_.last_day)}"


def named_with_days(round_: Round) -> str:
    """The name of a round with its days, as a list of rounds to choose from has it."""
    return f"{local_name(round_)} ({day(round_.opens_on)} – {day(round_.last_day)})"


def day(value: date | datetime | None) -> str:
    """dd/mm/yyyy; an instant is first brought into the display zone."""
    if value is None:
        return NOTHING
    if isinstance(value, datetime):
        value = value.astimezone(settings().timezone)
    return f"{value:%d/%m/%Y}"


def short_day(value: date) -> str:
    """dd/mm, for axes."""
    return f"{value:%d/%m}"


def week(monday: date | None) -> str:
    """The week that begins on a Monday, in words."""
    return NOTHING if monday is None else str(_("week of %(day)s", day=day(monday)))


def moment(value: datetime | None) -> str:
    """dd/mm/yyyy hh:mm in the display zone."""
    return NOTHING if value is None else f"{value.astimezone(settings().timezone):%d/%m/%Y %H:%M}"
