"""Every route × every role gives what this table says. A new route without a line here fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from survey.models import Role
from tests.support.evaluation import close_rounds, post, sign_in
from tests.support.places import CODE

EVERYONE = ("anonymous", *(role.value for role in Role))
SIGNED_IN = {"anonymous": 302, "admin": 200, "evaluator": 200, "manager": 200, "staff": 200}
RESULTS = {**SIGNED_IN, "staff": 403}
NO_TOKEN = dict.fromkeys(EVERYONE, 401)
ADMIN = {**SIGNED_IN, "evaluator": 403, "manager": 403, "staff": 403}
PUBLISHERS = {**RESULTS, "manager": 403}
PUBLIC = dict.fromkeys(EVERYONE, 200)
NOT_PUBLISHED = dict.fromkeys(EVERYONE, 404)
COUNTERS = {**SIGNED_IN, "evaluator": 403}
#: the counter in `VALUES` is another unit's, which for manager and staff is not there
ANOTHER_UNITS = {**COUNTERS, "manager": 404, "staff": 404}
#: the tests' installation has no public address, so that nothing is printed
UNPRINTABLE = {**ANOTHER_UNITS, "admin": 409}
NOTHING_THERE = {**COUNTERS, "admin": 404, "manager": 404, "staff": 404}

VALUES = {
    "code": CODE,
    "round_code": "r1",
    "agency": "so-tu-phap",
    "filename": "app.css",
    "number": 1,
    "counter_id": 1,
    "table": "chi-so",
    "form": "csv",
    "document": "bao-cao",
    "paper": "A4",
    "place": 1,
    "token": "x" * 32,
    "service": "ho-tich",
    "kind": "co-quan",
    "batch_id": 1,
    "version_id": 1,
    "language": "vi",
    "file": "scale-5",
    "version": "1",
    "week": "2026-03-02",
}
"""What stands in the variable parts of addresses."""

VALUES_OF = {
    "downloads.microdata": {**VALUES, "form": "zip"},
    "improvement.monthly": {**VALUES, "form": "pdf"},
    "downloads.print_order_list": {**VALUES, "form": "csv"},
}
"""The same where an endpoint's own differ."""

