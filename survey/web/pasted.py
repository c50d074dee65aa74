"""A table that a page takes: pasted, or in a file."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import orm

from survey.core.errors import InputError, TableError
from survey.spreadsheets.headings import Known
from survey.spreadsheets.read import Table
from survey.web.context import actor, database, settings
from survey.web.fields import Block, File
from survey.web.forms import Form
from survey.web.uploads import Upload, Uploads

TABLE_HINT = _("Excel (.xlsx, .xls), OpenDocument (.ods) or CSV, at most 10 MB.")
TABLE_FILES = ".csv,.txt,.tsv,.xlsx,.xls,.ods"


class PastedTable(Block):
    """A table pasted from a spreadsheet, whose tabs and empty cells stay."""

    def cleaned(self, typed: str) -> str:
        """What was pasted, to the letter."""
        return typed


class TableForm(Form):
    """A table: pasted, or in a file."""

    pasted = PastedTable(_("Paste the table from Excel"))
    file = File(_("or choose a file"), hint=TABLE_HINT, accept=TABLE_FILES)


def store_table(
    form: TableForm, known_heading: Known, store: Callable[[orm.Session, Table], int]
) -> int | TableError | None:
    """Import what was pasted, else the file, all or none; how many rows `store` says it stored.

    The error where cells are wrong; None where the form says why nothing can be stored.
    """
    upload = _receive(form) if form.validate() else None
    if upload is None:
        return None
    try:
        with database().write() as session, upload.table(known_heading) as table:
            return store(session, table)
    except TableError as error:
        return error
    except InputError as error:
        _refuse(form, error)
        return None
    finally:
        Uploads(settings().storage).discard(upload)


def _receive(form: TableForm) -> Upload | None:
    """Keep what was pasted, else the file; None when the form says why it cannot be a table."""
    uploads, pasted = Uploads(settings().storage), form.pasted.data
    try:
        if pasted.strip():
            return uploads.keep(pasted.strip("\r\n").encode(), gettext("pasted table"), actor=actor())
        return uploads.receive(form.file.data, actor=actor())
    except InputError as error:
        _refuse(form, error)
        return None


def _refuse(form: TableForm, error: InputError) -> None:
    form.refuse(error, "pasted" if form.pasted.data.strip() else "file")
