"""Sheets of receipt slips from stored counters: the codes are made and printed in one go, here or by the worker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import orm

from survey.core.actor import Actor
from survey.core.config import Settings
from survey.core.db import Database
from survey.core.errors import InputError
from survey.core.text import CODE_ALPHABET, CODE_LENGTH
from survey.models import Counter, User
from survey.printing.operations.issue_receipt_sheet import issue_receipt_sheet
from survey.printing.posters.qr import code_address
from survey.printing.posters.slips import render_slips
from survey.printing.posters.texts import poster_text, stored_emblem
from survey.printing.posters.words import Style, Variant
from survey.printing.queries.poster_codes import emblem_for, printable_rounds
from survey.printing.queries.units import counter_of
from survey.structure.queries.scope import round_at

SAMPLE = CODE_ALPHABET[0] * CODE_LENGTH
AT_ONCE = 100
"""So many slips are made while the person waits; more by the worker."""


def draw_slips(
    session: orm.Session, settings: Settings, counter: Counter, codes: list[str], look: Mapping[str, Any], today: date
) -> bytes:
    """The PDF of slips for codes of a counter; `look` as `slip_look` gives it."""
    rounds = printable_rounds(session, today) if look["dates"] else []
    text = poster_text(settings, counter, codes[0], round_at(rounds, counter))
    style = Style(Variant(look["variant"]), bool(look["bilingual"]), stored_emblem(emblem_for(session, counter.agency)))
    return render_slips(text, [code_address(settings, code) for code in codes], style)


def make_slips(database: Database, settings: Settings, order: Mapping[str, Any], person: User, actor: Actor) -> bytes:
    """Make the codes of an order (`counter`, `how_many` and a look) and return their slips as PDF.

    `InputError` where the counter is none of this person's any more. The codes are stored before they are printed; what
    could stop the printing is tried first.
    """
    code_address(settings, SAMPLE)
    today = actor.now.astimezone(settings.timezone).date()
    with database.write() as session:
        counter = _counter(session, person, int(order["counter"]))
        codes = issue_receipt_sheet(session, counter, int(order["how_many"]), zone=settings.timezone, actor=actor)
    with database.read() as session:
        counter = _counter(session, person, int(order["counter"]))
        return draw_slips(session, settings, counter, codes, order, today)


def _counter(session: orm.Session, person: User, counter_id: int) -> Counter:
    counter = counter_of(session, person, counter_id)
    if counter is None:
        raise InputError("This counter is not there any more.")
    return counter
