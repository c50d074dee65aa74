"""Questionnaires: the list, reading one in every language, changing one into a new version, YAML in and out."""

from __future__ import annotations

import io
from typing import Any

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import QuestionnaireVersion
from survey.questionnaires import Definition, add_module, bundled, loads, question_modules
from survey.questionnaires.edit import compare_questionnaires, edit_questionnaire, to_yaml
from survey.questionnaires.nodes import MAX_BYTES
from survey.spreadsheets.xlsx import SIGNATURE
from survey.structure.operations.keep_questionnaire import keep_questionnaire
from survey.structure.pages.common import ROUND_EDITORS, STRUCTURE_EDITORS, blueprint, go, submit
from survey.structure.pages.questionnaire_forms import (
    FileForm,
    ModuleForm,
    QuestionnaireChangeForm,
    change_form,
    change_values,
    module_form,
)
from survey.structure.queries import rounds as round_queries
from survey.structure.queries.questionnaires import stored_versions, version_before
from survey.structure.queries.rounds import definition_of
from survey.structure.xlsform import from_xlsform, to_xlsform
from survey.web import i18n
from survey.web.context import actor, database, user
from survey.web.uploads import takes_upload

XLSFORM_BYTES = 2_000_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/bo-cau-hoi")
@role_required(*ROUND_EDITORS)
def questionnaires() -> str:
    """List the questionnaires with their versions and the rounds that ask them."""
    return _list(FileForm())


@blueprint.post("/bo-cau-hoi")
@takes_upload
@role_required(*STRUCTURE_EDITORS)
def import_questionnaire() -> Response | tuple[str, int]:
    """Install a questionnaire from a YAML file or an XLSForm."""
    form = FileForm()

    def install(session: orm.Session) -> int:
        sent = form.file.data
        sent.stream.seek(0)
        name = sent.filename or "questionnaire.yaml"
        content = sent.read(XLSFORM_BYTES + 1)
        if content.startswith(SIGNATURE) and len(content) <= XLSFORM_BYTES:
            return keep_questionnaire(session, from_xlsform(io.BytesIO(content), name), actor=actor()).id
        return keep_questionnaire(session, loads(content[: MAX_BYTES + 1], name), actor=actor()).id

    number = submit(form, install)
    if number is None:
        return _list(form), 422
    return go("structure.questionnaire", _("The questionnaire was installed."), version_id=number)


@blueprint.get("/bo-cau-hoi/<int:version_id>")
@role_required(*ROUND_EDITORS)
def questionnaire(version_id: int) -> str:
    """Show a version in every language, side by side, and what it changed for comparisons."""
    return _page(version_id)


@blueprint.post("/bo-cau-hoi/<int:version_id>/them-phan")
@role_required(*ROUND_EDITORS)
def add_question_module(version_id: int) -> Response | tuple[str, int]:
    """Install a version that asks a module's questions as well."""
    form = module_form(i18n.current_language().code)

    def install(session: orm.Session) -> int:
        _stored, definition = _version(session, version_id)
        changed = add_module(definition, question_modules()[form.module.data])
        return keep_questionnaire(session, changed, actor=actor()).id

    number = submit(form, install)
    if number is None:
        return _page(version_id, form), 422
    return _installed(number)


def _page(version_id: int, form: ModuleForm | None = None) -> str:
    with database().read() as session:
        version, definition = _version(session, version_id)
        before = version_before(session, version)
        return flask.render_template(
            "structure/questionnaire.html",
            version=version,
            definition=definition,
            before=before,
            change=compare_questionnaires(definition_of(before), definition) if before is not None else None,
            names={language.code: language.name for language in i18n.LANGUAGES.values()},
            languages=[one for one in i18n.offered() if one.code in definition.languages],
            may_change=user().role in STRUCTURE_EDITORS,
            form=form or module_form(i18n.current_language().code, definition),
        )


@blueprint.get("/bo-cau-hoi/<int:version_id>.yaml")
@role_required(*ROUND_EDITORS)
def questionnaire_file(version_id: int) -> Response:
    """Send a version as a YAML file."""
    with database().read() as session:
        version, definition = _version(session, version_id)
        name = f"{definition.code}-v{version.number}.yaml"
        reply = flask.Response(to_yaml(definition), mimetype="application/yaml")
    reply.headers.set("Content-Disposition", "attachment", filename=name)
    return reply


@blueprint.get("/bo-cau-hoi/<int:version_id>.xlsx")
@role_required(*ROUND_EDITORS)
def questionnaire_xlsform(version_id: int) -> Response:
    """Send a version as an XLSForm."""
    with database().read() as session:
        version, definition = _version(session, version_id)
        name = f"{definition.code}-v{version.number}.xlsx"
        reply = flask.Response(to_xlsform(definition), mimetype=XLSX)
    reply.headers.set("Content-Disposition", "attachment", filename=name)
    return reply


@blueprint.get("/bo-cau-hoi/<int:version_id>/sua")
@role_required(*STRUCTURE_EDITORS)
def change_questionnaire(version_id: int) -> str:
    """Show the form that makes a new version of a questionnaire, or a copy under another code."""
    with database().read() as session:
        version, definition = _version(session, version_id)
        return _change_page(version, definition, change_form(definition, _bank(), change_values(definition)))


@blueprint.post("/bo-cau-hoi/<int:version_id>/sua")
@role_required(*STRUCTURE_EDITORS)
def install_changed(version_id: int) -> Response | tuple[str, int]:
    """Install what a questionnaire was changed into, as a new version."""
    with database().read() as session:
        version, definition = _version(session, version_id)
        form = change_form(definition, _bank())

    def install(session: orm.Session) -> int:
        return keep_questionnaire(session, _changed(definition, form), actor=actor()).id

    number = submit(form, install)
    if number is None:
        return _change_page(version, definition, form), 422
    return _installed(number)


def _installed(number: int) -> Response:
    return go(
        "structure.questionnaire",
        _("The new version was installed. Rounds keep the version they ask; choose this one when you plan a round."),
        version_id=number,
    )


def _changed(definition: Definition, form: QuestionnaireChangeForm) -> Definition:
    """The questionnaire that a valid form asks for; `InputError` where its other answers do not allow it."""
    items = [item.code for item in definition.items]
    changed = edit_questionnaire(
        definition,
        code=form.code.data,
        family=form.family.data,
        titles={name: form.words("title", name) for name in definition.languages},
        texts={code: {name: form.words(code, name) for name in definition.languages} for code in items},
        order={code: place for code in items if (place := form.place(code)) is not None},
        left_out=[code for code in items if not form.keeps(code)],
        added=form.added.data,
        bank=bundled().values(),
    )
    if not changed.items:
        raise InputError("At least one question must stay")
    return changed


def _bank() -> list[Definition]:
    return list(bundled().values())


def _version(session: orm.Session, version_id: int) -> tuple[QuestionnaireVersion, Definition]:
    """A version and its definition; 404 for any other."""
    version = round_queries.find_version(session, version_id)
    if version is None:
        flask.abort(404)
    return version, definition_of(version)


def _list(form: FileForm) -> str:
    with database().read() as session:
        return flask.render_template(
            "structure/questionnaires.html",
            versions=stored_versions(session),
            form=form,
            may_change=user().role in STRUCTURE_EDITORS,
        )


def _change_page(version: QuestionnaireVersion, definition: Definition, form: Any) -> str:
    return flask.render_template(
        "structure/questionnaire_change.html",
        version=version,
        definition=definition,
        form=form,
        names={language.code: language.name for language in i18n.LANGUAGES.values()},
    )
