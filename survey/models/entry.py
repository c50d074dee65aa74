"""Paper forms and interviews keyed in by staff, and how the columns of foreign files are read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, Versioned, choice, intpk
from survey.models.responses import Channel


class EntryBatch(Base):
    """Batch of paper forms (a pile) keyed in by one person: one round, counter, service, channel and day.

    Its number and a form's running number are written on the paper; nothing here tells anything about a citizen.
    """

    __tablename__ = "entry_batch"
    __table_args__ = (
        sa.CheckConstraint("check_every >= 0", name="check_every_not_negative"),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="ended_after_started"),
    )

    #: the batch its responses belong to; also the number written on the paper
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("import_batch.id"), primary_key=True)
    counter_id: Mapped[int] = mapped_column(sa.ForeignKey("counter.id"), index=True)
    deciding_agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"))
    service_id: Mapped[int | None] = mapped_column(sa.ForeignKey("service.id"))
    #: `paper`, `phone` or `interviewer`
    channel: Mapped[Channel] = mapped_column(choice(Channel, "channel"))
    #: local day of the round on which the forms were filled in
    form_date: Mapped[date]
    #: every how many forms one is keyed in twice; 0 for none
    check_every: Mapped[int]
    started_at: Mapped[datetime]
    #: when the person said that the pile is done
    ended_at: Mapped[datetime | None]


class EntryForm(Base):
    """Form of a pile, with the outcome of its double entry."""

    __tablename__ = "entry_form"
    __table_args__ = (
        sa.CheckConstraint("number >= 1", name="number_from_one"),
        sa.CheckConstraint("compared IS NULL OR agreed <= compared", name="agreed_within_compared"),
        sa.CheckConstraint("(compared IS NULL) = (agreed IS NULL)", name="compared_with_agreed"),
    )

    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("entry_batch.batch_id"), primary_key=True)
    #: running number within the pile
    number: Mapped[int] = mapped_column(primary_key=True)
    #: `key` of the response in force; a correction makes a new response and excludes the one before
    response_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    #: whether it is in the sample that is keyed in twice
    sampled: Mapped[bool]
    #: packed answers of the second pass while differences wait to be settled; null otherwise
    second: Mapped[str | None] = mapped_column(sa.String(200))
    #: questions compared in the second pass; null before it
    compared: Mapped[int | None]
    #: those answered alike at first
    agreed: Mapped[int | None]


class SpotCheck(Base):
    """Random sample of a pile that another unit keys in again, before an evaluator decides on the pile.

    The seed gives the sample: whoever is told it can draw it again.
    """

    __tablename__ = "spot_check"
    __table_args__ = (sa.CheckConstraint("size >= 1", name="size_positive"),)

    batch_id: Mapped[int] = mapped_column(sa.Integer, sa.ForeignKey("entry_batch.batch_id"), primary_key=True)
    seed: Mapped[int]
    #: forms in the sample
    size: Mapped[int]
    drawn_at: Mapped[datetime]
    drawn_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))


class SpotForm(Base):
    """Form of such a sample, with how well both agree. What was keyed in again is not kept."""

    __tablename__ = "spot_form"
    __table_args__ = (
        sa.CheckConstraint("number >= 1", name="number_from_one"),
        sa.CheckConstraint("compared IS NULL OR agreed <= compared", name="agreed_within_compared"),
        sa.CheckConstraint("(compared IS NULL) = (agreed IS NULL)", name="compared_with_agreed"),
    )

    batch_id: Mapped[int] = mapped_column(sa.Integer, sa.ForeignKey("spot_check.batch_id"), primary_key=True)
    #: running number within the pile
    number: Mapped[int] = mapped_column(primary_key=True)
    #: questions compared; null until it was keyed in again
    compared: Mapped[int | None]
    #: those answered alike
    agreed: Mapped[int | None]
    keyed_at: Mapped[datetime | None]
    keyed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))


class ColumnMapping(Versioned, Base):
    """A saved way to read the columns of a foreign file, see `survey.spreadsheets.column_map`."""

    __tablename__ = "column_mapping"
    __table_args__ = (
        sa.UniqueConstraint("questionnaire_id", "name"),
        sa.CheckConstraint("length(name) > 0", name="name_not_empty"),
    )

    id: Mapped[intpk]
    name: Mapped[str] = mapped_column(sa.String(100))
    questionnaire_id: Mapped[int] = mapped_column(sa.ForeignKey("questionnaire.id"))
    #: the parts of a column map as data: columns, fixed, values, values_of, absent
    mapping: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    #: who saved it last; null for the command line
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    saved_at: Mapped[datetime]
