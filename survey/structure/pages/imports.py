"""Importing the structure: choose a file, look at what it would do, confirm, and take it back if need be."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import flask
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import CellError, InputError, TableError
from survey.models import BatchKind, ImportBatch, RoundState
from survey.spreadsheets.read import Table
from survey.structure.operations.import_agencies import ImportedRows
from survey.structure.operations.import_structure import import_structure, undo_structure
from survey.structure.pages.common import (
    ROUND_EDITORS,
    STRUCTURE_EDITORS,
    batch_words,
    blueprint,
    go,
    go_on,
    options,
    round_of,
)
from survey.structure.pages.forms import ImportForm, TableOfRoundForm
from survey.structure.pages.reading_form import ReadingForm, reading_form
from survey.structure.pages.reading_form import shown as reading_form_data
from survey.structure.queries import rounds as round_queries
from survey.structure.queries import structure
from survey.structure.queries.names import service_names
from survey.structure.queries.templates import template_of
from survey.structure.table_columns import COLUMNS, assign_columns, known_headings, unused_columns
from survey.structure.table_templates import workbook_of
from survey.web.context import actor, database, error_message, settings, today, user
from survey.web.fields import Explained
from survey.web.uploads import Upload, Uploads, takes_upload

KINDS = {
    "co-quan": BatchKind.AGENCIES,
    "linh-vuc": BatchKind.SERVICES,
    "quay": BatchKind.COUNTERS,
    "giao-dich": BatchKind.POPULATION,
}
"""What an import brings, by its word in addresses."""
SHOWN_ROWS = 20
SHOWN_ERRORS = 100
MOST_ROWS = {"giao-dich": 50_000}
MOST_ROWS_ELSE = 5_000
"""Rows a file may have: everything is stored in one transaction, for which citizens' answers wait on SQLite."""


@dataclass(frozen=True)
class Preview:
    """What a file holds and what importing it would do, or why it cannot be."""

    #: the table with its headings; its rows are read
    table: Table | None = None
    rows: tuple[tuple[int, list[str]], ...] = ()
    count: int = 0
    done: ImportedRows | None = None
    problem: str = ""
    cells: tuple[CellError, ...] = ()
    #: headings from which nothing is read
    unused: tuple[str, ...] = ()
    #: to read it otherwise
    form: ReadingForm | None = None


@blueprint.get("/nhap")
@role_required(*ROUND_EDITORS)
def imports() -> str:
    """Offer to import a file, and list what was imported; `?kind=` chooses what it holds."""
    asked = flask.request.args
    form = ImportForm(data={"kind": asked.get("kind", _allowed()[0]), "round": asked.get("round")})
    with database().read() as session:
        _offer(session, form)
        return _page(session, form)


@blueprint.post("/nhap")
@takes_upload
@role_required(*ROUND_EDITORS)
def send_file() -> Response | tuple[str, int]:
    """Keep a file and lead to its preview."""
    form = ImportForm()
    with database().read() as session:
        _offer(session, form)
    upload = _receive(form) if form.validate() else None
    if upload is None:
        with database().read() as session:
            return _page(session, form), 422
    kind = form.kind.data
    query: dict[str, Any] = {"dot": form.round.data} if kind == "giao-dich" else {}
    return flask.redirect(flask.url_for("structure.preview", kind=kind, token=upload.token, **query), 303)


@blueprint.get("/nhap/mau/<kind>.xlsx")
@role_required(*ROUND_EDITORS)
def template(kind: str) -> Response:
    """Send the template of a table, filled with what is known; `?dot=` names the round of transactions."""
    _check_kind(kind)
    code = flask.request.args.get("dot", "")
    with database().read() as session:
        round_ = round_of(session, code) if kind == "giao-dich" and code else None
        data = workbook_of(template_of(session, KINDS[kind], today(), round_))
    name = f"mau-{kind}-{code}.xlsx" if round_ is not None else f"mau-{kind}.xlsx"
    reply = flask.make_response(data)
    reply.mimetype = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    reply.headers.set("Content-Disposition", "attachment", filename=name)
    return reply


