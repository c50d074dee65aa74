"""The forms around paper entry: where a pile belongs, what its forms have in common, and going to one of them.

The page on which a form is keyed in reads itself (`form.py`): its fields are those of the round's questionnaire.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, cast

from flask_babel import lazy_gettext as _

from survey.collect.operations.enter_form import CHANNELS
from survey.models import Channel, Counter, Round
from survey.web import formatters, wording
from survey.web.fields import Choice, Hidden, Radio, Required, TypedDay, Whole
from survey.web.forms import Form
from survey.web.i18n import local_name


class PlaceForm(Form):
    """Round and counter of a new pile."""

    round = Choice(_("Round"), name="dot", id="round")
    counter = Choice(_("Counter"), name="quay", id="counter")


class PileForm(Form):
    """What the forms of a new pile have in common, once its round and counter are chosen."""

    #: whether who decides can depend on more than the field
    asks_agency = True
    round = Hidden(name="dot")
    counter = Hidden(name="quay")
    service = Choice(
        _("Field of the dossiers"), empty=_("Choose"), message=_("Choose a field that this counter handles")
    )
    agency = Choice(
        _("Agency that decides"),
        empty=_("Choose"),
        message=_("Choose the agency that decides on the dossiers of this pile"),
    )
    channel = Radio(
        _("How were the answers given?"),
        default=Channel.PAPER.value,
        message=_("Choose how the answers were given: on paper, by telephone or to an interviewer"),
    )
    form_date = TypedDay(
        _("Day of the forms"),
        [Required(_("Write the day of the forms as day/month/year, for example 25/11/2026"))],
        name="day",
        message=_("Write the day of the forms as day/month/year, for example 25/11/2026"),
    )

    def offer(self, round_: Round, counter: Counter, last: date) -> None:
        """Offer what the counter handles (where there is no choice, it is made), and the days up to `last`."""
        first, last_day = formatters.day(round_.opens_on), formatters.day(last)
        self.form_date.description = _(
            "Day/month/year, within the round: %(first)s to %(last)s.", first=first, last=last_day
        )
        self.round.data, self.counter.data = round_.code, str(counter.id)
        self.channel.options = [(channel.value, wording.CHANNELS(channel.value)) for channel in CHANNELS]
        _choose_among(self.service, counter.services)
        _choose_among(self.agency, counter.deciding_agencies or [counter.agency])
        if counter.services:
            self.service.require(_("Choose the field of the dossiers of this pile"))
        self._ask_who_decides(counter)

    def _ask_who_decides(self, counter: Counter) -> None:
        """Ask for the deciding agency where it does not follow from the field."""
        follows = [service for service in counter.services if counter.decided_by(service.id) is not None]
        self.asks_agency = len(self.agency.options) > 1 and len(follows) < max(1, len(counter.services))
        if follows and self.asks_agency:
            names = ", ".join(local_name(service) for service in follows)
            self.agency.description = _("Not needed for %(fields)s: who decides is known there.", fields=names)
        if not self.asks_agency or self.service.data in [service.code for service in follows]:
            return
        message = _("Choose the agency that decides on the dossiers of this pile")
        if follows:  # the browser does not know which field will be chosen: the server asks
            self.agency.validators = [Required(message)]
        else:
            self.agency.require(message)


class FindForm(Form):
    """A form of the pile by its running number."""

    number = Whole(_("Running number on the paper"), [Required()], name="so", least=1)


class SettleForm(Form):
    """What stands on the paper where two passes differ: a field `d.<code of the question>` each, "1" or "2"."""

    codes: Sequence[str] = ()

    def picks(self, code: str) -> Radio:
        """The field of a question."""
        return cast(Radio, self[f"d.{code}"])


def picks_form(numbers: Mapping[str, int]) -> type[SettleForm]:
    """The form class for the questions that differ: their codes, with the number of each on the paper."""
    passes = [("1", _("First pass")), ("2", _("Second pass"))]
    fields: dict[str, Any] = {"codes": list(numbers)}
    for code, number in numbers.items():
        advice = _("Question %(number)d: look at the paper and choose.", number=number)
        fields[f"d.{code}"] = Radio(code, [Required(advice)], options=passes, empty="", message=advice, id=f"d-{code}")
    return type("SettleForm", (SettleForm,), fields)


def _choose_among(field: Choice, things: Iterable[object]) -> None:
    field.options = [(thing.code, local_name(thing)) for thing in things]  # type: ignore[attr-defined]
    if not field.data and len(field.options) == 1:
        field.data = field.options[0][0]
