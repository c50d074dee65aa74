"""Reading questionnaire files, our own and an evaluator's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from survey.core.errors import InputError
from survey.questionnaires.canonical import from_mapping
from survey.questionnaires.definition import Definition
from survey.questionnaires.nodes import MAX_BYTES
from survey.questionnaires.schema import check

DEFAULT = "sipas-service-16"
"""The questionnaire of a counter's QR code when nobody chose another."""

_HERE = Path(__file__).resolve().parent


def load_file(path: str | Path) -> Definition:
    """The questionnaire in a YAML file; errors say `file:line`, what was found and what is expected."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(
            "%(path)s cannot be read: %(reason)s.", path=path, reason=error.strerror or "unknown error"
        ) from None
    return loads(content, str(path))


def loads(content: str | bytes, source: str = "questionnaire.yaml") -> Definition:
    """The questionnaire in YAML text; `source` names it in errors."""
    return from_mapping(check(content.encode() if isinstance(content, str) else content, source))


def bundled() -> dict[str, Definition]:
    """The questionnaires shipped with the software by code, the default first, without those that are broken."""
    return load_folder(_HERE).definitions


def broken_files() -> tuple[str, ...]:
    """What is wrong with shipped questionnaires that cannot be used, a sentence a file; usually nothing.

    Rounds do not need the files: the questionnaire that a round asks is stored in the database.
    """
    return load_folder(_HERE).problems


@dataclass(frozen=True)
class FolderContents:
    """The questionnaires of a folder, and what is wrong with the files that hold none."""

    definitions: dict[str, Definition]
    problems: tuple[str, ...]


@cache
def load_folder(folder: Path) -> FolderContents:
    """Load every YAML file of a folder by name; a broken file, or a code that a file before has, hinders no other."""
    files: dict[str, tuple[Path, Definition]] = {}
    problems = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            definition = load_file(path)
        except InputError as error:
            problems.append(str(error))
            continue
        if definition.code in files:
            other = files[definition.code][0].name
            problems.append(
                f"{path}: the questionnaire {definition.code} stands in {other} already; give it another code"
            )
            continue
        files[definition.code] = (path, definition)
    codes = sorted(files, key=lambda code: (code != DEFAULT, code))
    return FolderContents({code: files[code][1] for code in codes}, tuple(problems))
