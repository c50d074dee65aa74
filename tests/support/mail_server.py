"""A real SMTP server on this machine, which keeps what it is sent and refuses what a test tells it to."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


@dataclass
class Mailbox:
    """What came, and how the server answers."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    #: address → reply instead of 250
    replies: dict[str, str] = field(default_factory=dict)
    #: name and password with which somebody signed in, and whether that was within TLS
    signed_in: list[tuple[str, str, bool]] = field(default_factory=list)
    #: whether the connection breaks when a message comes
    breaks: bool = False

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        """Take or refuse an address."""
        if address in self.replies:
            return self.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep a message."""
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.messages.append(message)
        if self.breaks:
            server.transport.abort()
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        """Let `sipas` with the password `mở cửa` in."""
        assert isinstance(data, LoginPassword)
        name, password = data.login.decode(), data.password.decode()
        self.signed_in.append((name, password, session.ssl is not None))
        return AuthResult(success=(name, password) == ("sipas", "mo-cua"))


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for `localhost` and its key."""
    made, key = folder / "mail.pem", folder / "mail.key"
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    words += ["-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(made)]
    subprocess.run(["openssl", *words, *names], check=True, capture_output=True)
    return made, key


@contextmanager
def mail_server(files: tuple[Path, Path] | None = None, *, at_once: bool = False) -> Iterator[Mailbox]:
    """Serve mail: in the clear, or with a certificate after STARTTLS (TLS from the first byte: `at_once`)."""
    box, options = Mailbox(), {}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        box.port = free.getsockname()[1]
    if files is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        options = {"ssl_context": context} if at_once else {"tls_context": context, "require_starttls": True}
        options |= {"authenticator": box.authenticate, "auth_required": not at_once, "auth_require_tls": not at_once}
    controller = Controller(box, hostname="localhost", port=box.port, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
