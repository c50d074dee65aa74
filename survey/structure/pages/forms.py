"""The forms of the structure's pages; for rounds, `rules_form` adds the rule of the index."""

from __future__ import annotations

import hashlib
from typing import Self

from flask_babel import lazy_gettext as _

from survey.models.counters import USUAL_HOURS, USUAL_WEEKDAYS
from survey.web.fields import (
    Choice,
    Choices,
    CodeChoices,
    Day,
    File,
    Hidden,
    Hour,
    Length,
    Radio,
    Required,
    Text,
    Tick,
)
from survey.web.forms import EditForm, Form
from survey.web.pasted import TABLE_FILES, TABLE_HINT, PastedTable, TableForm
from survey.web.wording import WEEKDAYS

_WRITE_DAY = _("Write the day as day/month/year, for example 01/07/2026")
_CHOOSE_KIND = _("Choose what the agency is, and its tier")
_AGENCY_CODE = _("Short, without marks, for example so-noi-vu. It stands in files and addresses and never changes.")
CODE_LENGTH, COUNTER_CODE_LENGTH, NAME_LENGTH = 64, 32, 200


class AgencyForm(EditForm):
    """What is known of an agency."""

    code = Text(_("Code"), [Required(), Length(CODE_LENGTH)], hint=_AGENCY_CODE)
    name = Text(_("Name"), [Required(_("The name is missing")), Length(NAME_LENGTH)])
    name_en = Text(_("English name (may be left out)"), [Length(NAME_LENGTH)])
    kind = Choice(_("What it is"), message=_CHOOSE_KIND)
    level = Choice(_("Tier"), message=_CHOOSE_KIND)
    parent = Choice(_("Agency above it"), empty=_("none"))
    valid_from = Day(_("Exists since"), [Required(_WRITE_DAY)])


class RenameForm(EditForm):
    """A new name of an agency, from a day on."""

    name = Text(_("New name"), [Required(_("The name is missing")), Length(NAME_LENGTH)])
    name_en = Text(_("English name (may be left out)"), [Length(NAME_LENGTH)])
    since = Day(_("First day of the new name"), [Required(_WRITE_DAY)], hint=_("Today or earlier."))


class SwitchForm(Form):
    """The button that takes a counter or a service out of use, or back: "1" is in use."""

    active = Hidden()


class SwitchManyForm(SwitchForm):
    """The ticked counters, and the list to go back to."""

    counter = CodeChoices(_("Choose"))
    next = Hidden()

    @property
    def numbers(self) -> list[int]:
        """The counters that were ticked."""
        return [int(one) for one in self.counter.data if one.isdecimal() and len(one) < 20]


class OverlapForm(Form):
    """Consent to open a round on days and at counters of another."""

    overlap = Tick(_("This is meant"))


class TableOfRoundForm(Form):
    """The round that a table of transactions belongs to, carried from page to page; empty for other tables."""

    round = Hidden()


class EndForm(EditForm):
    """The day on which an agency ends."""

    since = Day(_("First day on which it no longer exists"), [Required(_WRITE_DAY)])


class ReorganisationForm(EditForm):
    """A change that is carried out once its summary was seen: the page carries along which entries that was for."""

    seen = Hidden()

    def entries(self) -> str:
        """What stands for all that is entered, apart from what the page itself carries along."""
        carried = {"csrf_token", "opened", "seen"}
        facts = [(field.name, str(field.data)) for field in self if field.name not in carried]
        return hashlib.sha256(repr(sorted(facts)).encode()).hexdigest()

    @property
    def was_seen(self) -> bool:
        """Whether the summary that the page showed is that of what is entered now."""
        return bool(self.seen.data == self.entries())


class MergeForm(ReorganisationForm):
    """Who is merged with an agency, and who takes over."""

    merged = Choices(_("Agencies that are merged together with it"), name="with")
    into = Choice(_("An agency that exists"), empty=_("a new one, named below"))
    new_name = Text(_("or the new agency's name"), [Length(NAME_LENGTH)])
    new_code = Text(_("and its code"), [Length(CODE_LENGTH)], hint=_AGENCY_CODE)
    since = Day(_("First day of the agency that takes over"), [Required(_WRITE_DAY)])
    follow = Tick(
        _(
            "Counters, decisions at other counters, accounts and the agencies below go to it at once. "
            "Posters' codes stay good."
        ),
        default=True,
    )


class SplitForm(ReorganisationForm):
    """Who takes over from an agency that is split: up to four new ones, and any that exist."""

    since = Day(_("First day of the agencies that take over"), [Required(_WRITE_DAY)])
    new_name_1 = Text(_("Name"), [Length(NAME_LENGTH)])
    new_code_1 = Text(_("Code"), [Length(CODE_LENGTH)])
    new_name_2 = Text(_("Name"), [Length(NAME_LENGTH)])
    new_code_2 = Text(_("Code"), [Length(CODE_LENGTH)])
    new_name_3 = Text(_("Name"), [Length(NAME_LENGTH)])
    new_code_3 = Text(_("Code"), [Length(CODE_LENGTH)])
    new_name_4 = Text(_("Name"), [Length(NAME_LENGTH)])
    new_code_4 = Text(_("Code"), [Length(CODE_LENGTH)])
    into = Choices(_("Existing agencies that take over too"))
    follow = Tick(
        _(
            "Counters, decisions, accounts and the agencies below go to the chief one at once; "
            "change single counters afterwards."
        ),
        default=True,
    )

    @property
    def new_agencies(self) -> list[tuple[Text, Text]]:
        """Name and code of each new agency that the form has room for."""
        return [(self[f"new_name_{k}"], self[f"new_code_{k}"]) for k in range(1, 5)]


