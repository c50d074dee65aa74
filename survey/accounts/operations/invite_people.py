"""Invite many people at once: those of a table, all or none, and those whose links are too old."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import orm

from survey.accounts.operations.create_user import create_user
from survey.accounts.operations.invitations import invite
from survey.accounts.people_table import KnownAccounts, Person, read_people
from survey.accounts.queries.agencies import open_agency_names
from survey.accounts.queries.invitations import people_with_expired_links
from survey.accounts.queries.users import all_users
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import User
from survey.spreadsheets.read import Table


@dataclass(frozen=True)
class Invited:
    """An account and the token of its link, which is stored nowhere."""

    user: User
    token: str


def look_at_people(session: orm.Session, table: Table) -> list[Person]:
    """Who a table would invite; nothing is stored. Errors as `read_people`."""
    return read_people(table, KnownAccounts.of(open_agency_names(session), all_users(session)))


def invite_people(session: orm.Session, table: Table, *, actor: Actor) -> list[Invited]:
    """Make an account and a link for everybody in a table, in its order. Errors as `read_people`: nothing is stored.

    Accounts and links are written down one by one, as those made singly are.
    """
    invited = []
    for person in look_at_people(session, table):
        user = create_user(
            session,
            username=person.username,
            display_name=person.name,
            password=None,
            role=person.role,
            agency_id=person.agency_id,
            actor=actor,
        )
        invited.append(Invited(user, invite(session, user, actor=actor)))
    return invited


def invite_expired_again(session: orm.Session, *, actor: Actor) -> list[Invited]:
    """A new link for everybody whose last one is too old. `InputError` where there is nobody."""
    people = people_with_expired_links(session, actor.now)
    if not people:
        raise InputError("No invitation has expired.")
    return [Invited(user, invite(session, user, actor=actor)) for user in people]
