"""Challenge of a passkey: random bytes that a device signs once, remembered in the signed cookie for a few minutes."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import flask

from survey.accounts.passkeys import Challenge
from survey.web.context import now

SECONDS = 300
"""How long a challenge waits for its answer."""
_KEY = "passkey"


def begin(purpose: str) -> bytes:
    """Ask anew for a purpose (`add`, `get`); what was asked before counts no more in this browser."""
    data = secrets.token_bytes(32)
    flask.session[_KEY] = {"for": purpose, "data": data.hex(), "at": now().timestamp()}
    return data


def current(purpose: str) -> Challenge | None:
    """Tell what was asked for a purpose a moment ago; None where nothing was."""
    kept = flask.session.get(_KEY)
    if not isinstance(kept, dict) or kept.get("for") != purpose:
        return None
    asked = float(kept.get("at", 0))
    if not 0 <= now().timestamp() - asked <= SECONDS:
        return None
    return Challenge(bytes.fromhex(kept.get("data", "")), datetime.fromtimestamp(asked, UTC))


def end() -> None:
    """Forget what was asked."""
    flask.session.pop(_KEY, None)
