"""The API: tokens, scopes, the same numbers as everywhere, and a description that holds."""

from __future__ import annotations

import json

import pytest
import schemathesis
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from limits import parse
from sqlalchemy import orm

from app import create_app
from scoring.nonresponse import with_limits
from survey.core.actor import Actor
from survey.core.tokens import hash_token
from survey.models import ActionState, Agency, ApiClient, AuditEvent, Response, Round, Target
from survey.publication.api import routes
from survey.publication.operations.api_clients import create_api_client, revoke_api_client
from survey.results.as_csv import plain
from survey.results.compute import round_results
from survey.web.security import limiter
from tests.improvement.test_pages_board import action
from tests.support.evaluation import NOW, accounts, post, publish_scored, scored_round, sign_in


@pytest.fixture
def scored(app: Flask) -> Flask:
    limiter.reset()
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
    return app


@pytest.fixture
def published(scored: Flask) -> Flask:
    with scored.extensions["database"].write() as session:
        publish_scored(session)
    return scored


def token(app: Flask, *scopes: str) -> dict[str, str]:
    """The headers of a new client."""
    with app.extensions["database"].write() as session:
        _client, secret = create_api_client(session, name="Cổng dữ liệu", scopes=scopes, actor=Actor(NOW))
    return {"Authorization": f"Bearer {secret}"}


ADDRESSES = [
    "/rounds",
    "/rounds/r1",
    "/agencies",
    "/rounds/r1/results",
    "/rounds/r1/distributions",
    "/rounds/r1/ranks",
    "/rounds/r1/targets",
]


@pytest.mark.parametrize("address", [*ADDRESSES, "/rounds/r1/expected"])
def test_nothing_without_a_token(published: Flask, client: FlaskClient, address: str) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer"},
    ):
        reply = client.get("/api/v1" + address, headers=headers)
        assert reply.status_code == 401
        assert reply.mimetype == "application/problem+json"
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")
        assert "Set-Cookie" not in reply.headers


def test_a_token_is_kept_as_a_hash_and_can_be_revoked(published: Flask, client: FlaskClient) -> None:
    headers = token(published, "published")
    secret = headers["Authorization"].removeprefix("Bearer ")
    database = published.extensions["database"]
    with database.read() as session:
        kept = session.scalars(sa.select(ApiClient)).one()
        assert kept.token_hash == hash_token(secret)
        told = json.dumps([e.after for e in session.scalars(sa.select(AuditEvent))], ensure_ascii=False)
        assert secret not in told
    assert client.get("/api/v1/rounds", headers=headers).status_code == 200
    with database.write() as session:
        revoke_api_client(session, session.scalars(sa.select(ApiClient)).one(), actor=Actor(NOW))
    assert client.get("/api/v1/rounds", headers=headers).status_code == 401


def test_a_signed_in_person_is_no_client(published: Flask, client: FlaskClient) -> None:
    sign_in(client, "admin")
    assert client.get("/api/v1/rounds").status_code == 401


def test_results_are_those_of_the_one_path(scored: Flask, client: FlaskClient) -> None:
    headers = token(scored, "results")
    with scored.extensions["database"].read() as session:
        table = with_limits(round_results(session, "r1").table)
    sent = client.get("/api/v1/rounds/r1/results", headers=headers).get_json()["results"]
    assert len(sent) == len(table) > 100
    whole = next(row for row in sent if (row["agency"], row["service"], row["level"]) == ("", "", "overall"))
    assert whole["holds_down"] == pytest.approx((whole["index"] - whole["lo"]) / (1 - whole["n"] / whole["population"]))
    for row, source in zip(sent, table.to_dict("records"), strict=True):
        assert row == {name: plain(source[name]) for name in row}
    counts = client.get("/api/v1/rounds/r1/distributions?agency=so-tu-phap&service=&level=overall", headers=headers)
    assert counts.get_json()["distributions"] == [
        {
            "agency": "so-tu-phap",
            "service": "",
            "level": "overall",
            "key": "all",
            "n": 60,
            "valid": 960,
            "c1": 0,
            "c2": 240,
            "c3": 0,
            "c4": 0,
            "c5": 720,
            "status": "ok",
        }
    ]
    ranks = client.get("/api/v1/rounds/r1/ranks", headers=headers).get_json()["ranks"]
    assert [(row["agency"], row["status"]) for row in ranks][-1] == ("trung-tam", "too_few")


def test_the_public_scope_reads_what_is_public(published: Flask, client: FlaskClient) -> None:
    headers = token(published, "published")
    public = client.get("/ket-qua/r1/ket-qua.json").get_json()
    for row in public:  # names are for people
        assert row.pop("name")
        assert row.pop("agency_name")
    sent = client.get("/api/v1/rounds/r1/results", headers=headers).get_json()["results"]
    assert [{name: row[name] for name in public[0]} for row in sent] == public
    assert {row["agency"] for row in client.get("/api/v1/rounds/r1/ranks", headers=headers).get_json()["ranks"]} == {
        "so-tu-phap"
    }


