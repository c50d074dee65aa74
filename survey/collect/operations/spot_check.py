"""Spot checks of paper: a random sample of a pile is drawn, and keyed in again by somebody of another unit."""

from __future__ import annotations

import hashlib
import math
import secrets

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.queries.users import by_id, is_judged
from survey.collect.operations.enter_form import answers_in_force, differing
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import Agency, Counter, EntryBatch, EntryForm, ImportBatch, Role, Round, SpotCheck, SpotForm
from survey.models.rounds import USUAL_SPOT_CHECK
from survey.questionnaires.definition import HIDDEN

LEAST = 5
"""Forms of a sample at least."""


def draw_spot_check(session: orm.Session, batch: ImportBatch, *, actor: Actor, seed: int | None = None) -> SpotCheck:
    """Draw the sample of a pile that waits and is done; `seed`: for tests, else drawn.

    `InputError` for those who are judged, for what is no such pile, and where one was drawn: a second draw would let
    a bad first one be forgotten.
    """
    session.execute(sa.select(ImportBatch.id).where(ImportBatch.id == batch.id).with_for_update())
    if is_judged(session, actor.user_id):
        raise InputError("Only an evaluator or administrator draws a sample")
    pile = session.get(EntryBatch, batch.id)
    if pile is None or pile.ended_at is None or not batch.waiting:
        raise InputError("A sample is drawn of a pile that is done and waits")
    if session.get(SpotCheck, batch.id) is not None:
        raise InputError("The sample of this pile is drawn already")
    seed = secrets.randbelow(2**31) if seed is None else seed
    every = session.get_one(Round, batch.round_id).spot_check or USUAL_SPOT_CHECK
    numbers = sampled_numbers(session, batch.id, seed, every)
    check = SpotCheck(batch_id=batch.id, seed=seed, size=len(numbers), drawn_at=actor.now, drawn_by_id=actor.user_id)
    session.add(check)
    session.flush()
    session.add_all(SpotForm(batch_id=batch.id, number=number) for number in numbers)
    _record(session, batch.id, "spot.drawn", actor, {"number": seed, "forms": len(numbers)})
    return check


def sampled_numbers(session: orm.Session, batch_id: int, seed: int, every: int) -> list[int]:
    """The forms that a seed draws of a pile: one of `every`, but five: those of the least SHA-256 "seed:number"."""
    forms = session.scalars(sa.select(EntryForm.number).where(EntryForm.batch_id == batch_id)).all()
    size = min(len(forms), max(LEAST, math.ceil(len(forms) / every)))
    drawn = sorted(forms, key=lambda number: hashlib.sha256(f"{seed}:{number}".encode("ascii")).digest())
    return sorted(drawn[:size])


def enter_spot_form(session: orm.Session, form: SpotForm, answers: str, *, actor: Actor) -> None:
    """Compare what somebody of another unit keyed in with what is stored; it is not kept. Once each form.

    `InputError` for whoever brought the pile, for those of its unit, and where the form was keyed in again already.
    """
    session.execute(
        sa.select(SpotForm.number)
        .where(SpotForm.batch_id == form.batch_id, SpotForm.number == form.number)
        .with_for_update()
    )
    session.refresh(form)
    refuse_own_unit(session, form.batch_id, actor.user_id)
    if form.compared is not None:
        raise InputError("Form %(number)d was keyed in again already", number=form.number)
    if not session.get_one(ImportBatch, form.batch_id).waiting:
        raise InputError("Batch %(id)d no longer waits; open the page again", id=form.batch_id)
    first = answers_in_force(session, session.get_one(EntryForm, (form.batch_id, form.number)))
    asked = sum(1 for pair in zip(first, answers, strict=True) if pair != (HIDDEN, HIDDEN))
    form.compared, form.agreed = asked, asked - len(differing(first, answers))
    form.keyed_at, form.keyed_by_id = actor.now, actor.user_id
    facts = {"number": form.number, "compared": asked, "agreed": form.agreed}
    _record(session, form.batch_id, "spot.keyed", actor, facts)


def refuse_own_unit(session: orm.Session, batch_id: int, user_id: int | None) -> None:
    """Raise `InputError` for those who may not key a pile's sample in: who brought it, and the units of its counter."""
    batch, pile = session.get_one(ImportBatch, batch_id), session.get_one(EntryBatch, batch_id)
    person = by_id(session, user_id or 0)
    agency = session.scalars(sa.select(Counter.agency_id).where(Counter.id == pile.counter_id)).one()
    brought = by_id(session, batch.user_id) if batch.user_id else None
    own = {agency, pile.deciding_agency_id, brought.agency_id if brought else None} - {None}
    above = sa.select(Agency.parent_id).where(Agency.id.in_(own))
    if person.role is Role.MANAGER:  # who answers for the unit from above is no stranger to it
        own |= set(session.scalars(above)) - {None}
    if person.id == batch.user_id or person.agency_id in own:
        raise InputError("Somebody of another unit keys the sample in again, not who brought the pile or their unit")


def _record(session: orm.Session, batch_id: int, action: str, actor: Actor, after: dict[str, int]) -> None:
    audit.record(session, action=action, subject=f"entry_batch:{batch_id}", actor=actor, after=after)
    session.flush()
