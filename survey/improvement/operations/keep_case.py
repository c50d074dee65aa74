"""Receive a case and carry it to its reply: classed, assigned, handed over, answered, approved by a second person.

The clock of the reply counts working days from the first receipt, whoever handles the case: handing over gives no new
time. Each step is an event by the local day; what staff do is in the audit log as well, without a word of the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean, clean_block, searchable
from survey.core.tokens import hash_token
from survey.improvement.case_text import is_priority
from survey.improvement.working_days import FORWARD_DAYS, WorkingCalendar
from survey.models import (
    Agency,
    Case,
    CaseEvent,
    CaseKind,
    CaseOrigin,
    CaseState,
    CaseStep,
    CaseTerm,
    Theme,
    User,
    WorkingDay,
)
from survey.models.cases import MAX_CASE
from survey.results.operations.mask_comment import mask_comment

TERMS = {CaseKind.REPORT: 10, CaseKind.SUGGESTION: 15}
"""Working days within which a kind is answered, unless an administrator set others."""
NOT_HANDLED = frozenset({CaseKind.COMPLAINT, CaseKind.DENUNCIATION, CaseKind.SPAM})
"""Kinds that are closed at once: the first two are told their right address."""
MOST_REPLY = 4000


@dataclass(frozen=True)
class NewCase:
    """A case as it came in."""

    code: str
    agency_id: int
    text: str
    kind: CaseKind = CaseKind.REPORT
    origin: CaseOrigin = CaseOrigin.FORM


def receive_case(session: orm.Session, new: NewCase, *, received_on: date, actor: Actor | None = None) -> Case | None:
    """Store a case; None for one whose code is stored already. `actor`: who took it down; None: the citizen's own form.

    Nothing but the local day is kept of when it came. `InputError` for an empty or too long text.
    """
    text = clean_block(new.text)
    if not text:
        raise InputError("Write what you want to tell us", field="text")
    if len(text) > MAX_CASE:
        raise InputError(
            "The text has %(length)s characters; at most %(most)s fit", field="text", length=len(text), most=MAX_CASE
        )
    code_hash = hash_token(new.code)
    if session.scalar(sa.select(sa.exists().where(Case.code_hash == code_hash))):
        return None
    calendar, priority, masked = calendar_of(session), is_priority(text), mask_comment(text).text
    case = Case(
        code_hash=code_hash,
        agency_id=new.agency_id,
        kind=new.kind,
        origin=new.origin,
        state=CaseState.NEW,
        text=text,
        masked=masked,
        search=searchable(masked),
        priority=priority,
        released=not priority,
        received_on=received_on,
        arrived_on=received_on,
        due_on=calendar.after(received_on, _term(session, new.kind)),
        forward_by=calendar.after(received_on, FORWARD_DAYS),
        owner="",
        reply="",
        helped_why="",
    )
    session.add(case)
    session.flush()
    _event(session, case, CaseStep.RECEIVED, received_on, actor)
    if new.kind in NOT_HANDLED:
        _close(case, received_on)
    return case


def class_case(
    session: orm.Session, case: Case, *, kind: CaseKind, theme: Theme | None, on: date, actor: Actor
) -> None:
    """Say of what kind a case is and what it speaks of. Complaints, denunciations and spam are closed by it."""
    _refuse_closed(case)
    before = {"kind": case.kind.value, "theme": case.theme.value if case.theme else None}
    case.kind, case.theme = kind, theme
    case.due_on = calendar_of(session).after(case.received_on, _term(session, kind))
    after = {"kind": kind.value, "theme": theme.value if theme else None}
    _event(session, case, CaseStep.CLASSED, on, actor, before=before, after=after)
    if kind in NOT_HANDLED:
        _close(case, on)


def assign_case(session: orm.Session, case: Case, *, owner: str, handler: User | None, on: date, actor: Actor) -> None:
    """Name the position that handles a case, and the account that may read and answer it."""
    _refuse_closed(case)
    owner = clean(owner)
    if not owner:
        raise InputError("Name the position that handles it", field="owner")
    before = {"owner": case.owner or None, "handler": case.handler_id}
    case.owner, case.handler_id = owner[:200], handler.id if handler else None
    case.state = CaseState.WORKING if case.state is CaseState.NEW else case.state
    after = {"owner": case.owner, "handler": case.handler_id}
    _event(session, case, CaseStep.ASSIGNED, on, actor, before=before, after=after)


def hand_over(session: orm.Session, case: Case, *, to: Agency, reason: str, on: date, actor: Actor) -> None:
    """Hand a case to the agency that is competent, with the reason; a priority case is thereby let go to it.

    The day by which the citizen is to be answered stays.
    """
    _refuse_closed(case)
    if to.id == case.agency_id and case.released:
        raise InputError("This agency has the case already", field="agency")
    reason = clean_block(reason)
    if not reason and case.released:
        raise InputError("Say why another agency is competent", field="reason")
    step = CaseStep.HANDED_OVER if to.id != case.agency_id else CaseStep.RELEASED
    before = {"agency_id": case.agency_id}
    late = on > case.forward_by
    case.agency_id, case.released = to.id, True
    case.owner, case.handler_id, case.state = "", None, CaseState.NEW
    case.reply, case.replied_by_id = "", None
    case.arrived_on, case.forward_by = on, calendar_of(session).after(on, FORWARD_DAYS)
    after = {"agency_id": to.id, "late": late}
    _event(session, case, step, on, actor, text=reason[:1000], before=before, after=after)


def write_reply(session: orm.Session, case: Case, *, text: str, on: date, actor: Actor) -> None:
    """Write the reply; it waits for a second person to approve it."""
    _refuse_closed(case)
    text = clean_block(text)
    if not text:
        raise InputError("Write the reply", field="reply")
    if len(text) > MOST_REPLY:
        raise InputError(
            "The text has %(length)s characters; at most %(most)s fit", field="reply", length=len(text), most=MOST_REPLY
        )
    case.reply, case.replied_by_id, case.state = text, actor.user_id, CaseState.REPLIED
    _event(session, case, CaseStep.REPLIED, on, actor)


def approve_reply(session: orm.Session, case: Case, *, on: date, actor: Actor) -> None:
    """Approve a reply: the citizen reads it from now on, and the case is closed. Not by whoever wrote it."""
    _refuse_unless_replied(case)
    if actor.user_id == case.replied_by_id:
        raise InputError("You wrote this reply; a second person must approve it")
    case.approved_by_id = actor.user_id
    _close(case, on)
    _event(session, case, CaseStep.APPROVED, on, actor)


def return_reply(session: orm.Session, case: Case, *, remark: str, on: date, actor: Actor) -> None:
    """Send a reply back to its author, with a remark."""
    _refuse_unless_replied(case)
    remark = clean_block(remark)
    if not remark:
        raise InputError("Say what is still missing", field="remark")
    case.state = CaseState.WORKING
    _event(session, case, CaseStep.RETURNED, on, actor, text=remark[:1000])


def rate_reply(session: orm.Session, case: Case, *, helped: bool, why: str, on: date) -> None:
    """Keep what the citizen says of the reply, once."""
    if case.state is not CaseState.CLOSED or not case.reply or case.helped is not None:
        raise InputError("This reply cannot be rated, or was rated already")
    case.helped, case.helped_why = helped, mask_comment(clean_block(why)[:1000]).text[:1000]
    _event(session, case, CaseStep.RATED, on, None)


def note_reading(session: orm.Session, case: Case, *, actor: Actor) -> None:
    """Write down that somebody read what the citizen wrote, unmasked."""
    audit.record(session, action="case.read", subject=f"case:{case.id}", actor=actor)


def empty_old_cases(session: orm.Session, closed_before: date) -> int:
    """Empty the words of cases closed before a day; state, days and rating stay. Return how many were emptied.

    SQLite overwrites them at once; PostgreSQL keeps the rows of before in its file until `purge` writes it anew.
    """
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql("PRAGMA secure_delete = ON")
    emptied = session.execute(
        sa.update(Case)
        .where(Case.closed_on < closed_before, sa.or_(Case.text != "", Case.masked != "", Case.reply != ""))
        .values(text="", masked="", search="", reply="", helped_why="")
        .execution_options(synchronize_session=False)
    )
    return int(emptied.rowcount)  # type: ignore[attr-defined]


def set_calendar(
    session: orm.Session, *, terms: Mapping[CaseKind, int], days: Mapping[date, tuple[bool, str]], actor: Actor
) -> None:
    """Set the terms and the days that differ from the calendar; `days`: day → (whether it is worked, name)."""
    session.execute(sa.delete(CaseTerm))
    session.execute(sa.delete(WorkingDay))
    session.add_all(CaseTerm(kind=kind, days=count) for kind, count in terms.items())
    session.add_all(WorkingDay(day=day, works=works, name=name[:200]) for day, (works, name) in days.items())
    after = {kind.value: count for kind, count in terms.items()} | {"days": len(days)}
    audit.record(session, action="case.calendar_set", subject="installation", actor=actor, after=after)


def calendar_of(session: orm.Session) -> WorkingCalendar:
    """The calendar in force."""
    return WorkingCalendar({row.day: row.works for row in session.scalars(sa.select(WorkingDay))})


def _term(session: orm.Session, kind: CaseKind) -> int:
    stored = session.get(CaseTerm, kind)
    return stored.days if stored else TERMS.get(kind, TERMS[CaseKind.REPORT])


def _close(case: Case, on: date) -> None:
    case.state, case.closed_on = CaseState.CLOSED, on


def _refuse_closed(case: Case) -> None:
    if case.state is CaseState.CLOSED:
        raise InputError("This case is closed; nothing was changed")


def _refuse_unless_replied(case: Case) -> None:
    if case.state is not CaseState.REPLIED:
        raise InputError("This case has no reply that waits for approval")


def _event(
    session: orm.Session,
    case: Case,
    step: CaseStep,
    on: date,
    actor: Actor | None,
    *,
    text: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add an event; of what an account does also a line in the audit log, without a word of what was written."""
    number = session.scalar(sa.select(sa.func.count()).where(CaseEvent.case_id == case.id)) or 0
    facts = {"before": dict(before), "after": dict(after or {})} if before else None
    by_id = actor.user_id if actor else None
    session.add(CaseEvent(case_id=case.id, number=number + 1, on=on, step=step, by_id=by_id, text=text, facts=facts))
    session.flush()
    if actor is not None:
        audit.record(session, action=f"case.{step}", subject=f"case:{case.id}", actor=actor, before=before, after=after)
