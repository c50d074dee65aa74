"""The recorded voice on the form: what it can say, which one a person hears, and which others are offered."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import flask

from survey.collect import recordings
from survey.collect.recordings import Recording, Voice
from survey.questionnaires import UNKNOWN, Definition, Section
from survey.web import i18n
from survey.web.context import settings

ASKED = "nghe"
"""Parameter of an address that names the language of the voice where it is not that of the page."""
STEM, SCALE = "stem", "scale"


class ChoiceHeard(Protocol):
    """An answer as the form shows it."""

    @property
    def code(self) -> str:
        """Its code."""

    @property
    def label(self) -> str:
        """Its words."""


class QuestionHeard(Protocol):
    """A question as the form shows it."""

    @property
    def code(self) -> str:
        """Its code."""

    @property
    def text(self) -> str:
        """Its words."""

    @property
    def choices(self) -> Sequence[ChoiceHeard]:
        """Its answers."""

    @property
    def unknown(self) -> str:
        """The words of the answer that says nothing."""

    @property
    def is_scale(self) -> bool:
        """Whether its answers are those of the scale."""


@dataclass(frozen=True)
class Words:
    """Something that is read aloud: how its files are called, and the text."""

    name: str
    text: str
    #: whether people cannot answer without it: a question that rates, or an answer to it
    needed: bool = True


def words(definition: Definition, language: str) -> list[Words]:
    """All that a voice reads of a questionnaire, in the order of the form; each once."""
    scale = definition.scale
    answers = [Words(f"{SCALE}-{one.code}", one.text.get(language), one.code != UNKNOWN) for one in scale.options]
    found = [] if definition.overall_section is None else _of_section(definition.overall_section, definition, language)
    found += [*answers, Words(f"{SCALE}-{UNKNOWN}", scale.unknown.get(language), needed=False)]
    found.append(Words(STEM, scale.question.get(language)))
    found += [Words(item.code, item.text.get(language)) for item in definition.items]
    for section in (definition.needs, definition.respondent):
        found += [] if section is None else _of_section(section, definition, language)
    named: dict[str, Words] = {}
    for one in found:
        named.setdefault(one.name, one)
    return list(named.values())


def _of_section(section: Section, definition: Definition, language: str) -> list[Words]:
    """The questions of a section with their answers; those of the scale are read once for all questions."""
    found = []
    for question in section.questions:
        rates = definition.on_scale(question.code)
        found.append(Words(question.code, question.text.get(language), rates))
        if not rates:
            options = [(option.code, option.text) for option in question.options if option.code != UNKNOWN]
            for code, text in [*options, (UNKNOWN, section.unknown)]:
                found.append(Words(f"{question.code}-{code}", text.get(language), needed=False))
    return found


def voice_of(language: str) -> Voice:
    """The recordings of a language, read again where the folder has changed."""
    kept: dict[str, tuple[int, Voice]] = flask.current_app.extensions.setdefault("voices", {})
    storage = settings().storage
    now = recordings.stamp(storage, language)
    known = kept.get(language)
    if known is None or known[0] != now:
        known = kept[language] = (now, recordings.read_voice(storage, language))
    return known[1]


def heard() -> Voice | None:
    """The voice of this request: the one its address names, else that of the page; None where nothing is recorded."""
    if not stamps():
        return None
    asked = flask.request.args.get(ASKED, "")
    code = asked if asked in i18n.LANGUAGES else i18n.current_language().code
    voice = voice_of(code)
    return voice if voice.spoken else None


def stamps() -> tuple[int, ...]:
    """What changes with any recording of any language; empty where none was ever kept, which costs one look."""
    folders: list[str] = flask.current_app.extensions.setdefault("voice_folders", [])
    if not folders:
        known = [recordings.folder(settings().storage, code) for code in i18n.LANGUAGES]
        folders += [str(known[0].parent), *map(str, known)]
    if not os.path.isdir(folders[0]):  # noqa: PTH112 (on the way of every citizen: a path object costs more than the look)
        return ()
    return tuple(recordings.changed(path) for path in folders[1:])


def other_voices(definition: Definition) -> list[i18n.Language]:
    """The languages that a page is not written in, of which all that rates is recorded: they are offered as voices."""
    offered = set(i18n.offered())
    found = [language for language in i18n.LANGUAGES.values() if language not in offered]
    shown = i18n.current_language().code
    needed = [one for one in words(definition, shown) if one.needed] if stamps() else []
    return [one for one in found if needed and all(voice_of(one.code).of(w.name, w.text) for w in needed)]


@dataclass(frozen=True)
class Speaker:
    """A voice as the page's template asks it."""

    voice: Voice
    language: str

    def sources(self, name: str, text: str) -> list[tuple[str, Recording]]:
        """Addresses of what says a text, with their recordings, in the order to try them."""
        return [(address(self.voice, name, one), one) for one in self.voice.of(name, text)]

    def question(self, question: QuestionHeard) -> list[tuple[str, Recording]]:
        """What says a question."""
        return self.sources(question.code, question.text)

    def answer(self, question: QuestionHeard, code: str, label: str) -> list[tuple[str, Recording]]:
        """What says one answer: those of the scale are the same for all questions."""
        return self.sources(f"{SCALE if question.is_scale else question.code}-{code}", label)

    def answers(self, question: QuestionHeard) -> list[tuple[str, list[tuple[str, Recording]]]]:
        """What says each of a question's answers, beside its words; those without a recording are left out."""
        labels = [(one.code, one.label) for one in question.choices] + [(UNKNOWN, question.unknown)]
        found = [(label, self.answer(question, code, label)) for code, label in labels]
        return [(label, sources) for label, sources in found if sources]


def speaker() -> Speaker | None:
    """The voice of this request for its template; None where nothing is recorded."""
    voice = heard()
    return Speaker(voice, voice.language) if voice else None


def address(voice: Voice, name: str, recording: Recording) -> str:
    """Where a recording is to be had; the same on every page, so that a browser fetches it once."""
    return flask.url_for(
        "respond.recording",
        language=voice.language,
        version=voice.version,
        file=f"{name}.{recording.ending}",
        lang=None,
    )
