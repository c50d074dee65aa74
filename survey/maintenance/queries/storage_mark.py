"""Which storage the servers of a database share."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.config import Settings
from survey.core.storage_mark import read_mark
from survey.models import Installation

_same: set[tuple[str, str | None]] = set()
"""Folder and mark that were found to be one: not looked for again, as a network's file system may make callers wait."""


def read_expected_mark(session: orm.Session) -> str | None:
    """Fingerprint of the storage that servers of this database share; None before the first of them started."""
    return session.scalar(sa.select(Installation.storage_mark))


def is_other_storage(settings: Settings, expected: str | None) -> bool:
    """Say whether this server's storage is another one than that of the database's servers, or cannot be read."""
    if expected is None:
        return False
    try:
        return read_mark(settings.storage) != expected
    except OSError:
        return True


def recent_warning(settings: Settings, expected: str | None) -> str:
    """`storage_warning` for those who ask every second: a folder that was found to be right is not read again."""
    place = (str(settings.storage), expected)
    if place in _same:
        return ""
    warning = storage_warning(settings, expected)
    if not warning:
        _same.add(place)
    return warning


def storage_warning(settings: Settings, expected: str | None) -> str:
    """What is wrong with this server's storage and what to do; empty where nothing is."""
    if not is_other_storage(settings, expected):
        return ""
    return (
        f"{settings.storage} is not the storage of the database's other servers: what people upload there cannot be "
        "confirmed here. Set STORAGE_DIR to the folder that all of them share; if this folder is to be it, run "
        "`flask --app app database adopt-storage`"
    )
