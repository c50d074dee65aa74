"""Reminders by mail, sent to a real server: once a day, numbers and links alone, to who asked for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from survey.core.config import load_settings
from survey.core.errors import InputError
from survey.improvement.operations.keep_mail import claim_message, forget_old_mail, queue_message
from survey.models import ActionState, AuditEvent, MailAddress, MailMessage, MailState, User
from tests.improvement.test_pages_board import action
from tests.support.clock import set_clock
from tests.support.evaluation import post, sign_in
from tests.support.followup import TODAY, with_province
from tests.support.mail_server import Mailbox, certificate, mail_server
from tests.support.reading import soup, words

PAGE = "/cai-thien/thu"


@pytest.fixture
def site(rounds: Flask) -> Flask:
    """It is Tuesday, 10 March 2026: so-tu-phap is late with one action, and another is due on the 15th."""
    with_province(rounds)
    with rounds.extensions["database"].write() as session:
        action(session, "so-tu-phap", "Kín: đặt thêm ghế", due=-3)
        action(session, "so-tu-phap", "Kín: niêm yết lại", due=5)
        action(session, "so-tu-phap", "Kín: đã xong", state=ActionState.DONE)
        action(session, "so-dat-dai", "Kín: việc của nơi khác", due=-1)
    switch_on(rounds, 1)
    return rounds


def switch_on(app: Flask, port: int, **more: str) -> None:
    settings = {"smtp_host": "localhost", "smtp_security": "none", "mail_from": "sipas@example.vn"} | more
    app.config["SETTINGS"] = replace(
        app.config["SETTINGS"], smtp_port=port, public_base_url="https://sipas.example.vn", **settings
    )


def enter(app: Flask, username: str, address: str) -> None:
    client = app.test_client()
    sign_in(client, username)
    assert post(client, PAGE, mail_address=address).status_code == 303


def send(app: Flask, box: Mailbox, **more: str) -> Result:
    switch_on(app, box.port, **more)
    return app.test_cli_runner().invoke(args=["mail", "send"])


def states(app: Flask) -> list[tuple[str, str]]:
    with app.extensions["database"].read() as session:
        rows = session.execute(sa.select(MailMessage.state, MailMessage.error).order_by(MailMessage.id))
        return [(state.value, error) for state, error in rows]


def test_one_message_a_day_with_numbers_and_links_alone(site: Flask) -> None:
    enter(site, "manager", "truong-phong@so.example.vn")
    enter(site, "tinh", "tinh@example.vn")
    with mail_server() as box:
        first = send(site, box)
        assert (first.exit_code, first.output) == (
            0,
            "reminders written\t2\nreminders sent\t2\nreminders not sent\t0\n",
        )
        assert "reminders written\t0\nreminders sent\t0" in send(site, box).output  # again on the same day
        mail, province = sorted(box.messages, key=lambda message: str(message["To"]), reverse=True)
        assert (mail["To"], mail["From"]) == ("truong-phong@so.example.vn", "sipas@example.vn")
        assert mail["Subject"] == "SIPAS: việc đang chờ Ông/Bà ngày 10/03/2026"
        assert mail["Auto-Submitted"] == "auto-generated"
        text = mail.get_content()
        assert "Việc cải thiện quá hạn: 1\nViệc cải thiện đến hạn trong bảy ngày: 1\n" in text
        assert "https://sipas.example.vn/cai-thien\n" in text
        assert "https://sipas.example.vn/cai-thien/thu" in text
        assert "duyệt" not in text  # a manager does not accept what the agency itself did
        told = province.get_content()
        assert "Việc cải thiện quá hạn: 2\n" in told
        assert "Việc cải thiện chờ Ông/Bà duyệt: 1\n" in told
        for message in box.messages:
            assert "Kín" not in message.as_string()
            assert not {"so-tu-phap", "Tư pháp"} & set(message.get_content().split())
        set_clock(site, TODAY + timedelta(days=1))
        send(site, box)
        assert len(box.messages) == 4


def test_nothing_is_written_on_days_off_or_where_nothing_waits(site: Flask) -> None:
    enter(site, "manager", "a@example.vn")
    enter(site, "staff", "b@example.vn")  # no case is given to them
    with mail_server() as box:
        set_clock(site, datetime(2026, 3, 14, 3, tzinfo=UTC))  # a Saturday
        assert "reminders written\t0" in send(site, box).output
        set_clock(site, TODAY)
        assert "reminders written\t1" in send(site, box).output
        assert [message["To"] for message in box.messages] == ["a@example.vn"]


def test_what_a_server_refuses_is_kept_with_its_reason(site: Flask) -> None:
    enter(site, "manager", "day@example.vn")
    enter(site, "tinh", "khong-co@example.vn")
    with mail_server() as box:
        box.replies = {"day@example.vn": "452 full just now", "khong-co@example.vn": "550 no such mailbox"}
        assert "reminders sent\t0\nreminders not sent\t2" in send(site, box).output
        assert sorted(states(site)) == [("failed", "550 no such mailbox"), ("queued", "452 full just now")]
        box.replies = {}
        assert "reminders sent\t1\nreminders not sent\t0" in send(site, box).output
        assert [message["To"] for message in box.messages] == ["day@example.vn"]


def test_a_message_that_may_have_arrived_is_not_sent_again(site: Flask) -> None:
    enter(site, "manager", "a@example.vn")
    enter(site, "tinh", "b@example.vn")
    with mail_server() as box:
        box.breaks = True
        assert "reminders sent\t0\nreminders not sent\t1" in send(site, box).output
        box.breaks = False
        assert "reminders sent\t1" in send(site, box).output  # the one that had waited
        assert len({message["To"] for message in box.messages}) == 2
        assert sorted(state for state, _ in states(site)) == ["failed", "sent"]


def test_of_two_processes_one_gets_a_message(site: Flask) -> None:
    enter(site, "manager", "a@example.vn")
    with site.extensions["database"].write() as session:
        user_id = session.scalars(sa.select(User.id).where(User.username == "manager")).one()
        assert queue_message(session, user_id, date(2026, 3, 10), "s", "t")
        assert not queue_message(session, user_id, date(2026, 3, 10), "s", "t")
        number = session.scalars(sa.select(MailMessage.id)).one()
        taken = claim_message(session, number, TODAY)
        assert taken is not None
        assert taken.address == "a@example.vn"
        assert claim_message(session, number, TODAY) is None


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_password_and_message_go_within_tls(
    site: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    enter(site, "manager", "a@example.vn")
    files = certificate(tmp_path)
    account = {"smtp_security": security, "smtp_user": "sipas", "smtp_password": "mo-cua"}
    with mail_server(files, at_once=security == "tls") as box:
        refused = send(site, box, **account)  # nobody vouches for the certificate
        assert refused.exit_code == 2
        assert "certificate" in refused.output.lower()
        assert box.signed_in == []
        monkeypatch.setenv("SSL_CERT_FILE", str(files[0]))
        assert "reminders sent\t1" in send(site, box, **account).output
        assert [(name, password) for name, password, _ in box.signed_in] == [("sipas", "mo-cua")]
        assert len(box.messages) == 1


def test_a_server_that_is_not_there_is_one_sentence(site: Flask) -> None:
    enter(site, "manager", "a@example.vn")
    with mail_server() as box:
        pass  # it is gone again
    refused = send(site, box)
    assert refused.exit_code == 2
    written, error = refused.output.splitlines()
    assert written == "reminders written\t1"
    assert error.startswith("Error: No mail was sent: localhost port ")
    assert states(site) == [("queued", "")]


def test_mail_is_off_until_it_is_switched_on(rounds: Flask) -> None:
    client = rounds.test_client()
    sign_in(client, "manager")
    assert "không gửi thư" in words(soup(client, PAGE).main)
    assert soup(client, PAGE).find(id="mail_address") is None
    refused = rounds.test_cli_runner().invoke(args=["mail", "send"])
    assert refused.exit_code == 2
    assert "SMTP_HOST is not set" in refused.output


def test_an_address_is_its_owners(site: Flask) -> None:
    client = site.test_client()
    sign_in(client, "manager")
    refused = post(client, PAGE, mail_address="truong\nBcc: all@example.vn@so.vn")
    assert refused.status_code == 422
    assert "ten@example.vn" in refused.get_data(as_text=True)
    enter(site, "manager", "a@example.vn")
    assert "a@example.vn" in words(soup(client, PAGE).main)
    other = site.test_client()
    sign_in(other, "evaluator")
    assert "a@example.vn" not in words(soup(other, PAGE).main)
    with site.extensions["database"].read() as session:
        logged = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "user.mail_set")).one()
        assert (logged.before, logged.after) == (None, None)  # not which
    assert post(client, f"{PAGE}/thoi", PAGE).status_code == 303
    with mail_server() as box:
        assert "reminders written\t0" in send(site, box).output


def test_closed_accounts_and_old_messages_leave(site: Flask) -> None:
    enter(site, "manager", "a@example.vn")
    with site.extensions["database"].write() as session:
        user_id = session.scalars(sa.select(User.id).where(User.username == "manager")).one()
        queue_message(session, user_id, date(2026, 2, 8), "s", "t")
        queue_message(session, user_id, date(2026, 2, 9), "s", "t")
        session.execute(sa.update(User).where(User.id == user_id).values(active=False))
        assert forget_old_mail(session, date(2026, 2, 9)) == 1
        assert session.scalars(sa.select(MailAddress)).all() == []
        assert session.scalars(sa.select(MailMessage.state)).all() == [MailState.QUEUED]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"SMTP_HOST": "mail.vn"}, "MAIL_FROM"),
        ({"SMTP_HOST": "mail.vn", "MAIL_FROM": "sipas"}, "MAIL_FROM"),
        ({"SMTP_SECURITY": "ssl"}, "SMTP_SECURITY"),
        ({"SMTP_PORT": "0"}, "SMTP_PORT"),
        (
            {"SMTP_HOST": "mail.vn", "MAIL_FROM": "a@b.vn", "SMTP_SECURITY": "none", "SMTP_PASSWORD": "p"},
            "in the clear",
        ),
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, wrong: dict[str, str], named: str) -> None:
    with pytest.raises(InputError, match=named):
        load_settings({"INSTANCE_DIR": str(tmp_path), **wrong})
