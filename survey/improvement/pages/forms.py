"""The forms of improvement: a new action, each of its steps, and a request for a plan."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from survey.improvement.evidence_files import ACCEPTED
from survey.improvement.operations.keep_action import MOST, ActionText
from survey.improvement.operations.request_plan import MOST_DOCUMENT, MOST_TEXT
from survey.models import Cause
from survey.web.fields import Block, Choice, Choices, Day, File, Hidden, Length, Required, Text
from survey.web.forms import EditForm, Form
from survey.web.wording import CAUSES

NOT_A_DAY = _("The day %(day)s is not understood; write it like 31/12/2026")


class ActionTextForm(Form):
    """What is done, why, where and by whom."""

    causes = Choices(_("Causes"))
    cause = Block(_("Cause, as the agency sees it"), [Length(MOST["cause"])])
    place = Text(_("Where it sits: counter, service, channel or group"), [Length(MOST["place"])])
    what = Block(_("What is done"), [Required(_("Say what is to be done")), Length(MOST["what"])])
    responsible = Text(
        _("Responsible position, no person's name"),
        [Required(_("Name the position or unit that is responsible")), Length(MOST["responsible"])],
    )
    unit = Text(_("Unit that carries it out"), [Length(MOST["unit"])])
    co_units = Text(_("Units that help"), [Length(MOST["co_units"])], hint=_("Several are parted by semicolons."))

    def offer(self) -> None:
        """Name the causes to choose from."""
        self.causes.options = [(cause.value, CAUSES(cause.value)) for cause in Cause]

    def wording(self) -> ActionText:
        """What was typed, once it was validated."""
        return ActionText(
            what=self.what.data,
            responsible=self.responsible.data,
            cause=self.cause.data,
            causes=[Cause(value) for value in self.causes.data],
            place=self.place.data,
            unit=self.unit.data,
            co_units=self.co_units.data,
        )


class ChangeForm(EditForm, ActionTextForm):
    """What an action says, changed; a page that another's change has overtaken saves nothing."""


class NewActionForm(ActionTextForm):
    """A new action: all of it, and the first due day."""

    due_on = Day(_("Due day"), [Required(_("Write the due day"))], message=NOT_A_DAY)


class ExtensionForm(Form):
    """More time, with the reason."""

    due_on = Day(_("New due day"), [Required(_("Write the new due day"))], message=NOT_A_DAY)
    reason = Block(_("Why more time is needed"), [Required(_("Say why more time is needed")), Length(MOST["text"])])


class NoteForm(Form):
    """How the action is getting on."""

    text = Block(_("What has been done so far"), [Required(_("Write what has been done so far")), Length(MOST["text"])])


class EvidenceForm(Form):
    """A file that shows what was done."""

    file = File(
        _("File"),
        [Required(_("Choose a file first"))],
        accept=ACCEPTED,
        hint=_("PDF, PNG, JPEG, Word or Excel without macros, at most 10 MB. No names or numbers of citizens."),
    )


class DoneForm(Form):
    """That it is done, and what shows it."""

    evidence = Block(
        _("What shows that it was done"), [Required(_("Say what shows that it was done")), Length(MOST["text"])]
    )


class DropForm(Form):
    """That it is given up, and why."""

    reason = Block(
        _("Why the action is given up"), [Required(_("Say why the action is given up")), Length(MOST["text"])]
    )


class JudgeForm(Form):
    """The province's word: accepted, or returned with a remark."""

    remark = Block(_("Remark (needed when it is returned)"), [Length(MOST["text"])])
    decision = Hidden()  # "accept" or "return": the button that was pressed


class WithdrawForm(Form):
    """An acceptance taken back, and why."""

    reason = Block(
        _("Why the acceptance is withdrawn"),
        [Required(_("Say why the acceptance is withdrawn")), Length(MOST["text"])],
    )


class RequestForm(Form):
    """The province's request to agencies."""

    round = Choice(_("Round"))
    agencies = Choices(_("Agencies"), message=_("Choose agencies of the list"))
    due_on = Day(_("Plan due on"), [Required(_("Write the due day"))], message=NOT_A_DAY)
    document = Text(
        _("Number of the document"),
        [
            Required(_("Write the number of the document, for example 123/UBND-KSTTHC")),
            Length(MOST_DOCUMENT),
        ],
    )
    text = Block(_("What is asked for"), [Length(MOST_TEXT)])


class MailForm(Form):
    """The address at which a person wants reminders."""

    mail_address = Text(_("Your address for mail"), [Required(_("Write an address like ten@example.vn"))])
