"""Addresses of the public form. GET only reads; the one POST stores and redirects."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import flask
from flask_babel import gettext as _
from limits import parse
from sqlalchemy import orm
from werkzeug.wrappers import Response as Reply

from survey.collect.operations.record_response import Outcome, Submission, is_recorded
from survey.collect.operations.store_form import ReceiptUsedError, store_form
from survey.collect.queries.counters import (
    GRACE,
    accepting_round,
    find_code,
    find_emblem,
    find_receipt,
    find_tablet,
    is_late,
    round_of_form,
)
from survey.collect.recordings import find_recording
from survey.collect.respond import form, page, stamp
from survey.collect.respond.page import HONEYPOT, AnyCode, FormPlace
from survey.collect.voice import voice_of
from survey.core.db import UNAVAILABLE
from survey.core.text import parse_code
from survey.models import Channel, EmblemFormat, InterviewTablet, ReceiptCode
from survey.structure.queries.rounds import definition_of, find_version
from survey.web import context, i18n, security
from survey.web.context import database, settings
from survey.web.interviewer import is_tablet

blueprint = flask.Blueprint("respond", __name__)

PER_PLACE = parse("300 per 5 minutes")
"""Rate limit of one counter from one address: a whole office behind one connection stays well below."""
PER_KEY = parse("30 per minute")
"""Rate limit of one rendered form: retries of a bad line pass, a script replaying one page does not."""
GONE, TOO_MANY = 410, 429
MAX_DIGITS = 9
"""Digits of a version's number that are looked up at all."""
OURS = "Form-Reply"
"""Header of every answer to a form that was sent: the page's script tells it from a proxy's error by it."""

View = tuple[str, int] | Reply | str


class _Valid(NamedTuple):
    """A form that can be stored, and the receipt code it uses up."""

    submission: Submission
    receipt: str | None


@blueprint.get("/")
def start() -> View:
    """Let a person who cannot scan type the poster's code; an address may bring it along."""
    typed = flask.request.args.get("code", "").strip()
    return _open(typed) if typed else flask.render_template("collect/respond/start.html", typed="", wrong=False)


@blueprint.post("/")
def open_form() -> View:
    """Lead from the code that was typed to its counter's form."""
    typed = flask.request.values.get("code", "").strip()
    return _open(typed) if typed else flask.render_template("collect/respond/start.html", typed="", wrong=True)


def _open(typed: str) -> View:
    code = parse_code(typed)
    if code is None:
        return flask.render_template("collect/respond/start.html", typed=typed[:40], wrong=True), 422
    return flask.redirect(flask.url_for("respond.show", code=code), 303)


@blueprint.get("/K/<code>")
def show(code: str) -> View:
    """Show the form of the counter's open round. Reads only, so that a link preview costs nothing."""
    with database().read_autocommit() as session:
        found = _find_code(session, code)
        if isinstance(found, tuple):
            return found
        now = context.now()
        place = _place(session, found, now, None)
        if place is None:
            return _closed_page(found)
        return _for_everybody(found, page.empty_form(place, now))


def _for_everybody(code: AnyCode, shown: str | flask.Response) -> Reply:
    """Reply with a page of a code; let proxies keep it where that is switched on."""
    reply: Reply = flask.make_response(shown)
    if page.is_shared(code):
        reply.headers["Cache-Control"] = f"public, max-age=0, s-maxage={settings().form_cache_seconds}"
    return reply


@blueprint.get("/K/<code>/opened")
def opening_time(code: str) -> Reply:
    """Sign the time at which a shared page is opened; asks the database nothing."""
    if parse_code(code) is None:
        flask.abort(404)
    signed = stamp.sign_time(context.now(), flask.current_app.config["SECRET_KEY"])
    reply = flask.jsonify(opened=signed)
    reply.headers["Cache-Control"] = "no-store"
    return reply


@blueprint.get("/<string(length=8):code>")
def show_bare(code: str) -> View:
    """Forgive an address without its `/K/`; whatever cannot be a code is no page."""
    return _open(code) if parse_code(code) else flask.abort(404)


@blueprint.get("/K/<code>/")
@blueprint.get("/k/<code>/")
@blueprint.get("/k/<code>")
def show_lowercase(code: str) -> View:
    """Forgive an address typed in small letters, or with a slash at its end."""
    query = flask.request.query_string.decode("ascii", "ignore")
    return flask.redirect(
        flask.url_for("respond.show", code=code.upper(), lang=None) + (f"?{query}" if query else ""), 302
    )


@blueprint.post("/K/<code>")
def send(code: str) -> View:
    """Store a filled form and thank; show it again, answers kept, when something is to be corrected or awaited."""
    posted = flask.request.form.to_dict()
    try:
        reply: Reply = flask.make_response(_receive(code, posted))
    except UNAVAILABLE as error:
        security.log_unavailable(error)
        reply = _unstored(code, posted)
    reply.headers[OURS] = "1"
    return reply


