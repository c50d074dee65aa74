"""The documents of a round, by the word in addresses and commands: what makes each, and its form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from survey.files.documents.decision import round_decision
from survey.files.documents.facts import DocumentFacts
from survey.files.documents.round_report import round_report
from survey.files.documents.slides import slides


@dataclass(frozen=True)
class RoundDocument:
    """A document of a round."""

    form: str
    make: Callable[[DocumentFacts], bytes]


DOCUMENTS: dict[str, RoundDocument] = {
    "bao-cao": RoundDocument("docx", round_report),
    "quyet-dinh": RoundDocument("docx", round_decision),
    "trinh-chieu": RoundDocument("pptx", slides),
}
"""The documents, by their word."""
