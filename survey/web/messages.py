"""Messages outside of a request: gettext in a language of one's choice, for files, which have languages of their own.

Pages ask `flask_babel.gettext`, which follows the language of the request; both read the same catalogues.
"""

from __future__ import annotations

from functools import cache

from babel import support

from survey.web import catalogues

SOURCE_LANGUAGE = "en"
"""The language message ids are written in."""

Pair = tuple[str, str]
"""One wording in Vietnamese and in English."""


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a message for extraction where it is defined; it is translated where it is shown."""
    return message


def translate(message: str, language: str) -> str:
    """Translate a message into `language` (a catalogue's folder); English is the message itself."""
    return message if language == SOURCE_LANGUAGE else _catalogue(language).gettext(message)


def bilingual(message: str) -> Pair:
    """Translate a message into the two languages of files."""
    return translate(message, "vi"), translate(message, "en")


@cache
def _catalogue(language: str) -> support.NullTranslations:
    return catalogues.load(language)
