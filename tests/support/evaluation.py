"""A small scored round and an account of each role, for the tests of the signed-in pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import orm
from werkzeug.test import TestResponse

from scoring.importance import Importance
from survey.accounts.operations.create_user import create_user
from survey.core.actor import Actor
from survey.models import Agency, Channel, Population, Publication, Response, Role, Round, RoundState, Service, User
from survey.publication.editions import freeze
from survey.publication.operations.publish_round import draft_publication, publish, review_publication
from survey.structure.operations.close_round import close_round
from tests.support.places import open_place

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
PASSWORD = "ruong bac thang xanh"
TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""A key of one-time codes."""

#: (agency, service, answer to every item, how many respondents)
ANSWERS = (
    ("so-tu-phap", "ho-tich", "5", 45),
    ("so-tu-phap", "ho-tich", "2", 15),
    ("so-dat-dai", "dat-dai", "4", 20),
    ("so-dat-dai", "dat-dai", "3", 20),
    ("trung-tam", "ho-tich", "4", 6),
)
TRANSACTIONS = {("so-tu-phap", "ho-tich"): 600, ("so-dat-dai", "dat-dai"): 200, ("trung-tam", "ho-tich"): 100}


def scored_round(session: orm.Session) -> None:
    """Add the round `r1`: 106 responses of 900 transactions, and one that is not counted."""
    open_place(session)
    session.flush()
    agencies = {agency.code: agency.id for agency in session.scalars(sa.select(Agency))}
    services = {service.code: service.id for service in session.scalars(sa.select(Service))}
    round_ = session.scalars(sa.select(Round)).one()
    length = len(round_.version.slots)
    rows = [row for row in ANSWERS for _ in range(row[3])] + [("trung-tam", "ho-tich", "1", 1)]
    for number, (agency, service, answer, _) in enumerate(rows, 1):
        session.add(
            Response(
                key=f"{number:016d}",
                round_id=round_.id,
                deciding_agency_id=agencies[agency],
                service_id=services[service],
                channel=Channel.PAPER if number % 4 == 0 else Channel.QR,
                language="vi",
                answers=answer * 16 + "." * (length - 16),
                submitted_at=NOW,
                excluded="honeypot" if number == len(rows) else None,
            )
        )
    for (agency, service), transactions in TRANSACTIONS.items():
        session.add(
            Population(
                round_id=round_.id,
                agency_id=agencies[agency],
                service_id=services[service],
                transactions=transactions,
            )
        )


def earlier_round(session: orm.Session) -> None:
    """Add `r0`: so-tu-phap 20 of 60 satisfied, so-dat-dai 20 of 40, as many transactions as in `r1`."""
    session.flush()
    agencies = {agency.code: agency.id for agency in session.scalars(sa.select(Agency))}
    services = {service.code: service.id for service in session.scalars(sa.select(Service))}
    now = session.scalars(sa.select(Round)).one()
    before = Round(
        code="r0",
        name="Đợt 0",
        version_id=now.version_id,
        opens_on=date(2019, 1, 1),
        closes_on=date(2019, 12, 31),
        state=RoundState.CLOSED,
    )
    session.add(before)
    session.flush()
    answers = [("so-tu-phap", "ho-tich", "5", 20), ("so-tu-phap", "ho-tich", "2", 40)]
    answers += [("so-dat-dai", "dat-dai", "4", 20), ("so-dat-dai", "dat-dai", "3", 20)]
    for agency, service, answer, count in answers:
        for number in range(count):
            session.add(
                Response(
                    key=f"before-{agency}-{answer}-{number:04d}",
                    round_id=before.id,
                    deciding_agency_id=agencies[agency],
                    service_id=services[service],
                    channel=Channel.QR,
                    language="vi",
                    answers=answer * 16 + "." * (len(now.version.slots) - 16),
                    submitted_at=NOW,
                )
            )
    for agency, service, transactions in (("so-tu-phap", "ho-tich", 600), ("so-dat-dai", "dat-dai", 200)):
        session.add(
            Population(
                round_id=before.id,
                agency_id=agencies[agency],
                service_id=services[service],
                transactions=transactions,
            )
        )


