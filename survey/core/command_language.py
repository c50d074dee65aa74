"""The language that commands speak: Vietnamese with `LANG=vi_VN` or `--lang vi`, else English.

Standard gettext over the catalogues of the pages, by which click translates its own words, too. A sentence without a
translation stays English; what programs read (tables, JSON, paths) has no language.
"""

from __future__ import annotations

import copy
import gettext
import inspect
import os
from collections.abc import Mapping
from pathlib import Path

import click

TRANSLATIONS = Path(__file__).resolve().parents[1] / "translations"
CHOICES = ("vi", "en")
WORDS_OF_CLICK = (
    *("Usage:", "Options", "Commands", "Positional arguments", "default: {default}", "required", "Aborted!"),
    *("Show this message and exit.", "Try '{command} {option}' for help.", "Error: {message}"),
    *("Missing argument", "Missing option", "Missing parameter", "Missing command."),
    *("No such option {name!r}.", "No such command {name!r}.", "Option {name!r} does not take a value."),
    *("Invalid value: {message}", "Invalid value for {param_hint}: {message}"),
    *("{name} {filename!r} does not exist.", "{name} {filename!r} is a directory.", "{name} {filename!r} is a file."),
    *("{value!r} is not a valid {number_type}.", "{value} is not in the range {range}."),
)
"""What click says of a command in its own words: named here, so that the catalogue of Vietnamese keeps them."""


def bind_catalogues() -> None:
    """Let gettext, click's sentences among what it translates, read the catalogues of the application."""
    gettext.bindtextdomain("messages", str(TRANSLATIONS))


def translated(message: str) -> str:
    """Translate a message into the language of the command."""
    return gettext.gettext(message) if message else ""


def say(message: str, given: Mapping[str, object] | None = None, /, *, err: bool = False, **values: object) -> None:
    """Print a sentence in the language of the command; `message` is an English msgid with %(name)s places."""
    spoken, filled = translated(message), {**(given or {}), **values}
    click.echo(spoken % filled if filled else spoken, err=err)


def has_catalogue() -> bool:
    """Say whether the language of the system has a catalogue, so that help is to be translated at all."""
    return gettext.find("messages", str(TRANSLATIONS)) is not None


def localized(command: click.Command) -> click.Command:
    """A copy of a command, and of the commands below it, whose help is in the language of now."""
    out = copy.copy(command)
    out.help = translated(inspect.cleandoc(command.help or ""))
    out.params = [_localized_option(one) for one in command.params]
    vars(out)["_help_option"] = None  # click makes it once, in the language of then
    if isinstance(out, click.Group):
        out.commands = {name: localized(one) for name, one in out.commands.items()}
    return out


def _localized_option(parameter: click.Parameter) -> click.Parameter:
    if not isinstance(parameter, click.Option):
        return parameter
    out = copy.copy(parameter)
    out.help = parameter.help and translated(parameter.help)
    return out


def _speak(context: click.Context, _parameter: click.Parameter, language: str | None) -> None:
    """Speak the language that was asked for, for the rest of the process; eager, so that `--help` after it is in it."""
    if language is None:
        return
    os.environ["LANGUAGE"] = language  # errors are shown after the command's context has ended
    context.command = localized(context.command)


def offer_languages(command: click.Command) -> None:
    """Give `--lang` to a command and to those below it."""
    if isinstance(command, click.Group):
        for one in command.commands.values():
            offer_languages(one)
    else:
        command.params.append(_option())


def _option() -> click.Option:
    words = "Language of messages and help; default: that of LANG."
    choice = click.Choice(CHOICES)
    return click.Option(["--lang"], type=choice, help=words, is_eager=True, expose_value=False, callback=_speak)
