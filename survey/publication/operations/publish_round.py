"""Drafting, reviewing, publishing and withdrawing an edition of a round's results. Two people are needed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import orm

from scoring.scheme import Rules
from survey.accounts.operations import audit
from survey.accounts.operations.seal_audit import seal_audit
from survey.collect.queries.counters import late_until
from survey.collect.queries.evidence import waiting_batches
from survey.collect.queries.withdrawals import waiting_withdrawals
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean
from survey.models import Publication, PublicationState, Round, RoundState, User
from survey.publication.editions import content_of
from survey.publication.queries.four_eyes import WAIT, assess_four_eyes
from survey.structure.operations.settle_figures import settle_figures
from survey.structure.queries.counted import live_stamp

PENDING = (PublicationState.DRAFT, PublicationState.REVIEWED)


def draft_publication(
    session: orm.Session,
    round_: Round,
    *,
    content: str,
    results_hash: str,
    actor: Actor,
    reason: str = "",
) -> Publication:
    """Keep frozen results (see `survey.publication.editions.freeze`) as a draft for a second person to review.

    Raises `InputError` while the round takes answers, those of forms already open included, while another draft or a
    batch of a unit waits, and for a correction without a reason.
    """
    if round_.state not in (RoundState.CLOSED, RoundState.PUBLISHED):
        raise InputError("Round %(code)s still takes answers; close it before publishing it", code=round_.code)
    if actor.now < late_until(round_):
        raise InputError(
            "Forms that people had open when round %(code)s ended come in for half an hour; freeze it after that",
            code=round_.code,
        )
    waiting = session.scalars(
        sa.select(Publication.id).where(Publication.round_id == round_.id, Publication.state.in_(PENDING))
    ).first()
    if waiting is not None:
        raise InputError("A draft of round %(code)s waits already; review or withdraw it first", code=round_.code)
    batches, responses = waiting_batches(session, round_.id)
    if batches:
        raise InputError(
            "Batches that wait: %(batches)d, with %(responses)d responses. Release or refuse each before the results "
            "of round %(code)s are frozen",
            batches=batches,
            responses=responses,
            code=round_.code,
        )
    withdrawals = waiting_withdrawals(session, round_.id)
    if withdrawals:
        raise InputError(
            "Withdrawals that wait: %(n)d. Agree to or refuse each before the results of round %(code)s are frozen",
            n=withdrawals,
            code=round_.code,
        )
    reason = clean(reason)
    if _latest_edition(session, round_) and not reason:
        raise InputError("Say why a new edition of round %(code)s is needed", field="reason", code=round_.code)
    made = Publication(
        round_id=round_.id,
        content=content,
        results_hash=results_hash,
        reason=reason[:1000] or None,
        drafted_by_id=actor.user_id,
        drafted_at=actor.now,
    )
    session.add(made)
    session.flush()
    _record(session, made, round_, "publication.drafted", actor, {"results_hash": results_hash})
    return made


def review_publication(session: orm.Session, publication: Publication, *, actor: Actor) -> None:
    """Say that a second person has looked through a draft.

    `InputError` for its own author, and where the two accounts may be one person's (`assess_four_eyes`).
    """
    _expect(publication, PublicationState.DRAFT)
    if publication.drafted_by_id == actor.user_id:
        raise InputError("A second person must review it: you made this draft yourself")
    second = session.get_one(User, actor.user_id)
    for problem in assess_four_eyes(session, publication.drafted_by, second, actor.now).problems:
        raise problem
    publication.state = PublicationState.REVIEWED
    publication.reviewed_by_id, publication.reviewed_at = actor.user_id, actor.now
    _record(session, publication, publication.round, "publication.reviewed", actor)


def publish(session: orm.Session, publication: Publication, *, actor: Actor) -> None:
    """Open a reviewed draft to everyone, as the round's next edition.

    `InputError` where the counted responses changed since it was frozen, where the two accounts may be one person's by
    now, and for `WAIT` after the review where the one administrator of the installation made both: evaluators are told
    of it meanwhile.
    """
    _expect(publication, PublicationState.REVIEWED)
    first, second = publication.drafted_by, publication.reviewed_by
    if second is None or publication.reviewed_at is None:
        raise ValueError("a reviewed publication has its reviewer")
    eyes = assess_four_eyes(session, first, second, actor.now)
    for problem in eyes.problems:
        raise problem
    if eyes.one_administrator and actor.now < publication.reviewed_at + WAIT:
        raise InputError(
            "One administrator made both accounts, and this installation has no other: it can be published from "
            "%(moment)s, %(hours)d hours after the review",
            moment=f"{(publication.reviewed_at + WAIT).astimezone(ZoneInfo(publication.round.zone)):%H:%M %d/%m/%Y}",
            hours=WAIT // timedelta(hours=1),
        )
    as_settled = _is_settled(session, publication)
    publication.people = eyes.facts(first, second)
    publication.edition = _latest_edition(session, publication.round) + 1
    publication.state = PublicationState.PUBLISHED
    publication.published_by_id, publication.published_at = actor.user_id, actor.now
    publication.round.state = RoundState.PUBLISHED
    session.flush()
    if not as_settled:
        settle_figures(session, publication.round)  # an edition is what everyone sees, late changes included
    facts: dict[str, Any] = {"edition": publication.edition}
    rules = Rules.from_mapping(content_of(publication)["rules"])
    if rules != Rules.from_mapping(publication.round.rules):
        publication.round.rules = rules.to_mapping()  # pages of the round follow its newest edition
        facts["rules"] = "renewed"
    _record(session, publication, publication.round, "publication.published", actor, facts)
    publication.audit_head = seal_audit(session)  # of a log that has this publication in it


def _is_settled(session: orm.Session, publication: Publication) -> bool:
    """Say whether an edition counts what units see already; `InputError` where it is neither that nor all there is."""
    counted = content_of(publication).get("counted")
    if counted is None or counted == list(live_stamp(session, publication.round_id)):
        return False
    if counted != publication.round.settled:
        raise InputError(
            "Responses came or went since this draft was frozen, and units may see other figures than it has; withdraw "
            "it and freeze the results again"
        )
    return True


def withdraw_publication(session: orm.Session, publication: Publication, *, actor: Actor) -> None:
    """Put a draft aside that was not published; what is published stays."""
    if publication.state not in PENDING:
        raise InputError("Only a draft can be withdrawn; correct what is published by a new edition")
    publication.state = PublicationState.WITHDRAWN
    _record(session, publication, publication.round, "publication.withdrawn", actor)


def _latest_edition(session: orm.Session, round_: Round) -> int:
    latest = session.scalar(sa.select(sa.func.max(Publication.edition)).where(Publication.round_id == round_.id))
    return latest or 0


def _expect(publication: Publication, state: PublicationState) -> None:
    if publication.state is not state:
        raise InputError(
            "This edition is %(found)s, not %(expected)s; open the page again",
            found=publication.state.value,
            expected=state.value,
        )


def _record(
    session: orm.Session,
    publication: Publication,
    round_: Round,
    action: str,
    actor: Actor,
    more: dict[str, Any] | None = None,
) -> None:
    after = {"publication": publication.id, **(more or {})}
    audit.record(session, action=action, subject=f"round:{round_.code}", actor=actor, after=after)
