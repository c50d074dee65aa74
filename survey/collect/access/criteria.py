"""WCAG 2.2, levels A and AA: what each success criterion comes to on citizens' pages, and which tests show it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("criteria.yaml")


@dataclass(frozen=True)
class Criterion:
    """One success criterion."""

    #: as in the standard, for example `1.4.3`
    number: str
    #: `A` or `AA`
    level: str
    #: `met`, or `none` where the pages have nothing that it is about
    result: str
    #: tests that show it, as pytest names them
    tests: tuple[str, ...]
    names: tuple[str, str]
    explanations: tuple[str, str]

    def name(self, *, english: bool) -> str:
        """What it is called."""
        return self.names[english]

    def how(self, *, english: bool) -> str:
        """How the pages meet it."""
        return self.explanations[english]


@cache
def criteria() -> tuple[Criterion, ...]:
    """All of them, in the order of the standard."""
    rows = yaml.safe_load(FILE.read_text("utf-8"))["criteria"]
    return tuple(
        Criterion(
            number=row["number"],
            level=row["level"],
            result=row["result"],
            tests=tuple(row.get("tests", ())),
            names=(row["name"]["vi"], row["name"]["en"]),
            explanations=(row["how"]["vi"], row["how"]["en"]),
        )
        for row in rows
    )
