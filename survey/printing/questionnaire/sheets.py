"""From stored rounds and counters to a printable form."""

from __future__ import annotations

from survey.core.errors import InputError
from survey.models import Counter, Round
from survey.printing.questionnaire.document import PaperSheet, render_form
from survey.questionnaires.canonical import from_canonical


def round_form(round_: Round, counter: Counter | None = None, *, bilingual: bool = False) -> bytes:
    """The form of a round's questionnaire version, for one counter or with lines to write its name on."""
    version = round_.version
    definition = from_canonical(version.content)
    if not definition.presentable:
        raise InputError("The questionnaire %(code)s has no wording to print", code=version.questionnaire.code)
    sheet = PaperSheet(
        version.questionnaire.code,
        version.number,
        version.content_hash,
        counter.agency.name if counter else "",
        counter.name if counter else "",
        round_.name,
        tuple(service.name for service in counter.services) if counter else (),
        tuple(agency.name for agency in counter.deciding_agencies) if counter else (),
    )
    return render_form(definition, sheet, bilingual=bilingual)
