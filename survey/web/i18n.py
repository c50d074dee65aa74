"""Languages: which one a page is in, its catalogue, and the links that switch it.

A language is chosen by `?lang=` (or a posted `lang`), then by the session of a person who signed in, then it is the
first of `Settings.languages`. Public pages therefore need no cookie: `url_for` carries a chosen language along.
Adding a language takes a line in `LANGUAGES`, a catalogue in `survey/translations/`, a column in the
questionnaires, and its code in the `LANGUAGES` setting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import flask
from babel import Locale, support
from flask_babel import Babel, Domain
from werkzeug.exceptions import HTTPException

from survey.core.config import Settings
from survey.core.errors import InputError
from survey.web import catalogues
from survey.web.catalogues import TRANSLATIONS
from survey.web.context import SESSION_KEY, settings


@dataclass(frozen=True)
class Language:
    """A language people may answer in."""

    #: BCP 47 tag: the page's `lang`, the catalogue's folder, what a response stores
    code: str
    #: its own name for itself, on the switch
    name: str
    #: CLDR locale for dates and numbers
    locale: str
    #: the language whose wording stands in where this one has none; empty for the message ids (English)
    fallback: str = ""
    #: false while its wording is a sample that awaits a translator
    ready: bool = True

    @property
    def folder(self) -> str:
        """The catalogue's folder name, as gettext spells it."""
        return self.code.replace("-", "_")


LANGUAGES = {
    language.code: language
    for language in (
        Language("vi", "Tiếng Việt", "vi"),
        Language("en", "English", "en"),
        Language("vi-simple", "Tiếng Việt dễ đọc", "vi", fallback="vi"),
        Language("blt", "ꪼꪕ (Thái)", "vi", fallback="vi", ready=False),
        Language("hmn", "Hmoob (Mông)", "vi", fallback="vi", ready=False),
    )
}
"""Every language this release knows; `Settings.languages` says which are offered."""


class _Catalogues(Domain):  # type: ignore[misc]
    """Message catalogues found by language code, so that `vi-simple` or `hmn` need no CLDR locale of their own."""

    def get_translations(self) -> support.NullTranslations:
        """The catalogue of the current language, its fallbacks behind it."""
        if not flask.g:
            return support.NullTranslations()
        code = current_language().code
        if code not in self.cache:
            self.cache[code] = load_catalogue(code)
        catalogue: support.NullTranslations = self.cache[code]
        return catalogue


def load_catalogue(code: str) -> support.NullTranslations:
    """The catalogue of language `code`, falling back along `Language.fallback`."""
    language = LANGUAGES[code]
    catalogue = catalogues.load(language.folder)
    if language.fallback:
        catalogue.add_fallback(load_catalogue(language.fallback))
    return catalogue


def require_known_languages(known: Settings) -> None:
    """Raise `InputError` unless each language to be offered is one of `LANGUAGES` and its wording is ready."""
    unknown = [code for code in known.languages if code not in LANGUAGES]
    if unknown or not known.languages:
        raise InputError(
            "LANGUAGES must name some of %(known)s; unknown: %(unknown)s",
            known=", ".join(LANGUAGES),
            unknown=", ".join(unknown) or "none",
        )
    samples = [code for code in known.languages if not LANGUAGES[code].ready]
    if samples:
        raise InputError(
            "LANGUAGES offers %(samples)s, of which there is a sample only: take it out until a translator has read it",
            samples=", ".join(samples),
        )


def init_app(app: flask.Flask) -> None:
    """Set up Flask-Babel, the language of each request, and what templates need to name and switch it."""
    known: Settings = app.config["SETTINGS"]
    require_known_languages(known)
    _compile_catalogues(app)
    babel = Babel()
    babel.init_app(
        app,
        default_locale=LANGUAGES[known.languages[0]].locale,
        default_translation_directories=str(TRANSLATIONS),
        default_timezone=known.zone,
        locale_selector=lambda: Locale.parse(current_language().locale),
    )
    app.extensions["babel"].instance.domain_instance = _Catalogues()
    app.before_request(_remember_language)
    app.url_defaults(_carry_language)
    app.context_processor(lambda: {"lang": current_language().code, "language_links": language_links})
    app.jinja_env.globals["local_name"] = local_name


def _compile_catalogues(app: flask.Flask) -> None:
    """Compile the catalogues where make did not; where they cannot be written, say so and go on without."""
    refused = catalogues.compile_catalogues()
    if refused:
        app.logger.warning(
            "The languages are compiled anew at every start, since %s is read-only; "
            "run `python -m survey.web.catalogues` once as the owner of that folder",
            TRANSLATIONS,
        )


def offered() -> list[Language]:
    """The languages of this installation, the default first."""
    return [LANGUAGES[code] for code in settings().languages]


def current_language() -> Language:
    """The language of this request (outside of one: the default)."""
    if not flask.has_request_context():
        return offered()[0]
    if "language" not in flask.g:
        flask.g.language = LANGUAGES[_asked_for() or _session_language() or offered()[0].code]
    language: Language = flask.g.language
    return language


def is_english() -> bool:
    """Say whether names with an English form are to be shown in it."""
    return current_language().code == "en"


def local_name(thing: Any) -> str:
    """The name of an agency, service, counter or round in the current language."""
    return str((thing.name_en if is_english() else None) or thing.name)


def language_links() -> Iterator[tuple[Language, str, bool]]:
    """Yield (language, address of this page in it, whether it is the current one)."""
    current = current_language()
    path, query = flask.g.get("shown_at") or (flask.request.path, list(flask.request.args.items(multi=True)))
    kept = [(key, value) for key, value in query if key != "lang"]
    for language in offered():
        yield language, f"{path}?{urlencode([*kept, ('lang', language.code)])}", language is current


def language_key() -> tuple[str, str]:
    """What a page owes to languages: the one it is in, and the one that its links carry along."""
    carried: dict[str, Any] = {}
    _carry_language("", carried)
    return current_language().code, carried.get("lang", "")


def shown_at(address: str) -> None:
    """Say where the page of this reply is to be had, when a POST to another address answers with it.

    A link to the other languages cannot post again.
    """
    parts = urlsplit(address)
    flask.g.shown_at = (parts.path, parse_qsl(parts.query))


def _asked_for() -> str | None:
    """The offered language that the address or the posted form names."""
    code = flask.request.args.get("lang")
    if code is None and flask.request.method == "POST":
        try:
            code = flask.request.form.get("lang")
        except HTTPException:  # a body too large to read still gets its error page, in the default language
            code = None
    return code if code in settings().languages else None


def _session_language() -> str | None:
    """The language kept in a signed-in session; a request without the cookie never touches the session."""
    if not has_session_cookie():
        return None
    code = flask.session.get("lang")
    return code if code in settings().languages else None


def has_session_cookie() -> bool:
    """Say whether the request carries a session, of somebody signed in or about to be."""
    return flask.current_app.config["SESSION_COOKIE_NAME"] in flask.request.cookies


def _remember_language() -> None:
    """Keep a language chosen by address in the session of a signed-in person. Nobody else gets a cookie."""
    code = flask.request.args.get("lang")
    if code and has_session_cookie() and flask.session.get(SESSION_KEY) and _asked_for():
        flask.session["lang"] = code


def _carry_language(endpoint: str, values: dict[str, Any]) -> None:
    """Let `url_for` keep a language that was chosen by address or form and differs from the default."""
    if "lang" in values or endpoint == "static" or not flask.has_request_context():
        return
    asked = _asked_for()
    if asked and asked != (_session_language() or offered()[0].code):
        values["lang"] = asked