GET = {
    "static": PUBLIC,
    "respond.start": PUBLIC,
    "respond.show": PUBLIC,
    "respond.emblem": dict.fromkeys(EVERYONE, 404),
    "respond.recording": dict.fromkeys(EVERYONE, 404),
    "respond.show_bare": dict.fromkeys(EVERYONE, 303),
    "respond.thanks": PUBLIC,
    "respond.opening_time": PUBLIC,
    "respond.service_worker": PUBLIC,
    "respond.show_lowercase": dict.fromkeys(EVERYONE, 302),
    "privacy.notice": PUBLIC,
    "access.statement": PUBLIC,
    "published.rounds": PUBLIC,
    "published.results": NOT_PUBLISHED,
    "published.edition": NOT_PUBLISHED,
    "published.agency": NOT_PUBLISHED,
    "published.edition_agency": NOT_PUBLISHED,
    "published.find_agency": NOT_PUBLISHED,
    "published.as_dataset": NOT_PUBLISHED,
    "published.card": NOT_PUBLISHED,
    "published.as_csv": NOT_PUBLISHED,
    "published.as_json": NOT_PUBLISHED,
    "auth.sign_in_page": {**dict.fromkeys(EVERYONE, 302), "anonymous": 200},
    "auth.account": SIGNED_IN,
    "auth.password_page": SIGNED_IN,
    "invitations.accept": dict.fromkeys(EVERYONE, 410),  # no link has this token
    "second_factor.sign_in": dict.fromkeys(EVERYONE, 302),  # nobody's password was right just now
    "second_factor.page": SIGNED_IN,
    "passkeys.page": dict.fromkeys(EVERYONE, 302),  # nobody has one-time codes here, which come first
    "admin.users": ADMIN,
    "admin.user": ADMIN,
    "people.start": ADMIN,
    "people.template": ADMIN,
    "people.preview": {**ADMIN, "admin": 303},  # no file waits by this name
    "own_staff.staff": {**ADMIN, "admin": 403, "manager": 200},
    "admin.audit": ADMIN,
    "admin.audit_file": ADMIN,
    "imports.batches": RESULTS,
    "imports.columns": {**RESULTS, "admin": 303, "evaluator": 303, "manager": 303},
    "imports.batch": {**RESULTS, "admin": 404, "evaluator": 404, "manager": 404},
    "progress.board": SIGNED_IN,
    "evidence.batches": PUBLISHERS,
    "paper.spot_checks": SIGNED_IN,
    "paper.spot_page": {**SIGNED_IN, **dict.fromkeys(EVERYONE[1:], 404)},
    "evaluator.exclusion": PUBLISHERS,
    "evidence.withdrawals": PUBLISHERS,
    "evidence.withdrawal": {**PUBLISHERS, "admin": 404, "evaluator": 404},
    "evidence.batch": {**PUBLISHERS, "admin": 404, "evaluator": 404},
    "paper.piles": COUNTERS,
    "paper.new": NOTHING_THERE,
    "paper.pile": NOTHING_THERE,
    "paper.key_in": NOTHING_THERE,
    "paper.second": NOTHING_THERE,
    "paper.differences": NOTHING_THERE,
    "paper.find": NOTHING_THERE,
    "paper.correct_page": NOTHING_THERE,
    "evaluator.rounds": RESULTS,
    "evaluator.own": {"anonymous": 302, "admin": 403, "evaluator": 403, "manager": 302, "staff": 403},
    "evaluator.overview": RESULTS,
    "evaluator.ranking": RESULTS,
    "evaluator.detail": RESULTS,
    "evaluator.download": RESULTS,
    "evaluator.ranking_download": RESULTS,
    "evaluator.heat": RESULTS,
    "evaluator.trend": RESULTS,
    "evaluator.groups": RESULTS,
    "evaluator.strengths": RESULTS,
    "evaluator.comment_list": RESULTS,
    "evaluator.method": RESULTS,
    "evaluator.places": PUBLISHERS,
    "evaluator.calibrated": PUBLISHERS,
    "evaluator.calibrated_download": {**PUBLISHERS, "admin": 404, "evaluator": 404},
    "evaluator.table_check": PUBLISHERS,
    "evaluator.thermometers": PUBLISHERS,
    "evaluator.control": RESULTS,
    "evaluator.control_download": RESULTS,
    "evaluator.controls": RESULTS,
    "evaluator.expected_download": RESULTS,
    "evaluator.small_cells": PUBLISHERS,
    "evaluator.same_mix": PUBLISHERS,
    "evaluator.plan": PUBLISHERS,
    "evaluator.plan_download": PUBLISHERS,
    "structure.targets": PUBLISHERS,
    "structure.weekly_counts": PUBLISHERS,
    "structure.margins": PUBLISHERS,
    "structure.margins_template": PUBLISHERS,
    "cases.write": PUBLIC,
    "cases.follow": NOT_PUBLISHED,
    "casework.worklist": SIGNED_IN,
    "casework.new": SIGNED_IN,
    "casework.case": NOTHING_THERE | {"evaluator": 404},
    "casework.calendar": ADMIN,
    "heard.agencies": PUBLIC,
    "heard.agency": NOT_PUBLISHED,
    "improvement.letter": {**RESULTS, "admin": 404, "evaluator": 404, "manager": 404},
    "improvement.calendar": {**dict.fromkeys(EVERYONE, 200), "anonymous": 302},
    "improvement.mail": {**dict.fromkeys(EVERYONE, 200), "anonymous": 302},
    "improvement.calendar_feed": dict.fromkeys(EVERYONE, 404),
    "improvement.papers": RESULTS,
    "improvement.monthly": {**RESULTS, "manager": 403},
    "improvement.late": {**RESULTS, "admin": 404, "evaluator": 404, "manager": 403},
    "improvement.notice": {**RESULTS, "admin": 404, "evaluator": 404, "manager": 404},
    "improvement.board": RESULTS,
    "improvement.table": RESULTS,
    "improvement.requests": RESULTS,
    "improvement.new": {**RESULTS, "evaluator": 403, "manager": 404},  # the round is open
    "improvement.action": {**RESULTS, "admin": 404, "evaluator": 404, "manager": 404},
    "improvement.evidence": {**RESULTS, "admin": 404, "evaluator": 404, "manager": 404},
    "staff.counters": COUNTERS,
    "staff.counter": ANOTHER_UNITS,
    "staff.poster": UNPRINTABLE,
    "staff.preview": UNPRINTABLE,
    "staff.codes": {**ANOTHER_UNITS, "evaluator": 200},
    "staff.ask_rotate": ANOTHER_UNITS,
    "staff.ask_revoke": ANOTHER_UNITS,
    "staff.receipts": ANOTHER_UNITS,
    "staff.issued": PUBLISHERS,
    "staff.slip_plans": PUBLISHERS,
    "staff.interviews": PUBLISHERS,
    "staff.interview_pdf": {**PUBLISHERS, "admin": 303, "evaluator": 303},  # nothing is planned
    "staff.slip_weeks": ANOTHER_UNITS,
    "staff.slip_list_pdf": {**ANOTHER_UNITS, "admin": 303},  # nothing is planned
    "staff.receipts_preview": UNPRINTABLE,
    "staff.paper_form": ANOTHER_UNITS,
    "staff.paper_form_pdf": ANOTHER_UNITS,
    "staff.paper_form_preview": ANOTHER_UNITS,
    "staff.all_posters": UNPRINTABLE,
    "staff.unit": COUNTERS,
    "staff.unit_posters": NOTHING_THERE,
    "staff.unit_preview": NOTHING_THERE,
    "staff.emblem": NOTHING_THERE,
    "downloads.page": RESULTS,
    "downloads.figures": RESULTS,
    "downloads.print_order_list": PUBLISHERS,
    "jobs.page": {**dict.fromkeys(EVERYONE, 404), "anonymous": 302},
    "jobs.download": {**dict.fromkeys(EVERYONE, 404), "anonymous": 302},
    "publishing.steps": PUBLISHERS,
    "publishing.edition": {**dict.fromkeys(EVERYONE, 404), "anonymous": 302, "manager": 403, "staff": 403},
    "health.live": PUBLIC,
    "health.ready": PUBLIC,
    "health.metrics": PUBLIC,  # the tests call from this machine itself
    "api.openapi": PUBLIC,
    "api.rounds": NO_TOKEN,
    "api.round_detail": NO_TOKEN,
    "api.agencies": NO_TOKEN,
    "api.results": NO_TOKEN,
    "api.distributions": NO_TOKEN,
    "api.ranks": NO_TOKEN,
    "api.actions": NO_TOKEN,
    "api.expected": NO_TOKEN,
    "api.targets": NO_TOKEN,
    "api.rates": NO_TOKEN,
    "api.diagnosis": NO_TOKEN,
    "api_clients.clients": ADMIN,
    "respond.preview": PUBLISHERS,
    "structure.home": PUBLISHERS,
    "structure.questionnaires": PUBLISHERS,
    "structure.questionnaire": PUBLISHERS,
    "structure.questionnaire_file": PUBLISHERS,
    "structure.questionnaire_xlsform": PUBLISHERS,
    "structure.change_questionnaire": ADMIN,
    "structure.opening": {**PUBLISHERS, "admin": 303, "evaluator": 303},  # the round is open
    "structure.scope": {**PUBLISHERS, "admin": 303, "evaluator": 303},
    "structure.first_steps": ADMIN,
    "structure.agencies": ADMIN,
    "structure.new_agency": ADMIN,
    "structure.agency": ADMIN,
    "structure.rename": ADMIN,
    "structure.merge": ADMIN,
    "structure.split": ADMIN,
    "structure.end": ADMIN,
    "structure.services": ADMIN,
    "structure.new_service": ADMIN,
    "structure.service": ADMIN,
    "structure.counters": ADMIN,
    "structure.counter_file": ADMIN,
    "structure.new_counter": {**ADMIN, "admin": 404},
    "structure.counter": ADMIN,
    "voices.languages": ADMIN,
    "voices.voice": ADMIN,
    "structure.rounds": PUBLISHERS,
    "structure.new_round": PUBLISHERS,
    "structure.round_page": PUBLISHERS,
    "structure.population": PUBLISHERS,
    "structure.imports": PUBLISHERS,
    "structure.preview": {**ADMIN, "admin": 303},
    "structure.template": ADMIN,
    "structure.batch": {**PUBLISHERS, "admin": 404, "evaluator": 404},
}
"""Status of GET by endpoint and role."""

