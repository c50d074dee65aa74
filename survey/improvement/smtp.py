"""SMTP: the one place from which this software calls another machine, for `flask mail send` alone.

Certificates are checked against those that the system trusts; the password is given within TLS or to this machine.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from survey.core.config import Settings
from survey.core.errors import InputError
from survey.improvement.operations.keep_mail import Outgoing

WAIT_S = 30.0
"""Seconds that the server may take for a reply."""


class RefusedForNowError(Exception):
    """The server says that it may take the message later (4xx)."""


class RefusedError(Exception):
    """The server does not take the message."""


class LostError(Exception):
    """The connection broke: it is not known whether the message arrived."""


@contextmanager
def connection(settings: Settings) -> Iterator[smtplib.SMTP]:
    """Open a signed-in connection to the configured server; `InputError` says what it refused."""
    try:
        server = _open(settings)
    except (OSError, smtplib.SMTPException) as error:  # ssl.SSLError is an OSError
        why = str(error) or type(error).__name__
        raise InputError(
            "No mail was sent: %(host)s port %(port)d: %(why)s; look at the settings SMTP_…",
            host=settings.smtp_host,
            port=settings.smtp_port,
            why=why,
        ) from error
    try:
        yield server
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()


def _open(settings: Settings) -> smtplib.SMTP:
    trusted = ssl.create_default_context()
    where = (settings.smtp_host, settings.smtp_port)
    if settings.smtp_security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=WAIT_S, context=trusted)
    else:
        server = smtplib.SMTP(*where, timeout=WAIT_S)
    try:
        if settings.smtp_security == "starttls":
            server.starttls(context=trusted)
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
    except BaseException:
        server.close()
        raise
    return server


def send(server: smtplib.SMTP, outgoing: Outgoing, sender: str, now: datetime) -> None:
    """Hand one message to the server; an error of this module where it does not take it."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, outgoing.address, outgoing.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine answers it
    message.set_content(outgoing.text)
    try:
        server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, why = next(iter(error.recipients.values()))
        raise _refused(code, why) from error
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, error.smtp_error) from error
    except (OSError, smtplib.SMTPException) as error:
        raise LostError(f"not known whether it arrived: {error}") from error


def _refused(code: int, why: bytes | str) -> Exception:
    text = why.decode("utf-8", "replace") if isinstance(why, bytes) else why
    return (RefusedForNowError if 400 <= code < 500 else RefusedError)(f"{code} {text}")
