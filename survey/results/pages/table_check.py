"""A published table looked at: pasted or in a file, checked while the page is made, and forgotten."""

from __future__ import annotations

import io

import flask
from flask_babel import lazy_gettext as _
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.results.pages.pages import REVIEWERS, blueprint
from survey.results.table_check import KINDS, LEGEND, MARGINS_SHOWN, TableCheck, check_file, written
from survey.web.fields import Block, File, Whole
from survey.web.forms import Form
from survey.web.i18n import current_language
from survey.web.uploads import MAX_FILE, check_content, takes_upload


class PastedText(Block):
    """Text as it was copied, whose tabs and runs of blanks part its cells."""

    def cleaned(self, typed: str) -> str:
        """What was pasted, to the letter."""
        return typed


class TableCheckForm(Form):
    """A published table: pasted, or in a file."""

    pasted = PastedText(
        _("Paste the table"),
        hint=_("From a spreadsheet, a web page or a PDF, with its headings and its total row."),
    )
    file = File(_("or choose a file"), hint=_(".csv, .xlsx, .xls or .ods"), accept=".csv,.xlsx,.xls,.ods,.txt")
    items = Whole(
        _("Questions put together in one percentage or mean"),
        hint=_("1 where each percentage is of one question; an index of 16 questions: 16."),
        least=1,
        most=200,
        message=_("Write a whole number from 1 to 200"),
    )


@blueprint.get("/kiem-tra-bang")
@role_required(*REVIEWERS)
def table_check() -> str:
    """Show the form that takes a table."""
    return _page(TableCheckForm())


@blueprint.post("/kiem-tra-bang")
@takes_upload
@role_required(*REVIEWERS)
def check_table() -> Response | str | tuple[str, int]:
    """Check the table that was sent and show what does not fit; nothing of it is kept."""
    form = TableCheckForm()
    if not form.validate():
        return _page(form), 422
    try:
        return _page(form, _checked(form))
    except InputError as error:
        form.refuse(error, "pasted" if form.pasted.data.strip() else "file")
        return _page(form), 422


def _checked(form: TableCheckForm) -> TableCheck:
    pasted, sent = form.pasted.data.strip("\r\n"), form.file.data
    if pasted.strip():
        data, name = pasted.encode(), str(_("pasted table"))
    elif sent is not None:
        data, name = sent.stream.read(MAX_FILE + 1), sent.filename or "file"
    else:
        raise InputError("Paste a table or choose a file")
    check_content(data, name)
    english = current_language().locale.startswith("en")
    return check_file(io.BytesIO(data), name, lambda value: written(value, english=english), items=form.items.data or 1)


def _page(form: TableCheckForm, found: TableCheck | None = None) -> str:
    return flask.render_template(
        "results/table_check.html",
        form=form,
        found=found,
        kind_name=KINDS,
        legend=LEGEND,
        margins=found.margins[:MARGINS_SHOWN] if found else (),
    )
