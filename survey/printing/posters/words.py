"""What the paper says. Printed words are data here, not catalogue messages: a poster has its own language."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from survey.printing.posters.emblem import Emblem


@dataclass(frozen=True)
class PosterWords:
    """The fixed sentences of one language."""

    invitation: str
    question: str
    steps: tuple[str, str, str]
    promise: str
    once: str
    dates: str  # with %s for the first and the last day
    fold: str
    cut: str


VIETNAMESE = PosterWords(
    invitation="Mời Ông/Bà đánh giá",
    question="Ông/Bà thấy hôm nay được phục vụ thế nào?",
    steps=("Mở Zalo hoặc máy ảnh", "Quét mã vuông này", "Chọn câu trả lời"),
    promise="Không hỏi tên, không hỏi số điện thoại. Không ai biết ai đã trả lời.",
    once="Không hỏi tên, không hỏi số điện thoại. Mã dùng một lần, không gắn với hồ sơ của Ông/Bà.",
    dates="Từ ngày %s đến hết ngày %s",
    fold="gấp theo vạch đứt",
    cut="Cắt theo vạch góc",
)
ENGLISH = PosterWords(
    invitation="Please rate our service",
    question="How were you served today?",
    steps=("Open Zalo or the camera", "Scan this square code", "Choose your answers"),
    promise="No name, no phone number. Nobody knows who answered.",
    once="No name, no phone number. The code is for one use and not linked to your papers.",
    dates="From %s to %s",
    fold="fold at the dashes",
    cut="Cut at the corner marks",
)


class PrintKind(enum.StrEnum):
    """What can be printed, by its paper."""

    A4 = "A4"
    A5 = "A5"
    TENT = "A6"
    LABELS_8 = "8"
    LABELS_21 = "21"
    LABELS_21_NARROW = "21n"


class Variant(enum.StrEnum):
    """How much colour and ink."""

    STANDARD = "standard"
    HIGH_CONTRAST = "high-contrast"
    INK_SAVING = "ink-saving"


@dataclass(frozen=True)
class PosterText:
    """What is printed for one counter's code."""

    agency: str
    counter: str
    address: str
    agency_en: str = ""
    counter_en: str = ""
    opens_on: date | None = None
    closes_on: date | None = None

    def dates(self, words: PosterWords) -> str:
        """The round's days as a sentence, or nothing when they are not to be printed."""
        if self.opens_on is None or self.closes_on is None:
            return ""
        return words.dates % (self.opens_on.strftime("%d/%m/%Y"), self.closes_on.strftime("%d/%m/%Y"))


@dataclass(frozen=True)
class Style:
    """Choices that hold for a whole file."""

    variant: Variant = Variant.STANDARD
    bilingual: bool = False
    emblem: Emblem | None = None
    accent: str = "#7A2E5D"

    @property
    def colour(self) -> str:
        """The colour of the title and marks."""
        return self.accent if self.variant is Variant.STANDARD else "#000000"

    @property
    def muted(self) -> str:
        """The colour of secondary text."""
        return "#000000" if self.variant is Variant.HIGH_CONTRAST else "#5B554E"
