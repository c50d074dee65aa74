"""What commands share: errors of input with exit code 2, parameter types, progress bars, files that appear whole."""

from __future__ import annotations

import contextlib
import copy
import errno
import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click
import sqlalchemy as sa

from survey.core.command_language import say, translated
from survey.core.db import UNAVAILABLE
from survey.core.errors import InputError
from survey.core.private import keep_private, make_private_folder

P = ParamSpec("P")
R = TypeVar("R")

IN_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
OUT_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)
IN_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
OUT_FOLDER = click.Path(file_okay=False, path_type=Path)


class BadInput(click.ClickException):
    """Error of input: the message on stderr, exit code 2."""

    exit_code = 2


def report_input_errors(function: Callable[P, R]) -> Callable[P, R]:
    """Report an `InputError` as one message with exit code 2: the decorator of every command.

    A database that cannot be used is one too, and so is a disk without room or a file that may not be read: that is not
    the program's fault. Defects of the program keep their traceback, so that they can be reported.
    """

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except InputError as error:
            raise BadInput(error.sentence(translated)) from error
        except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            message = database_message(error)
            if not message:
                raise
            raise BadInput(message) from error
        except OSError as error:
            if error.errno is None or isinstance(error, BrokenPipeError):
                raise
            raise BadInput(system_message(error)) from error

    return wrapper


def exit_on_bad_settings(factory: Callable[P, R]) -> Callable[P, R]:
    """End `flask …` with one sentence and exit code 2 where the factory of the application refuses the settings.

    Flask makes the application while it looks a command up, where it would print a traceback, or go on without
    commands. Without a command (the server, tests) the error is raised.
    """

    @functools.wraps(factory)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        if click.get_current_context(silent=True) is not None:
            keep_private()  # what any command makes, its reports and exports included, its owner alone may read
        try:
            return factory(*args, **kwargs)
        except InputError as error:
            if click.get_current_context(silent=True) is None:
                raise
            BadInput(error.sentence(translated)).show()
            raise SystemExit(BadInput.exit_code) from error

    return wrapper


_REFUSED = (
    (
        ("password authentication failed", "no password supplied"),
        "The database refuses the password: {reason}; check user and password in DATABASE_URL",
    ),
    (
        ("does not exist", "no pg_hba.conf entry"),
        "The database refuses the connection: {reason}; correct DATABASE_URL, or make role and database as "
        "docs/operations.md (PostgreSQL) says",
    ),
)
"""What a server says that refuses a connection, and what to do."""
_NOT_RUN = (
    (
        ("no such table", "no such column", "UndefinedTable", "UndefinedColumn"),
        "The database is not set up yet, or waits for a migration; run `flask --app app init` first",
    ),
    (
        ("readonly database", "ReadOnlySqlTransaction"),
        "The database can only be read: {reason}; give the service's account the right to write, or name the primary "
        "server in DATABASE_URL",
    ),
    (
        ("disk is full", "DiskFull"),
        "There is no room left for the database or its temporary files: {reason}; make room and try again",
    ),
    (
        ("database is locked", "LockNotAvailable"),
        "Another program holds the database: {reason}; end it and try again",
    ),
    (
        ("QueryCanceled",),
        "The database ended a statement that took too long: {reason}; use a role without statement_timeout",
    ),
)
"""What a database says of a statement that it did not run for reasons of its own, and what to do."""


def database_message(error: sa.exc.SQLAlchemyError) -> str:
    """The sentence for a database that cannot be used as it is; empty for a defect of a statement."""
    cause = getattr(error, "orig", None) or error
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()] or [type(cause).__name__]
    reason, known = lines[0].rstrip("."), f"{type(cause).__name__} {cause}"
    connected = isinstance(error, sa.exc.DBAPIError) and error.statement is not None
    for words, sentence in _NOT_RUN if connected else (*_REFUSED, *_NOT_RUN):
        if any(word in known for word in words):
            return translated(sentence).format(reason=reason)
    if connected and not isinstance(error, UNAVAILABLE):
        return ""
    return translated("The database does not answer: {reason}; check DATABASE_URL and the server").format(reason=reason)


def system_message(error: OSError) -> str:
    """The sentence for what the system refused: no room, no right, no such place."""
    place = f"{error.filename}: " if error.filename else ""
    reason = error.strerror or type(error).__name__
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        words = "there is no room left ({reason}); make room there, or set TMPDIR to a folder that has some"
    else:
        words = "{reason}; look at owner and rights of the folder, and at TMPDIR"
    return place + translated(words).format(reason=reason)


def command_group(name: str, purpose: str, *commands: click.Command) -> click.Group:
    """Group commands under one word; `purpose` is what `--help` says of it."""
    return click.Group(name, {command.name or "": command for command in commands}, help=purpose)


def deprecated_alias(command: click.Command, old: str, new: str) -> click.Command:
    """A command under its deprecated name, absent from `--help`.

    It works as it did. A note on stderr names the new command where people read: at a terminal, and in the journal of
    systemd, whose timers would fail one day. Programs that compare what a command prints find nothing new. It comes
    after success only: what goes wrong is told in one message, as documented.
    """
    alias = copy.copy(command)
    alias.name, alias.hidden = old, True
    callback = command.callback

    def call(*args: Any, **kwargs: Any) -> Any:
        value = callback(*args, **kwargs) if callback is not None else None
        if sys.stderr.isatty() or "JOURNAL_STREAM" in os.environ:
            words = "Note: `%(old)s` is deprecated and will be removed; use `flask --app app %(new)s`."
            say(words, old=old, new=new, err=True)
        return value

    alias.callback = call
    return alias


@contextmanager
def progress_bar(file: Path) -> Iterator[Callable[[int], object] | None]:
    """Progress bar over the bytes of a file, on a terminal and for long files only; yields its update function."""
    size = file.stat().st_size
    if not sys.stderr.isatty() or size < 2_000_000:
        yield None
        return
    with click.progressbar(length=size, label=file.name, file=sys.stderr) as bar:
        yield bar.update


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Atomic write: yields a temporary path beside `path` and renames it at the end.

    A file appears whole or not at all, so that nobody prints or sends half of one.
    """
    part = path.with_name(path.name + ".part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise InputError("%(path)s cannot be written: %(why)s", path=path, why=error.strerror or error) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def make_folder(path: Path) -> None:
    """Create an output folder with its parents; an existing one is fine."""
    try:
        make_private_folder(path)
    except OSError as error:
        raise InputError("%(path)s cannot be written: %(why)s", path=path, why=error.strerror or error) from error


@contextmanager
def work_bar(label: str, length: int, *, err: bool = False) -> Iterator[Callable[[int], object]]:
    """Progress bar of a longer piece of work, on a terminal; elsewhere its label alone. Yields the update function."""
    with click.progressbar(length=length, label=label, file=sys.stderr if err else sys.stdout) as bar:
        yield bar.update


def read_rules(path: Path | None) -> dict[str, Any] | None:
    """Read scoring rules from a JSON file."""
    import json

    if path is None:
        return None
    try:
        rules = json.loads(path.read_text("utf-8-sig"))
    except ValueError as error:
        raise InputError("%(path)s is not JSON: %(why)s", path=path, why=error) from error
    if not isinstance(rules, dict):
        raise InputError("%(path)s must hold one JSON object of rules", path=path)
    return rules
