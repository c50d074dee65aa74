"""Merge agencies into one and split one into several, from a day on. What ended stays, with its results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.errors import InputError
from survey.models import Agency, AgencySuccessor, Counter, CounterDecidingAgency, Service, User
from survey.structure.operations.change_agency import check_can_end, subject
from survey.structure.operations.dated_change import DatedChange, record_change


@dataclass(frozen=True)
class Moved:
    """Counts of what moved to the successor."""

    counters: int = 0
    deciding: int = 0
    accounts: int = 0
    below: int = 0


def merge_agencies(
    session: orm.Session, merged: Sequence[Agency], successor: Agency, change: DatedChange, *, follow: bool
) -> Moved:
    """Merge agencies: they end on the day a successor takes over from them.

    With `follow`, their counters, what they decide on at any counter, their accounts and the agencies below them go to
    the successor at once; old responses stay where they were given. `InputError` when one of them ended before, is the
    successor itself, or the successor does not exist on that day.
    """
    if not merged:
        raise InputError("Choose the agencies that are merged")
    _check_takes_over(successor, change.since)
    total = Moved()
    for agency in merged:
        if agency.id == successor.id:
            raise InputError("%(name)s cannot be merged into itself", field="into", name=agency.name)
        check_can_end(agency, change.since)
        agency.valid_to, agency.successor_id = change.since, successor.id
        session.flush()
        moved = _follow(session, agency, successor, change) if follow else Moved()
        total = Moved(*(a + b for a, b in zip(asdict(total).values(), asdict(moved).values(), strict=True)))
        after = {"valid_to": str(change.since), "successor": successor.code, "moved": asdict(moved)}
        record_change(
            session, change, "agency.merged", subject(agency), before={"valid_to": None, "successor": None}, after=after
        )
    return total


def split_agency(
    session: orm.Session, agency: Agency, parts: Sequence[Agency], change: DatedChange, *, follow: bool
) -> Moved:
    """Split an agency: it ends on the day several take over; its counters and accounts move to the first of them."""
    if len(parts) < 2:
        raise InputError("Choose at least two agencies that take over")
    check_can_end(agency, change.since)
    for part in parts:
        if part.id == agency.id:
            raise InputError("%(name)s cannot be merged into itself", field="into", name=agency.name)
        _check_takes_over(part, change.since)
    agency.valid_to, agency.successor_id = change.since, parts[0].id
    session.add_all(AgencySuccessor(agency_id=agency.id, successor_id=part.id) for part in parts)
    session.flush()
    moved = _follow(session, agency, parts[0], change) if follow else Moved()
    codes = [part.code for part in parts]
    after = {"valid_to": str(change.since), "successors": codes, "moved": asdict(moved)}
    record_change(
        session, change, "agency.split", subject(agency), before={"valid_to": None, "successors": []}, after=after
    )
    return moved


def _check_takes_over(successor: Agency, since: date) -> None:
    if successor.valid_from > since or (successor.valid_to is not None and successor.valid_to <= since):
        raise InputError(
            "%(name)s does not exist on %(day)s and cannot take over",
            field="since",
            name=successor.name,
            day=f"{since:%d/%m/%Y}",
        )


def _follow(session: orm.Session, old: Agency, new: Agency, change: DatedChange) -> Moved:
    """Let an agency's counters, decisions, accounts and the agencies below it go to another."""
    counters = _move_counters(session, old, new, change)
    deciding = _decide(session, old, new)
    accounts = session.scalars(sa.select(User).where(User.agency_id == old.id)).all()
    for account in accounts:
        account.agency_id = new.id
        record_change(
            session,
            change,
            "user.moved",
            f"user:{account.username}",
            before={"agency": old.code},
            after={"agency": new.code},
        )
    below = session.scalars(
        sa.select(Agency).where(Agency.parent_id == old.id, Agency.valid_to.is_(None), Agency.id != new.id)
    ).all()
    for agency in below:
        agency.parent_id = new.id
        record_change(
            session, change, "agency.edited", subject(agency), before={"parent": old.code}, after={"parent": new.code}
        )
    session.flush()
    return Moved(counters, deciding, len(accounts), len(below))


def _move_counters(session: orm.Session, old: Agency, new: Agency, change: DatedChange) -> int:
    """Put an agency's counters under another, with codes and names that are free there; return how many."""
    counters = session.scalars(sa.select(Counter).where(Counter.agency_id == old.id).order_by(Counter.id)).all()
    taken = session.execute(sa.select(Counter.code, Counter.name).where(Counter.agency_id == new.id)).all()
    codes, names = {code for code, _ in taken}, {name.casefold() for _, name in taken}
    for counter in counters:
        before = {"agency": old.code, "code": counter.code, "name": counter.name}
        counter.agency_id = new.id
        counter.code = _free(counter.code, old.code, codes, 32)
        counter.name = _free(counter.name, old.name, names, 200)
        codes.add(counter.code)
        names.add(counter.name.casefold())
        after = {"agency": new.code, "code": counter.code, "name": counter.name}
        record_change(
            session, change, "counter.moved", f"counter:{old.code}/{before['code']}"[:128], before=before, after=after
        )
    session.flush()
    return len(counters)


def _free(wanted: str, owner: str, taken: set[str], limit: int) -> str:
    """A code or name that the new agency's counters do not have yet: itself, or with its old owner's name."""
    free, number = wanted, 2
    while free in taken or free.casefold() in taken:
        tail = f" ({owner})" if limit > 64 else f"-{number}"
        free = f"{wanted[: limit - len(tail)]}{tail}"
        owner, number = f"{owner} {number}", number + 1
    return free


def _decide(session: orm.Session, old: Agency, new: Agency) -> int:
    """Put the new agency in the old one's place at every counter that receives for it, and for every service."""
    session.execute(sa.update(Service).where(Service.deciding_agency_id == old.id).values(deciding_agency_id=new.id))
    at = CounterDecidingAgency
    counters = set(session.scalars(sa.select(at.counter_id).where(at.agency_id == old.id)))
    have = set(session.scalars(sa.select(at.counter_id).where(at.agency_id == new.id)))
    session.execute(sa.delete(at).where(at.agency_id == old.id))
    session.add_all(at(counter_id=counter, agency_id=new.id) for counter in sorted(counters - have))
    session.flush()
    session.expire_all()
    return len(counters)
