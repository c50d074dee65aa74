"""A synthetic nation as an archive: `PYTHONPATH=. python benchmarks/nation_data.py FOLDER [responses] [processes]`.

34 provinces, 3,321 communes, 23 services of which each commune has ten, three counters, some 250 working days.
Every partition (a province's month) has a seed of its own, so that the same arguments give the same answers whatever
the number of processes. Answers of one person, one counter-day and one agency resemble one another.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import click
import numpy as np

from scoring.partition import Labelled
from scoring.scheme import Rules
from survey.questionnaires import bundled, canonical, content_hash
from survey.results.archive.columns import EPOCH, ResponseColumns
from survey.results.archive.manifest import ArchivedFile
from survey.results.archive.write import ArchiveWriter, Seal

QUESTIONNAIRE = "sipas-service-16"
SERVICES, OF_COMMUNE, COUNTERS, MONTHS = 23, 10, 3, 12
TYPES = 64
"""Kinds of people, from those whom nothing pleases to those whom everything does."""


@dataclass(frozen=True)
class Nation:
    """How large a nation is to be drawn."""

    responses: int
    provinces: int = 34
    communes: int = 3321
    months: int = MONTHS
    seed: int = 2026

    def communes_of(self, province: int) -> range:
        """Numbers of the communes of a province."""
        edges = np.linspace(0, self.communes, self.provinces + 1).astype(int)
        return range(int(edges[province]), int(edges[province + 1]))

    def size(self, province: int) -> int:
        """Responses of a partition: as many as its communes are of the nation's."""
        share = len(self.communes_of(province)) / self.communes / self.months
        return max(round(self.responses * share), 1)


def working_days(month: int) -> np.ndarray:
    """Working days of a month of 2026, as days since 1970."""
    first = date(2026, month, 1)
    days = [first + timedelta(days=k) for k in range(31)]
    return np.array([d.toordinal() - EPOCH for d in days if d.month == month and d.weekday() < 5], dtype=np.int32)


def draw(nation: Nation, province: int, month: int) -> ResponseColumns:
    """Responses of a province and month, sorted by agency, service, counter and day."""
    rng = np.random.default_rng([nation.seed, province, month])
    size, communes = nation.size(province), np.array(nation.communes_of(province))
    commune = rng.integers(0, len(communes), size, dtype=np.int32)
    own = rng.integers(0, OF_COMMUNE, size, dtype=np.int32)
    service = (commune * 7 + own * 2) % SERVICES
    counter = commune * COUNTERS + own % COUNTERS
    days = working_days(month + 1)
    day = rng.integers(0, len(days), size, dtype=np.int32)
    order = np.argsort(
        ((commune.astype(np.int64) * SERVICES + service) * len(communes) * COUNTERS + counter) * 32 + day
    )
    commune, service, counter, day = commune[order], service[order], counter[order], day[order]
    place = (
        rng.normal(0, 4, (len(communes) * COUNTERS, len(days)))[counter, day]
        + rng.normal(40, 6, len(communes))[commune]
    )
    kind = np.clip(place + rng.normal(0, 12, size), 0, TYPES - 1).astype(np.uint8)
    items = len(bundled()[QUESTIONNAIRE].items)
    levels = _levels()[kind[:, None], rng.integers(0, 256, (size, items), dtype=np.uint8)]
    packed = np.full((size, len(bundled()[QUESTIONNAIRE].slots)), ord("."), dtype=np.uint8)
    packed[:, :items] = levels
    one = np.zeros(size, dtype=np.int32)
    texts = {
        "agency": Labelled.of(commune, [agency(k) for k in communes.tolist()]),
        "service": Labelled.of(service, [f"s{k:02d}" for k in range(SERVICES)]),
        "counter": Labelled.of(counter, [f"c{int(c) * COUNTERS + k}" for c in communes for k in range(COUNTERS)]),
        "channel": Labelled.of(one, ["qr"]),
        "excluded": Labelled.of(one, [""]),
    }
    return ResponseColumns(texts, days[day], packed)


