"""The code in the corner of every sheet: which wording, and which page of it, lies on the scanner."""

from __future__ import annotations

import re
from dataclasses import dataclass

HASH_LENGTH = 12
_FORM = re.compile(rf"SIPAS/1/([A-Z0-9-]{{1,64}})/(\d{{1,6}})/([0-9A-F]{{{HASH_LENGTH}}})/(\d{{1,3}})/(\d{{1,3}})")


@dataclass(frozen=True)
class Corner:
    """What the corner code says."""

    questionnaire: str
    #: number of the questionnaire's version
    version: int
    #: beginning of the version's content hash, small letters
    content_hash: str
    page: int
    pages: int

    def text(self) -> str:
        """What is encoded; only letters of the compact mode of QR codes."""
        known = self.content_hash[:HASH_LENGTH]
        return f"SIPAS/1/{self.questionnaire}/{self.version}/{known}/{self.page}/{self.pages}".upper()


def read_corner(text: str) -> Corner | None:
    """What a scanned corner code says, or None when it is none of ours."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        return None
    code, version, known, page, pages = match.groups()
    return Corner(code.lower(), int(version), known.lower(), int(page), int(pages))
