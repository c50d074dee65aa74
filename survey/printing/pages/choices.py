"""What a person chooses to print: kind of paper, look, languages, dates, and how a printer is corrected."""

from __future__ import annotations

import math
from dataclasses import dataclass

import flask
from flask_babel import gettext as _

from survey.core.errors import InputError
from survey.printing.posters.document import Kind
from survey.printing.posters.labels import LABELS, MAX_SHIFT
from survey.printing.posters.words import Variant


@dataclass(frozen=True)
class Choice:
    """One print."""

    kind: Kind = Kind.A4
    variant: Variant = Variant.STANDARD
    bilingual: bool = False
    dates: bool = False
    shift: tuple[float, float] = (0.0, 0.0)

    @property
    def query(self) -> dict[str, str]:
        """The choice as parts of an address."""
        parts = {"size": self.kind.value, "variant": self.variant.value}
        parts |= {name: "1" for name in ("bilingual", "dates") if getattr(self, name)}
        if self.kind.value in LABELS and any(self.shift):
            parts |= {"right": f"{self.shift[0]:g}", "down": f"{self.shift[1]:g}"}
        return parts


def chosen() -> Choice:
    """Return the choice in the address; 404 for a kind there is not, `InputError` for an unfit correction."""
    asked = flask.request.values
    try:
        kind, variant = Kind(asked.get("size", "A4")), Variant(asked.get("variant", "standard"))
    except ValueError:
        flask.abort(404)
    shift = (_millimetres(asked.get("right", "")), _millimetres(asked.get("down", "")))
    shift = shift if kind.value in LABELS else (0.0, 0.0)
    return Choice(kind, variant, "bilingual" in asked, "dates" in asked, shift)


def _millimetres(written: str) -> float:
    """Return a correction; a decimal comma is as good as a point, nothing is 0."""
    try:
        number = float(written.strip().replace(",", ".").replace("−", "-") or 0)
    except ValueError:
        number = math.nan
    if not abs(number) <= MAX_SHIFT:
        raise InputError(
            "A correction is a number from -%(n)d to %(n)d millimetres, not %(written)r",
            n=int(MAX_SHIFT),
            written=written[:20],
        )
    return number


def kind_names() -> dict[str, str]:
    """Return what can be printed, in words."""
    return {
        Kind.A4.value: _("A4 poster"),
        Kind.A5.value: _("A5 poster"),
        Kind.TENT.value: _("Table tent"),
        Kind.LABELS_8.value: _("8 labels on a sheet"),
        Kind.LABELS_21.value: _("21 labels on a sheet, 70 × 42.3 mm"),
        Kind.LABELS_21_NARROW.value: _("21 labels on a sheet, 63.5 × 38.1 mm"),
    }


def variant_names() -> dict[str, str]:
    """Return the looks, in words."""
    return {
        Variant.STANDARD.value: _("In colour"),
        Variant.HIGH_CONTRAST.value: _("Black, for poor eyesight or light"),
        Variant.INK_SAVING.value: _("Saving ink"),
    }
