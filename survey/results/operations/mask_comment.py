"""Mask what can identify a person in a free comment, before anyone reads it; a moderator reviews the result.

Masked are telephone numbers, numbers of papers (identity card, passport, dossier, account), e-mail addresses, vehicle
plates, and names after a form of address or an office ("bà", "chị", "cán bộ" …) or with a middle name such as Văn or
Thị. The rules prefer to mask too much: a moderator can see what was masked and why, but nobody can unsee a number.
What they cannot know is a name standing alone, or a nickname; that is what the review is for.

Time is linear in the length of the text: quantifiers are possessive, and each run of characters is entered at its
beginning only. Text is expected as `survey.core.text.clean_block` leaves it.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass


class MaskedKind(enum.StrEnum):
    """What was masked; the value is what stands in its place."""

    PHONE = "[số điện thoại]"
    NUMBER = "[số giấy tờ]"
    EMAIL = "[thư điện tử]"
    PLATE = "[biển số xe]"
    NAME = "[tên riêng]"


@dataclass(frozen=True)
class Found:
    """One masked stretch of the original text."""

    kind: MaskedKind
    start: int
    end: int


@dataclass(frozen=True)
class MaskedComment:
    """The text that may be shown, and what was masked in the original, in order."""

    text: str
    found: tuple[Found, ...]


def mask_comment(text: str) -> MaskedComment:
    """`text` with what can identify a person replaced by the name of its kind in brackets."""
    found: list[Found] = []
    for candidate in sorted([*_numbers(text), *_names(text)], key=lambda one: (one.start, -one.end)):
        if not found or candidate.start >= found[-1].end:
            found.append(candidate)
    pieces = []
    end = 0
    for one in found:
        pieces += [text[end : one.start], one.kind.value]
        end = one.end
    return MaskedComment("".join(pieces) + text[end:], tuple(found))


# -- numbers and addresses --------------------------------------------------------------------------------------

_SPOKEN = "không|một|mốt|hai|ba|bốn|tư|năm|lăm|sáu|bảy|bẩy|tám|chín"
_SCAN = re.compile(
    rf"""
    (?P<email> (?<![\w.+-]) [\w.+-]++ [ ]?@[ ]? [\w-]++ (?:\.[\w-]++)++ )
  | (?P<date>  (?<!\d) \d{{1,2}} (?P<mark>[./-]) \d{{1,2}} (?P=mark) (?:19|20)\d\d (?!\d) )
  | (?P<money> (?<!\d) [1-9]\d{{0,2}} (?:[.,]\d{{3}})++ (?=[ ]?(?:đồng|đ\b|vnđ|vnd|tr)) )
  | (?P<plate> (?<!\w) \d\d [ -]? [a-zđ]{{1,2}} \d? [ .-]{{0,2}} (?: \d{{3}}[ .]?\d\d | \d{{4}} ) (?!\w) )
  | (?P<passport> (?<!\w) [a-z] \d{{7,8}} (?!\w) )
  | (?P<digits> (?<!\d) \+?+ \(?+ \d (?: [ ().–-]{{0,3}}+ \d )*+ )
  | (?P<spoken> (?<!\w) (?:{_SPOKEN}) (?: [ ,.-]{{1,3}} (?:{_SPOKEN}) (?!\w) ){{7,}}+ )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_KINDS = {
    "email": MaskedKind.EMAIL,
    "plate": MaskedKind.PLATE,
    "passport": MaskedKind.NUMBER,
    "spoken": MaskedKind.PHONE,
}
_SHORTEST_NUMBER = 9
"""Digits of the shortest number that tells one person from another: the old identity card."""


def _numbers(text: str) -> Iterator[Found]:
    for match in _SCAN.finditer(text):
        name = match.lastgroup if match.lastgroup != "mark" else "date"
        kind = _kind_of_digits(match[0]) if name == "digits" else _KINDS.get(name or "")
        if kind:
            yield Found(kind, match.start(), match.end())


def _kind_of_digits(written: str) -> MaskedKind | None:
    """What a run of digits with separators is: a Vietnamese telephone number, another number, or neither."""
    digits = "".join(char for char in written if char.isdecimal())
    if len(digits) < _SHORTEST_NUMBER:
        return None
    national = digits.removeprefix("84") if len(digits) > len("84912345678") - 1 else digits
    is_phone = (digits[0] == "0" and len(digits) in (10, 11)) or (national != digits and len(national) in (9, 10))
    return MaskedKind.PHONE if is_phone or written.startswith("+") else MaskedKind.NUMBER


# -- names ------------------------------------------------------------------------------------------------------


def _known(words: str) -> frozenset[str]:
    """A set of words; two that belong together are written with `_` between them."""
    return frozenset(words.split())


_TITLES = _known(
    """ông bà anh chị cô chú bác dì cậu mợ em cháu thầy đồng_chí cán_bộ công_chức viên_chức chuyên_viên nhân_viên
    lãnh_đạo bí_thư chủ_tịch trưởng_phòng phó_phòng giám_đốc trưởng_bản trưởng_thôn tên_là tôi_là họ_tên mr ms mrs"""
)
_MIDDLE = _known("văn thị đức hữu đình")
_OFFICES = _known(
    """sở ubnd hđnd xã phường huyện tỉnh thành_phố phòng cục vneid việt_nam sơn_la nhà_nước trung_tâm văn_phòng chi_cục
    công_an bưu_điện bệnh_viện ủy_ban uỷ_ban một_cửa bộ_phận tòa_án"""
)

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class _Word:
    start: int
    end: int
    text: str
    joined: bool  # to the word before it by one space

    @property
    def lower(self) -> str:
        return self.text.lower()

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()


def _names(text: str) -> Iterator[Found]:
    words = _words(text)
    shouted = sum(map(str.isupper, text)) > sum(map(str.islower, text))
    runs = _runs(words)
    after_title = 0
    index = 0
    while index < len(words):
        titled = index == after_title and index > 0
        length = _name_at(words, index, runs[index], titled=titled, shouted=shouted)
        if length:
            yield Found(MaskedKind.NAME, words[index].start, words[index + length - 1].end)
            index += length
            continue
        if _is(words, index, _TITLES):
            pair = index + 1 < len(words) and f"{words[index].lower}_{words[index + 1].lower}" in _TITLES
            index += 2 if pair else 1
            after_title = index if index < len(words) and words[index].joined else 0
            continue
        index += 1


def _words(text: str) -> list[_Word]:
    words: list[_Word] = []
    end = 0
    for match in _WORD.finditer(text):
        words.append(_Word(match.start(), match.end(), match[0], text[end : match.start()] == " "))
        end = match.end()
    return words


def _runs(words: list[_Word]) -> list[int]:
    """For each word how many capitalised words, joined by single spaces, begin with it."""
    runs = [0] * (len(words) + 1)
    for index in range(len(words) - 1, -1, -1):
        goes_on = index + 1 < len(words) and words[index + 1].joined
        runs[index] = (1 + (runs[index + 1] if goes_on else 0)) if words[index].capital else 0
    return runs


def _is(words: list[_Word], index: int, known: frozenset[str]) -> bool:
    """Whether the word at `index`, alone or with the next, is a known one."""
    if words[index].lower in known:
        return True
    following = words[index + 1] if index + 1 < len(words) else None
    return bool(following and following.joined and f"{words[index].lower}_{following.lower}" in known)


def _name_at(words: list[_Word], index: int, run: int, *, titled: bool, shouted: bool) -> int:
    """How many words from `index` on are a name; 0 for none.

    A name is a run of capitalised words after a title, or surname, middle name, given name; the latter in any
    case after a title, and in capitals without one. `run` is the number of capitalised words from `index` on.
    """
    three = index + 2 < len(words) and words[index + 1].joined and words[index + 2].joined
    if three and words[index + 1].lower in _MIDDLE and (titled or (run >= 3 and not shouted)):
        return max(3, 0 if shouted else run)
    if not titled or shouted or not run or _is(words, index, _OFFICES) or _is(words, index, _TITLES):
        return 0
    return run
