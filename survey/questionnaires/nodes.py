"""YAML as marked nodes: nothing is constructed, every scalar is a string, and each node knows its line.

Read this way `no` is the text "no" and never false, `08` is "08", and no tag can make an object. Anchors and aliases
are refused (a few lines of them expand to gigabytes), as are files and nestings larger than any questionnaire.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

import yaml

from survey.core.errors import InputError

MAX_BYTES = 1_000_000
MAX_DEPTH = 16


@dataclass(frozen=True)
class DefinitionProblem:
    """One thing wrong in a file."""

    source: str
    line: int  # 1-based
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: found {self.found}; expected {self.expected}"


class DefinitionError(InputError):
    """A questionnaire file that was refused, with every problem and its line."""

    shown = 30

    def __init__(self, problems: list[DefinitionProblem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        lines = [str(problem) for problem in self.problems[: self.shown]]
        if len(self.problems) > self.shown:
            lines.append(f"… and {len(self.problems) - self.shown} more")
        super().__init__("The questionnaire was refused:\n%(problems)s", problems="\n".join(lines))


class _Composer(yaml.BaseLoader):
    """Composes nodes without anchors, aliases, tags or deep nesting."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.composer.ComposerError(None, None, f"an anchor or alias ({event.anchor})", mark)
        if getattr(event, "tag", None):
            raise yaml.composer.ComposerError(None, None, f"a tag ({event.tag})", mark)
        if self.depth >= MAX_DEPTH:
            raise yaml.composer.ComposerError(None, None, f"nesting deeper than {MAX_DEPTH}", mark)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def compose(content: bytes, source: str) -> yaml.Node:
    """The root node of a YAML file; DefinitionError names the line of what is not YAML or not allowed."""

    def refuse(line: int, found: str, expected: str) -> DefinitionError:
        return DefinitionError([DefinitionProblem(source, line, found, expected)])

    if len(content) > MAX_BYTES:
        raise refuse(1, f"{len(content)} bytes", f"at most {MAX_BYTES} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refuse(line, f"the byte 0x{content[error.start]:02x}", "text in UTF-8") from None
    try:
        loader = _Composer(text)
        root = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise refuse(line, f"the character U+{ord(text[error.position]):04X}", "printable text") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        plain = isinstance(error, yaml.composer.ComposerError) and error.context is None
        found = error.problem or "a YAML error"
        raise refuse(line, found if plain else f"a YAML error ({found})", "plain YAML") from None
    if root is None:
        raise refuse(1, "an empty file", "a questionnaire")
    return root


def is_tidy(text: str) -> bool:
    """Whether text is NFC and free of control and invisible formatting characters other than line ends."""
    visible = all(char == "\n" or unicodedata.category(char) not in ("Cc", "Cf") for char in text)
    return visible and unicodedata.is_normalized("NFC", text)
