"""Sheets of receipt slips: the unused codes of a batch that was issued, printed here or by the worker."""

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
from survey.models import Counter, ReceiptBatch, User
from survey.printing.operations.print_receipt_codes import print_receipt_codes
from survey.printing.posters.qr import code_address
from survey.printing.posters.slips import render_slips
from survey.printing.posters.texts import poster_text, stored_emblem
from survey.printing.posters.words import Style, Variant
from survey.printing.queries.poster_codes import emblem_for, printable_rounds
from survey.printing.queries.receipt_batches import batch_of
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


def print_slips(database: Database, settings: Settings, order: Mapping[str, Any], person: User, actor: Actor) -> bytes:
    """The slips of an order (a `batch` and a look) as PDF, and write down who printed them.

    `InputError` where the batch's counter is none of this person's any more, or all its codes are used.
    """
    code_address(settings, SAMPLE)
    today = actor.now.astimezone(settings.timezone).date()
    with database.write() as session:
        batch = issued_batch(session, person, int(order["batch"]))
        codes = print_receipt_codes(session, batch, actor=actor)
        if not codes:
            raise InputError("All codes of this batch are used; an evaluator can issue others")
    with database.read() as session:
        batch = issued_batch(session, person, int(order["batch"]))
        return draw_slips(session, settings, batch.counter, codes, order, today)


def issued_batch(session: orm.Session, person: User, number: int) -> ReceiptBatch:
    """A batch of a counter that a person is responsible for; `InputError` when it is none.

    What was issued to a program stands on receipts already.
    """
    batch = batch_of(session, number)
    if batch is None or batch.client_id is not None or counter_of(session, person, batch.counter_id) is None:
        raise InputError("This batch of codes is not there any more.")
    return batch
