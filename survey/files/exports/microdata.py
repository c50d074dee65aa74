"""Anonymised microdata: one row a response, with weight, stratum and sampling fraction, and nobody standing out.

No comment, key, counter, day or hour leaves. Three steps protect people, all by the round's own disclosure rule (k is
its `min_n`):

- A stratum of which the results hide any figure is withheld whole. What it adds to the index and to its variance is
  given in sums by agency (`Withheld`), which follow from the published figures anyway; so the scripts still reproduce
  the index exactly.
- What is known of the respondent and the dossier (month, channel, answers to questions, language; in an agency that is
  one stratum also the service) is shown only where at least k people of the stratum show exactly the same
  (`survey.files.exports.anonymity`). The order of precedence is fixed: two files with different choices could be laid
  side by side.
- Rows are sorted by what they say and then shuffled by the round's code: their order tells nothing of when they came.

The design (weights, strata, sampling fractions) is the one the results were worked out with.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import orm

from scoring.disclosure import SUPPRESSED, DisclosureRule
from scoring.estimate import variance
from scoring.moments import LOOKUP, PEAK, Moments
from scoring.scheme import Figure, figure
from scoring.weights import Design
from survey.files.exports import anonymity
from survey.files.exports.content import Content
from survey.files.queries.microdata import response_rows
from survey.models import SlotKind
from survey.questionnaires import BLANK, HIDDEN, UNKNOWN
from survey.results.sample import sample

HIDDEN_VALUE = "*"
"""What an attribute says where it is hidden."""
ITEM_CODES = {UNKNOWN: 9, HIDDEN: 8}
"""Numbers of answers to items that are not on the scale: don't know, and not asked. A blank is an empty cell."""
BLOCK = 20_000

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stratum:
    """One stratum that leaves."""

    agency: str
    #: None: the agency is one stratum, and the service is an attribute of the respondent
    service: str | None
    name: str
    weight: float
    fraction: float
    known: bool
    size: int


@dataclass(frozen=True)
class Withheld:
    """What the withheld strata add to one agency's overall index, or the province's."""

    agency: str
    #: for each part of the composition: weighted answers that count, weighted valid answers
    counting: tuple[float, ...]
    valid: tuple[float, ...]
    #: added to the variance of the index on 0..1
    variance: float
    responses: int


@dataclass(frozen=True, eq=False)
class Microdata:
    """What of a round's responses leaves, and how."""

    content: Content
    strata: tuple[Stratum, ...]
    withheld: tuple[Withheld, ...]
    rule: DisclosureRule
    #: (agency, service) of which the results hide a figure: where the stratum is a whole agency, these are not named
    hidden_services: frozenset[tuple[str, str]] = frozenset()

    @property
    def responses(self) -> int:
        """Rows of the file."""
        return sum(stratum.size for stratum in self.strata)

    @cached_property
    def items(self) -> tuple[str, ...]:
        """Codes of the satisfaction items."""
        return tuple(slot.code for slot in self.content.definition.slots if slot.kind is SlotKind.SATISFACTION)

    @cached_property
    def questions(self) -> tuple[str, ...]:
        """Codes of the other questions, in the order in which they take precedence."""
        return tuple(slot.code for slot in self.content.definition.slots if slot.kind is not SlotKind.SATISFACTION)

    @property
    def attributes(self) -> tuple[str, ...]:
        """Columns that may be hidden, the first having precedence."""
        return ("month", "channel", *self.questions, "language")

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the file."""
        return (*DESIGN, *self.attributes, *self.items)

    @property
    def parts(self) -> Figure:
        """The composition of the overall index."""
        return figure(self.content.definition.scheme(), self.content.results.rules, "overall", "all")


DESIGN = ("agency", "service", "stratum", "weight", "fpc", "in_province")


def prepare(session: orm.Session, content: Content) -> Microdata:
    """Return what of a round leaves as microdata; only for content that is not cut to a part of the agencies."""
    if content.limited:
        raise ValueError("microdata are for those who see all agencies")
    results = content.results
    scheme = content.definition.scheme()
    moments, design = sample(session, results)
    rule = DisclosureRule.of(results.rules)
    out = _withheld_strata(content, moments, design, rule)
    whole = figure(scheme, results.rules, "overall", "all")
    return Microdata(
        content=content,
        strata=tuple(_strata(moments, design, out)),
        withheld=tuple(_withheld(content, moments, design, out, whole)),
        rule=rule,
        hidden_services=_hidden_places(content),
    )


def _withheld_strata(content: Content, moments: Moments, design: Design, rule: DisclosureRule) -> NDArray[np.bool_]:
    """Return which strata (strata,) stay behind: too small, or some figure of theirs is hidden in the results."""
    hidden = _hidden_places(content)
    out = np.array([not rule.shows(int(n)) for n in design.size], dtype=np.bool_)
    for cell, (agency, service) in enumerate(moments.keys[["agency", "service"]].itertuples(index=False, name=None)):
        place = (agency, "" if _is_whole(design, cell, agency) else service)
        if place in hidden:
            out[design.stratum[cell]] = True
    return out


def _hidden_places(content: Content) -> frozenset[tuple[str, str]]:
    """Return (agency, service) of the places of which the results hide any figure."""
    table = content.results.table
    rows = table.loc[table["status"] == SUPPRESSED, ["agency", "service"]]
    return frozenset((str(agency), str(service)) for agency, service in rows.itertuples(index=False, name=None))


def _is_whole(design: Design, cell: int, agency: str) -> bool:
    """Say whether a cell's stratum is its whole agency."""
    return bool(design.names[design.stratum[cell]] == agency)


