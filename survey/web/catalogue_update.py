"""`make translations-update`: extracts the sentences of code and templates and merges them into the catalogues.

gettext's own order of work (extract, then merge) on Babel, with three differences. Order and header of a file stay, so
that a merge shows in a diff what it changed. A language that falls back to another one (`vi-simple`) is not filled with
what it need not say. And a sentence is obsolete only when no string in the sources spells it: those of tables of words
are marked for gettext where they are shown, not where they are written.
"""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from survey.core.config import ROOT
from survey.web.catalogues import TRANSLATIONS, sources

FOLDERS = ("survey", "templates")
METHODS = [
    ("survey/**.py", "python"),
    ("templates/**.html", "jinja2.ext:babel_extract"),
    ("templates/**.svg", "jinja2.ext:babel_extract"),
]
#: `trimmed`: a `{% trans %}` over several lines is one sentence, at run time as here
OPTIONS = {"templates/**.html": {"trimmed": "true"}}
#: sentences of errors and notices are written where they arise and translated where they are shown
KEYWORDS = (
    DEFAULT_KEYWORDS
    | dict.fromkeys(("InputError", "Notice", "say", "translated"), (1,))
    | dict.fromkeys(("wrong", "CellError"), (4,))
)
QUOTED = re.compile(r""" "([^"\n]+)" | '([^'\n]+)' """, re.VERBOSE)
COMPLETE = "vi"
"""The language that says everything; English is the msgids themselves."""

Message = str | tuple[str, ...]


@dataclass(frozen=True)
class Merge:
    """What a merge did to one catalogue."""

    language: str
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{self.language}: {len(self.added)} added, {len(self.removed)} removed"]
        lines += [f"  + {text}" for text in self.added] + [f"  - {text}" for text in self.removed]
        return "\n".join(lines)


def extract(root: Path = ROOT) -> dict[str, Message]:
    """The messages marked for gettext, by their singular."""
    found: dict[str, Message] = {}
    for folder in FOLDERS:
        methods = [
            (pattern.removeprefix(f"{folder}/"), method) for pattern, method in METHODS if pattern.startswith(folder)
        ]
        options = {pattern.removeprefix(f"{folder}/"): chosen for pattern, chosen in OPTIONS.items()}
        for _, _, message, _, _ in extract_from_dir(root / folder, methods, options, KEYWORDS):
            found.setdefault(_singular(message), message)
    return found


def literals(root: Path = ROOT) -> set[str]:
    """Every string that the Python sources spell, and what stands between quotes in templates."""
    files = [path for folder in ("survey", "scoring") for path in (root / folder).rglob("*.py")]
    nodes = (node for path in files for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    found = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    for path in (root / "templates").rglob("*.*"):
        found |= {double or single for double, single in QUOTED.findall(path.read_text("utf-8"))}
    return found


def merge(source: Path, used: dict[str, Message], spelled: set[str]) -> Merge:
    """Merge the messages in use into one catalogue; the file is written only when that changes it."""
    text = source.read_text("utf-8")
    header, _, _ = text.partition("\n\n")
    catalogue = read_po(BytesIO(text.encode()), abort_invalid=True)
    done = Merge(source.parts[-3])
    known = {_singular(message.id) for message in catalogue if message.id}
    for singular in sorted(known - used.keys() - spelled):
        catalogue.delete(singular)
        done.removed.append(singular)
    if done.language == COMPLETE:
        for singular, message in used.items():
            if singular not in known:
                catalogue.add(message)
                done.added.append(singular)
    if done.added or done.removed:
        source.write_text(f"{header}\n\n{_body(catalogue)}", "utf-8")
    return done


def _body(catalogue: Catalog) -> str:
    """The messages as gettext text: each sentence in one line, without flags that repeat what `%(…)s` says."""
    for message in catalogue:
        message.flags.discard("python-format")
    out = BytesIO()
    write_po(out, catalogue, width=0, omit_header=True, no_location=True)
    return out.getvalue().decode().strip() + "\n"


def _singular(message: Message | list[str]) -> str:
    return message if isinstance(message, str) else message[0]


def main() -> int:
    """Merge into every catalogue and tell what changed; new sentences await their translation in `vi`."""
    used, spelled = extract(), literals()
    for source in sources(TRANSLATIONS):
        sys.stdout.write(f"{merge(source, used, spelled)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