class ServiceForm(EditForm):
    """A service's names; with a day they are new ones, without it corrections."""

    code = Text(
        _("Code"),
        [Required(), Length(CODE_LENGTH)],
        hint=_("Short, without marks, for example ho-tich. It stands in files and never changes."),
    )
    name = Text(_("Name"), [Required(_("The name is missing")), Length(NAME_LENGTH)])
    name_en = Text(_("English name (may be left out)"), [Length(NAME_LENGTH)])
    since = Day(
        _("First day of the new name"),
        hint=_("Rounds that began before the day go on showing the old name. Empty: a correction, shown everywhere."),
    )
    deciding = Choice(
        _("Agency that decides"),
        empty=_("differs by counter"),
        hint=_("Who names this field at a counter of several agencies is not asked for the agency."),
    )


class CounterForm(EditForm):
    """A counter and what it handles."""

    name = Text(
        _("Name"),
        [Required(_("The name is missing")), Length(NAME_LENGTH)],
        hint=_("As it is written on the sign, for example: Quầy số 3."),
    )
    code = Text(
        _("Code"), [Required(), Length(COUNTER_CODE_LENGTH)], hint=_("Short, for example Q3. It stands in files.")
    )
    name_en = Text(_("English name (may be left out)"), [Length(NAME_LENGTH)])
    services = CodeChoices(
        _("Service fields handled here"), hint=_("Citizens are asked which one only when there are several.")
    )
    deciding = CodeChoices(
        _("Agencies that decide on what is received here"), hint=_("Tick none when the unit decides itself.")
    )
    kiosk = Tick(_("Its code is opened on a tablet that people share: the form begins anew after each person."))
    opens_at = Hour(_("Opens at"), default=USUAL_HOURS[0])
    lunch_from = Hour(_("Closes for lunch at"), default=USUAL_HOURS[1], hint=_("Empty, like the next: no lunch break."))
    lunch_to = Hour(_("Opens again at"), default=USUAL_HOURS[2])
    closes_at = Hour(_("Closes at"), default=USUAL_HOURS[3])
    weekdays = Choices(_("Open on"), default=tuple(USUAL_WEEKDAYS))

    def offer_weekdays(self) -> Self:
        """List the weekdays."""
        self.weekdays.options = list(WEEKDAYS.here().items())
        return self


class PlanForm(EditForm):
    """A round's name, days, hours and questionnaire."""

    code = Text(
        _("Code"),
        [Required(), Length(CODE_LENGTH)],
        hint=_("Stands in addresses and files, for example 2026-2."),
    )
    name = Text(
        _("Name"),
        [Required(_("The name is missing")), Length(NAME_LENGTH)],
        hint=_("Shown to everybody, for example: Đợt 2 năm 2026."),
    )
    name_en = Text(_("English name (may be left out)"), [Length(NAME_LENGTH)])
    opens_on = Day(_("First day"), [Required(_WRITE_DAY)], hint=_("It begins by itself, once it is opened."))
    opens_at = Hour(_("Hour at which it begins"), hint=_("By the clock here; empty: 0:00."))
    closes_on = Day(_("Last day"), [Required(_WRITE_DAY)], hint=_("This day counts too."))
    closes_at = Hour(
        _("Hour at which it ends"),
        hint=_("By the clock here, for example 17:00; empty: when the day is over."),
    )
    version = Choice(_("Questionnaire"), message=_("Choose the questionnaire"))


class ScopeForm(EditForm):
    """Where a round is held."""

    width = Radio(_("Where is it held?"), message=_("Choose where the round is held"))
    kinds = CodeChoices(_("Kinds of agencies"))
    agencies = CodeChoices(_("Agencies that receive dossiers"))
    counters = CodeChoices(_("Counters"))


class PopulationForm(Form):
    """A round's transactions: pasted, or in a file."""

    pasted = PastedTable(
        _("Paste the table from Excel"),
        hint=_(
            "With its headings: agency, field, N (the number of dossiers); or a row for each agency and a column for "
            "each field. Codes or names."
        ),
    )
    file = File(_("or choose a file"), hint=TABLE_HINT, accept=TABLE_FILES)


class TargetsForm(TableForm):
    """A round's targets."""

    pasted = PastedTable(
        _("Paste the table from Excel"),
        hint=_(
            "With its headings: Cơ quan, Yếu tố (may be left out: the overall index), Chỉ tiêu. Codes or names; “toàn "
            "tỉnh” is the province."
        ),
    )


class WeeklyCountsForm(TableForm):
    """The transactions of a round's weeks."""

    pasted = PastedTable(
        _("Paste the table from Excel"),
        hint=_("With its headings: Cơ quan, Tuần (any day in it), Số giao dịch. Agencies are codes or names."),
    )


class MarginsForm(TableForm):
    """What all transactions of a round are made up of."""

    pasted = PastedTable(
        _("Paste the table from Excel"),
        hint=_(
            "With its headings: Cơ quan (may be left out: all of them), Phân theo (Giới tính, Nhóm tuổi, Thời hạn …), "
            "Nhóm, Số giao dịch. Codes or the words of the questionnaire."
        ),
    )


class ImportForm(Form):
    """A file of agencies, services, counters or transactions."""

    kind = Radio(_("What does the file hold?"), message=_("Choose what the file holds"))
    round = Choice(_("Round (for transactions)"), empty="–")
    file = File(
        _("File"),
        [Required(_("Choose a file that is not empty"))],
        hint=_(
            "Excel (.xlsx, .xls), OpenDocument (.ods) or CSV, at most 10 MB. Titles above, totals and signatures below "
            "do no harm."
        ),
        accept=TABLE_FILES,
    )
