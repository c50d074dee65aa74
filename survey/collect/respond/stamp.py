"""What a rendered form carries: a random key that makes repeats harmless, and the time it was opened.

The key is not signed: nothing depends on where it came from, only on its being one form's own. The time is signed,
because it decides whether a form may still be taken after closing; a time that cannot be verified (the secret has
changed, a page kept offline) is simply unknown and never costs anybody their answers.

Families of keys: when several forms are sent one after the other from one page that stayed open ("Somebody else would
like to rate", or Back after the thanks), the page's script draws a new second half of the key and keeps the first, 12
characters. So likely repeats can be shown to the evaluator (`survey/results/doubtful_responses.py`), nothing being
known of anybody: a family is a random number that lives in one opened page, for half an hour at most, and is never kept
on the phone, in a cookie or with an address. Opening or reloading the page makes a new one, a kiosk's forms share
nothing, and a page that was kept offline starts a new family.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from itsdangerous import BadSignature, URLSafeSerializer

_KEY = re.compile(r"[A-Za-z0-9_-]{24}")
_LATEST = datetime(9000, 1, 1, tzinfo=UTC).timestamp()


def new_key() -> str:
    """A fresh idempotency key: 144 random bits in 24 characters."""
    return secrets.token_urlsafe(18)


def is_key(text: str) -> bool:
    """Say whether a posted key has the form of one, ours or one drawn by the page's script.

    One length alone: keys of imports have 64 characters (`survey.collect.operations.import_responses`), so that no
    stranger can take one beforehand and make an import say "imported before".
    """
    return _KEY.fullmatch(text) is not None


def sign_time(opened: datetime, secret: str) -> str:
    """An instant as signed text, to the second."""
    signed = _serializer(secret).dumps(int(opened.timestamp()))
    return signed.decode() if isinstance(signed, bytes) else signed


def read_time(text: str, secret: str, now: datetime, before: Sequence[str] = ()) -> datetime | None:
    """The signed instant, or None when it is missing, altered, signed by another secret, or in the future.

    `before`: secrets that were in force before, whose signature still counts.
    """
    try:
        seconds = _serializer(*before, secret).loads(text)
    except BadSignature:
        return None
    if not isinstance(seconds, int) or not 0 <= seconds < _LATEST:
        return None
    opened = datetime.fromtimestamp(seconds, UTC)
    return opened if opened <= now else None


def _serializer(*secrets_: str) -> URLSafeSerializer:
    """What signs with the last secret and believes all."""
    return URLSafeSerializer(list(secrets_), salt="form-opened")