def publish_scored(
    session: orm.Session, reason: str = "", code: str = "r1", now: datetime = NOW, *, few: bool = False
) -> Publication:
    """Close a round and publish what it holds as its next edition, one person drafting, another reviewing.

    `few`: count late responses although these are few.

    Their accounts are old, have a second factor, and come from two administrators: the command line and `lap`.
    """
    round_, later = session.scalars(sa.select(Round).where(Round.code == code)).one(), now + timedelta(hours=1)
    if round_.state is RoundState.OPEN:
        close_round(session, round_, actor=Actor(now))
    long_ago = now - timedelta(days=30)
    people: list[int] = []
    for name, role, maker in (
        ("lap", Role.ADMIN, False),
        ("soan", Role.EVALUATOR, False),
        ("duyet", Role.EVALUATOR, True),
    ):
        found = session.scalar(sa.select(User).where(User.username == name))
        if found is None:
            actor = Actor(long_ago, people[0] if maker else None)
            found = create_user(session, username=name, password=PASSWORD, role=role, agency_id=None, actor=actor)
        found.totp_secret = TOTP
        people.append(found.id)
    session.flush()
    frozen = freeze(session, code, few=few)
    made = draft_publication(
        session,
        round_,
        content=frozen.content,
        results_hash=frozen.results_hash,
        actor=Actor(later, people[1]),
        reason=reason,
    )
    review_publication(session, made, actor=Actor(later, people[2]))
    publish(session, made, actor=Actor(later, people[1]))
    for number in people:
        session.get_one(User, number).totp_secret = None  # so that tests sign them in by the password alone
    return made


def second_evaluator(session: orm.Session) -> None:
    """Add the evaluator `hai`, whose account `admin` made: `evaluator` and `hai` may publish together."""
    session.flush()
    admin = session.scalars(sa.select(User.id).where(User.username == "admin")).one()
    create_user(
        session, username="hai", password=PASSWORD, role=Role.EVALUATOR, agency_id=None, actor=Actor(NOW, admin)
    )


def protect_accounts(app: Flask) -> None:
    """Give every account a second factor; who signed in before stays so."""
    with app.extensions["database"].write() as session:
        session.execute(sa.update(User).values(totp_secret=TOTP))


def accounts(session: orm.Session) -> None:
    """Add one account of each role, named by it; manager and staff belong to `so-tu-phap`."""
    agency = session.scalar(sa.select(Agency.id).where(Agency.code == "so-tu-phap"))
    for role in Role:
        unit = agency if role in {Role.MANAGER, Role.STAFF} else None
        create_user(session, username=role.value, password=PASSWORD, role=role, agency_id=unit, actor=Actor(NOW))


def token(page: str) -> str:
    """Return the CSRF token in a page."""
    return page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]


def post(client: FlaskClient, address: str, form_at: str | None = None, **fields: str) -> TestResponse:
    """Post a form as a person does: open the page it stands on, then send its token and state with the fields."""
    page = client.get(form_at or address).get_data(as_text=True)
    return client.post(address, data={"csrf_token": token(page), **opened(page, address), **fields})


def opened(page: str, address: str) -> dict[str, str]:
    """Return the hidden field by which the form of an address tells what it was opened on, if it has one."""
    forms = BeautifulSoup(page, "html.parser").find_all("form", method="post")
    mine = [form for form in forms if form.get("action", address) == address] or forms
    found = next((form.find("input", attrs={"name": "opened"}) for form in mine), None)
    return {"opened": str(found["value"])} if found else {}


def sign_in(client: FlaskClient, username: str, password: str = PASSWORD, **fields: str) -> TestResponse:
    """Sign in."""
    return post(client, "/dang-nhap", username=username, password=password, **fields)


def equal_importance(_session: Any, results: Any) -> Importance:
    """Stand in for `survey.results.diagnosis.importance`: every item weighs the same."""
    codes = results.definition.scheme().codes
    share = np.full(len(codes), 1 / len(codes))
    return Importance(codes, share, share, share, 0.5, 100, 0.95)


def close_rounds(app: Flask) -> None:
    """End every open round: those who are judged by it see more than released totals from then on."""
    with app.extensions["database"].write() as session:
        session.execute(sa.update(Round).where(Round.state == RoundState.OPEN).values(state=RoundState.CLOSED))
