"""Passwords: argon2id hashes, and what a new one must be."""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from survey.core.errors import InputError
from survey.core.text import fold

MIN_LENGTH = 12
MAX_LENGTH = 200

COMMON = Path(__file__).with_name("common_passwords.txt")

#: 19 MiB, two passes, one lane: the OWASP minimum for argon2id, about 30 ms: signing in starves no one
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """The argon2id hash of a password (in NFC: keyboards differ in how they compose Vietnamese letters)."""
    return _hasher.hash(_normal(password))


UNUSABLE = "!"
"""Stands in the place of a hash for no password at all: none fits it."""


def verify(password_hash: str | None, password: str) -> bool:
    """Say whether a password fits a hash. No hash: as slow a no, so that unknown and invited names do not show."""
    known = password_hash not in (None, UNUSABLE)
    try:
        return _hasher.verify(password_hash if known and password_hash else _decoy(), _normal(password)) and known
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(password_hash: str) -> bool:
    """Say whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def check_new(password: str, username: str) -> None:
    """Raise `InputError` when a new password is too short, too long, common, or made of the user name."""
    password = _normal(password)
    if len(password) < MIN_LENGTH:
        raise InputError("A password needs at least %(n)d characters.", field="new", n=MIN_LENGTH)
    if len(password) > MAX_LENGTH:
        raise InputError("A password may have at most %(n)d characters.", field="new", n=MAX_LENGTH)
    plain = fold(password)
    squeezed = "".join(plain.split())
    if squeezed in _common() or _core(squeezed) in _common() or len(set(squeezed)) < 5:
        raise InputError(
            "This password is too easy to guess. Three or four unrelated words make a good one.", field="new"
        )
    if username and fold(username) in plain:
        raise InputError("A password must not contain the user name.", field="new")


def new_password() -> str:
    """A random password of 20 characters (100 bits) that can be read aloud: no look-alike characters."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789x"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4))


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)


def _core(password: str) -> str:
    """A password without the digits and marks people add to a common word to make it long enough."""
    return password.strip("0123456789!@#$%^&*()-_=+.,?")


@cache
def _common() -> frozenset[str]:
    return frozenset(line for line in COMMON.read_text("utf-8").splitlines() if line and not line.startswith("#"))


@cache
def _decoy() -> str:
    return _hasher.hash(secrets.token_urlsafe())
