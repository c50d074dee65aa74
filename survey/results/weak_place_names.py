"""Names of the places of an agency where an item may be worse, in any language of pages and files."""

from __future__ import annotations

from sqlalchemy import orm

from survey.questionnaires.definition import BLANK, HIDDEN
from survey.results.breakdowns import CHANNEL, COUNTER
from survey.results.compute import RoundResults
from survey.results.weak_places import SERVICE, WeakPlace
from survey.structure.queries import names
from survey.web.messages import N_, translate
from survey.web.wording import CHANNELS


def place_name(session: orm.Session, results: RoundResults, place: WeakPlace, language: str) -> str:
    """A place, with what it is one of: `Receiving counter – Counter 1: Civil status (…)`."""
    english = language == "en"
    if place.dimension == SERVICE:
        service = names.services(session, on=results.round.opens_on).get(place.group)
        own = place.group if service is None else (english and service.name_en) or service.name
        return f"{translate(N_('Service'), language)} – {own}"
    if place.dimension == CHANNEL:
        return f"{translate(N_('Channel'), language)} – {CHANNELS.text(place.group, language)}"
    if place.dimension == COUNTER:
        counter = names.counters(session).get(place.group)
        if counter is None:
            return f"{translate(N_('Receiving counter'), language)} – {place.group}"
        own, at = ((english and one.name_en) or one.name for one in (counter, counter.agency))
        return f"{translate(N_('Receiving counter'), language)} – {own} ({at})"
    asked = results.definition.respondent
    title = next(
        (one.text.get(language) for one in (asked.questions if asked else ()) if one.code == place.dimension),
        place.dimension,
    )
    if place.group in (BLANK, HIDDEN):
        return f"{title} – {translate(N_('No answer given') if place.group == BLANK else N_('Not asked'), language)}"
    label = results.definition.labels(place.dimension).get(place.group)
    return f"{title} – {place.group if label is None else label.get(language)}"
