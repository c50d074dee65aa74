"""The form's page. An empty form is the same for everybody at a counter but for its key and its time: it is kept.

A page is kept by everything it shows, so that a new name, service or round makes another page at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import flask
from markupsafe import Markup
from sqlalchemy import orm

from survey.collect import voice
from survey.collect.queries.counters import Province, find_province
from survey.collect.respond import form, stamp
from survey.models import CounterCode, InterviewTablet, QuestionnaireVersion, ReceiptCode, Round
from survey.questionnaires import Definition
from survey.structure.queries.rounds import definition_of
from survey.web import assets, context, i18n, security
from survey.web.context import settings
from survey.web.prepared_page import PreparedPage

HONEYPOT = "website"
MAX_KEPT = 500
"""Pages kept in memory, some 40 kB each; the rest is drawn anew."""
PROVINCE_KEPT = timedelta(minutes=1)
"""How long the name of the province is not asked for again."""
KEY, OPENED, RENDERED = "\ue000key\ue000", "\ue000opened\ue000", "\ue000rendered\ue000"
"""What stands in a kept page for what differs between two people. Private characters: no name contains them."""


AnyCode = CounterCode | ReceiptCode | InterviewTablet
"""What an address of the form can stand for."""


@dataclass(frozen=True)
class FormPlace:
    """The counter a code leads to, and the round that takes an answer there now."""

    code: AnyCode
    round: Round

    @cached_property
    def definition(self) -> Definition:
        """The round's questionnaire; a form that is kept does without."""
        return definition_of(self.round.version)

    @property
    def agencies(self) -> dict[str, int]:
        """Deciding agencies by code; the receiving agency alone when the counter names none."""
        counter = self.code.counter
        return {agency.code: agency.id for agency in counter.deciding_agencies or [counter.agency]}

    @property
    def services(self) -> dict[str, int]:
        """Services of the counter by code."""
        return {service.code: service.id for service in self.code.counter.services}

    @property
    def decided(self) -> tuple[str, ...]:
        """Codes of the services whose deciding agency follows from them, so that it is not asked."""
        counter = self.code.counter
        return tuple(service.code for service in counter.services if counter.decided_by(service.id) is not None)

    @property
    def asks_agency(self) -> bool:
        """Whether the deciding agency can depend on what the citizen says of it."""
        counter = self.code.counter
        only_service = counter.services[0].id if len(counter.services) == 1 else None
        return len(self.agencies) > 1 and counter.decided_by(only_service) is None


def is_kiosk(code: AnyCode) -> bool:
    """Say whether the page is on a tablet that people share: its address or counter says so. A receipt is one's own."""
    if isinstance(code, InterviewTablet):
        return True
    return isinstance(code, CounterCode) and (code.counter.kiosk or flask.request.args.get("kiosk") == "1")


def is_shared(code: AnyCode) -> bool:
    """Say whether proxies may keep a page for everybody: switched on, a poster's code, no kiosk, nobody signed in."""
    return (
        settings().form_cache_seconds > 0
        and isinstance(code, CounterCode)
        and not is_kiosk(code)
        and not i18n.has_session_cookie()
    )


def empty_form(place: FormPlace, now: datetime) -> flask.Response:
    """The form as it is opened: nothing chosen, with a key of its own and the time; a shared page has neither.

    On a shared page the script draws a key and asks for the time (`routes.opening_time`). Without a script nothing is
    stored the first time: the form comes back with its key and all answers, to be sent once more.
    """
    kept: dict[object, PreparedPage] = flask.current_app.extensions.setdefault("empty_forms", {})
    values = _values(place, now)
    shown = (*_shown(place), *map(len, values.values()))
    page = kept.get(shown)
    if page is None:
        page = PreparedPage(_render(place, form.Filled(), KEY, OPENED, RENDERED), values)
        if not flask.current_app.debug:  # there, templates and styles change under a running server
            if len(kept) >= MAX_KEPT:
                kept.clear()
            kept[shown] = page
    if not assets.accepts_gzip(flask.request.headers.get("Accept-Encoding", "")):
        return flask.Response(page.filled(values))
    return flask.Response(page.gzipped(values), headers={"Content-Encoding": "gzip"})