POST_WITHOUT_TOKEN = {
    "respond.open_form": PUBLIC,
    "respond.send": dict.fromkeys(EVERYONE, 422),
    "auth.sign_in": dict.fromkeys(EVERYONE, 400),
    "auth.sign_out": dict.fromkeys(EVERYONE, 400),
    "auth.change_password": dict.fromkeys(EVERYONE, 400),
    "auth.end_other_session": dict.fromkeys(EVERYONE, 400),
    "auth.sign_out_everywhere": dict.fromkeys(EVERYONE, 400),
    "invitations.set_password": dict.fromkeys(EVERYONE, 400),
    "second_factor.check_code": dict.fromkeys(EVERYONE, 400),
    "second_factor.enrol": dict.fromkeys(EVERYONE, 400),
    "passkeys.sign_in": dict.fromkeys(EVERYONE, 400),
    "passkeys.add": dict.fromkeys(EVERYONE, 400),
    "passkeys.remove": dict.fromkeys(EVERYONE, 400),
    "imports.upload": dict.fromkeys(EVERYONE, 400),
    "imports.preview": dict.fromkeys(EVERYONE, 400),
    "imports.store": dict.fromkeys(EVERYONE, 400),
    "imports.point_at_headings": dict.fromkeys(EVERYONE, 400),
    "imports.undo": dict.fromkeys(EVERYONE, 400),
    "evidence.release": dict.fromkeys(EVERYONE, 400),
    "evidence.agree": dict.fromkeys(EVERYONE, 400),
    "evidence.disagree": dict.fromkeys(EVERYONE, 400),
    "evidence.reverse": dict.fromkeys(EVERYONE, 400),
    "evidence.ask_to_reverse": dict.fromkeys(EVERYONE, 400),
    "evidence.keep": dict.fromkeys(EVERYONE, 400),
    "evaluator.ask_for_exclusion": dict.fromkeys(EVERYONE, 400),
    "evaluator.search_doubts": dict.fromkeys(EVERYONE, 400),
    "evidence.refuse": dict.fromkeys(EVERYONE, 400),
    "evidence.draw": dict.fromkeys(EVERYONE, 400),
    "paper.spot_key_in": dict.fromkeys(EVERYONE, 400),
    "paper.begin": dict.fromkeys(EVERYONE, 400),
    "paper.store": dict.fromkeys(EVERYONE, 400),
    "paper.compare": dict.fromkeys(EVERYONE, 400),
    "paper.settle": dict.fromkeys(EVERYONE, 400),
    "paper.correct": dict.fromkeys(EVERYONE, 400),
    "paper.end": dict.fromkeys(EVERYONE, 400),
    "paper.undo": dict.fromkeys(EVERYONE, 400),
    "staff.rotate": dict.fromkeys(EVERYONE, 400),
    "staff.revoke": dict.fromkeys(EVERYONE, 400),
    "staff.print_receipts": dict.fromkeys(EVERYONE, 400),
    "staff.issue": dict.fromkeys(EVERYONE, 400),
    "staff.plan": dict.fromkeys(EVERYONE, 400),
    "staff.plan_interview": dict.fromkeys(EVERYONE, 400),
    "staff.prepare": dict.fromkeys(EVERYONE, 400),
    "staff.revoke_interviewer": dict.fromkeys(EVERYONE, 400),
    "structure.send_weekly_counts": dict.fromkeys(EVERYONE, 400),
    "structure.send_margins": dict.fromkeys(EVERYONE, 400),
    "structure.look_at_margins": dict.fromkeys(EVERYONE, 400),
    "api.receipt_codes": NO_TOKEN,
    "staff.upload_emblem": dict.fromkeys(EVERYONE, 400),
    "staff.remove": dict.fromkeys(EVERYONE, 400),
    "downloads.spreadsheet": dict.fromkeys(EVERYONE, 400),
    "downloads.agency_report": dict.fromkeys(EVERYONE, 400),
    "downloads.province_report": dict.fromkeys(EVERYONE, 400),
    "downloads.document": dict.fromkeys(EVERYONE, 400),
    "downloads.microdata": dict.fromkeys(EVERYONE, 400),
    "publishing.draft": dict.fromkeys(EVERYONE, 400),
    "publishing.review": dict.fromkeys(EVERYONE, 400),
    "publishing.publish": dict.fromkeys(EVERYONE, 400),
    "publishing.withdraw": dict.fromkeys(EVERYONE, 400),
    "api_clients.create": dict.fromkeys(EVERYONE, 400),
    "api_clients.revoke": dict.fromkeys(EVERYONE, 400),
    "evaluator.comment_review": dict.fromkeys(EVERYONE, 400),
    "evaluator.place_decide": dict.fromkeys(EVERYONE, 400),
    "evaluator.check_table": dict.fromkeys(EVERYONE, 400),
    "evaluator.send_thermometers": dict.fromkeys(EVERYONE, 400),
    "evaluator.mark_known_change": dict.fromkeys(EVERYONE, 400),
    "evaluator.unmark_known_change": dict.fromkeys(EVERYONE, 400),
    "structure.send_targets": dict.fromkeys(EVERYONE, 400),
    "second_factor.switch_off": dict.fromkeys(EVERYONE, 400),
    "people.send_table": dict.fromkeys(EVERYONE, 400),
    "people.confirm": dict.fromkeys(EVERYONE, 400),
    "people.invite_expired": dict.fromkeys(EVERYONE, 400),
    "own_staff.add": dict.fromkeys(EVERYONE, 400),
    "own_staff.invite_again": dict.fromkeys(EVERYONE, 400),
    "own_staff.close": dict.fromkeys(EVERYONE, 400),
    "own_staff.reopen": dict.fromkeys(EVERYONE, 400),
    "admin.create": dict.fromkeys(EVERYONE, 400),
    "admin.change": dict.fromkeys(EVERYONE, 400),
    "admin.invite_again": dict.fromkeys(EVERYONE, 400),
    "admin.close": dict.fromkeys(EVERYONE, 400),
    "admin.reopen": dict.fromkeys(EVERYONE, 400),
    "admin.sign_out": dict.fromkeys(EVERYONE, 400),
    "admin.drop_second_factor": dict.fromkeys(EVERYONE, 400),
    "cases.send": dict.fromkeys(EVERYONE, 422),
    "cases.rate": dict.fromkeys(EVERYONE, 404),
    "casework.many": dict.fromkeys(EVERYONE, 400),
    "casework.take_down": dict.fromkeys(EVERYONE, 400),
    "casework.from_comment": dict.fromkeys(EVERYONE, 400),
    "casework.read": dict.fromkeys(EVERYONE, 400),
    "casework.sort": dict.fromkeys(EVERYONE, 400),
    "casework.assign": dict.fromkeys(EVERYONE, 400),
    "casework.hand_over": dict.fromkeys(EVERYONE, 400),
    "casework.reply": dict.fromkeys(EVERYONE, 400),
    "casework.approve": dict.fromkeys(EVERYONE, 400),
    "casework.change_calendar": dict.fromkeys(EVERYONE, 400),
    "publishing.decision": dict.fromkeys(EVERYONE, 400),
    "improvement.set_mail": dict.fromkeys(EVERYONE, 400),
    "improvement.remove_mail": dict.fromkeys(EVERYONE, 400),
    "improvement.make_calendar": dict.fromkeys(EVERYONE, 400),
    "improvement.revoke_calendar": dict.fromkeys(EVERYONE, 400),
    "improvement.add": dict.fromkeys(EVERYONE, 400),
    "improvement.ask": dict.fromkeys(EVERYONE, 400),
    "improvement.change": dict.fromkeys(EVERYONE, 400),
    "improvement.extend": dict.fromkeys(EVERYONE, 400),
    "improvement.note": dict.fromkeys(EVERYONE, 400),
    "improvement.add_evidence": dict.fromkeys(EVERYONE, 400),
    "improvement.done": dict.fromkeys(EVERYONE, 400),
    "improvement.drop": dict.fromkeys(EVERYONE, 400),
    "improvement.judge": dict.fromkeys(EVERYONE, 400),
    "improvement.withdraw": dict.fromkeys(EVERYONE, 400),
    "voices.upload": dict.fromkeys(EVERYONE, 400),
    "voices.remove": dict.fromkeys(EVERYONE, 400),
    "structure.create_agency": dict.fromkeys(EVERYONE, 400),
    "structure.update_agency": dict.fromkeys(EVERYONE, 400),
    "structure.apply_rename": dict.fromkeys(EVERYONE, 400),
    "structure.apply_merge": dict.fromkeys(EVERYONE, 400),
    "structure.apply_split": dict.fromkeys(EVERYONE, 400),
    "structure.keep_agency": dict.fromkeys(EVERYONE, 400),
    "structure.apply_end": dict.fromkeys(EVERYONE, 400),
    "structure.take_catalogue": dict.fromkeys(EVERYONE, 400),
    "structure.update_scope": dict.fromkeys(EVERYONE, 400),
    "structure.import_questionnaire": dict.fromkeys(EVERYONE, 400),
    "structure.install_changed": dict.fromkeys(EVERYONE, 400),
    "structure.add_question_module": dict.fromkeys(EVERYONE, 400),
    "structure.create_service": dict.fromkeys(EVERYONE, 400),
    "structure.update_service": dict.fromkeys(EVERYONE, 400),
    "structure.switch_service": dict.fromkeys(EVERYONE, 400),
    "structure.create_counter": dict.fromkeys(EVERYONE, 400),
    "structure.update_counter": dict.fromkeys(EVERYONE, 400),
    "structure.switch_counters": dict.fromkeys(EVERYONE, 400),
    "structure.switch_counter": dict.fromkeys(EVERYONE, 400),
    "structure.plan_round": dict.fromkeys(EVERYONE, 400),
    "structure.update_round": dict.fromkeys(EVERYONE, 400),
    "structure.begin_round": dict.fromkeys(EVERYONE, 400),
    "structure.end_round": dict.fromkeys(EVERYONE, 400),
    "structure.send_population": dict.fromkeys(EVERYONE, 400),
    "structure.send_file": dict.fromkeys(EVERYONE, 400),
    "structure.confirm": dict.fromkeys(EVERYONE, 400),
    "structure.read_otherwise": dict.fromkeys(EVERYONE, 400),
    "structure.undo": dict.fromkeys(EVERYONE, 400),
}
"""Status of POST without a token: only the public form takes it."""


