"""One print as it was chosen: kind of paper, look, languages, dates, and how a printer is corrected."""

from __future__ import annotations

from dataclasses import dataclass

import flask

from survey.printing.pages.forms import LookForm, PrintForm
from survey.printing.posters.labels import LABELS
from survey.printing.posters.words import PrintKind, Variant


@dataclass(frozen=True)
class PrintChoice:
    """One print."""

    kind: PrintKind = PrintKind.A4
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


def chosen(form: LookForm) -> PrintChoice:
    """What a form chooses, once it was validated; 404 for a look or a kind of paper that there is not.

    A correction that is none of the form's is no correction.
    """
    if form.variant.errors or (isinstance(form, PrintForm) and form.size.errors):
        flask.abort(404)
    variant, bilingual, dates = Variant(form.variant.data), form.bilingual.data, form.dates.data
    if not isinstance(form, PrintForm):
        return PrintChoice(variant=variant, bilingual=bilingual, dates=dates)
    kind = PrintKind(form.size.data)
    shift = (form.right.data or 0.0, form.down.data or 0.0) if kind.value in LABELS else (0.0, 0.0)
    return PrintChoice(kind, variant, bilingual, dates, shift)
