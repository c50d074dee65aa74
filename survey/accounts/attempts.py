"""Rate limit of guesses: by name in the database, by address in memory. Nobody is ever locked out.

After some failures each next try waits longer. What strangers try at the sign-in page does not slow down a device that
signed in before (`survey.accounts.device`), nor who is asked for a password while signed in.
"""

from __future__ import annotations

import time

import flask
from flask_babel import ngettext
from limits.errors import StorageError
from sqlalchemy import orm

from survey.accounts import device
from survey.accounts.operations import rate_counts as operations
from survey.accounts.operations.log_failure import log_failure, subject_of
from survey.accounts.operations.rate_counts import KEPT
from survey.accounts.queries.rate_counts import counted
from survey.core.actor import Actor
from survey.web.context import database, now
from survey.web.security import WIDER, callers, limiter

FREE_BY_NAME, FREE_BY_ADDRESS = 5, 40
"""Failed attempts before the next ones wait: of one name, and of one address trying many names. A whole office behind
one connection stays below; the wider network of an IPv6 address has `WIDER` times as many."""
MAX_WAIT = 30.0
"""Seconds that a try waits at most."""


def sign_in_key(name: str) -> str:
    """The rate limit's key of tries of a name at the sign-in page."""
    known = device.known_as(name)
    return f"device:{known}:{name}" if known else f"name:{name}"


def code_key(user_id: int) -> str:
    """The rate limit's key of one-time codes, tried after the right password."""
    return f"code:{user_id}"


def password_key(user_id: int) -> str:
    """The rate limit's key of the current password, which who is signed in gives once more."""
    return f"password:{user_id}"


def wait_message(key: str) -> str:
    """What to say when a key, or this address with many names, failed so often that it must wait; else ""."""
    with database().read_autocommit() as session:
        count, since = counted(session, key, now(), KEPT)
    wait = max(_pause(count, FREE_BY_NAME) - since, _address_wait())
    if wait <= 0:
        return ""
    flask.g.retry_after = int(wait) + 1
    message = ngettext(
        "Too many attempts. Please wait %(num)s second and try again.",
        "Too many attempts. Please wait %(num)s seconds and try again.",
        flask.g.retry_after,
    )
    return str(message)


def record_failure(key: str, action: str, name: str) -> None:
    """Count a failed attempt of a key, and of the address it came from; the audit log says which name was tried."""
    user, instant = flask.g.get("user"), now()

    def write(session: orm.Session) -> None:
        operations.count_failure(session, key, instant)
        log_failure(session, action, subject_of(session, name), actor=Actor(instant, user.id if user else None))

    database().write_together(write)
    try:
        for free, network in _networks():
            count = limiter.storage.incr(f"failed/{network}", int(KEPT.total_seconds()))
            pause = _pause(count, free)
            if pause:
                limiter.storage.clear(f"pause/{network}")
                limiter.storage.incr(f"pause/{network}", int(pause))
    except StorageError as error:
        flask.current_app.logger.warning("failed attempts by address cannot be counted: %s", error)


def record_success(key: str) -> None:
    """Forget the failed attempts of a key; those of the address stay."""
    with database().read_autocommit() as session:
        if not counted(session, key, now(), KEPT)[0]:
            return
    database().write_together(lambda session: operations.forget(session, key))


def _pause(count: int, free: int) -> float:
    """The seconds to wait after as many failures: 2, 4, 8 … up to `MAX_WAIT`."""
    return min(2.0 ** min(count - free + 1, 10), MAX_WAIT) if count >= free else 0.0


def _address_wait() -> float:
    try:
        storage = limiter.storage
        pauses = [f"pause/{network}" for _free, network in _networks()]
        return max([storage.get_expiry(pause) - time.time() for pause in pauses if storage.get(pause)], default=0.0)
    except StorageError as error:
        flask.current_app.logger.warning("failed attempts by address cannot be counted: %s", error)
        return 0.0


def _networks() -> list[tuple[int, str]]:
    """How many failures are free in each network of the caller, and its name."""
    return list(zip((FREE_BY_ADDRESS, WIDER * FREE_BY_ADDRESS), callers(), strict=False))