def _strata(moments: Moments, design: Design, out: NDArray[np.bool_]) -> Iterator[Stratum]:
    """Yield the strata that leave, in order."""
    seen: set[int] = set()
    for cell, (agency, service) in enumerate(moments.keys[["agency", "service"]].itertuples(index=False, name=None)):
        at = int(design.stratum[cell])
        if out[at] or at in seen or not design.size[at]:
            continue
        seen.add(at)
        known = bool(design.known[cell]) if design.known is not None else True
        yield Stratum(
            agency=agency,
            service=None if _is_whole(design, cell, agency) else service,
            name=design.names[at],
            weight=float(design.weight[cell]),
            fraction=float(design.fraction[at]),
            known=known,
            size=int(design.size[at]),
        )


def _withheld(
    content: Content, moments: Moments, design: Design, out: NDArray[np.bool_], whole: Figure
) -> Iterator[Withheld]:
    """Yield what the withheld strata add to the agencies they belong to and, first, to the province."""
    gone = out[design.stratum] & (moments.n > 0)
    if not gone.any():
        return
    rules = content.results.rules
    agency = moments.keys["agency"].to_numpy()
    province = np.ones(len(gone), dtype=np.bool_) if design.known is None else design.known
    table = content.results.table
    wholes = table[(table["service"] == "") & (table["level"] == "overall") & (table["status"] != SUPPRESSED)]
    shown = set(wholes["agency"])
    places = [("", province), *((name, agency == name) for name in sorted(shown & set(agency[gone])))]
    for name, inside in places:
        if not (gone & inside).any():
            continue
        counting, valid, mean, within = _contributions(moments, design, inside, whole, rules.statistic)
        code = np.where(gone & inside, 0, -1)
        added, _ = variance(mean[:, None], within[:, None], design, code, 1)
        here = (gone & inside)[:, None]
        yield Withheld(
            name,
            tuple(float(x) for x in (counting * here).sum(axis=0)),
            tuple(float(x) for x in (valid * here).sum(axis=0)),
            float(added[0, 0]),
            int(moments.n[gone & inside].sum()),
        )


