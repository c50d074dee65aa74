"""The voice of a language: what is recorded of the form, what is missing, and one text after the other."""

from __future__ import annotations

from dataclasses import dataclass

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.collect.operations.note_recording import note_recording_kept, note_recording_removed
from survey.collect.recordings import AAC, MAX_BYTES, OPUS, Recording, Voice, keep_recording, remove_recordings
from survey.collect.voice import Words, address, voice_of, words
from survey.collect.voices.forms import RecordingForm
from survey.core.errors import InputError
from survey.models import QuestionnaireVersion, Role
from survey.structure.queries.rounds import definition_of, find_open_rounds, usual_version
from survey.web import i18n
from survey.web.context import actor, database, settings
from survey.web.security import HEADERS

blueprint = flask.Blueprint("voices", __name__, url_prefix="/quan-tri/giong-doc")
MICROPHONE = HEADERS["Permissions-Policy"].replace("microphone=()", "microphone=(self)")
"""`Permissions-Policy` of the one page that records."""


@dataclass(frozen=True)
class CheckedWords:
    """One line of the checklist."""

    words: Words
    #: what is heard on the form: address and recording
    sources: tuple[tuple[str, Recording], ...]
    #: something is recorded, but of other words
    outdated: bool
    #: kinds of files that are missing, so that some telephones stay silent: `Opus`, `AAC`
    missing: tuple[str, ...]


@dataclass(frozen=True)
class VoiceState:
    """How far the recordings of a language are."""

    language: i18n.Language
    done: int
    all: int


@blueprint.get("")
@role_required(Role.ADMIN)
def languages() -> str:
    """All languages that the program knows, and how much of the form is recorded in each."""
    with database().read() as session:
        versions = _versions(session)
        states = [
            VoiceState(language, sum(bool(line.sources) for line in lines), len(lines))
            for language in i18n.LANGUAGES.values()
            for lines in (_checklist(versions, language.code),)
        ]
    return flask.render_template("collect/voices/languages.html", states=states)


@blueprint.get("/<language>")
@role_required(Role.ADMIN)
def voice(language: str) -> Response:
    """The checklist of a language: what is to be read, what is recorded of it."""
    return _page(_known(language), None, "")


@blueprint.post("/<language>/<file>")
@role_required(Role.ADMIN)
def upload(language: str, file: str) -> Response:
    """Keep a recording of one text."""
    known, form = _known(language), RecordingForm(ids=f"-{file}")
    with database().read() as session:
        text = _text(session, language, file)
    if form.validate():
        data = form.file.data.stream.read(MAX_BYTES + 1)
        try:
            keep_recording(settings().storage, language, file, text, data)
        except InputError as error:
            form.refuse(error)
        else:
            with database().write() as session:
                note_recording_kept(session, language, file, data, actor=actor())
            flask.flash(_("The recording is kept: %(words)s", words=text))
            return _back(language, file)
    i18n.shown_at(flask.url_for("voices.voice", language=language))
    return _page(known, form, file, 422)


@blueprint.post("/<language>/<file>/bo")
@role_required(Role.ADMIN)
def remove(language: str, file: str) -> Response:
    """Remove what is recorded of one text."""
    _known(language)
    with database().read() as session:
        text = _text(session, language, file)
    if remove_recordings(settings().storage, language, file):
        with database().write() as session:
            note_recording_removed(session, language, file, actor=actor())
        flask.flash(_("The recording is removed: %(words)s", words=text))
    return _back(language, file)


def _known(code: str) -> i18n.Language:
    if code not in i18n.LANGUAGES:
        flask.abort(404)
    return i18n.LANGUAGES[code]


def _page(language: i18n.Language, refused: RecordingForm | None, file: str, status: int = 200) -> Response:
    with database().read() as session:
        lines = _checklist(_versions(session), language.code)
    forms = {line.words.name: RecordingForm(formdata=None, ids=f"-{line.words.name}") for line in lines}
    reply = flask.make_response(
        flask.render_template(
            "collect/voices/voice.html",
            language=language,
            lines=lines,
            form=refused or RecordingForm(formdata=None),
            forms={**forms, file: refused} if refused else forms,
            done=sum(bool(line.sources) for line in lines),
            most=MAX_BYTES // 1024,
        ),
        status,
    )
    reply.headers["Permissions-Policy"] = MICROPHONE
    return reply


def _versions(session: orm.Session) -> list[QuestionnaireVersion]:
    """The questionnaires of the open rounds, else the one that a new round begins with."""
    usual = [] if (found := usual_version(session)) is None else [found]
    return list({one.id: one for one in [round_.version for round_ in find_open_rounds(session)] or usual}.values())


def _wanted(versions: list[QuestionnaireVersion], language: str) -> dict[str, Words]:
    """What is to be read, by the names of files; of two wordings of one code the first."""
    wanted: dict[str, Words] = {}
    for version in versions:
        for one in words(definition_of(version), language):
            wanted.setdefault(one.name, one)
    return wanted


def _checklist(versions: list[QuestionnaireVersion], language: str) -> list[CheckedWords]:
    heard = voice_of(language)
    return [_checked(one, heard) for one in _wanted(versions, language).values()]


def _checked(one: Words, heard: Voice) -> CheckedWords:
    recordings = heard.of(one.name, one.text)
    sources = tuple((address(heard, one.name, r), r) for r in recordings)
    there = {recording.ending for recording in recordings}
    missing = [kind for kind, endings in (("Opus", OPUS), ("AAC", AAC)) if not there & set(endings)]
    return CheckedWords(one, sources, not recordings and one.name in heard.spoken, tuple(missing))


def _text(session: orm.Session, language: str, file: str) -> str:
    """The words that a file is to say; 404 for what the form does not ask."""
    wanted = _wanted(_versions(session), language)
    if file not in wanted:
        flask.abort(404)
    return wanted[file].text


def _back(language: str, file: str) -> Response:
    return flask.redirect(flask.url_for("voices.voice", language=language) + f"#w-{file}", 303)
