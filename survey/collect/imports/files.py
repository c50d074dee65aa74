"""A file on its way in: its columns, what would be stored, and storing it. Nothing is stored before it is confirmed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import flask
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import orm

from survey.accounts.auth import role_required
from survey.collect.imports import mapping_form
from survey.collect.imports.common import ROLES, View, blueprint, round_of, upload_of, uploads
from survey.collect.imports.forms import HeadingForm
from survey.collect.imports.mapping_form import MappingForm
from survey.collect.operations.import_responses import Checked, Source, check_rows, count_known, spool, store_rows
from survey.collect.operations.save_mapping import find_mapping, save_mapping
from survey.collect.queries import imports
from survey.core.errors import InputError, StaleEditError
from survey.models import Channel, ColumnMapping, Round
from survey.questionnaires import Definition, from_canonical
from survey.spreadsheets.column_map import ColumnMap
from survey.spreadsheets.guess_columns import known_headings
from survey.spreadsheets.places import Places
from survey.spreadsheets.response_rows import RowReader
from survey.structure.queries import names
from survey.structure.queries.scope import refuse_outside
from survey.web import i18n
from survey.web.context import actor, database, error_message, now, user
from survey.web.uploads import Upload
from survey.web.wording import CHANNELS


@blueprint.get("/tep/<token>")
@role_required(*ROLES)
def columns(token: str) -> View:
    """Show which column is taken for which question: guessed, or as it was saved."""
    try:
        upload = upload_of(token)
        with database().read() as session:
            round_ = round_of(session, flask.request.args.get("dot", ""))
            definition = from_canonical(round_.version.content)
            saved = _saved(session, round_, flask.request.args.get("cach", ""))
            guessed = None if saved else mapping_form.guess(upload, definition, _places(session))
            data = dict(saved.mapping) if saved is not None else guessed or {}
            return _columns_page(session, upload, round_, data, opened=saved)
    except InputError as error:
        return _lost(error)


@blueprint.post("/tep/<token>/tieu-de")
@role_required(*ROLES)
def point_at_headings(token: str) -> View:
    """Read a file by the headings in the row that a person points at."""
    form = HeadingForm()
    try:
        upload = upload_of(token)
        with database().read() as session:
            round_code = round_of(session, form.round.data).code
        if form.validate():
            uploads().read_otherwise(upload, form.heading_row.data or 0, {})
        else:
            flask.flash(" ".join(str(mistake.advice) for mistake in form.mistakes), "error")
    except InputError as error:
        return _lost(error)
    return flask.redirect(flask.url_for("imports.columns", token=token, dot=round_code), 303)


@blueprint.post("/tep/<token>")
@role_required(*ROLES)
def preview(token: str) -> View:
    """Show what would be stored, or the columns again when something must be said first."""
    posted = flask.request.form
    try:
        upload = upload_of(token)
        with database().read() as session:
            round_ = round_of(session, posted.get("dot", ""))
            definition = from_canonical(round_.version.content)
            if "edit" in posted:
                return _columns_page(session, upload, round_, _posted_data(posted), seen=posted.get("opened", ""))
            form = _posted_form(session, upload, definition)
            if not form.validate():
                return _form_page(session, upload, round_, form), 422
            data = form.mapping_data(definition)
            try:
                with spool() as spooled:
                    checked = _check(session, upload, round_, data, spooled)
                    refuse_outside(session, round_, checked.agencies)
                    known = count_known(session, spooled, checked, round_)
            except InputError as error:
                return _columns_page(session, upload, round_, data, error), 422
        if form.save_as.data:
            try:
                _save(round_, form, data)
            except StaleEditError as error:
                return _stale_page(upload, round_.code, form, error), form.status
        with database().read() as session:
            round_ = round_of(session, round_.code)
            page = _preview_page(session, upload, round_, data, checked, known, form.opened.data)
    except InputError as error:
        return _lost(error)
    return page if not checked.reader.problems.total else (page, 422)


@blueprint.post("/tep/<token>/nhap")
@role_required(*ROLES)
def store(token: str) -> View:
    """Store the responses of a file, all of them or none."""
    posted = flask.request.form
    try:
        upload = upload_of(token)
        with spool() as spooled:
            with database().read() as session:
                round_code = round_of(session, posted.get("dot", "")).code
                checked = _check(session, upload, round_of(session, round_code), _posted_data(posted), spooled)
            with database().write() as session:
                round_ = round_of(session, round_code)
                source = Source(upload.name, upload.content_hash)
                done = store_rows(session, spooled, checked, source, round_, actor=actor())
    except InputError as error:
        return _lost(error)
    uploads().discard(upload)
    if done.batch_id is None:
        flask.flash(_("Every row of this file had been imported before; nothing was added."))
        return flask.redirect(flask.url_for("imports.batches"), 303)
    flask.flash(
        ngettext("%(num)d response was added.", "%(num)d responses were added.", done.added)
        + (" " + _("%(num)d rows had been imported before.", num=done.known) if done.known else "")
    )
    return flask.redirect(flask.url_for("imports.batch", number=done.batch_id), 303)


def _check(session: orm.Session, upload: Upload, round_: Round, data: Mapping[str, Any], spooled: Any) -> Checked:
    """Read the whole file by a column map."""
    frame = imports.frame(round_, now(), imports.file_channels(user()))
    mapping = mapping_form.as_map(data, frame.definition)
    with upload.table(known_headings(frame.definition, mapping)) as table:
        return check_rows(table, RowReader(table, mapping, frame, _places(session)), spooled)


def _places(session: orm.Session) -> Places:
    """What a file of this person's may name."""
    return imports.places(session, imports.importable_agencies(session, user()))


