"""Anonymised microdata: one row a response, with weight, stratum and sampling fraction, and nobody standing out.

No comment, key, counter, day or hour leaves. Where counter-days are sampling units, evaluators' files carry a number
for each, by what its people answered and not by when, so that it tells nothing of counter and day; files for the public
carry none, and their scripts say that errors are without clusters. Three steps protect people, all by the round's own
disclosure rule (k is its `min_n`):

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
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import orm

from scoring.clusters import CLUSTER, residuals
from scoring.disclosure import SUPPRESSED, DisclosureRule
from scoring.estimate import cluster_totals, variance
from scoring.moments import LOOKUP, PEAK, Moments
from scoring.pooling import WHOLE_AGENCY
from scoring.scheme import Figure, figure
from scoring.weights import Clusters, Design
from survey.files.exports import anonymity
from survey.files.exports.content import Content
from survey.files.queries.microdata import response_rows
from survey.models import SlotKind
from survey.questionnaires import BLANK
from survey.questionnaires.definition import ITEM_CODES
from survey.results.queries.responses import cluster_keys
from survey.results.sample import sample

HIDDEN_VALUE = "*"
"""What an attribute says where it is hidden."""
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
    #: numbers of the sampling units; None where every respondent is one, and for the public
    units: UnitNumbers | None = None
    #: whether results were worked out with sampling units that this file does not tell
    without_units: bool = False

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
        return (*DESIGN, *((UNIT,) if self.units is not None else ()), *self.attributes, *self.items)

    @property
    def parts(self) -> Figure:
        """The composition of the overall index."""
        return figure(self.content.results.scheme, self.content.results.rules, "overall", "all")


DESIGN = ("agency", "service", "stratum", "weight", "fpc", "in_province")
UNIT = "cluster"
"""Column with the number of the sampling unit, after `DESIGN`."""


@dataclass(frozen=True, eq=False)
class UnitNumbers:
    """Number of each sampling unit in the file, by what is stored of its people."""

    #: by agency, counter (or pile) and day
    of_day: dict[tuple[str, str, str], int]
    #: of people whose counter is not known, by agency, service and answers: one each
    of_person: dict[tuple[str, str, str], list[int]]

    @classmethod
    def of(cls, clusters: Clusters) -> UnitNumbers:
        """The numbers of all units, in the order of a hash of what their people answered."""
        codes = clusters.unit
        content = np.column_stack([clusters.cell, clusters.n, clusters.sums])
        digests = [hashlib.sha256() for _ in range(int(codes.max(initial=-1)) + 1)]
        for row in np.lexsort(content.T[::-1]):
            digests[codes[row]].update(np.ascontiguousarray(content[row], dtype="<i8").tobytes())
        number = np.argsort(np.argsort([digest.hexdigest() for digest in digests], kind="stable")) + 1
        found = cls({}, {})
        names = clusters.keys[["agency", "service", *CLUSTER]].itertuples(index=False, name=None)
        for (agency, service, counter, day), unit in zip(names, codes, strict=True):
            if counter:
                found.of_day[agency, counter, day] = int(number[unit])
            else:
                found.of_person.setdefault((agency, service, day), []).append(int(number[unit]))
        return found


def prepare(session: orm.Session, content: Content, *, public: bool = False) -> Microdata:
    """What of a round leaves as microdata; only for content that is not cut to a part of the agencies.

    `public`: for everyone, without the numbers of sampling units.
    """
    if content.limited:
        raise ValueError("microdata are for those who see all agencies")
    results = content.results
    scheme = content.results.scheme
    moments, design = sample(session, results)
    without_units = public and design.clusters is not None
    if public:
        design = replace(design, clusters=None)
    rule = DisclosureRule.of(results.rules)
    out = _withheld_strata(content, moments, design, rule)
    whole = figure(scheme, results.rules, "overall", "all")
    return Microdata(
        content=content,
        strata=tuple(_strata(moments, design, out)),
        withheld=tuple(_withheld(content, moments, design, out, whole)),
        rule=rule,
        hidden_services=_hidden_places(content),
        units=None if design.clusters is None else UnitNumbers.of(design.clusters),
        without_units=without_units,
    )


def _withheld_strata(content: Content, moments: Moments, design: Design, rule: DisclosureRule) -> NDArray[np.bool_]:
    """Which strata (strata,) stay behind: too small, or some figure of theirs is hidden in the results."""
    hidden = _hidden_places(content)
    out = np.array([not rule.shows(int(n)) for n in design.size], dtype=np.bool_)
    for cell, (agency, service) in enumerate(moments.keys[["agency", "service"]].itertuples(index=False, name=None)):
        place = (agency, "" if _is_whole(design, cell) else service)
        if place in hidden:
            out[design.stratum[cell]] = True
    return out


def _hidden_places(content: Content) -> frozenset[tuple[str, str]]:
    """(agency, service) of the places of which the results hide any figure."""
    table = content.results.table
    rows = table.loc[table["status"] == SUPPRESSED, ["agency", "service"]]
    return frozenset((str(agency), str(service)) for agency, service in rows.itertuples(index=False, name=None))


def _is_whole(design: Design, cell: int) -> bool:
    """Say whether a cell's stratum is its whole agency, for want of transactions by service."""
    return bool(design.notes[cell] & WHOLE_AGENCY)


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
            service=None if _is_whole(design, cell) else service,
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
        counting, valid, alpha = _linearised(moments, design, inside, whole, rules.statistic)
        here = (gone & inside)[:, None]
        yield Withheld(
            name,
            tuple(float(x) for x in (counting * here).sum(axis=0)),
            tuple(float(x) for x in (valid * here).sum(axis=0)),
            _added_variance(moments, design, inside, gone & inside, alpha, rules.statistic),
            int(moments.n[gone & inside].sum()),
        )


