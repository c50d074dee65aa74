"""What was told to the public, word for word as it was told, and who asked for figures by program."""

from __future__ import annotations

import enum
import json
from datetime import date, datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, choice, intpk
from survey.models.rounds import Round
from survey.models.users import User


class PublicationState(enum.StrEnum):
    """How far an edition has come."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"  # never published


class Publication(Base):
    """An edition of a round's results: frozen when drafted, reviewed by a second person, then published.

    The database refuses to alter what was frozen. A correction is a new edition with its reason; the earlier ones stay.
    """

    __tablename__ = "publication"
    __table_args__ = (
        sa.UniqueConstraint("round_id", "edition"),
        sa.CheckConstraint("edition >= 1", name="edition_from_one"),
        sa.CheckConstraint("length(results_hash) = 64", name="results_hash_sha256"),
        sa.CheckConstraint("reviewed_by_id <> drafted_by_id", name="reviewed_by_a_second_person"),
        sa.CheckConstraint(
            "state NOT IN ('reviewed', 'published') OR reviewed_by_id IS NOT NULL", name="reviewed_before_published"
        ),
        sa.CheckConstraint(
            "(state = 'published') = (edition IS NOT NULL AND published_at IS NOT NULL)", name="published_has_edition"
        ),
    )

    id: Mapped[intpk]
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"))
    #: 1, 2, … within the round, given when it is published
    edition: Mapped[int | None]
    state: Mapped[PublicationState] = mapped_column(choice(PublicationState, "state"), default=PublicationState.DRAFT)
    #: why an edition follows another; null for the first
    reason: Mapped[str | None] = mapped_column(sa.String(1000))
    #: everything that was frozen, as canonical JSON (see `survey.publication.editions`)
    content: Mapped[str] = mapped_column(sa.Text)
    #: SHA-256 over the canonical results
    results_hash: Mapped[str] = mapped_column(sa.String(64))
    drafted_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    drafted_at: Mapped[datetime]
    #: never the person who drafted it
    reviewed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None]
    published_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    published_at: Mapped[datetime | None]
    #: the decision that approves and publishes it: number, for example `123/QĐ-UBND`, day, and address; null before
    decision_number: Mapped[str | None] = mapped_column(sa.String(100))
    decision_on: Mapped[date | None]
    decision_link: Mapped[str | None] = mapped_column(sa.String(300))
    #: head of the audit log's hash chain when it was published; null before, and in editions of version 0.1
    audit_head: Mapped[str | None] = mapped_column(sa.String(64))
    #: whose accounts froze and reviewed it and who had made these, when it was published; null in older editions
    people: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)

    round: Mapped[Round] = orm.relationship()
    drafted_by: Mapped[User] = orm.relationship(foreign_keys=[drafted_by_id])
    reviewed_by: Mapped[User | None] = orm.relationship(foreign_keys=[reviewed_by_id])
    published_by: Mapped[User | None] = orm.relationship(foreign_keys=[published_by_id])

    @cached_property
    def parsed(self) -> dict[str, Any]:
        """The content as JSON, parsed once for each loaded row: what was frozen never changes. Not to be altered."""
        parsed: dict[str, Any] = json.loads(self.content)
        return parsed


class ApiClient(Base):
    """API client: a program that may read results. Its token is shown once and stored as a hash alone."""

    __tablename__ = "api_client"
    __table_args__ = (
        sa.CheckConstraint("length(name) > 0", name="name_not_empty"),
        sa.CheckConstraint("length(token_hash) = 64", name="token_hash_sha256"),
        sa.CheckConstraint("revoked_at IS NULL OR revoked_at >= created_at", name="revoked_after_created"),
    )

    id: Mapped[intpk]
    #: who it is for, as an administrator calls it
    name: Mapped[str] = mapped_column(sa.String(200))
    #: SHA-256 of the token, which has 256 random bits and therefore needs no slow hash
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    #: what it may read: `published`, `results` (rounds not published yet)
    scopes: Mapped[list[Any]] = mapped_column(sa.JSON, default=list)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    revoked_at: Mapped[datetime | None]