def _columns_page(
    session: orm.Session,
    upload: Upload,
    round_: Round,
    data: Mapping[str, Any],
    error: InputError | None = None,
    opened: ColumnMapping | None = None,
    seen: str = "",
) -> str:
    """The page of the columns as the data of a column map say, with what is wrong about the file by them.

    `opened` is the saved column map that they are; `seen` what an earlier page carried along of one.
    """
    definition, language = from_canonical(round_.version.content), i18n.current_language().code
    mapping = mapping_form.as_map(data, definition)
    headings, things = _headings(upload, definition, mapping), _things(session)
    asked = mapping_form.columns_of(definition, mapping, headings, language)
    found = mapping_form.meanings(upload, definition, mapping, _places(session), things, language)
    made = mapping_form.form_class(asked, found, headings, things)
    form = made(formdata=None, data=mapping_form.shown(made, mapping, headings) | {"round": round_.code})
    form.opened_for(opened)
    form.opened.data = seen or form.opened.data
    if error is not None:
        form.refuse(error)
    return _form_page(session, upload, round_, form)


def _posted_form(session: orm.Session, upload: Upload, definition: Definition) -> MappingForm:
    language = i18n.current_language().code
    asked = mapping_form.columns_of(definition, ColumnMap(), (), language)
    things = _things(session)
    found = mapping_form.posted_meanings(flask.request.form, definition, things, language)
    headings = _headings(upload, definition, ColumnMap())
    return mapping_form.form_class(asked, found, headings, things)()


def _form_page(session: orm.Session, upload: Upload, round_: Round, form: MappingForm) -> str:
    i18n.shown_at(flask.url_for("imports.columns", token=upload.token, dot=round_.code))
    definition = from_canonical(round_.version.content)
    with upload.table(known_headings(definition)) as table:
        row = table.heading_row
    headings = HeadingForm(formdata=None, data={"round": round_.code, "heading_row": row})
    return flask.render_template(
        "collect/imports/columns.html",
        upload=upload,
        round=round_,
        form=form,
        headings=headings,
        saved=imports.saved_mappings(session, round_.version.questionnaire_id),
    )