def addresses(app: Flask, method: str) -> Iterator[tuple[str, str]]:
    """Yield (endpoint, address) of every rule that takes the method."""
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()):
            yield rule.endpoint, address(app, rule)


def address(app: Flask, rule: Rule) -> str:
    built = app.url_map.bind("localhost").build(
        rule.endpoint,
        {
            name: VALUES_OF.get(rule.endpoint, VALUES)[name]
            for name in rule.arguments
            if name not in (rule.defaults or {})
        }
        | (rule.defaults or {}),
    )
    assert isinstance(built, str)
    return built


FILES_OF_RESULTS = {"evaluator.ranking_download", "evaluator.expected_download", "evaluator.control_download"}


@pytest.mark.parametrize("person", EVERYONE)
def test_every_page_opens_for_whom_the_table_says(people: Flask, person: str) -> None:
    client = people.test_client()
    if person != "anonymous":
        assert sign_in(client, person).status_code == 303
    for endpoint, at in addresses(people, "GET"):
        assert endpoint in GET, f"{endpoint} has no line in the table"
        reply = client.get(at)
        # the round is open: files of it are for those alone who see it live
        file = endpoint.startswith("downloads.") or endpoint in FILES_OF_RESULTS
        kept_back = person == "manager" and file and GET[endpoint][person] == 200
        assert (at, reply.status_code) == (at, 409 if kept_back else GET[endpoint][person])
        if person == "anonymous" and reply.status_code == 302 and endpoint != "respond.show_lowercase":
            assert reply.location.startswith("/dang-nhap")


