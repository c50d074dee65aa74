"""Reading questionnaire files, our own and an evaluator's."""

from __future__ import annotations

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
    """Return the questionnaire in a YAML file; errors say `file:line`, what was found and what is expected."""
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
    """Return the questionnaire in YAML text; `source` names it in errors."""
    return from_mapping(check(content.encode() if isinstance(content, str) else content, source))


@cache
def bundled() -> dict[str, Definition]:
    """Return the questionnaires shipped with the software by code, the default first."""
    definitions = [load_file(path) for path in sorted(_HERE.glob("*.yaml"))]
    definitions.sort(key=lambda definition: (definition.code != DEFAULT, definition.code))
    return {definition.code: definition for definition in definitions}
