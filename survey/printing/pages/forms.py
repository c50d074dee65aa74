"""What a person chooses to print, and the emblem: the forms of the printing pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from flask_babel import lazy_gettext as _

from survey.models import Counter
from survey.printing.posters.labels import MAX_SHIFT
from survey.printing.posters.words import PrintKind, Variant
from survey.web.fields import Choice, File, Number, Required, Tick, Whole
from survey.web.forms import EditForm, Form

MOST_CODES = 5000
"""Codes that are issued at a time."""
KINDS = (
    (PrintKind.A4.value, _("A4 poster")),
    (PrintKind.A5.value, _("A5 poster")),
    (PrintKind.TENT.value, _("Table tent")),
    (PrintKind.LABELS_8.value, _("8 labels on a sheet")),
    (PrintKind.LABELS_21.value, _("21 labels on a sheet, 70 × 42.3 mm")),
    (PrintKind.LABELS_21_NARROW.value, _("21 labels on a sheet, 63.5 × 38.1 mm")),
)
VARIANTS = (
    (Variant.STANDARD.value, _("In colour")),
    (Variant.HIGH_CONTRAST.value, _("Black, for poor eyesight or light")),
    (Variant.INK_SAVING.value, _("Saving ink")),
)
_CORRECTION = _("A correction is a number from -%(most)s to %(most)s millimetres", most=int(MAX_SHIFT))
_EVERY = _("Write a whole number from 1 to 1000")
_EVERY_PERSON = _("Write a whole number from 1 to 30")
_TICKETS = _("Write a whole number from 1 to 100000")
_HOW_MANY = _("Write how many codes are wanted: a whole number from 1 to %(most)d", most=MOST_CODES)


class LookForm(Form):
    """How a print looks."""

    variant = Choice(_("Look"), options=VARIANTS, default=Variant.STANDARD.value)
    bilingual = Tick(_("With English beneath"))
    dates = Tick()  # the page writes the days into its label


class PrintForm(LookForm):
    """What is printed of a counter or a unit, on which paper, and how the printer is corrected."""

    size = Choice(_("Paper"), options=KINDS, default=PrintKind.A4.value)
    right = Number(_("To the right, mm"), least=-MAX_SHIFT, most=MAX_SHIFT, message=_CORRECTION)
    down = Number(_("Down, mm"), least=-MAX_SHIFT, most=MAX_SHIFT, message=_CORRECTION)


class ManyPrintForm(PrintForm):
    """What is printed of all counters of a list: posters and tents. Labels are many times as much work: by the unit."""

    size = Choice(_("Paper"), options=KINDS[:3], default=PrintKind.A4.value)


class IssueForm(Form):
    """To which counter, for which week and how many codes for receipts are issued."""

    counter = Choice(_("Counter"))
    week = Choice(_("For the week that begins on"), message=_("Choose a week in which a round takes answers"))
    how_many = Whole(
        _("How many codes"),
        [Required(_HOW_MANY)],
        hint=_("At most as many as the week has transactions; ten slips are printed on each A4 sheet."),
        id="how-many",
        least=1,
        most=MOST_CODES,
        message=_HOW_MANY,
    )

    def offer(self, counters: Iterable[Counter], weeks: Iterable[date]) -> None:
        """Set the counters and the weeks to choose from."""
        names = [(str(counter.id), f"{counter.agency.name}, {counter.name} ({counter.code})") for counter in counters]
        self.counter.options = names
        self.week.options = [(week.isoformat(), f"{week:%d/%m/%Y}") for week in weeks]

    @property
    def monday(self) -> date:
        """The first day of the week that was chosen."""
        return date.fromisoformat(self.week.data)


class SlipPlanForm(Form):
    """Which share of a counter's transactions is given a receipt code."""

    counter = Choice(_("Counter"))
    every = Whole(
        _("One in how many transactions"),
        [Required(_EVERY)],
        hint=_("k: 5 means that one of every five, drawn by chance, is given a code. It stays for the whole round."),
        least=1,
        most=1000,
        message=_EVERY,
    )
    tickets = Whole(
        _("Transactions expected in a week"),
        [Required(_TICKETS)],
        hint=_("The list of ticket numbers goes up to one and a half times as many."),
        least=1,
        most=100_000,
        message=_TICKETS,
    )


class InterviewPlanForm(Form):
    """How many of the people who leave a counter are asked."""

    counter = Choice(_("Counter"))
    every = Whole(
        _("One in how many people who leave"),
        [Required(_EVERY_PERSON)],
        hint=_("k: 10 means every tenth person; who is the first of a day is drawn by chance. It stays for the round."),
        least=1,
        most=30,
        message=_EVERY_PERSON,
    )


class TabletForm(Form):
    """At which counter this device is an interviewer's from now on."""

    counter = Choice(_("Counter"), id="tablet-counter")


class PaperForm(Form):
    """For which round the questionnaire is printed."""

    round = Choice(_("Round"))
    bilingual = Tick(_("With English beneath"))


class EmblemForm(EditForm):
    """A picture for a unit's posters."""

    emblem = File(
        _("Picture of the emblem"),
        [Required(_("Choose a file with the emblem first"))],
        hint=_("PNG with sides of 100 to 4000 pixels, or SVG of plain shapes; at most 512 kB."),
        id="emblem-file",
        accept="image/png,image/svg+xml",
    )
