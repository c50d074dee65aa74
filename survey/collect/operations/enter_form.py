"""Key in paper forms and interviews: piles, their forms, and the second pass over a sample."""

from __future__ import annotations

import enum
import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.queries.users import is_judged
from survey.collect.operations.record_response import Outcome, Submission, is_recorded, record_response
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import (
    WAITING,
    BatchKind,
    Channel,
    Counter,
    EntryBatch,
    EntryForm,
    ImportBatch,
    Response,
    Round,
    RoundState,
)
from survey.questionnaires.definition import HIDDEN
from survey.structure.queries.rounds import local_day
from survey.structure.queries.scope import covers

CHANNELS = (Channel.PAPER, Channel.PHONE, Channel.INTERVIEWER)
LANGUAGE = "vi"
"""Paper forms are keyed in from the Vietnamese wording."""


@dataclass(frozen=True)
class Pile:
    """What a pile of forms has in common."""

    round: Round
    counter: Counter
    deciding_agency_id: int
    service_id: int | None
    channel: Channel
    form_date: date


class Entered(enum.StrEnum):
    """What became of a form that was keyed in."""

    STORED = "stored"
    #: the same page was sent twice: nothing new
    REPEATED = "repeated"
    #: another form has the number already: this one waits for the next number
    NUMBER_TAKEN = "number_taken"


def begin_pile(session: orm.Session, pile: Pile, *, actor: Actor) -> EntryBatch:
    """Begin a pile of forms; `InputError` when its round, day or channel cannot be."""
    round_ = pile.round
    today = local_day(round_, actor.now)
    if round_.state not in {RoundState.OPEN, RoundState.CLOSED}:
        raise InputError(
            "Forms can be keyed in while a round is open or closed, not before it opens nor once published",
            field="round",
        )
    if not covers(round_, pile.counter):
        raise InputError("The round is not held at this counter: choose another round or counter", field="round")
    if pile.channel not in CHANNELS:
        raise InputError(
            "Choose how the answers were given: on paper, by telephone or to an interviewer", field="channel"
        )
    if not round_.opens_on <= pile.form_date <= round_.last_day or pile.form_date > today:
        raise InputError(
            "The day of the forms must lie within the round, from %(first)s to %(last)s, and not after today",
            field="form_date",
            first=f"{round_.opens_on:%d/%m/%Y}",
            last=f"{min(round_.last_day, today):%d/%m/%Y}",
        )
    batch = ImportBatch(
        kind=BatchKind.RESPONSES,
        round_id=round_.id,
        source=f"{pile.channel} {pile.counter.code} {pile.form_date}",
        content_hash=hashlib.sha256(secrets.token_bytes(32)).hexdigest(),
        rows=0,
        created_at=actor.now,
        user_id=actor.user_id,
        undo={},
    )
    session.add(batch)
    session.flush()
    made = EntryBatch(
        batch_id=batch.id,
        counter_id=pile.counter.id,
        deciding_agency_id=pile.deciding_agency_id,
        service_id=pile.service_id,
        channel=pile.channel,
        form_date=pile.form_date,
        check_every=round_.second_pass,  # a rule of the round, not of who keys in
        started_at=actor.now,
    )
    session.add(made)
    session.flush()
    after = {"round": round_.code, "counter": pile.counter.code, "channel": pile.channel.value}
    after |= {"form_date": str(pile.form_date), "check_every": str(round_.second_pass)}
    audit_pile(session, made, "entry.begun", actor, after)
    return made


def enter_form(
    session: orm.Session,
    batch: EntryBatch,
    round_: Round,
    *,
    number: int,
    key: str,
    answers: str,
    comment: str,
    actor: Actor,
) -> Entered:
    """Store one form of a pile under its running number. `InputError` when the pile takes no more.

    What a person of a unit keys in waits, and so does all that comes to such a pile, until an evaluator releases it.
    """
    pile = locked_pile(session, batch)
    if is_recorded(session, key):  # asked once the row is ours, so that two equal posts at one instant are one form
        return Entered.REPEATED
    if number != pile.rows + 1:
        return Entered.NUMBER_TAKEN
    if batch.ended_at is not None:
        raise InputError("This pile was ended; begin a new one for more forms")
    pile.waiting = pile.waiting or is_judged(session, actor.user_id)
    excluded = WAITING if pile.waiting else None
    store_form_of_pile(
        session, batch, round_, key=key, answers=answers, comment=comment, now=actor.now, excluded=excluded
    )
    pile.rows = number
    sampled = batch.check_every > 0 and number % batch.check_every == 0
    session.add(EntryForm(batch_id=batch.batch_id, number=number, response_key=key, sampled=sampled))
    session.flush()
    audit_pile(session, batch, "entry.form_stored", actor, {"number": number})
    return Entered.STORED


