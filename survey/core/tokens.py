"""Secrets that are handed over once and kept as a hash."""

from __future__ import annotations

import hashlib


def hash_token(token: str) -> str:
    """What is stored of a token. It has 256 random bits: one fast hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
