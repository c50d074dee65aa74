"""What people are told when input is wrong: one sentence that names what, where, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Translate = Callable[[str], str]
CELL = "row %(row)s, column %(column)s%(where)s: %(value)s is not %(expected)s"


class InputError(Exception):
    """Bad input from a person or a file. Nothing was stored.

    `template` is an English msgid with %(name)s places; pages translate it, the command line prints it as it is.
    `field` is the parameter at fault, by the operation's own name for it: a page shows the error beside that control.
    """

    def __init__(self, template: str, /, *, field: str = "", **values: object) -> None:
        super().__init__(template % values if values else template)
        self.template = template
        self.field = field
        self.values = values

    def sentence(self, translate: Translate) -> str:
        """The message in a language; `translate` gives the wording of an English msgid there."""
        words = translate(self.template)
        return words % self.values if self.values else words


class StaleEditError(InputError):
    """Somebody changed what a form was opened on before it was saved (optimistic locking). Nothing was stored."""

    def __init__(self) -> None:
        super().__init__("Somebody changed this while your page was open. Nothing was saved.")


@dataclass(frozen=True)
class Notice:
    """Something a person should read although nothing was refused; `template` as in `InputError`."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence(str)

    def sentence(self, translate: Translate) -> str:
        """The notice in a language."""
        return translate(self.template) % self.values


@dataclass(frozen=True)
class CellError:
    """One wrong cell of an imported table."""

    row: int  # 1-based line as a spreadsheet shows it, the header being row 1
    column: str
    value: str
    #: what would be right: an English msgid whose places `values` fills; pages translate it
    expected: str
    values: Mapping[str, object] = field(default_factory=dict)
    #: the letters over the column in a spreadsheet; empty when not known
    letter: str = ""

    @property
    def address(self) -> str:
        """The cell as a spreadsheet names it, for example C7; empty when not known."""
        return f"{self.letter}{self.row}" if self.letter else ""

    def __str__(self) -> str:
        return self.sentence(str)

    def sentence(self, translate: Translate) -> str:
        """What is wrong with the cell, in a language."""
        where = f" ({self.address})" if self.letter else ""
        expected = translate(self.expected)
        said = {"column": repr(self.column), "value": repr(self.value), "row": self.row, "where": where}
        said["expected"] = expected % self.values if self.values else expected
        return translate(CELL) % said


@dataclass
class TableError(InputError):
    """A table that was refused whole; `cells` lists what is wrong, at most `shown` of it is printed."""

    source: str
    cells: list[CellError] = field(default_factory=list)
    shown: int = 20

    def __post_init__(self) -> None:
        InputError.__init__(
            self,
            "%(source)s was not imported; nothing was stored. Correct these cells and try again:\n%(cells)s",
            source=self.source,
            cells=self._lines(str),
        )

    def sentence(self, translate: Translate) -> str:
        """The message in a language, its cells included."""
        return translate(self.template) % {"source": self.source, "cells": self._lines(translate)}

    def _lines(self, translate: Translate) -> str:
        lines = [cell.sentence(translate) for cell in self.cells[: self.shown]]
        if len(self.cells) > self.shown:
            lines.append(translate("… and %(count)s more") % {"count": len(self.cells) - self.shown})
        return "\n".join(lines)