def check_form(
    session: orm.Session,
    batch: EntryBatch,
    form: EntryForm,
    second: str,
    *,
    actor: Actor,
) -> int:
    """Compare a second pass with what is stored; return how many questions differ. The first comparison counts."""
    locked_pile(session, batch)
    if form.compared is not None:
        return len(differing(answers_in_force(session, form), form.second)) if form.second else 0
    first = answers_in_force(session, form)
    differ = differing(first, second)
    asked = sum(1 for a, b in zip(first, second, strict=True) if (a, b) != (HIDDEN, HIDDEN))
    form.sampled = True
    form.compared, form.agreed = asked, asked - len(differ)
    form.second = second if differ else None
    after = {"number": form.number, "compared": asked, "agreed": form.agreed}
    audit_pile(session, batch, "entry.form_checked", actor, after)
    return len(differ)


def end_pile(session: orm.Session, batch: EntryBatch, *, actor: Actor) -> None:
    """Note that a pile is done; `InputError` while forms of the sample wait for their second pass."""
    pile = locked_pile(session, batch)
    if batch.ended_at is not None:
        return
    waiting = session.scalars(
        sa.select(EntryForm.number)
        .where(
            EntryForm.batch_id == batch.batch_id,
            EntryForm.sampled.is_(True),
            sa.or_(EntryForm.compared.is_(None), EntryForm.second.is_not(None)),
        )
        .order_by(EntryForm.number)
    ).all()
    if waiting:
        raise InputError(
            "First key in the sample a second time and settle the differences: form %(numbers)s",
            numbers=", ".join(map(str, waiting)),
        )
    batch.ended_at = actor.now
    compared, agreed = session.execute(
        sa.select(sa.func.sum(EntryForm.compared), sa.func.sum(EntryForm.agreed)).where(
            EntryForm.batch_id == batch.batch_id
        )
    ).one()
    after = {"forms": pile.rows, "compared": int(compared or 0), "agreed": int(agreed or 0)}
    audit_pile(session, batch, "entry.ended", actor, after)


def differing(first: str, second: str | None) -> list[int]:
    """The positions (from 0) at which two passes differ."""
    return [k for k, (a, b) in enumerate(zip(first, second or first, strict=True)) if a != b]


def day_instant(day: date, zone: str, now: datetime) -> datetime:
    """An instant that lies in a local day for certain and not in the future: noon, or now."""
    noon = datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC)
    return min(noon, now)


def store_form_of_pile(
    session: orm.Session,
    batch: EntryBatch,
    round_: Round,
    *,
    key: str,
    answers: str,
    comment: str,
    now: datetime,
    excluded: str | None = None,
) -> None:
    """Store the answers of a form of a pile, dated by the day on the paper."""
    submission = Submission(
        key=key,
        round_id=round_.id,
        zone=round_.zone,
        counter_id=batch.counter_id,
        deciding_agency_id=batch.deciding_agency_id,
        service_id=batch.service_id,
        channel=batch.channel,
        language=LANGUAGE,
        answers=answers,
        comment=comment,
        given_at=day_instant(batch.form_date, round_.zone, now),
        batch_id=batch.batch_id,
        excluded=excluded,
    )
    if record_response(session, submission, now) is not Outcome.ACCEPTED:
        raise InputError("Please press the button once more.")


def answers_in_force(session: orm.Session, form: EntryForm) -> str:
    """The packed answers in force of a form."""
    return session.scalars(sa.select(Response.answers).where(Response.key == form.response_key)).one()


def locked_pile(session: orm.Session, batch: EntryBatch) -> ImportBatch:
    """The batch with its row locked, so that two people at one pile take turns; refuse an undone one."""
    pile = session.scalars(sa.select(ImportBatch).where(ImportBatch.id == batch.batch_id).with_for_update()).one()
    session.refresh(pile)
    if pile.refusal is not None:
        raise InputError("An evaluator refused this pile; nothing can be added to it")
    if pile.undone_at is not None:
        raise InputError("This pile was taken back; nothing can be added to it")
    round_state = session.scalar(sa.select(Round.state).where(Round.id == pile.round_id))
    if round_state is RoundState.PUBLISHED:
        raise InputError("The round is published; its answers can no longer change")
    return pile


def audit_pile(
    session: orm.Session,
    batch: EntryBatch,
    action: str,
    actor: Actor,
    after: dict[str, str] | dict[str, int],
) -> None:
    """Write an event of a pile into the audit log."""
    audit.record(session, action=action, subject=f"entry_batch:{batch.batch_id}", actor=actor, after=dict(after))