@pytest.mark.parametrize("person", EVERYONE)
def test_nothing_but_the_public_form_takes_a_post_without_token(people: Flask, person: str) -> None:
    client = people.test_client()
    if person != "anonymous":
        sign_in(client, person)
    for endpoint, at in addresses(people, "POST"):
        assert endpoint in POST_WITHOUT_TOKEN, f"{endpoint} has no line in the table"
        assert (at, client.post(at).status_code) == (at, POST_WITHOUT_TOKEN[endpoint][person])


def test_a_manager_sees_no_other_agency(people: Flask) -> None:
    close_rounds(people)
    client = people.test_client()
    sign_in(client, "manager")
    overview = client.get("/danh-gia/r1").get_data(as_text=True)
    assert 'data-agency="so-tu-phap"' in overview
    assert "so-dat-dai" not in overview
    assert client.get("/danh-gia/r1/co-quan/so-dat-dai").status_code == 404
    assert client.get("/danh-gia/r1/ket-qua.csv?co-quan=so-dat-dai").status_code == 404
    assert b"so-dat-dai" not in client.get("/danh-gia/r1/ket-qua.csv?bang=day-du").data


def test_signing_out_closes_every_page(people: Flask) -> None:
    client = people.test_client()
    sign_in(client, "admin")
    post(client, "/dang-xuat", form_at="/tai-khoan")
    assert client.get("/tai-khoan").status_code == 302
