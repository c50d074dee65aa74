"""Words of headings and rows of published tables, in Vietnamese and English: what a column or row is about."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

BETWEEN = " / "
"""Stands between the rows of a heading: the group, then the column; or one language, then the other."""


class ColumnIs(StrEnum):
    """What the numbers of a column are."""

    SERIAL = "serial"
    RANK = "rank"
    #: respondents or valid answers behind the figures of a row
    SAMPLE = "sample"
    #: transactions or people that the sample stands for
    POPULATION = "population"
    COUNT = "count"
    SHARE = "share"
    INDEX = "index"
    MEAN = "mean"
    SPREAD = "spread"
    WEIGHT = "weight"
    MARGIN = "margin"
    LOWER = "lower"
    UPPER = "upper"
    #: standard errors, design effects and whatever else only an estimate has
    ERROR = "error"
    OTHER = "other"


@lru_cache(maxsize=10_000)
def fold(text: str) -> str:
    """Text without marks or case."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


_ROLES: tuple[tuple[ColumnIs, str], ...] = (
    (ColumnIs.SERIAL, r"(?:stt|tt|so tt|so thu tu|no\.?|#)"),
    (
        ColumnIs.OTHER,
        r"(?:ma|code|key|nam|year|thang|month|ngay|day|so hieu|phien ban|version|group|nhom|p|t|gia tri|value)"
        r"(?: (?:co quan|linh vuc|don vi|so))?",
    ),
    (ColumnIs.OTHER, r".*(?:best|worst|tot nhat|thap nhat|cao nhat|by itself|xet rieng|\blow\b|\bhigh\b).*"),
    (
        ColumnIs.OTHER,
        r".*(?:thay doi|chenh lech|tang giam|tang/giam|change|diff|coverage|bao phu|weighted by|status).*",
    ),
    (
        ColumnIs.ERROR,
        r".*(?:sai so chuan|standard error|\bse(?:_test)?\b|deff|design effect|he so thiet ke|n_eff|hieu dung"
        r"|effective|bac tu do|degrees of freedom|\bdf(?:_test)?\b|he so dung khi|deff_plan|planner).*",
    ),
    (ColumnIs.LOWER, r".*(?:can duoi|lower|interval from|\blo(?:_family)?\b|tu \(%\)).*"),
    (ColumnIs.UPPER, r".*(?:can tren|upper|interval to|\bhi(?:_family)?\b|den \(%\)).*"),
    (ColumnIs.MARGIN, r".*(?:bien sai so|sai so|margin of error|margin|±|\bmoe\b).*"),
    (ColumnIs.RANK, r"(?:(?:xep |thu )?hang|xep thu|vi thu|rank(?:ing)?|place)(?: (?:nam )?\d{4})?(?: .*)?"),
    (ColumnIs.SPREAD, r".*(?:do lech chuan|standard deviation|\bsd\b|std).*"),
    (ColumnIs.WEIGHT, r"(?:.*\b)?(?:trong so|quyen so|weights?|he so)\b.*"),
    (ColumnIs.MEAN, r".*(?:diem trung binh|diem tb|\bdtb\b|\bmean\b|average score|mean score).*"),
    (ColumnIs.INDEX, r".*(?:chi so|\bindex\b|sipas|par index).*"),
    (ColumnIs.SHARE, r".*(?:%|ty le|ti le|phan tram|percent|\bshare\b|\bpct\b|\brate\b).*"),
    (ColumnIs.POPULATION, r"(?:.*(?:so giao dich|transactions|population|so ho so|tong the|dan so).*)"),
    (
        ColumnIs.SAMPLE,
        r"(?:n|so phieu(?: hop le| thu ve)?|phieu hop le|so nguoi(?: tra loi)?|nguoi tra loi|so luong phieu"
        r"|co mau|respondents?|responses?|valid(?: answers)?|sample(?: size)?|so cau tra loi hop le|so y kien"
        r"|tong so phieu|so phieu khao sat|answers)(?: \(.*\))?",
    ),
)
_COMPILED = tuple((role, re.compile(pattern)) for role, pattern in _ROLES)