def _added_variance(
    moments: Moments, design: Design, inside: NDArray[np.bool_], gone: NDArray[np.bool_], alpha: Floats, statistic: str
) -> float:
    """What the withheld cells `gone` add to the variance of an index of the cells `inside`.

    Of sampling units with people in withheld and in other strata both are part: it is the variance of all less that of
    what leaves, and may be below 0.
    """
    if design.clusters is None:
        at = _columns(moments, statistic)
        mean = moments.sums[:, at] @ alpha * design.weight / np.maximum(moments.n, 1)
        crossed = moments.within[:, at[:, None], at[None, :]]
        within = np.asarray((crossed @ alpha) @ alpha * design.weight**2, dtype=np.float64)
        added, _ = variance(mean[:, None], within[:, None], design, np.where(gone, 0, -1), 1)
        return float(added[0, 0])
    both = []
    for part in (inside, inside & ~gone):
        code = np.where(part, 0, -1)
        totals = cluster_totals(moments, design, alpha[None, None, :], code, statistic)
        both.append(float(residuals(totals, design, code, 1).variance(1)[0, 0]))
    return both[0] - both[1]


def _columns(moments: Moments, statistic: str) -> NDArray[np.intp]:
    """Where the numerators and the valid answers stand among the sums."""
    up, down = moments.feature(statistic), moments.feature("answered")
    return np.concatenate([np.arange(up.start, up.stop), np.arange(down.start, down.stop)])


def _linearised(
    moments: Moments, design: Design, inside: NDArray[np.bool_], whole: Figure, statistic: str
) -> tuple[Floats, Floats, Floats]:
    """Weighted totals by cell and part, and α (2·items): u = w αᵀz of a person in the domain `inside`."""
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
    return counting, valid, alpha


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
    answers, codes, texts, units = read
    items = answers[:, : len(micro.items)]
    attributes = [np.ascontiguousarray(column).astype(np.int64) for column in codes.T]
    visible = anonymity.shown(attributes, micro.rule.min_n)
    released = np.column_stack(
        [np.where(show, column + 1, 0) for show, column in zip(visible, attributes, strict=True)]
    )
    sort = np.column_stack([units.number, items, released])
    order = np.lexsort(sort.T)
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
        columns |= {UNIT: units.take(at)} if micro.units is not None else {}
        columns |= {code: _numbers(items[at, k]) for k, code in enumerate(micro.items)}
        yield pd.DataFrame({name: columns[name] for name in micro.columns})


