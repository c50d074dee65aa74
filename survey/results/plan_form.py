"""The form of a plan: how exact the index is to be, or which change is to be told."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict

from survey.core.errors import InputError
from survey.results.response_plan import Aim
from survey.web.fields import Choice, Number, Required
from survey.web.forms import Form

MARGIN, CHANGE = "sai-so", "thay-doi"


class ResponsePlanForm(Form):
    """What is wanted of each agency's service."""

    muc_dich = Choice(
        _("What is wanted"),
        options=[
            (MARGIN, _("an index that is exact to ± these points")),
            (CHANGE, _("telling a change of these points since the round before")),
        ],
    )
    diem = Number(_("Points"), [Required(_("Write the points"))], least=0.5, most=50)
    kha_nang = Choice(_("Chance of telling the change"), options=[("80", "80 %"), ("90", "90 %"), ("95", "95 %")])
    tra_loi = Number(
        _("Answers per 100 receipts (or nothing)"),
        hint=_("Nothing: as many as in the round before."),
        least=0.1,
        most=100,
    )

    @property
    def aim(self) -> Aim:
        """The aim that the form says."""
        points = float(self.diem.data)
        if self.muc_dich.data == CHANGE:
            return Aim(change=points, power=int(self.kha_nang.data) / 100, answering=self.tra_loi.data)
        return Aim(margin=points, answering=self.tra_loi.data)

    def read(self) -> Aim | None:
        """The aim of an address; None, with what is wrong beside its field, where it says none."""
        if not self.validate():
            return None
        try:
            return self.aim
        except InputError as error:
            self.refuse(error)
            return None


def asked_plan(args: MultiDict[str, str]) -> ResponsePlanForm:
    """The form as an address fills it in; ± 5 points where it says nothing."""
    return ResponsePlanForm.asked(args, muc_dich=MARGIN, diem=5, kha_nang="80")