_TOTAL = re.compile(
    r"(?:tổng|cộng|tổng cộng|tổng số|tổng chung|tổng toàn tỉnh|tong|tong cong|tong so|total"
    r"|grand total|sum)(?: ?\([^()]*\))?[ :.]*"
)
_PART_TOTAL = re.compile(r"(?:cộng|tổng|tiểu cộng|subtotal)\b(?! (?:cục|công ty|thanh tra|hội|liên đoàn|đài)) ?.{0,60}")
_MEAN_ROW = re.compile(
    r"(?:trung binh|binh quan|trung binh chung|binh quan chung|average|mean|chung|toan tinh|ca tinh"
    r"|ca nuoc|the whole province|the province)[ :.]*(?:toan tinh)?"
)
_WEIGHT_ROW = re.compile(r"(?:trong so|quyen so|weights?|diem toi da|maximum)(?: ?\(.*\))?[ :.]*")
_TOTAL_COLUMN = re.compile(r"(?:tong|cong|total|sum)\b.*|so phieu(?: thu ve| hop le)?|n")
_LEVEL = re.compile(
    r".*(?:hai long|binh thuong|trung lap|dong y|satisfied|dissatisfied|neutral|chap nhan|acceptable|tot|kem).*"
)
_PLAIN_SHARE = re.compile(
    r".*(?:hai long|satisf|dong y|agree|dung hen|on time|binh thuong|neutral|tot\b|kem\b|biet\b).*"
)
_NOT_OF_SAMPLE = re.compile(
    r".*(?:bao phu|coverage|trong so|weighted|hieu chinh|adjusted|tra loi|response|phan hoi|thu ve|thu hoi|hoan thanh"
    r"|ho so|giao dich|transaction|tang|giam|so voi).*"
)
_SATISFACTION = re.compile(r".*(?:hai long|satisf|sipas|y kien|danh gia|khao sat|survey).*")


@lru_cache(maxsize=10_000)
def role_of_heading(heading: str) -> ColumnIs | None:
    """What a heading says its column is; None when it does not say."""
    for part in reversed([one.strip() for one in heading.split(BETWEEN)]):
        if part == "N":
            return ColumnIs.POPULATION
        found = next((role for role, pattern in _COMPILED if pattern.fullmatch(fold(part))), None) if part else None
        if found is not None:
            return found
    return None


def is_total_row(label: str) -> bool:
    """Say whether a row is the sum of others: `Tổng cộng`."""
    return _TOTAL.fullmatch(" ".join(label.casefold().split())) is not None


def is_part_total_row(label: str) -> bool:
    """Say whether a row is the sum of a part of the others: `Cộng khối sở`; `Tổng cục Thuế` is an agency."""
    folded = " ".join(label.casefold().split())
    return not is_total_row(label) and _PART_TOTAL.fullmatch(folded) is not None


def is_mean_row(label: str) -> bool:
    """Say whether a row says how things are on the whole: `Toàn tỉnh`, `Trung bình`."""
    return _MEAN_ROW.fullmatch(fold(label)) is not None


def is_weight_row(label: str) -> bool:
    """Say whether a row has the weights of the columns."""
    return _WEIGHT_ROW.fullmatch(fold(label)) is not None


def is_total_column(heading: str) -> bool:
    """Say whether a heading is that of a sum."""
    return any(_TOTAL_COLUMN.fullmatch(fold(part)) for part in heading.split(BETWEEN))


def is_level(heading: str) -> bool:
    """Say whether a heading or label is a level of an answer: `Rất hài lòng`."""
    return _LEVEL.fullmatch(fold(heading)) is not None


def is_plain_share(heading: str) -> bool:
    """Say whether a heading is that of a share of those who answered."""
    return _PLAIN_SHARE.fullmatch(fold(heading)) is not None and not is_of_others(heading)


def is_of_others(heading: str) -> bool:
    """Say whether a share is not one of those who answered: a response rate, coverage, a weighted share."""
    return _NOT_OF_SAMPLE.fullmatch(fold(heading)) is not None


def is_about_satisfaction(text: str) -> bool:
    """Say whether words are about what people answered."""
    return _SATISFACTION.fullmatch(fold(text)) is not None
