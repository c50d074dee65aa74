"""Dask distributed gives one machine's figures to the last count, whatever happens to its workers."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from distributed import Client, LocalCluster, Variable

from benchmarks.nation_data import Nation, make_nation
from scoring.scheme import Rules
from survey.core.errors import InputError
from survey.results.archive.distribute import connected, on_cluster, on_processes, results_on_cluster
from survey.results.archive.nation import ProvinceResults, nation_results, score_province
from survey.results.archive.read import Archive
from survey.results.archive.sums import archive_results

pytestmark = pytest.mark.slow(reason="starts processes that each load the libraries: a cluster of three workers")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    nation = Nation(responses=6000, provinces=4, communes=9, months=3)
    return Archive.open(make_nation(tmp_path_factory.mktemp("nation"), nation))


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with (
        LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as made,
    ):
        yield made


def test_sums_of_partitions_at_several_workers(archive: Archive, client: Client) -> None:
    for rules in (Rules(), Rules(clusters="none", min_n=0)):
        pd.testing.assert_frame_equal(results_on_cluster(client, archive, rules), archive_results(archive, rules))


def test_provinces_at_several_workers_and_processes(archive: Archive, client: Client) -> None:
    wanted = nation_results(archive, Rules()).table
    pd.testing.assert_frame_equal(nation_results(archive, Rules(), partial(on_cluster, client)).table, wanted)
    pd.testing.assert_frame_equal(nation_results(archive, Rules(), partial(on_processes, 2)).table, wanted)


def killed_once(archive: Archive, code: str, rules: Rules, first: str) -> ProvinceResults:
    """Score a province; the worker that gets `first` for the first time is killed in the middle of it."""
    if code == first and not Variable("killed").get(timeout=5):
        Variable("killed").set(True)
        os.kill(os.getpid(), signal.SIGKILL)
    return score_province(archive, code, rules)


def test_a_worker_that_is_killed_in_mid_run(archive: Archive, client: Client) -> None:
    Variable("killed", client=client).set(False)
    first = archive.provinces[1]

    def runner(opened: Archive, provinces: list[str], rules: Rules, _: bool) -> Iterator[ProvinceResults]:
        tasks = [client.submit(killed_once, opened, code, rules, first, pure=False) for code in provinces]
        yield from client.gather(tasks)

    found = nation_results(archive, Rules(), runner).table
    assert Variable("killed", client=client).get() is True
    pd.testing.assert_frame_equal(found, nation_results(archive, Rules()).table)


def held_until_others_are_done(archive: Archive, code: str, rules: Rules, last: str) -> ProvinceResults:
    """Score a province; the worker that gets `last` answers only after the client has seen all the others."""
    if code == last:
        assert Variable("others").get(timeout=60) == "done"
    return score_province(archive, code, rules)


def test_a_worker_that_is_slow(archive: Archive, client: Client) -> None:
    last = archive.provinces[0]
    order: list[str] = []

    def runner(opened: Archive, provinces: list[str], rules: Rules, _: bool) -> Iterator[ProvinceResults]:
        tasks = {
            code: client.submit(held_until_others_are_done, opened, code, rules, last, pure=False) for code in provinces
        }
        for code in sorted(provinces, key=lambda one: one == last):
            if code == last:
                Variable("others", client=client).set("done")
            order.append(code)
            yield tasks[code].result()

    found = nation_results(archive, Rules(), runner).table
    assert order[-1] == last
    pd.testing.assert_frame_equal(found, nation_results(archive, Rules()).table)


@pytest.mark.parametrize("by_province", [False, True])
def test_a_damaged_partition_is_named_and_nothing_is_told(
    archive: Archive, client: Client, tmp_path: Path, by_province: bool
) -> None:
    damaged = make_nation(tmp_path, Nation(responses=600, provinces=4, communes=9, months=3))
    path = damaged / "province=p02" / "month=2026-02" / "responses.parquet"
    path.write_bytes(b"PAR1" + path.read_bytes()[4:-9] + b"changedPAR1")
    opened = Archive.open(damaged)
    run = (
        partial(nation_results, runner=partial(on_cluster, client))
        if by_province
        else partial(results_on_cluster, client)
    )
    with pytest.raises(InputError, match=r"province=p02/month=2026-02/responses\.parquet is damaged"):
        run(opened, Rules())


def test_the_command_with_a_cluster_of_its_own_and_with_one_that_is_there(
    archive: Archive, client: Client, tmp_path: Path
) -> None:
    from app import create_app

    app = create_app()
    base = ["results", "--from", str(archive.folder)]
    run = CliRunner().invoke
    assert client.scheduler is not None
    address = client.scheduler.address
    here = run(app.cli, base)
    assert here.exit_code == 0
    assert here.stdout.count("\n") > 100
    there = run(app.cli, [*base, "--scheduler", address])
    assert (there.exit_code, there.stdout) == (0, here.stdout)
    nation = run(app.cli, [*base, "--by-province"])
    assert nation.stdout.splitlines()[0] == here.stdout.splitlines()[0] + ",province"
    assert run(app.cli, [*base, "--by-province", "--scheduler", address]).stdout == nation.stdout
    ranks = [tmp_path / name for name in ("here.csv", "there.csv")]
    assert run(app.cli, [*base, "--by-province", "--ranks", str(ranks[0])]).stdout == nation.stdout
    two = [*base, "--by-province", "--processes", "2", "--ranks", str(ranks[1])]
    assert run(app.cli, two).stdout == nation.stdout
    assert ranks[0].read_bytes() == ranks[1].read_bytes()
    assert ranks[0].read_text().startswith("province,league,agency,value,n,rank,low,high,")
    assert "--ranks needs --by-province" in run(app.cli, [*base, "--ranks", str(ranks[0])]).stderr
    assert run(app.cli, [*base, "--by-province", "--scheduler", "1"]).stdout == nation.stdout


def test_a_scheduler_that_does_not_answer() -> None:
    with pytest.raises(InputError, match="does not answer"), connected("tcp://127.0.0.1:9"):
        pass


def test_rules_that_do_not_add_up_end_a_run_too(archive: Archive, client: Client) -> None:
    with pytest.raises(InputError, match="added up from parts without raking"):
        nation_results(archive, replace(Rules(), rollup="equal"), partial(on_cluster, client))
