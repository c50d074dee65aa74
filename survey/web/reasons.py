"""The form that asks why evidence is taken back: a reason of the list, and the person's own words."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _

from survey.models import WithdrawalReason
from survey.models.withdrawals import MAX_NOTE
from survey.web import wording
from survey.web.fields import Choice, Length, Required, Text
from survey.web.forms import Form

_CHOOSE = _("Choose the reason that fits best")


class ReasonForm(Form):
    """Why something is taken back; evaluators read it."""

    reason = Choice(_("Reason"), [Required(_CHOOSE)], empty=_("Choose"), message=_CHOOSE)
    note = Text(
        _("What happened, in your own words"),
        [Required(_("Say in your own words why it is taken back")), Length(MAX_NOTE)],
        hint=_("Evaluators read this. Write nothing about a citizen."),
    )

    def __init__(self, *fixed: Any, **values: Any) -> None:
        super().__init__(*fixed, **values)
        words = wording.WITHDRAWAL_REASONS.here()
        self.reason.options = [(code, name) for code, name in words.items() if code != WithdrawalReason.DIFFERED]

    @property
    def chosen(self) -> WithdrawalReason:
        """The reason of the list."""
        return WithdrawalReason(self.reason.data)
