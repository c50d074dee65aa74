"""A page compressed once and filled in for each person reads as the page compressed for that person would."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from survey.web.prepared_page import PreparedPage

KEY, TIME = "\ue000key\ue000", "\ue000time\ue000"
TEXT = f"<p>Ông/Bà</p><input value={KEY}><b>{'Hài lòng ' * 300}</b><input value={TIME}>{KEY}<p>Ông/Bà{'ngày ' * 9000}"


def words(seed: int) -> dict[str, str]:
    letters = np.random.default_rng(seed)
    return {name: "".join(letters.choice(list("abcdef0123<p>="), length)) for name, length in ((KEY, 24), (TIME, 38))}


@pytest.mark.parametrize("seed", range(20))
def test_it_is_read_as_the_text_with_its_places_filled_in(seed: int) -> None:
    """Values hold the page's own letters as well, and the text is longer than deflate looks back."""
    page, values = PreparedPage(TEXT, words(99)), words(seed)
    expected = TEXT.replace(KEY, values[KEY]).replace(TIME, values[TIME]).encode()
    assert page.filled(values) == expected
    assert gzip.decompress(page.gzipped(values)) == expected
    assert len(page.gzipped(values)) <= len(gzip.compress(expected, 5)) + 250


@pytest.mark.parametrize("text", ["", KEY, f"\x01{KEY}\x01\x02", "no place at all"])
def test_texts_of_any_kind(text: str) -> None:
    value = {KEY: "\x01\x02", TIME: ""}
    assert gzip.decompress(PreparedPage(text, value).gzipped(value)) == text.replace(KEY, "\x01\x02").encode()


def test_a_value_of_another_length_is_refused() -> None:
    page = PreparedPage(TEXT, words(1))
    with pytest.raises(ValueError, match="23 bytes instead of 24"):
        page.gzipped(words(2) | {KEY: "x" * 23})