@dataclass(frozen=True, eq=False)
class _Units:
    """Numbers of the sampling units of a stratum's rows; of those who have one each: -1 less the place in `alone`."""

    number: NDArray[np.int64]
    alone: list[list[int]]

    def take(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """The numbers of some rows; of people by themselves each takes one that is left."""
        return np.array(
            [number if number >= 0 else self.alone[-1 - number].pop() for number in self.number[rows].tolist()],
            dtype=np.int64,
        )


def _read(
    session: orm.Session, micro: Microdata, stratum: Stratum
) -> tuple[Bytes, NDArray[np.uint16], list[NDArray[np.object_]], _Units] | None:
    """A stratum's packed answers, its attributes as small codes (service first), what these mean, its units."""
    results = micro.content.results
    zone = ZoneInfo(results.round.zone)
    known: list[dict[str, int]] = [{}, {}, {}, {}]  # service, month, channel, language
    needed = results.rules.min_answered_share * len(micro.items)
    # Once totals are pooled, who rated nothing is nobody; nor is he of any sampling unit.
    least = max(needed, 1) if needed or results.rules.pooling or micro.units is not None else 0
    packed, codes, numbers = bytearray(), array("H"), array("q")
    alone: dict[tuple[str, str], int] = {}
    width = len(micro.content.definition.slots)
    days = cluster_keys(results.round) if micro.units is not None else None
    for service, answers, channel, language, at, counter, day in response_rows(
        session, results.round.id, stratum.agency, stratum.service, days
    ):
        rated = answers[: len(micro.items)]
        if least and sum(c in "12345" for c in rated) < least:
            continue
        if micro.units is None:
            numbers.append(0)
        elif counter:
            numbers.append(micro.units.of_day[stratum.agency, counter, day])
        else:
            person = service, "".join(c if c in "12345" else "0" for c in rated)
            numbers.append(-1 - alone.setdefault(person, len(alone)))
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
    for k, names in enumerate(known):  # numbered as they came; from here on, by what they say
        few[:, k] = np.argsort(np.argsort(np.array(list(names), dtype=object)))[few[:, k]]
    asked = table[:, len(micro.items) :]
    letters = np.array([chr(k).replace(BLANK, "") for k in range(256)], dtype=object)
    texts = [np.array(sorted(names), dtype=object) for names in known]
    every = np.column_stack([few[:, :3], asked, few[:, 3:]])
    return table, every, [*texts[:3], *[letters] * asked.shape[1], texts[3]], _units_of(micro, stratum, numbers, alone)


def _units_of(micro: Microdata, stratum: Stratum, numbers: array[int], alone: dict[tuple[str, str], int]) -> _Units:
    """The units of a stratum's rows, people by themselves in the order of what they answered."""
    if micro.units is None:
        return _Units(np.zeros(len(numbers), dtype=np.int64), [])
    own = np.frombuffer(numbers, dtype=np.int64)
    place = np.argsort(np.argsort(np.array(["\n".join(person) for person in alone], dtype=object)))
    own = np.where(own < 0, -1 - place[np.where(own < 0, -1 - own, 0)], own) if len(alone) else own
    each = [sorted(micro.units.of_person[stratum.agency, *person], reverse=True) for person in sorted(alone)]
    return _Units(own, each)


def _numbers(column: Bytes) -> pd.arrays.IntegerArray:
    """Packed answers to an item as whole numbers, a blank as missing."""
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
    """The value of the answers 1..5 in an index, on 0..1."""
    return tuple(value / PEAK[statistic] for value in LOOKUP[statistic][1:])
