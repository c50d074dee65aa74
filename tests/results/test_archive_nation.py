"""A nation scored province by province has the figures that one pass over everybody gives."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.nation_data import Nation, draw, make_nation
from scoring.scheme import Rules
from survey.core.errors import InputError
from survey.results.archive.columns import ResponseColumns
from survey.results.archive.distribute import on_cluster, results_on_cluster
from survey.results.archive.manifest import checksum
from survey.results.archive.nation import PROVINCE, nation_results
from survey.results.archive.read import Archive
from survey.results.archive.sums import archive_results
from survey.results.archive.verify import verify_archive
from survey.results.archive.write import ArchiveWriter, Seal

SMALL = Nation(responses=9000, provinces=3, communes=7, months=2)
OPEN = Rules(min_n=0, pooling=False)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return Archive.open(make_nation(tmp_path_factory.mktemp("nation"), SMALL))


def test_the_data_are_the_same_whoever_draws_them(archive: Archive) -> None:
    again, other = draw(SMALL, 1, 0), draw(replace(SMALL, seed=1), 1, 0)
    part = next(file for file in archive.manifest.partitions if (file.province, file.month) == ("p01", "2026-01"))
    stored = archive.responses([part])
    np.testing.assert_array_equal(stored.answers, again.answers)
    np.testing.assert_array_equal(stored.day, again.day)
    assert (again.answers != other.answers).any()
    assert sum(file.rows for file in archive.manifest.partitions) == 2 * (1286 + 1286 + 1929)  # 2/7, 2/7, 3/7 of 4,500
    assert verify_archive(archive, "") == []
    assert checksum(archive.folder / part.path) == part.sha256


@pytest.mark.parametrize(
    "rules",
    [
        OPEN,
        replace(OPEN, clusters="none"),
        replace(OPEN, statistic="score", composition="mean_elements"),
        replace(OPEN, statistic="score", clusters="none", fpc=False, lonely="certainty"),
    ],
    ids=["clusters", "respondents", "mean score, clusters", "mean score, respondents"],
)
def test_one_pass_gives_the_same(archive: Archive, rules: Rules) -> None:
    at_once = archive_results(archive, rules)
    by_province = nation_results(archive, rules).table
    assert by_province.loc[by_province[PROVINCE] == "", "agency"].unique().tolist() == [""]
    nation = by_province[by_province[PROVINCE] == ""].drop(columns=PROVINCE)
    whole = at_once[(at_once["agency"] == "") & (at_once["service"] == "")]
    pd.testing.assert_frame_equal(nation.reset_index(drop=True), whole.reset_index(drop=True), rtol=1e-11)
    agencies = by_province[by_province["agency"] != ""].drop(columns=PROVINCE).reset_index(drop=True)
    assert len(agencies) > 7 * 11
    pd.testing.assert_frame_equal(
        agencies, at_once[at_once["agency"] != ""].reset_index(drop=True), rtol=1e-11, check_dtype=False
    )


def few(archive: Archive, folder: Path, province: str, rows: int) -> Archive:
    """The same archive with `rows` responses alone of a province's first month, and none of its second."""
    writer = ArchiveWriter(folder, Seal(""))
    for file in archive.manifest.tables:
        (folder / file.path).write_bytes((archive.folder / file.path).read_bytes())
    writer.tables = list(archive.manifest.tables)
    for file in archive.manifest.partitions:
        held: ResponseColumns = archive.responses([file])
        if file.province == province:
            held = held.select(np.arange(rows if file.month == "2026-01" else 0))
        if len(held):
            writer.add_responses(held, file.province, file.month)
    manifest = archive.manifest
    return Archive(
        folder,
        replace(manifest, partitions=tuple(writer.partitions), responses=sum(part.rows for part in writer.partitions)),
    )


def test_a_province_of_few_is_not_told_by_subtraction(archive: Archive, tmp_path: Path) -> None:
    """Three people answered in p02: the nation less p00 and p01 would be these, so that a second province is hidden."""
    table = nation_results(few(archive, tmp_path / "few", "p02", 3), Rules()).table
    overall = table[(table["level"] == "overall") & (table["agency"] == "") & (table["service"] == "")]
    hidden = overall.loc[overall["status"] == "suppressed", PROVINCE].tolist()
    assert "p02" in hidden
    assert len(hidden) == 2
    assert overall.loc[overall[PROVINCE] == "", "status"].tolist() == ["ok"]
    gone = table[table[PROVINCE].isin(hidden)]
    assert gone["n"].isna().all()
    assert gone["index"].isna().all()
    shown = table[~table[PROVINCE].isin([*hidden, ""])]
    assert shown["n"].notna().any()


def test_rules_by_which_parts_do_not_add_up_are_refused(archive: Archive) -> None:
    for rules in (replace(OPEN, rollup="equal"), replace(OPEN, lonely="average")):
        with pytest.raises(InputError, match="a whole is added up from parts without raking"):
            nation_results(archive, rules)


def test_damage_gives_no_figure(archive: Archive, tmp_path: Path) -> None:
    copied = few(archive, tmp_path / "damaged", "p02", 30)
    path = copied.folder / copied.manifest.partitions[2].path
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"province=p01/month=2026-01/responses\.parquet is damaged"):
        nation_results(copied, OPEN)


def test_dask_gives_the_same(archive: Archive) -> None:
    """In threads of this process; tests/results/test_archive_cluster.py has workers that are killed, slow or far."""
    from distributed import Client, LocalCluster

    at = "127.0.0.1:0"
    in_threads = LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=at)
    with in_threads as cluster, Client(cluster) as client:
        at_once = results_on_cluster(client, archive, Rules())
        by_province = nation_results(archive, Rules(), partial(on_cluster, client)).table
    pd.testing.assert_frame_equal(at_once, archive_results(archive, Rules()))
    pd.testing.assert_frame_equal(by_province, nation_results(archive, Rules()).table)


def test_ranks_are_among_the_agencies_of_one_kind_in_one_province(archive: Archive) -> None:
    found = nation_results(archive, OPEN, ranks=True)
    assert found.ranks is not None
    pd.testing.assert_frame_equal(found.table, nation_results(archive, OPEN).table)
    agencies = found.table[(found.table["agency"] != "") & (found.table["service"] == "")]
    index = agencies[agencies["level"] == "overall"].set_index("agency")["index"]
    of = {row["code"]: (row["province"], row["kind"]) for row in archive.table("agencies")}
    ranked = found.ranks[found.ranks["rank"].notna()]
    assert len(ranked) == SMALL.communes
    for row in ranked.itertuples():
        rivals = [code for code in index.index if of[code] == (row.province, row.league)]
        assert row.agency in rivals
        assert row.rank == 1 + sum(index[code] > index[row.agency] for code in rivals)
        assert 1 <= row.low <= row.rank <= row.high <= len(rivals)


def test_what_is_hidden_has_no_rank(archive: Archive, tmp_path: Path) -> None:
    found = nation_results(few(archive, tmp_path / "few", "p02", 3), Rules(), ranks=True)
    assert found.ranks is not None
    rows = found.table[
        (found.table["agency"] != "") & (found.table["service"] == "") & (found.table["level"] == "overall")
    ]
    hidden = set(rows[rows["index"].isna()]["agency"])
    assert hidden
    assert found.ranks[found.ranks["agency"].isin(hidden)]["rank"].isna().all()