@blueprint.get("/nhap/<kind>/<token>")
@role_required(*ROUND_EDITORS)
def preview(kind: str, token: str) -> Response | str:
    """Show what is in a file and what importing it would do; nothing is stored."""
    _check_kind(kind)
    upload = _upload_of(token)
    if upload is None:
        return go("structure.imports")
    return _preview_page(kind, upload, flask.request.args.get("dot", ""))


@blueprint.post("/nhap/<kind>/<token>/doc-lai")
@role_required(*ROUND_EDITORS)
def read_otherwise(kind: str, token: str) -> Response | tuple[str, int]:
    """Read a file by the headings that a person points at, and show what that gives."""
    _check_kind(kind)
    upload = _upload_of(token)
    if upload is None:
        return go("structure.imports")
    code = TableOfRoundForm().round.data
    headings = Preview()
    with contextlib.suppress(InputError), database().read() as session:
        headings = Preview(table=_headings(session, kind, upload))
    form = reading_form(KINDS[kind], headings.table.columns if headings.table else ())()
    if not form.validate():
        return _preview_page(kind, upload, code, form), 422
    row = form.heading_row.data or 0
    moved = headings.table is None or row != headings.table.heading_row
    Uploads(settings().instance_dir).read_otherwise(upload, row, {} if moved else form.chosen)
    return go("structure.preview", kind=kind, token=token, **({"dot": code} if code else {}))


@blueprint.post("/nhap/<kind>/<token>")
@role_required(*ROUND_EDITORS)
def confirm(kind: str, token: str) -> Response:
    """Import a file that was looked at."""
    _check_kind(kind)
    upload = _upload_of(token)
    if upload is None:
        return go("structure.imports")
    code = TableOfRoundForm().round.data
    try:
        read = _read(kind, upload)
        with database().write() as session:
            batch, done = _run(session, kind, read, upload, code)
            number = batch.id
    except InputError as error:
        flask.flash(error_message(error).split("\n")[0], "error")
        return go("structure.preview", kind=kind, token=token, **({"dot": code} if code else {}))
    Uploads(settings().storage).discard(upload)
    message = ngettext("Imported: %(num)d row was added.", "Imported: %(num)d rows were added.", done.added)
    with database().read() as session:
        return go_on(session, message, "structure.batch", batch_id=number)


@blueprint.get("/nhap/dot-nhap/<int:batch_id>")
@role_required(*ROUND_EDITORS)
def batch(batch_id: int) -> str:
    """Show one import and offer to take it back."""
    with database().read() as session:
        shown = _batch_of(session, batch_id)
        return flask.render_template("structure/batch.html", shown=shown, kinds=batch_words())


@blueprint.post("/nhap/dot-nhap/<int:batch_id>/hoan-tac")
@role_required(*ROUND_EDITORS)
def undo(batch_id: int) -> Response:
    """Take an import back, whole."""
    try:
        with database().write() as session:
            undone = _batch_of(session, batch_id)
            gone = undo_structure(session, undone.batch, actor=actor())
    except InputError as error:
        flask.flash(error_message(error), "error")
        return go("structure.batch", batch_id=batch_id)
    message = ngettext("Taken back: %(num)d row is gone.", "Taken back: %(num)d rows are gone.", gone)
    return go("structure.batch", message, batch_id=batch_id)


def _preview_page(kind: str, upload: Upload, code: str, form: ReadingForm | None = None) -> str:
    """The page of a file; `form` is one that says what is wrong about it."""
    with database().read() as session:
        round_ = round_of(session, code) if kind == "giao-dich" else None
    looked_at = _look(kind, upload, code)
    return flask.render_template(
        "structure/preview.html",
        kind=kind,
        kinds=_kind_words(),
        upload=upload,
        round=round_,
        preview=looked_at,
        form=form or looked_at.form,
        shown_errors=SHOWN_ERRORS,
    )


def _look(kind: str, upload: Upload, code: str) -> Preview:
    """Read a file, import it, and roll everything back."""
    form: ReadingForm | None = None
    try:
        with database().read() as session:
            form = _reading_form(kind, _headings(session, kind, upload))
        read = _read(kind, upload)
    except InputError as error:
        return Preview(problem=error_message(error), form=form)
    rows = list(read.rows)
    read.rows = iter(rows)
    with database().read() as session:
        unused = tuple(unused_columns(read, service_names(session)))
    form = _reading_form(kind, read)
    shown = Preview(read, tuple(rows[:SHOWN_ROWS]), len(rows), unused=unused, form=form)
    try:
        with database().write() as session:
            _stored, done = _run(session, kind, read, upload, code)
            session.rollback()
    except TableError as error:
        return replace(shown, cells=tuple(error.cells))
    except InputError as error:
        return replace(shown, problem=error_message(error))
    return replace(shown, done=done)