def _levels() -> np.ndarray:
    """Packed answer of each kind of person (TYPES) to each of 256 equally likely moods."""
    kinds, mood = np.arange(TYPES)[:, None], np.arange(256)[None, :]
    pleased = np.clip(kinds / TYPES * 4 + (mood - 128) / 80 + 1.2, 1, 5)
    found = np.array([ord("0")], dtype=np.uint8) + np.round(pleased).astype(np.uint8)
    return np.where(mood % 16 == 15, np.uint8(ord("x")), found).astype(np.uint8)


def agency(commune: int) -> str:
    """Code of a commune."""
    return f"x{commune:04d}"


def province_code(province: int) -> str:
    """Code of a province."""
    return f"p{province:02d}"


def _write(task: tuple[Path, Nation, int, int]) -> tuple[ArchivedFile, int]:
    folder, nation, province, month = task
    writer = ArchiveWriter(folder, Seal(""))
    rows = draw(nation, province, month)
    writer.add_responses(rows, province_code(province), f"2026-{month + 1:02d}", in_order=True)
    return writer.partitions[0], len(rows)


def make_nation(folder: Path, nation: Nation, processes: int = 1, *, bar: bool = False) -> Path:
    """Write the archive of a nation's year and return its folder."""
    target = folder / "round=2026"
    definition = bundled()[QUESTIONNAIRE]
    writer = ArchiveWriter(target, Seal(""))
    writer.add_text("questionnaire.json", canonical(definition))
    rows = list(agencies(nation))
    writer.add_table("agencies", rows)
    writer.add_table(
        "counters",
        [
            {"counter": f"c{c * COUNTERS + k}", "agency": agency(c), "code": f"Q{k + 1}", "name": f"Quầy {k + 1}"}
            for c in range(nation.communes)
            for k in range(COUNTERS)
        ],
    )
    writer.add_table("population", list(population(nation)))
    tasks = [(target, nation, p, m) for p in range(nation.provinces) for m in range(nation.months)]
    with click.progressbar(length=nation.responses, label="drawing", file=sys.stderr) as progress:
        for file, drawn in _each(tasks, processes):
            writer.partitions.append(file)
            if bar:
                progress.update(drawn)
    writer.partitions.sort(key=lambda file: file.path)
    facts = {"code": "2026", "name": "Nation drawn by chance", "opens_on": "2026-01-01", "closes_on": "2026-12-31"}
    writer.finish(
        facts=facts | {"zone": "Asia/Ho_Chi_Minh", "state": "closed"},
        rules=Rules().to_mapping(),
        questionnaire=(definition.code, content_hash(definition)),
        now=datetime(2027, 1, 1, tzinfo=UTC),
    )
    return target


def _each(tasks: list[tuple[Path, Nation, int, int]], processes: int) -> Iterator[tuple[ArchivedFile, int]]:
    if processes == 1:
        yield from map(_write, tasks)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_write, tasks)


def agencies(nation: Nation) -> Iterator[dict[str, str]]:
    """Provinces and communes."""
    for p in range(nation.provinces):
        code = province_code(p)
        yield {"code": code, "name": f"Tỉnh {p + 1}", "kind": "province", "parent": "", "province": code}
        for c in nation.communes_of(p):
            yield {"code": agency(c), "name": f"Xã {c + 1}", "kind": "commune", "parent": code, "province": code}


def population(nation: Nation) -> Iterator[dict[str, object]]:
    """Transactions: some twenty times the responses that are to be expected."""
    rng = np.random.default_rng([nation.seed, 999])
    expected = nation.responses / nation.communes / OF_COMMUNE
    for c in range(nation.communes):
        local = c - min(next(nation.communes_of(p) for p in range(nation.provinces) if c in nation.communes_of(p)))
        for own in range(OF_COMMUNE):
            n = int(expected * rng.uniform(10, 30)) + 40
            yield {"agency": agency(c), "service": f"s{(local * 7 + own * 2) % SERVICES:02d}", "N": n}


def main() -> None:
    """Draw the nation that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("responses", type=int, nargs="?", default=5_000_000)
    parser.add_argument("processes", type=int, nargs="?", default=2)
    given = parser.parse_args()
    started = time.perf_counter()
    target = make_nation(given.folder, Nation(given.responses), given.processes, bar=True)
    took = time.perf_counter() - started
    size = sum(path.stat().st_size for path in target.rglob("*.parquet"))
    print(f"{given.responses} responses in {took:.1f} s, {size / 1e6:.1f} MB: {target}")


if __name__ == "__main__":
    main()
