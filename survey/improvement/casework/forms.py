"""The forms of casework."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from flask_babel import lazy_gettext as _

from survey.improvement.operations.keep_case import MOST_REPLY
from survey.models import Agency, CaseKind, CaseOrigin, Theme, User
from survey.models.cases import MAX_CASE
from survey.web.fields import Block, Choice, CodeChoices, Day, Hidden, Length, Required, Text, Whole
from survey.web.forms import EditForm, Form
from survey.web.i18n import local_name
from survey.web.wording import CASE_KINDS, CASE_ORIGINS, THEMES

NOT_A_DAY = _("The day %(day)s is not understood; write it like 31/12/2026")


def theme_options() -> list[tuple[str, str]]:
    """The themes to choose from."""
    return [(theme.value, THEMES(theme.value)) for theme in Theme]


class ClassForm(EditForm):
    """Of what kind it is, and what it speaks of."""

    kind = Choice(_("Kind"))
    theme = Choice(_("Theme"), empty=_("None"))

    def offer(self) -> None:
        """Name kinds and themes."""
        self.kind.options = [(kind.value, CASE_KINDS(kind.value)) for kind in CaseKind]
        self.theme.options = theme_options()


class ClassManyForm(Form):
    """The ticked cases and what they are to be; what is left as it is stays with each case."""

    case = CodeChoices(_("Choose"))
    kind = Choice(_("Kind"), empty=_("As it is"))
    theme = Choice(_("Theme"), empty=_("As it is"))
    next = Hidden()

    def offer(self) -> Self:
        """Name kinds and themes."""
        self.kind.options = [(kind.value, CASE_KINDS(kind.value)) for kind in CaseKind]
        self.theme.options = theme_options()
        return self

    @property
    def ticked(self) -> list[tuple[int, int]]:
        """Number and version of the cases that were ticked, as the list showed them."""
        pairs = [one.split(".") for one in self.case.data if len(one) < 40]
        found = [(int(pair[0]), int(pair[1])) for pair in pairs if len(pair) == 2 and all(map(str.isdecimal, pair))]
        return [(number, version) for number, version in found if number < 2**63]


class AssignForm(EditForm):
    """Who handles it."""

    owner = Text(_("Position that handles it"), [Required(_("Name the position that handles it")), Length(200)])
    handler = Choice(_("Account that may read and answer it"), empty=_("Nobody yet"))

    def offer(self, people: Sequence[User]) -> None:
        """Name the accounts."""
        self.handler.options = [
            (str(one.id), f"{one.display_name} ({one.agency.name})") for one in people if one.agency is not None
        ]


class HandOverForm(EditForm):
    """The agency that is competent, and why."""

    agency = Choice(_("Agency that is competent"))
    reason = Block(_("Why another agency is competent"), [Length(1000)])

    def offer(self, agencies: Sequence[Agency]) -> None:
        """Name the agencies."""
        self.agency.options = [(one.code, local_name(one)) for one in agencies]


class ReplyForm(EditForm):
    """The reply to the citizen."""

    reply = Block(_("Reply to the citizen"), [Required(_("Write the reply")), Length(MOST_REPLY)])


class ApproveForm(EditForm):
    """The province's word on a reply."""

    remark = Block(_("Remark (needed when it is returned)"), [Length(1000)])
    decision = Hidden()  # "approve" or "return": the button that was pressed


class TakeDownForm(Form):
    """A case taken down from paper or the telephone."""

    origin = Choice(_("How it came"))
    received_on = Day(_("Received on"), [Required(_("Write the day on which it came"))], message=NOT_A_DAY)
    agency = Choice(_("Agency"))
    kind = Choice(_("Kind"))
    text = Block(_("What the citizen says"), [Required(_("Write what the citizen says")), Length(MAX_CASE)])

    def offer(self, agencies: Sequence[Agency]) -> None:
        """Name the ways, kinds and agencies."""
        self.origin.options = [(one.value, CASE_ORIGINS(one.value)) for one in (CaseOrigin.PAPER, CaseOrigin.PHONE)]
        self.kind.options = [(kind.value, CASE_KINDS(kind.value)) for kind in CaseKind if kind is not CaseKind.SPAM]
        self.agency.options = [(one.code, local_name(one)) for one in agencies]


class CalendarForm(EditForm):
    """Terms of replies, and days that differ from the calendar of public holidays."""

    report = Whole(_("Working days for a report"), [Required()], least=1, most=90)
    suggestion = Whole(_("Working days for a suggestion"), [Required()], least=1, most=90)
    days = Block(
        _("Days that differ"),
        hint=_("One a line: the day, then “off” or “work”, then a name. Example: 02/01/2026 off New Year."),
    )