def _headings(upload: Upload, definition: Definition, mapping: ColumnMap) -> Sequence[str]:
    with upload.table(known_headings(definition, mapping)) as table:
        return table.columns


def _things(session: orm.Session) -> mapping_form.Things:
    """What all rows of a file can have the same, by its key: (code, name)."""
    own, name = imports.importable_agencies(session, user()), i18n.local_name
    allowed = imports.file_channels(user())
    counters = imports.counter_choices(session, own)
    return {
        "agency": [(one.code, name(one)) for one in imports.agency_choices(session, own)],
        "service": [(one.code, name(one)) for one in imports.service_choices(session)],
        "counter": [(f"{one.agency.code}/{one.code}", f"{name(one.agency)}, {name(one)}") for one in counters],
        "channel": [(one.value, CHANNELS(one.value)) for one in Channel if one in allowed],
    }


def _preview_page(
    session: orm.Session,
    upload: Upload,
    round_: Round,
    data: Mapping[str, Any],
    checked: Checked,
    known: int,
    opened: str,
) -> str:
    agencies = {a.id: i18n.local_name(a) for a in names.agencies(session).values()}
    services = {s.id: i18n.local_name(s) for s in names.services(session).values()}
    problems = [(problem, _(problem.template, **dict(problem.values))) for problem in checked.reader.problems.shown]
    return flask.render_template(
        "collect/imports/preview.html",
        upload=upload,
        round=round_,
        checked=checked,
        known=known,
        earlier=imports.earlier_import(session, round_.id, upload.content_hash),
        problems=problems,
        hidden=checked.reader.problems.total - len(problems),
        agencies=agencies,
        services=services,
        by_agency=[(agencies[number], count) for number, count in checked.agencies.most_common()],
        sample=_sample(from_canonical(round_.version.content), checked),
        mapping=json.dumps(data, ensure_ascii=False),
        opened=opened,
    )


def _sample(definition: Definition, checked: Checked) -> list[tuple[Any, str]]:
    """The first rows, each with its satisfaction answers as they will be counted, for the eye: 5 4 x."""
    items = len(definition.items)
    return [(row, " ".join(row.answers[:items])) for row in checked.sample]


def _saved(session: orm.Session, round_: Round, chosen: str) -> ColumnMapping | None:
    """The saved mapping that was chosen."""
    for one in imports.saved_mappings(session, round_.version.questionnaire_id):
        if str(one.id) == chosen:
            return one
    return None


def _posted_data(posted: Mapping[str, str]) -> dict[str, Any]:
    """The column map's data that a page carried along; it is checked where it is used."""
    try:
        data = json.loads(posted.get("mapping", ""))
    except ValueError:
        flask.abort(400)
    if not isinstance(data, dict):
        flask.abort(400)
    return data


def _save(round_: Round, form: MappingForm, data: Mapping[str, Any]) -> None:
    """Save a mapping under the name in the form; `StaleEditError` when that name has one that the page did not show."""
    with database().write() as session:
        version = round_of(session, round_.code).version
        found = find_mapping(session, version, form.save_as.data)
        if found is not None:
            form.current(found, f"column_mapping:{found.id}")
        form.opened_for(save_mapping(session, version, form.save_as.data, data, actor=actor()))


def _stale_page(upload: Upload, round_code: str, form: MappingForm, error: StaleEditError) -> str:
    """The columns as they were chosen; saving them once more writes over the mapping of that name."""
    form.refuse(error)
    with database().read() as session:
        round_ = round_of(session, round_code)
        form.opened_for(find_mapping(session, round_.version, form.save_as.data))
        return _form_page(session, upload, round_, form)


def _lost(error: InputError) -> View:
    """Go back to the list and say why."""
    flask.flash(error_message(error), "error")
    return flask.redirect(flask.url_for("imports.batches"), 303)