def _contributions(
    moments: Moments, design: Design, inside: NDArray[np.bool_], whole: Figure, statistic: str
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return weighted totals by cell and part, and of each cell the mean and the spread of u in one domain."""
    up, down = moments.feature(statistic), moments.feature("answered")
    weight = design.weight[:, None]
    width = len(moments.scheme.items)
    counting = np.stack([moments.sums[:, up][:, list(p.items)].sum(axis=1) for p in whole.parts], axis=1) * weight
    counting = counting / PEAK[statistic]
    valid = np.stack([moments.sums[:, down][:, list(p.items)].sum(axis=1) for p in whole.parts], axis=1) * weight
    above, below = counting[inside].sum(axis=0), valid[inside].sum(axis=0)
    present = sum(part.weight for part, b in zip(whole.parts, below, strict=True) if b > 0)
    alpha = np.zeros(2 * width)
    for part, a, b in zip(whole.parts, above, below, strict=True):
        if b > 0:
            alpha[list(part.items)] += part.weight / present / b / PEAK[statistic]
            alpha[[width + i for i in part.items]] -= part.weight / present * a / b / b
    at = np.concatenate([np.arange(up.start, up.stop), np.arange(down.start, down.stop)])
    mean = moments.sums[:, at] @ alpha * design.weight / np.maximum(moments.n, 1)
    crossed = moments.within[:, at[:, None], at[None, :]]
    within = np.asarray((crossed @ alpha) @ alpha * design.weight**2, dtype=np.float64)
    return counting, valid, mean, within


def blocks(session: orm.Session, micro: Microdata) -> Iterator[pd.DataFrame]:
    """Yield the rows, about `BLOCK` at a time, columns as `Microdata.columns`; one stratum is worked on at a time."""
    waiting: list[pd.DataFrame] = []
    for stratum in micro.strata:
        for block in _stratum_blocks(session, micro, stratum):
            waiting.append(block)
            if sum(map(len, waiting)) >= BLOCK:
                yield pd.concat(waiting, ignore_index=True)
                waiting = []
    if waiting:
        yield pd.concat(waiting, ignore_index=True)


def _stratum_blocks(session: orm.Session, micro: Microdata, stratum: Stratum) -> Iterator[pd.DataFrame]:
    read = _read(session, micro, stratum)
    if read is None:
        return
    answers, codes, texts = read
    items = answers[:, : len(micro.items)]
    attributes = [np.ascontiguousarray(column).astype(np.int64) for column in codes.T]
    visible = anonymity.shown(attributes, micro.rule.min_n)
    released = np.column_stack(
        [np.where(show, column + 1, 0) for show, column in zip(visible, attributes, strict=True)]
    )
    order = np.lexsort(np.column_stack([items, released]).T)
    order = order[np.random.default_rng(_seed(micro, stratum)).permutation(len(order))]
    names = ("service", *micro.attributes)
    for start in range(0, len(order), BLOCK):
        at = order[start : start + BLOCK]
        columns: dict[str, Any] = {
            name: np.where(visible[k][at], texts[k][attributes[k][at]], HIDDEN_VALUE) for k, name in enumerate(names)
        }
        if stratum.service is not None:
            columns["service"] = np.full(len(at), stratum.service, dtype=object)
        columns |= {
            "agency": np.full(len(at), stratum.agency, dtype=object),
            "stratum": np.full(len(at), stratum.name, dtype=object),
            "weight": np.full(len(at), stratum.weight),
            "fpc": np.full(len(at), stratum.fraction),
            "in_province": np.full(len(at), int(stratum.known), dtype=np.int64),
        }
        columns |= {code: _numbers(items[at, k]) for k, code in enumerate(micro.items)}
        yield pd.DataFrame({name: columns[name] for name in micro.columns})


def _read(
    session: orm.Session, micro: Microdata, stratum: Stratum
) -> tuple[Bytes, NDArray[np.uint16], list[NDArray[np.object_]]] | None:
    """Return a stratum's packed answers, its attributes as small codes (service first), and what the codes mean."""
    results = micro.content.results
    zone = ZoneInfo(results.round.zone)
    known: list[dict[str, int]] = [{}, {}, {}, {}]  # service, month, channel, language
    needed = results.rules.min_answered_share * len(micro.items)
    # Once totals are pooled, who rated nothing is nobody.
    least = max(needed, 1) if needed or results.rules.pooling else 0
    packed, codes = bytearray(), array("H")
    width = len(micro.content.definition.slots)
    for service, answers, channel, language, at in response_rows(
        session, results.round.id, stratum.agency, stratum.service
    ):
        if least and sum(c in "12345" for c in answers[: len(micro.items)]) < least:
            continue
        month = f"{at.astimezone(zone):%Y-%m}"
        if stratum.service is not None:
            service = ""  # the same for all
        elif (stratum.agency, service) in micro.hidden_services:
            service = HIDDEN_VALUE
        values = (service, month, channel, language)
        codes.extend(known[k].setdefault(value, len(known[k])) for k, value in enumerate(values))
        packed.extend(answers.encode("latin-1"))
    if not packed:
        return None
    table = np.frombuffer(bytes(packed), dtype=np.uint8).reshape(-1, width)
    few = np.frombuffer(codes, dtype=np.uint16).reshape(-1, 4).copy()
    for k, numbers in enumerate(known):  # numbered as they came; from here on, by what they say
        few[:, k] = np.argsort(np.argsort(np.array(list(numbers), dtype=object)))[few[:, k]]
    asked = table[:, len(micro.items) :]
    letters = np.array([chr(k).replace(BLANK, "") for k in range(256)], dtype=object)
    texts = [np.array(sorted(numbers), dtype=object) for numbers in known]
    every = np.column_stack([few[:, :3], asked, few[:, 3:]])
    return table, every, [*texts[:3], *[letters] * asked.shape[1], texts[3]]


def _numbers(column: Bytes) -> pd.arrays.IntegerArray:
    """Return packed answers to an item as whole numbers, a blank as missing."""
    lookup = np.full(256, 0, dtype=np.int8)
    for k in range(1, 6):
        lookup[ord(str(k))] = k
    for letter, code in ITEM_CODES.items():
        lookup[ord(letter)] = code
    value = lookup[column]
    return pd.arrays.IntegerArray(value, value == 0)


def _seed(micro: Microdata, stratum: Stratum) -> int:
    text = f"{micro.content.results.round.code}\n{stratum.name}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def counts_as(statistic: str) -> Sequence[float]:
    """Return the value of the answers 1..5 in an index, on 0..1."""
    return tuple(value / PEAK[statistic] for value in LOOKUP[statistic][1:])