def _receive(code: str, posted: dict[str, str]) -> View:
    """Answer a form that was sent.

    Whether it came before is asked only of a form that would be refused: of any other the database says so when it is
    stored, and the question would be one more round trip for everybody.
    """
    now, key = context.now(), posted.get("key", "")
    with database().read_autocommit() as session:
        judged = _judge(session, code, posted, now)
        if not isinstance(judged, _Valid):
            if stamp.is_key(key) and is_recorded(session, key):
                flask.g.outcome = Outcome.DUPLICATE.value
                return _thank(code)
            return judged
    return _thank(code) if _store(judged.submission, judged.receipt, now) else _used_page()


def _judge(session: orm.Session, code: str, posted: dict[str, str], now: datetime) -> _Valid | View:
    """What is to be stored of a form, or the page that says why it cannot be, the answers on it."""
    config = flask.current_app.config
    opened = stamp.read_time(posted.get("opened", ""), config["SECRET_KEY"], now, config["SECRET_KEY_FALLBACKS"])
    key = posted.get("key", "")
    found = _find_code(session, code, opened, now)
    if isinstance(found, tuple):
        return found
    place = _place(session, found, now, opened)
    if place is None:
        return _refuse(session, found, posted, now, opened)
    filled = form.read(posted, place.definition, set(place.agencies), set(place.services))
    if not stamp.is_key(key):
        key = stamp.new_key()  # without one a repeat could not be told from a second person
        opened = opened or now  # a shared page: this is the first that is the sender's own
        posted = posted | {"opened": posted.get("opened") or stamp.sign_time(now, config["SECRET_KEY"])}
        filled.mistakes.append(form.AnswerMistake("send", _("Please press the button once more.")))
    signed = posted.get("opened", "") if opened else ""
    filled.dropped = _dropped(session, filled, posted.get("version", ""))
    if "switch" in posted:
        filled.mistakes = []
        return page.filled_form(place, filled, key, signed, now)
    if filled.mistakes:
        return page.filled_form(place, filled, key, signed, now), 422
    if not _within_limits(place, key):
        return page.filled_form(place, filled, key, signed, now, "busy"), TOO_MANY
    submission = _submission(place, filled, key, opened, posted, late=is_late(place.round, now))
    return _Valid(submission, found.code if isinstance(found, ReceiptCode) else None)


def _dropped(session: orm.Session, filled: form.Filled, version: str) -> list[tuple[str, str]]:
    """The answers that the questions of now have no place for, worded as on the form they were given on."""
    if not filled.unknown or not version.isascii() or not version.isdecimal() or len(version) > MAX_DIGITS:
        return []
    found = find_version(session, int(version))
    return form.worded(definition_of(found), filled.unknown, i18n.current_language().code) if found else []


def _store(submission: Submission, receipt: str | None, now: datetime) -> bool:
    """Store a form and use up its receipt code together; False, and nothing stored, when the code was used before."""
    try:
        outcome = database().write_together(lambda session: store_form(session, submission, receipt, now))
    except ReceiptUsedError:
        return False
    flask.g.outcome = "excluded" if submission.excluded and outcome is Outcome.ACCEPTED else outcome.value
    return True


@blueprint.get("/K/<code>/thanks")
def thanks(code: str) -> View:
    """Say what happens with the answers. Shows nothing of them."""
    with database().read_autocommit() as session:
        found = find_code(session, code) or find_receipt(session, code) or find_tablet(session, code)
        if found is None:
            return flask.render_template("collect/respond/unknown.html"), 404
        again = not isinstance(found, ReceiptCode)
        shown = {"code": found, "again": again, "kiosk": page.is_kiosk(found)}
        return _for_everybody(found, flask.render_template("collect/respond/thanks.html", **shown))


@blueprint.get("/bieu-trung")
def emblem() -> Reply:
    """Send the province's emblem, which stands beside its name on the form."""
    with database().read_autocommit() as session:
        found = find_emblem(session)
        if found is None:
            flask.abort(404)
        kind = "image/svg+xml" if found.format is EmblemFormat.SVG else "image/png"
        reply = flask.Response(found.data, mimetype=kind)
    reply.headers["Cache-Control"] = "public, max-age=86400"
    return reply


@blueprint.get("/am-thanh/<language>/<version>/<file>")
def recording(language: str, version: str, file: str) -> Reply:
    """Send a recording of the form's words; a browser keeps it, since its address changes with every version."""
    found = find_recording(settings().storage, language, file) if language in i18n.LANGUAGES else None
    if found is None:
        flask.abort(404)
    reply = flask.Response(found[0], mimetype=found[1])
    current = version == voice_of(language).version
    reply.headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
    reply.add_etag()
    return reply.make_conditional(flask.request, accept_ranges=True, complete_length=len(found[0]))


