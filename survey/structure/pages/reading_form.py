"""The form that says how a table is to be read: which row has the headings, and which column is what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import shorten
from typing import Any

from flask_babel import lazy_gettext as _

from survey.models import BatchKind
from survey.spreadsheets.headings import SCANNED
from survey.structure.table_columns import COLUMNS
from survey.web.fields import Choice, Whole
from survey.web.forms import Form

COLUMN_WORDS = {
    "code": _("Code"),
    "name": _("Name"),
    "kind": _("What it is"),
    "level": _("Tier"),
    "parent": _("Agency above it"),
    "name_en": _("English name"),
    "valid_from": _("Exists since"),
    "valid_to": _("Exists until"),
    "successor": _("Agency that took over"),
    "agency": _("Agency"),
    "services": _("Fields handled here"),
    "deciding_agency": _("Agency that decides"),
    "deciding_agencies": _("Agencies that decide"),
    "service": _("Field"),
    "N": _("Number of transactions (N)"),
}
"""What each column of `survey.structure.table_columns` holds, in words."""


class ReadingForm(Form):
    """The row of the headings; a column for each thing that is looked for is added by `reading_form`."""

    heading_row = Whole(
        _("The headings stand in row"),
        least=1,
        most=SCANNED,
        hint=_("In a heading of two rows, the lower one."),
    )

    @property
    def columns(self) -> list[Choice]:
        """The choices of columns."""
        return [control for control in self if control.name.startswith("c.")]

    @property
    def chosen(self) -> dict[str, str]:
        """What was chosen: a column's name in files of ours → its heading in this file."""
        return {control.name.removeprefix("c."): control.data for control in self.columns if control.data}


def reading_form(kind: BatchKind, headings: Sequence[str]) -> type[ReadingForm]:
    """The form class for a kind of table and a file with these headings."""
    offered = [(heading, shorten(heading, 60, placeholder=" …") or heading[:60]) for heading in headings]
    fields: dict[str, Any] = {
        f"c.{column.code}": Choice(COLUMN_WORDS[column.code], options=offered, empty=_("none"), id=f"c-{column.code}")
        for column in COLUMNS[kind]
    }
    return type("ReadingForm", (ReadingForm,), fields)


def shown(table_row: int, columns: Sequence[str], fields: Mapping[str, int]) -> dict[str, Any]:
    """The values with which the form shows how a table was read."""
    return {"heading_row": table_row, **{f"c.{code}": columns[at] for code, at in fields.items()}}
