"""Forms of publishing, and of the programs that read by the API."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from survey.publication.operations.api_clients import SCOPES
from survey.web.fields import Choices, Day, Length, Required, Text
from survey.web.forms import EditForm, Form

SCOPE_NAMES = {
    "published": _("read what is published"),
    "results": _("read all results that evaluators see"),
    "receipts": _("be issued codes for receipts (the one-stop software)"),
}
"""What a program may do, in words."""
_NAME = _("Give the program a name of 1 to 200 characters")


class ClientForm(Form):
    """A program that is to be let in."""

    name = Text(
        _("Name of the program"),
        [Required(_NAME), Length(200)],
        hint=_("So that you still know in a year who has this token."),
    )
    scope = Choices(
        _("What may it do?"),
        [Required(_("Choose what the program may do"))],
        options=[(scope, SCOPE_NAMES[scope]) for scope in SCOPES],
        default=("published",),
    )


class DecisionForm(EditForm):
    """The decision that approves and publishes an edition."""

    number = Text(_("Number of the decision"), [Length(100)], hint=_("For example 123/QĐ-UBND; empty: there is none."))
    on = Day(_("Day of the decision"), message=_("The day %(day)s is not understood; write it like 31/12/2026"))
    link = Text(_("Where it can be read"), [Length(300)], hint=_("An address that begins with https://; may be empty."))


class DraftForm(Form):
    """Why a new edition is needed, which the first of a round need not say; and whether few late responses count."""

    reason = Text(
        _("Why is a new edition needed?"), [Length(1000)], hint=_("Everyone can read this beside the new figures.")
    )
    few = Choices(
        _("Late responses that are few"),
        [],
        options=[("count", _("Count them in this edition all the same"))],
        hint=_("For example stuffed answers that were left out: an edition with them would be wrong."),
    )
