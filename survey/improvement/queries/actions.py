"""The register of actions: one of them with its history and evidence, and those of agencies."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import (
    Action,
    ActionEvent,
    ActionEvidence,
    ActionState,
    ActionStep,
    Agency,
    AgencyKind,
    PlanRequest,
    Population,
    Round,
    RoundState,
)
from survey.models import User as Account

WORKED = (ActionStep.ENTERED, ActionStep.DONE)
"""Steps of those who may not accept an action themselves."""


def find(session: orm.Session, number: int) -> Action | None:
    """An action with its round and agency."""
    return session.scalars(
        sa.select(Action)
        .where(Action.id == number)
        .options(orm.joinedload(Action.round), orm.joinedload(Action.agency))
    ).first()


def actions_of(session: orm.Session, visible: Collection[str] | None) -> Sequence[Action]:
    """The actions of the visible agencies (None: of all) with round and agency: the next due first."""
    query = (
        sa.select(Action)
        .join(Action.agency)
        .options(orm.joinedload(Action.round).joinedload(Round.version), orm.contains_eager(Action.agency))
        .order_by(Action.due_on, Action.id)
    )
    if visible is not None:
        query = query.where(Agency.code.in_(visible))
    return session.scalars(query).all()


def events(session: orm.Session, number: int) -> list[tuple[ActionEvent, str]]:
    """The history of an action, the newest first, each event with the name of who it was."""
    query = (
        sa.select(ActionEvent, Account.display_name)
        .join(Account, Account.id == ActionEvent.by_id)
        .where(ActionEvent.action_id == number)
        .order_by(ActionEvent.id.desc())
    )
    return [(event, name) for event, name in session.execute(query)]


def workers(session: orm.Session, number: int) -> frozenset[int]:
    """The accounts that entered an action or reported it as done."""
    return frozenset(
        session.scalars(
            sa.select(ActionEvent.by_id).where(ActionEvent.action_id == number, ActionEvent.step.in_(WORKED))
        )
    )


def evidence(session: orm.Session, number: int) -> Sequence[ActionEvidence]:
    """The files of an action without their bytes, in the order in which they came."""
    return session.scalars(
        sa.select(ActionEvidence).where(ActionEvidence.action_id == number).order_by(ActionEvidence.id)
    ).all()


def evidence_file(session: orm.Session, number: int, place: int) -> ActionEvidence | None:
    """One file of an action with its bytes; `place` counts from 1."""
    return session.scalars(
        sa.select(ActionEvidence)
        .where(ActionEvidence.action_id == number)
        .order_by(ActionEvidence.id)
        .offset(place - 1)
        .limit(1)
        .options(orm.undefer(ActionEvidence.data))
    ).first()


def answered_by(session: orm.Session, round_id: int, agency_id: int) -> tuple[Round, Agency]:
    """The round and the agency that a new action is about."""
    return session.get_one(Round, round_id), session.get_one(Agency, agency_id)


def requests(session: orm.Session, visible: Collection[str] | None) -> Sequence[PlanRequest]:
    """The requests for a plan to the visible agencies (None: to all), the newest first."""
    query = (
        sa.select(PlanRequest)
        .join(PlanRequest.agency)
        .options(orm.joinedload(PlanRequest.round), orm.contains_eager(PlanRequest.agency))
        .order_by(PlanRequest.id.desc())
    )
    if visible is not None:
        query = query.where(Agency.code.in_(visible))
    return session.scalars(query).all()


def judged_agencies(session: orm.Session, round_id: int) -> Sequence[Agency]:
    """The agencies with transactions in a round that have not ended, by name."""
    of_round = sa.select(Population.agency_id).where(Population.round_id == round_id)
    return session.scalars(
        sa.select(Agency).where(Agency.id.in_(of_round), Agency.valid_to.is_(None)).order_by(Agency.name, Agency.id)
    ).all()


def agencies_by_code(session: orm.Session, codes: Collection[str]) -> Sequence[Agency]:
    """Agencies by their codes, in the order of names."""
    return session.scalars(sa.select(Agency).where(Agency.code.in_(codes)).order_by(Agency.name, Agency.id)).all()


def public_actions(session: orm.Session, agency: str = "") -> Sequence[Action]:
    """The accepted actions that answer to a published round, of an agency or of all, the newest first."""
    query = (
        sa.select(Action)
        .join(Action.agency)
        .join(Action.round)
        .where(Action.accepted_at.is_not(None), Round.state == RoundState.PUBLISHED)
        .options(orm.contains_eager(Action.round).joinedload(Round.version), orm.contains_eager(Action.agency))
        .order_by(Action.accepted_at.desc(), Action.id.desc())
    )
    if agency:
        query = query.where(Agency.code == agency)
    return session.scalars(query).all()


def actions_of_round(session: orm.Session, round_id: int) -> Sequence[Action]:
    """The actions that answer to a round and were not dropped, with their agency: accepted ones newest first."""
    return session.scalars(
        sa.select(Action)
        .join(Action.agency)
        .where(Action.round_id == round_id, Action.state != ActionState.DROPPED)
        .options(orm.contains_eager(Action.agency))
        .order_by(Action.accepted_at.desc(), Action.due_on, Action.id.desc())
    ).all()


def root_agency(session: orm.Session) -> Agency | None:
    """The province, the agency above all others; None without one."""
    return session.scalars(
        sa.select(Agency).where(Agency.kind == AgencyKind.PROVINCE, Agency.parent_id.is_(None)).order_by(Agency.id)
    ).first()
