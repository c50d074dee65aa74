"""An archive's partitions on several processes or machines: Dask distributed maps and reduces, we add.

Map is the sums of a partition, reduction their merge by a tree, both pure functions of files that every worker sees at
the same path; no worker keeps anything. A worker that is lost is replaced by the scheduler, which runs its pieces again
elsewhere; a slow one delays, nothing else. A damaged partition ends the run by its name, before any figure is given.
Sums are whole numbers, so that the figures are those of one machine to the last count, in whatever order parts come in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial, reduce
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import pandas as pd

from scoring.scheme import DataError, Rules
from survey.core.errors import InputError
from survey.results.archive.manifest import ArchivedFile
from survey.results.archive.nation import ProvinceResults, score_province
from survey.results.archive.read import Archive
from survey.results.archive.sums import sum_partitions
from survey.results.compute import Sums, score_sums

if TYPE_CHECKING:
    from distributed import Client

GROUP = 8
"""Partial sums that one step of the reduction adds up."""


def on_processes(
    count: int, archive: Archive, provinces: list[str], rules: Rules, tests: bool
) -> Iterator[ProvinceResults]:
    """Work on provinces in processes of this machine: with `count` given, a `survey.results.archive.nation.Runner`."""
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        yield from pool.map(partial(score_province, archive, rules=rules, tests=tests), provinces)


def on_cluster(
    client: Client, archive: Archive, provinces: list[str], rules: Rules, tests: bool
) -> Iterator[ProvinceResults]:
    """Work on provinces at a Dask cluster: with `client` given, a `survey.results.archive.nation.Runner`."""
    from distributed import as_completed

    tasks = client.map(score_province, [archive] * len(provinces), provinces, rules=rules, tests=tests, pure=False)
    for _, result in as_completed(tasks, with_results=True):
        yield result


def results_on_cluster(client: Client, archive: Archive, rules: Rules) -> pd.DataFrame:
    """Results of a round, as `survey.results.archive.sums.archive_results`, from sums made at a Dask cluster."""
    parts = archive.partitions()
    sums: list[Any] = client.map(partial(_sum_one, archive, rules=rules), parts, pure=False)
    while len(sums) > 1:
        sums = [client.submit(_merge, sums[k : k + GROUP], pure=False) for k in range(0, len(sums), GROUP)]
    if not sums:
        raise InputError("The archive in %(folder)s has no responses that count", folder=archive.folder)
    try:
        return score_sums(
            sums[0].result(),
            archive.definition.scheme(rules),
            archive.population,
            rules,
            tests=False,
        )
    except DataError as error:
        code = archive.manifest.round["code"]
        raise InputError("Round %(code)s cannot be scored: %(why)s", code=code, why=error) from error


def _sum_one(archive: Archive, part: ArchivedFile, rules: Rules) -> Sums:
    return sum_partitions(archive, [part], rules)


def _merge(parts: Iterable[Sums]) -> Sums:
    return reduce(Sums.merge, parts)


@contextmanager
def connected(scheduler: str) -> Iterator[Client]:
    """Connection to a Dask scheduler: `tcp://host:port`, or a number of processes to start on this machine.

    Raises `InputError` where Dask is not installed, nobody answers, or a worker ends again and again at the same piece.
    """
    try:
        from distributed import Client, KilledWorker, LocalCluster
    except ImportError as error:
        raise InputError(
            "Dask is not installed; pip install --require-hashes -r requirements/requirements-scale.lock"
        ) from error
    try:
        if scheduler.isdigit():
            with (
                LocalCluster(
                    n_workers=int(scheduler), threads_per_worker=1, dashboard_address="127.0.0.1:0"
                ) as cluster,
                Client(cluster) as client,
            ):
                yield client
            return
        with Client(scheduler, timeout="10s") as client:
            yield client
    except KilledWorker as error:
        raise InputError(
            "A worker ended again and again at one piece (%(why)s); give it more memory", why=error
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(
            "The scheduler %(scheduler)s does not answer: %(why)s", scheduler=scheduler, why=error
        ) from error
