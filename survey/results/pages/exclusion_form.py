"""The form that says which responses are to be left out."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from survey.models import Channel
from survey.results.page_data import RoundPage
from survey.structure.queries.exclusion_rule import ExclusionRule
from survey.web.fields import Choice, Day, Required, Whole
from survey.web.forms import Form
from survey.web.wording import CHANNELS

_HOUR = _("Write a whole hour from 0 to 24")


class RuleForm(Form):
    """What responses have in common that are to be left out."""

    agency = Choice(_("Agency"), [Required(_("Choose the agency"))], empty=_("Choose"))
    batch_id = Whole(_("Number of a file or pile (or nothing)"), least=1)
    channel = Choice(_("How the answers came"), empty=_("any way"))
    first = Day(_("First day"), message=_("Write the day as day/month/year"))
    last = Day(_("Last day"), message=_("Write the day as day/month/year"))
    from_hour = Whole(
        _("From hour (or nothing)"),
        hint=_("18 to 6 means the night."),
        least=0,
        most=24,
        message=_HOUR,
    )
    to_hour = Whole(_("To hour"), least=0, most=24, message=_HOUR)

    def offer(self, page: RoundPage) -> None:
        """Offer the agencies of a round and the channels."""
        self.agency.options = [(code, page.agency_name(code)) for code in page.agencies]
        self.channel.options = [(one.value, CHANNELS(one.value)) for one in Channel]

    @property
    def rule(self) -> ExclusionRule:
        """The rule that the form says."""
        return ExclusionRule(
            agency=self.agency.data,
            batch_id=self.batch_id.data,
            channel=Channel(self.channel.data) if self.channel.data else None,
            first=self.first.data,
            last=self.last.data,
            from_hour=self.from_hour.data,
            to_hour=self.to_hour.data,
        )
