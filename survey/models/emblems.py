"""The emblem an agency prints on its posters."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, Versioned, choice


class EmblemFormat(enum.StrEnum):
    """How the picture is kept."""

    PNG = "png"  # written anew by Pillow
    SVG = "svg"  # written anew from the plain shapes alone


class AgencyEmblem(Versioned, Base):
    """A checked picture: what the uploaded file held besides it was thrown away."""

    __tablename__ = "agency_emblem"
    __table_args__ = (sa.CheckConstraint("length(data) BETWEEN 1 AND 4194304", name="data_size"),)

    #: the agency whose posters carry it; agencies below without one of their own use it too
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"), primary_key=True)
    format: Mapped[EmblemFormat] = mapped_column(choice(EmblemFormat, "format"))
    #: the file
    data: Mapped[bytes] = mapped_column(sa.LargeBinary)
    uploaded_at: Mapped[datetime]
    #: null for the command line
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