def _values(place: FormPlace, now: datetime) -> dict[str, str]:
    """What stands in an empty form for this person alone."""
    if is_shared(place.code):
        return {KEY: "", OPENED: "", RENDERED: "0"}
    signed = stamp.sign_time(now, flask.current_app.config["SECRET_KEY"])
    return {KEY: stamp.new_key(), OPENED: signed, RENDERED: str(int(now.timestamp()))}


def filled_form(place: FormPlace, filled: form.Filled, key: str, opened: str, now: datetime, trouble: str = "") -> str:
    """The form as a person filled it. `trouble`: `busy` over a limit, `ended` when the round takes no more."""
    return _render(place, filled, key, opened, str(int(now.timestamp())), trouble)


def _render(place: FormPlace, filled: form.Filled, key: str, opened: str, rendered: str, trouble: str = "") -> str:
    language = i18n.current_language()
    definition = place.definition
    overall, questions = draw_questions(place.round.version, language.code, definition, filled)
    return flask.render_template(
        "collect/respond/form.html",
        province=province(place),
        posted=key != KEY,
        place=place,
        counter=place.code.counter,
        overall=overall,
        questions=questions,
        rated=len(definition.rated),
        max_comment=form.MAX_COMMENT,
        minutes=form.minutes(definition),
        filled=filled,
        key=key,
        opened=opened,
        trouble=trouble,
        kiosk=is_kiosk(place.code),
        shared=key == KEY and is_shared(place.code),
        rendered=rendered,
        honeypot=HONEYPOT,
        languages=i18n.offered(),
        voices=voice.other_voices(definition),
        voice_asked=flask.request.args.get(voice.ASKED),
        voice=voice.heard(),
    )


def province(place: FormPlace) -> Province | None:
    """Who runs the survey, asked of the database at most once a minute."""
    app = flask.current_app
    asked_at, found = app.extensions.get("province", (None, None))
    now = context.now()
    if asked_at is None or abs(now - asked_at) > PROVINCE_KEPT:
        session = orm.object_session(place.code)
        found = find_province(session) if session else None
        app.extensions["province"] = (now, found)
    return found  # type: ignore[no-any-return]


def _shown(place: FormPlace) -> tuple[object, ...]:
    """All that an empty form's page depends on."""
    counter = place.code.counter
    named = (counter, counter.agency, *counter.services, None, *counter.deciding_agencies)
    return (
        place.code.code,
        tuple((thing.code, thing.name, thing.name_en) if thing else None for thing in named),
        place.decided,
        place.round.version_id,
        i18n.current_language().code,
        is_kiosk(place.code),
        is_shared(place.code),
        security.is_demo(),
        province(place),
        voice.stamps(),
        spoken.language if (spoken := voice.heard()) else "",
    )


def draw_questions(
    version: QuestionnaireVersion, language: str, definition: Definition, filled: form.Filled
) -> tuple[Markup, Markup]:
    """The overall question and the sections as HTML. Those of an empty form are rendered once a language."""
    kept: dict[tuple[object, ...], tuple[Markup, Markup]] = flask.current_app.extensions.setdefault(
        "empty_questions", {}
    )
    empty, speaker = not filled.answers and not filled.mistakes, voice.speaker()
    key = (version.content_hash, language, speaker.language if speaker else "", voice.stamps() if speaker else ())
    if empty and key in kept:
        return kept[key]
    shown = {"parts": form.parts(version.content, language), "items": len(definition.items), "filled": filled}
    shown["speaker"] = speaker
    names = ("overall", "questions")
    overall, questions = (Markup(flask.render_template(f"collect/respond/{n}.html", **shown)) for n in names)  # noqa: S704
    html = overall, questions
    if empty and len(kept) < MAX_KEPT:
        kept[key] = html
    return html
