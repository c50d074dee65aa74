"""Questionnaires as stored data. The YAML files in `survey/questionnaires/` are loaded into these tables."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, choice, intpk


class SlotKind(enum.StrEnum):
    """What a position of the packed answers holds."""

    SATISFACTION = "satisfaction"  # an item of the index, 1..5
    NEED = "need"  # rated, never part of the index: the overall question, and needs
    RESPONDENT = "respondent"  # a question about the respondent or the dossier


class Questionnaire(Base):
    """A questionnaire under one name through its versions."""

    __tablename__ = "questionnaire"

    id: Mapped[intpk]
    #: for example `sipas-service-16`
    code: Mapped[str] = mapped_column(sa.String(64), unique=True)
    #: results are comparable over time within a family, for example `sipas-2023`
    family: Mapped[str] = mapped_column(sa.String(64))

    versions: Mapped[list[QuestionnaireVersion]] = orm.relationship(
        back_populates="questionnaire", order_by="QuestionnaireVersion.number"
    )


class QuestionnaireVersion(Base):
    """One immutable wording and structure. An edit is a new version; the content hash tells them apart."""

    __tablename__ = "questionnaire_version"
    __table_args__ = (
        sa.UniqueConstraint("questionnaire_id", "number"),
        sa.UniqueConstraint("questionnaire_id", "content_hash"),
        sa.CheckConstraint("number >= 1", name="number_from_one"),
        sa.CheckConstraint("length(content_hash) = 64", name="content_hash_sha256"),
    )

    id: Mapped[intpk]
    questionnaire_id: Mapped[int] = mapped_column(sa.ForeignKey("questionnaire.id"))
    number: Mapped[int]
    #: the definition as canonical JSON (see `survey.questionnaires.canonical`)
    content: Mapped[str] = mapped_column(sa.Text)
    #: SHA-256 of `content`
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[datetime]

    questionnaire: Mapped[Questionnaire] = orm.relationship(back_populates="versions")
    slots: Mapped[list[AnswerSlot]] = orm.relationship(order_by="AnswerSlot.position")


class AnswerSlot(Base):
    """Which character of `Response.answers` belongs to which stable code: the key to the packed column.

    The view `answer` joins the two, so that SQL reads answers by code: one row per response and code.
    """

    __tablename__ = "answer_slot"
    __table_args__ = (
        sa.UniqueConstraint("version_id", "code"),
        sa.CheckConstraint("position >= 1", name="position_from_one"),
    )

    version_id: Mapped[int] = mapped_column(sa.ForeignKey("questionnaire_version.id"), primary_key=True)
    #: 1-based, as SQL's substr counts
    position: Mapped[int] = mapped_column(primary_key=True)
    #: the item's or question's stable code
    code: Mapped[str] = mapped_column(sa.String(64))
    kind: Mapped[SlotKind] = mapped_column(choice(SlotKind, "kind"))


def _refuse_change(_mapper: orm.Mapper[Any], _connection: sa.Connection, target: object) -> None:
    """Stop a flush that would alter what stored answers are read by."""
    raise ValueError(f"a stored questionnaire version is never altered ({type(target).__name__}); install a new one")


for _stored in (QuestionnaireVersion, AnswerSlot):
    sa.event.listen(_stored, "before_update", _refuse_change)
    sa.event.listen(_stored, "before_delete", _refuse_change)