@blueprint.get("/sw.js")
def service_worker() -> Reply:
    """Serve the service worker from the root, so that it may answer for the form's address when offline."""
    assets = flask.current_app.extensions["assets"]
    worker = assets.find("service-worker.js")
    reply = flask.Response(worker.body, mimetype="text/javascript")
    reply.headers["Cache-Control"] = "no-cache"
    return reply


def _find_code(
    session: orm.Session, typed: str, opened: datetime | None = None, now: datetime | None = None
) -> AnyCode | tuple[str, int]:
    """What a code stands for, or the friendly page that says why it takes nothing.

    A code withdrawn while a form `opened` before was being filled in still takes that form for `GRACE`.
    """
    code = find_code(session, typed) or find_receipt(session, typed) or find_tablet(session, typed)
    if code is None:
        return flask.render_template("collect/respond/unknown.html"), 404
    if isinstance(code, ReceiptCode) and code.used:
        return _used_page()
    if isinstance(code, InterviewTablet) and not is_tablet(code.token_hash):
        return flask.render_template("collect/respond/interviewer_alone.html", code=code), 403
    revoked = None if isinstance(code, ReceiptCode) else code.revoked_at
    late = bool(revoked and opened and now and opened < revoked and now < revoked + GRACE)
    if not code.counter.active or (revoked and not late):
        return flask.render_template("collect/respond/closed.html", code=code, revoked=True), GONE
    return code


def _place(session: orm.Session, code: AnyCode, now: datetime, opened: datetime | None) -> FormPlace | None:
    """The place behind a code while a round takes an answer there."""
    found = accepting_round(session, now, opened, counter=code.counter)
    if found is not None and isinstance(code, InterviewTablet) and code.round_id != found.id:
        return None
    return FormPlace(code, found) if found else None


def _closed_page(code: AnyCode) -> tuple[str, int]:
    return flask.render_template("collect/respond/closed.html", code=code, revoked=False), GONE


def _refuse(
    session: orm.Session,
    code: AnyCode,
    posted: dict[str, str],
    now: datetime,
    opened: datetime | None,
) -> tuple[str, int]:
    """Say that the round has ended, with the person's answers still on the page."""
    found = round_of_form(session, now, opened, code.counter)
    if found is None:
        return _closed_page(code)
    place = FormPlace(code, found)
    filled = form.read(posted, place.definition, set(place.agencies), set(place.services))
    filled.mistakes = []
    return page.filled_form(place, filled, posted.get("key", ""), "", now, "ended"), GONE


def _unstored(code: str, posted: dict[str, str]) -> Reply:
    """Say that nothing could be stored, the answers going along on a page that needs no database to be drawn."""
    fields = {name: value for name, value in posted.items() if name != "switch"}
    if not stamp.is_key(fields.get("key", "")):
        fields["key"] = stamp.new_key()
    reply = flask.make_response(flask.render_template("collect/respond/unstored.html", code=code, fields=fields), 503)
    reply.retry_after = security.RETRY_AFTER
    return reply


def _used_page() -> tuple[str, int]:
    return flask.render_template("collect/respond/used.html"), GONE


def _submission(
    place: FormPlace, filled: form.Filled, key: str, opened: datetime | None, posted: dict[str, str], *, late: bool
) -> Submission:
    """What is to be stored of a valid form."""
    counter = place.code.counter
    agencies, services = place.agencies, place.services
    service_id = services.get(filled.service)
    if service_id is None and len(services) == 1:
        service_id = next(iter(services.values()))
    agency_id = counter.decided_by(service_id) or agencies.get(filled.agency) or counter.agency_id
    return Submission(
        key=key,
        round_id=place.round.id,
        zone=place.round.zone,
        counter_id=counter.id,
        deciding_agency_id=agency_id,
        service_id=service_id,
        channel=_channel(place),
        language=i18n.current_language().code,
        answers=place.definition.pack(filled.answers),
        comment=filled.comment,
        opened_at=opened,
        duration_s=form.duration(posted.get("duration", "")),
        late=late,
        excluded="honeypot" if posted.get(HONEYPOT) else None,
    )


def _channel(place: FormPlace) -> Channel:
    if isinstance(place.code, ReceiptCode):
        return Channel.RECEIPT
    if isinstance(place.code, InterviewTablet):  # of which `_find_code` has asked for the cookie
        return Channel.INTERVIEWER
    # The counter's setting decides, never what an address says: anybody can write that on a telephone.
    return Channel.KIOSK if place.code.counter.kiosk else Channel.QR


def _within_limits(place: FormPlace, key: str) -> bool:
    """Count this submission; say whether it is within the limits of its form and of its place."""
    if not security.within_key(PER_KEY, "key", key):
        return False
    return security.within(PER_PLACE, "place", place.code.code)


def _thank(code: str) -> Reply:
    kiosk = flask.request.args.get("kiosk")
    return flask.redirect(
        flask.url_for("respond.thanks", code=parse_code(code) or code, kiosk="1" if kiosk == "1" else None), 303
    )
