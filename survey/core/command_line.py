"""What commands share: input that is refused with exit code 2, types of files, a progress bar, a file of rules."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click
import sqlalchemy as sa

from survey.core.errors import InputError

P = ParamSpec("P")
R = TypeVar("R")

IN_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
OUT_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


class BadInput(click.ClickException):
    """Bad input: the message on stderr, exit code 2."""

    exit_code = 2


def plainly(function: Callable[P, R]) -> Callable[P, R]:
    """Turn what is wrong with the input into one message and exit code 2; defects show themselves."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except InputError as error:
            raise BadInput(str(error)) from error
        except sa.exc.OperationalError as error:
            if "no such table" in str(error) or "does not exist" in str(error):
                raise BadInput("The database is not set up yet; run `flask --app app init` first") from error
            raise

    return wrapper


@contextmanager
def progress_bar(file: Path) -> Iterator[Callable[[int], object] | None]:
    """Yield what a reader tells its bytes to: a bar on a terminal when the file is long, else nothing."""
    size = file.stat().st_size
    if not sys.stderr.isatty() or size < 2_000_000:
        yield None
        return
    with click.progressbar(length=size, label=file.name, file=sys.stderr) as bar:
        yield bar.update


def read_rules(path: Path | None) -> dict[str, Any] | None:
    """Return scoring rules from a JSON file."""
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
