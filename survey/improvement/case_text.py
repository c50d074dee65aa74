"""Cases: their code, and which of them evaluators read first."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata

from survey.core.text import CODE_ALPHABET, clean, fold
from survey.results.operations.mask_comment import MaskedKind, mask_comment

PREFIX = "PA"
LENGTH = 12
_SPACE = re.compile(r"[\s.\-–—_]+")
PRIORITY = (
    *("hối lộ", "đưa tiền", "đút lót", "vòi vĩnh", "vòi tiền", "lót tay", "bồi dưỡng riêng", "phong bì", "chung chi"),
    *("nhũng nhiễu", "tham nhũng", "tham ô", "đe dọa", "đe doạ", "dọa", "doạ", "hành hung", "bị đánh", "đánh người"),
    *("trả thù", "trù dập", "nguy hiểm", "cháy nổ", "tính mạng", "tự tử", "bạo lực", "xâm hại"),
)
"""Words of bribe, threat and danger."""
_PRIORITY = re.compile(
    r"(?<!\w)(?:" + "|".join(re.escape(one) for word in PRIORITY for one in (word, fold(word))) + r")(?!\w)"
)
"""As they are written with marks, or typed without: `phong bì` and `phong bi`, but not `phòng bị`."""


def case_code(key: str, secret: str) -> str:
    """The code of the case of a form's key: 12 characters, an HMAC, so that a repeat has the same."""
    digest = int.from_bytes(hmac.new(secret.encode(), f"case:{key}".encode(), hashlib.sha256).digest(), "big")
    letters = []
    for _ in range(LENGTH):
        digest, place = divmod(digest, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[place])
    text = "".join(letters)
    return f"{PREFIX}-{text[:4]}-{text[4:8]}-{text[8:]}"


def parse_case_code(typed: str) -> str | None:
    """A code that a person typed in the form in which it was given, or None when it cannot be one."""
    letters = _SPACE.sub("", unicodedata.normalize("NFKC", typed)).upper().removeprefix(PREFIX)
    if len(letters) != LENGTH or not set(letters) <= set(CODE_ALPHABET):
        return None
    return f"{PREFIX}-{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def is_priority(text: str) -> bool:
    """Say whether a case goes to evaluators first: it has a word of bribe, threat or danger, or names a person."""
    names = any(one.kind is MaskedKind.NAME for one in mask_comment(text).found)
    return names or _PRIORITY.search(clean(text).casefold()) is not None
