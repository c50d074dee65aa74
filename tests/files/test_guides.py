"""The Vietnamese guides call buttons, messages and commands by the names they really have."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import flask
import pytest
from babel.messages.pofile import read_po

from tests.rules.test_docs import command_of

ROOT = Path(__file__).parents[2]
GUIDES = [
    ROOT / "docs" / "vi" / f"huong-dan-{name}.md"
    for name in ("danh-gia", "can-bo", "in", "quan-tri", "cai-thien", "dung-vung")
]
#: bold in the guides for stress, not as the name of something on the screen
STRESSED = {
    "in đậm",
    "Hai cơ quan có đoạn thẳng chồng lên nhau nhiều thì chưa thể nói ai hơn ai.",
    "Một tờ áp phích có mã QR.",
    "Đừng:",
    "Chưa có gì được lưu",
}


def shown_words() -> set[str]:
    """Everything the pages can say in Vietnamese."""
    with (ROOT / "survey" / "translations" / "vi" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        strings = [message.string for message in read_po(file)]
    return {form for string in strings for form in ([string] if isinstance(string, str) else string)}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_bold_words_stand_on_the_screen(guide: Path) -> None:
    bold = {" ".join(words.split()) for words in re.findall(r"\*\*(.+?)\*\*", guide.read_text("utf-8"), re.DOTALL)}
    assert len(bold) > 10
    assert bold - STRESSED - shown_words() == set()


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_text_is_nfc_and_links_lead_somewhere(guide: Path) -> None:
    text = guide.read_text("utf-8")
    assert unicodedata.is_normalized("NFC", text)
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (guide.parent / target).exists(), target


@pytest.mark.parametrize(("guide", "number"), [(GUIDES[0], 5), (GUIDES[2], 4), (ROOT / "docs" / "staff.md", 4)])
def test_commands_exist_with_their_options(app: flask.Flask, guide: Path, number: int) -> None:
    lines = re.findall(r"^flask --app app (.+)$", guide.read_text("utf-8"), re.MULTILINE)
    assert len(lines) == number
    for line in lines:
        known = {option for parameter in command_of(app.cli, line.split()).params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", line)) <= known, line
