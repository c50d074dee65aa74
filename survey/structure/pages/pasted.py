"""A table that a page takes: pasted, or in a file."""

from __future__ import annotations

from flask_babel import gettext as _

from survey.core.errors import InputError
from survey.structure.pages.forms import TableForm
from survey.web.context import actor, settings
from survey.web.uploads import Upload, Uploads


def receive_table(form: TableForm) -> Upload | None:
    """Keep what was pasted, else the file; None when the form says why it cannot be a table."""
    uploads, pasted = Uploads(settings().storage), form.pasted.data
    try:
        if pasted.strip():
            return uploads.keep(pasted.strip("\r\n").encode(), _("pasted table"), actor=actor())
        return uploads.receive(form.file.data, actor=actor())
    except InputError as error:
        form.refuse(error, "pasted" if pasted.strip() else "file")
        return None