def _headings(session: orm.Session, kind: str, upload: Upload) -> Table:
    """The table of a file with its headings; its rows cannot be read any more."""
    known = known_headings(KINDS[kind], upload.columns, service_names(session))
    with upload.table(known) as table:
        return table


def _reading_form(kind: str, table: Table) -> ReadingForm:
    """The form that shows how a table is read."""
    form_class = reading_form(KINDS[kind], table.columns)
    return form_class(formdata=None, data=reading_form_data(table.heading_row, table.columns, table.fields))


def _read(kind: str, upload: Upload) -> Table:
    """The table of a file read whole, so that no transaction waits for the reading."""
    most = MOST_ROWS.get(kind, MOST_ROWS_ELSE)
    with database().read() as session:
        services = service_names(session)
    known = known_headings(KINDS[kind], upload.columns, services)
    with upload.table(known) as opened:
        table = assign_columns(opened, KINDS[kind], upload.columns, services)
        rows = list(islice(table, most + 1))
    if len(rows) > most:
        raise InputError("%(source)s has more than %(most)d rows; split it", source=table.source, most=most)
    return replace(table, rows=iter(rows))


def _run(session: orm.Session, kind: str, table: Table, upload: Upload, code: str) -> tuple[ImportBatch, ImportedRows]:
    round_ = round_of(session, code) if kind == "giao-dich" else None
    return import_structure(session, KINDS[kind], table, upload.content_hash, round_=round_, actor=actor())


def _allowed() -> list[str]:
    """What this person may import."""
    return list(KINDS) if user().role in STRUCTURE_EDITORS else ["giao-dich"]


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        flask.abort(404)
    if kind not in _allowed():
        flask.abort(403)


def _upload_of(token: str) -> Upload | None:
    """The file that waits, or say that it is gone."""
    try:
        return Uploads(settings().storage).get(token, actor=actor())
    except InputError as error:
        flask.flash(error_message(error), "error")
        return None


def _batch_of(session: orm.Session, batch_id: int) -> structure.Batch:
    batches = structure.structure_batches(session, [KINDS[kind] for kind in _allowed()], batch_id)
    if not batches:
        flask.abort(404)
    return batches[0]


def _kind_words() -> dict[str, str]:
    words = batch_words()
    return {kind: words[member.value] for kind, member in KINDS.items()}


def _offer(session: orm.Session, form: ImportForm) -> None:
    """Put what this person may import into a form, and the rounds that take transactions."""
    words = _kind_words()
    form.kind.options = [(kind, Explained(words[kind], _columns_of(kind))) for kind in _allowed()]
    rounds = [one for one in round_queries.all_rounds(session) if one.state is not RoundState.PUBLISHED]
    form.round.options = options(rounds)


def _columns_of(kind: str) -> str:
    """The headings of a kind of table in a sentence."""
    columns = COLUMNS[KINDS[kind]]
    needed, more = ([c.heading for c in columns if c.needed is wanted] for wanted in (True, False))
    sentence = str(_("Columns: %(names)s", names=", ".join(needed)))
    return f"{sentence}; {_('if wanted: %(names)s', names=', '.join(more))}" if more else sentence


def _receive(form: ImportForm) -> Upload | None:
    """Keep the file of a form; None when the form says what is missing."""
    if form.kind.data == "giao-dich" and not form.round.data:
        form.refuse(InputError("Choose the round whose transactions these are", field="round"))
        return None
    try:
        return Uploads(settings().storage).receive(form.file.data, actor=actor())
    except InputError as error:
        form.refuse(error, "file")
        return None


def _page(session: orm.Session, form: ImportForm) -> str:
    kinds = [KINDS[kind] for kind in _allowed()]
    return flask.render_template(
        "structure/imports.html",
        form=form,
        words=batch_words(),
        batches=structure.structure_batches(session, kinds),
        templates=[(one, words) for one, words in _kind_words().items() if one in _allowed()],
    )