def test_the_public_scope_knows_nothing_of_other_rounds(scored: Flask, client: FlaskClient) -> None:
    headers = token(scored, "published")
    assert client.get("/api/v1/rounds", headers=headers).get_json() == {"rounds": []}
    for address in ADDRESSES[1:2] + ADDRESSES[3:]:
        unpublished = client.get("/api/v1" + address, headers=headers)
        unknown = client.get("/api/v1" + address.replace("r1", "none"), headers=headers)
        assert (unpublished.status_code, unpublished.data) == (unknown.status_code, unknown.data)
        assert unknown.status_code == 404


def test_an_unchanged_answer_costs_nothing(published: Flask, client: FlaskClient) -> None:
    headers = token(published, "results")
    first = client.get("/api/v1/rounds/r1/results", headers=headers)
    again = client.get("/api/v1/rounds/r1/results", headers=headers | {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "private" in first.headers["Cache-Control"]


def test_an_unknown_parameter_is_not_ignored(published: Flask, client: FlaskClient) -> None:
    reply = client.get("/api/v1/rounds/r1/results?agnecy=so-tu-phap", headers=token(published, "results"))
    assert reply.status_code == 400
    assert "agnecy" in reply.get_json(force=True)["detail"]


def test_an_unknown_level_is_an_error_as_the_description_says(published: Flask, client: FlaskClient) -> None:
    head = token(published, "results")
    for table in ("results", "distributions"):
        reply = client.get(f"/api/v1/rounds/r1/{table}?level=foo&level=item", headers=head)
        assert reply.status_code == 400
        assert "foo" in reply.get_json(force=True)["detail"]
        assert client.get(f"/api/v1/rounds/r1/{table}?level=item", headers=head).status_code == 200


def test_calls_are_counted_by_token(published: Flask, client: FlaskClient) -> None:
    one, other = token(published, "published"), token(published, "published")
    replies = [client.get("/api/v1/agencies", headers=one).status_code for _ in range(121)]
    assert replies == [200] * 120 + [429]
    assert client.get("/api/v1/agencies", headers=one).headers["Retry-After"] == "60"
    assert client.get("/api/v1/agencies", headers=other).status_code == 200


def test_callers_whose_address_is_not_told_are_counted_together(client: FlaskClient) -> None:
    statuses = {client.get("/api/v1/rounds", environ_base={"REMOTE_ADDR": ""}).status_code for _ in range(121)}
    assert statuses == {401, 429}


def test_the_administrator_gives_and_takes_tokens(scored: Flask) -> None:
    admin = scored.test_client()
    sign_in(admin, "admin")
    made = post(admin, "/quan-tri/api", name="Cổng dữ liệu mở", scope="results")
    secret = made.get_data(as_text=True).split("sipas_", 1)[1].split("<", 1)[0]
    headers = {"Authorization": f"Bearer sipas_{secret}"}
    assert scored.test_client().get("/api/v1/rounds/r1", headers=headers).get_json()["responses"] == 106
    assert secret not in admin.get("/quan-tri/api").get_data(as_text=True)
    assert post(admin, "/quan-tri/api", name=" ", scope="results").status_code == 422
    assert post(admin, "/quan-tri/api/1/thu-hoi", form_at="/quan-tri/api").status_code == 303
    assert scored.test_client().get("/api/v1/rounds/r1", headers=headers).status_code == 401


@pytest.mark.slow(reason="sends hundreds of odd requests")
def test_the_description_holds_for_whatever_is_sent(published: Flask) -> None:
    """Schemathesis sends thousands of odd requests and checks every reply against the description."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", published)
    headers = token(published, "results")
    sent = 0
    for operation in schema.get_all_operations():

        @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.ok().as_strategy())
        def check(case: schemathesis.Case) -> None:
            nonlocal sent
            sent += 1
            limiter.reset()
            case.call_and_validate(headers=headers)

        check()
    assert sent > 200


def test_each_wrong_token_has_no_limit_of_its_own(
    published: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attack of the issue: calls were counted by the header as it was sent."""
    monkeypatch.setattr(routes, "RATE", parse("3 per minute"))

    def call(number: int, address: str) -> int:
        headers = {"Authorization": f"Bearer sipas_{number}"}
        reply = client.get("/api/v1/rounds", headers=headers, environ_base={"REMOTE_ADDR": address})
        return reply.status_code

    assert [call(number, f"2001:db8:1:2::{number}") for number in range(5)] == [401, 401, 401, 429, 429]
    assert call(9, "2001:db8:9::1") == 401


def test_two_servers_count_a_token_together(published: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "RATE", parse("4 per minute"))
    headers = token(published, "published")
    other = create_app(published.config["SETTINGS"])
    replies = [app.test_client().get("/api/v1/rounds", headers=headers).status_code for app in (published, other) * 3]
    other.extensions["database"].dispose()
    assert replies == [200] * 4 + [429] * 2


def test_actions_are_the_board_or_what_was_accepted(published: Flask, client: FlaskClient) -> None:
    with published.extensions["database"].write() as session:
        action(session, "so-tu-phap", "Đặt thêm ghế", element="access", state=ActionState.DONE, accepted_at=NOW)
        action(session, "so-tu-phap", "Tập huấn", causes=["training"])
    everything = client.get("/api/v1/actions", headers=token(published, "results")).get_json()["actions"]
    assert [(row["what"], row["state"], row["causes"]) for row in everything] == [
        ("Đặt thêm ghế", "done", ""),
        ("Tập huấn", "planned", "training"),
    ]
    assert client.get("/api/v1/actions", headers=token(published, "published")).get_json()["actions"] == [
        {
            "number": everything[0]["number"],
            "agency": "so-tu-phap",
            "round": "r1",
            "level": "element",
            "key": "access",
            "what": "Đặt thêm ghế",
            "accepted_on": "2026-03-01",
        }
    ]
    assert client.get("/api/v1/actions").status_code == 401


def test_targets_are_judged_by_their_figures(scored: Flask, client: FlaskClient) -> None:
    """By hand: 45 of so-tu-phap's 60 are satisfied with everything, 75 %; six people make no interval."""
    with scored.extensions["database"].write() as session:
        set_targets(session, {"so-tu-phap": 50.0, "so-dat-dai": 99.0, "trung-tam": 80.0})
    headers = token(scored, "results")
    sent = client.get("/api/v1/rounds/r1/targets", headers=headers).get_json()["targets"]
    assert [(row["agency"], row["target"], row["n"], row["verdict"], row["more"]) for row in sent] == [
        ("so-dat-dai", 99.0, 40, "not_reached", None),
        ("so-tu-phap", 50.0, 60, "reached", None),
        ("trung-tam", 80.0, 6, "no_interval", None),
    ]
    assert sent[1]["index"] == pytest.approx(75)
    with scored.extensions["database"].write() as session:
        set_targets(session, {"so-tu-phap": 75.0})
    again = client.get("/api/v1/rounds/r1/targets", headers=headers).get_json()["targets"]
    assert (again[1]["verdict"], again[1]["more"]) == ("cannot_tell", None)  # the index itself: no number would tell


def test_the_diagnosis_is_sent_in_both_languages(scored: Flask, client: FlaskClient) -> None:
    """so-tu-phap has 75 % at every item: no item is worse or better than another, each stands once."""
    headers = token(scored, "results")
    sent = client.get("/api/v1/rounds/r1/diagnosis?agency=so-tu-phap&agency=", headers=headers).get_json()["diagnosis"]
    own = [row for row in sent if row["agency"] == "so-tu-phap"]
    assert {row["agency"] for row in sent} == {"so-tu-phap", ""}
    assert len({row["key"] for row in own}) == len(own) > 0
    assert own[0]["vi"][0].startswith("Hài lòng: 75,0 %; ")
    assert own[0]["en"][0].startswith("Satisfied: 75.0 %; ")
    assert client.get("/api/v1/rounds/r1/diagnosis?agency=khong-co", headers=headers).status_code == 404
    assert client.get("/api/v1/rounds/r1/diagnosis?co-quan=so-tu-phap", headers=headers).status_code == 400


def test_rates_are_those_of_pages(scored: Flask, client: FlaskClient) -> None:
    with scored.extensions["database"].write() as session:
        slots = sorted(session.scalars(sa.select(Round)).one().version.slots, key=lambda slot: slot.position)
        place = [slot.code for slot in slots].index("timeliness")
        responses = session.scalars(
            sa.select(Response)
            .join(Agency, Agency.id == Response.deciding_agency_id)
            .where(Agency.code == "so-tu-phap")
        ).all()
        for number, response in enumerate(responses):
            answers = response.answers
            response.answers = f"{answers[:place]}{'l' if number < 15 else 'o'}{answers[place + 1 :]}"
    sent = client.get("/api/v1/rounds/r1/rates?agency=so-tu-phap", headers=token(scored, "results")).get_json()["rates"]
    late = next(row for row in sent if row["key"] == "timeliness/l")
    assert (late["index"], late["n"]) == (pytest.approx(25.0), 60)


def test_both_are_for_those_who_see_the_whole_round(published: Flask, client: FlaskClient) -> None:
    headers = token(published, "published")
    assert client.get("/api/v1/rounds/r1/diagnosis", headers=headers).status_code == 403
    assert client.get("/api/v1/rounds/r1/rates", headers=headers).status_code == 403


def set_targets(session: orm.Session, values: dict[str, float]) -> None:
    """Set the overall targets of some agencies in the place of those there are."""
    round_id = session.scalars(sa.select(Round.id)).one()
    for code, value in values.items():
        agency_id = session.scalars(sa.select(Agency.id).where(Agency.code == code)).one()
        session.execute(sa.delete(Target).where(Target.agency_id == agency_id))
        session.add(Target(round_id=round_id, agency_id=agency_id, element="", value=value))
