"""Let a program in by the API, and shut it out again."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean
from survey.core.tokens import hash_token
from survey.models import ApiClient

SCOPES = ("published", "results", "receipts")
"""What a program may do: read what is published, read all results, be issued codes for receipts."""
PREFIX = "sipas_"
"""Lets scanners of source code recognise a token that slipped into a repository."""


def create_api_client(session: orm.Session, *, name: str, scopes: Sequence[str], actor: Actor) -> tuple[ApiClient, str]:
    """A client and its token, which is never seen again. `InputError` without a name or for unknown scopes."""
    name = clean(name)
    if not name or len(name) > 200:
        raise InputError("Give the program a name of 1 to 200 characters", field="name")
    wrong = sorted(set(scopes) - set(SCOPES))
    if wrong or not scopes:
        raise InputError("The scopes are: %(scopes)s", field="scopes", scopes=", ".join(SCOPES))
    token = PREFIX + secrets.token_urlsafe(32)
    client = ApiClient(
        name=name,
        token_hash=hash_token(token),
        scopes=sorted(set(scopes)),
        created_at=actor.now,
        created_by_id=actor.user_id,
    )
    session.add(client)
    session.flush()
    after = {"name": name, "scopes": client.scopes}
    audit.record(session, action="api_client.created", subject=f"api_client:{client.id}", actor=actor, after=after)
    return client, token


def revoke_api_client(session: orm.Session, client: ApiClient, *, actor: Actor) -> None:
    """Make a client's token open nothing; one revoked already stays as it is."""
    if client.revoked_at is not None:
        return
    client.revoked_at = actor.now
    audit.record(
        session,
        action="api_client.revoked",
        subject=f"api_client:{client.id}",
        actor=actor,
        before={"name": client.name},
    )
