"""Take over the catalogue that comes with the software: Sơn La's agencies and the usual fields of procedures."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import Agency, BatchKind
from survey.spreadsheets.names import Names
from survey.spreadsheets.read import open_office_table
from survey.structure.operations.import_structure import SameFileError, file_hash, import_structure
from survey.structure.table_columns import assign_columns, known_headings

FOLDER = Path(__file__).resolve().parents[1] / "administrative"
CATALOGUE = ((BatchKind.AGENCIES, FOLDER / "son-la-tu-2025-07-01.csv"), (BatchKind.SERVICES, FOLDER / "linh-vuc.csv"))


def load_catalogue(session: orm.Session, *, actor: Actor) -> int:
    """Import the catalogue as two batches that can be taken back; return how many rows were added.

    `InputError` where there are agencies already: a second tree would stand beside the first.
    """
    if session.scalar(sa.select(Agency.id).limit(1)) is not None:
        raise InputError("There are agencies already; the catalogue is only for an empty installation")
    added = 0
    for kind, path in CATALOGUE:
        with open_office_table(path, known_headings(kind, {}, Names())) as opened:
            table = assign_columns(opened, kind, {}, Names())
            try:
                _batch, done = import_structure(session, kind, table, file_hash(path), actor=actor)
            except SameFileError:  # the fields were imported before, and still are there
                continue
        added += done.added
    return added
