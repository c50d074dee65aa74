"""The suite of benchmarks: its table, its comparison of two runs, and what the page on performance claims."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from benchmarks import peak, suite
from benchmarks.claims import AT_LEAST, AT_MOST, GROUPS, Claim

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "performance.md"


def run(*claims: Claim) -> dict[str, object]:
    machine = {"cores": 2, "memory_gib": 8.0, "load": 0.1, "system": "Linux x86_64", "python": "3.12.1"}
    machine["libraries"] = {"flask": "3.1.3"}
    return {
        "version": "1.0.0",
        "date": "2026-11-30",
        "machine": machine,
        "claims": [claim.record() for claim in claims],
    }


def test_limit_holds_the_ratio_where_there_is_a_peer_and_the_figure_where_there_is_none():
    assert Claim("sums", "ms", 120, "bincount", 100, AT_MOST, 1.5).met is True
    assert Claim("sums", "ms", 160, "bincount", 100, AT_MOST, 1.5).met is False
    assert Claim("forms", "a second", 40, "bare", 100, AT_LEAST, 0.5).met is False
    assert Claim("help", "s", 0.4, bound=AT_MOST, limit=0.5).met is True
    assert Claim("sums", "ms", 120, "pandas", 100).met is None


def test_table_says_figure_peer_ratio_limit_and_whether_it_is_met():
    claims = run(Claim("sums", "ms", 160, "bincount", 100, AT_MOST, 1.5), Claim("help", "s", 0.4321))["claims"]
    head, _, first, second = suite.table(claims).splitlines()  # type: ignore[arg-type]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in (head, first, second)]
    assert cells == [
        ["claim", "figure", "beside", "ratio", "limit", "met"],
        ["sums", "160 ms", "bincount: 100", "1.6", "≤ 1.5", "**no**"],
        ["help", "0.432 s", "", "", "", ""],
    ]


def test_comparison_counts_ratios_before_seconds_and_takes_a_tenth_for_noise():
    before = run(
        Claim("sums", "ms", 100, "bincount", 100, AT_MOST, 1.5),
        Claim("forms", "a second", 100, "bare", 100, AT_LEAST, 0.5),
        Claim("help", "s", 0.40, bound=AT_MOST, limit=0.5),
        Claim("gone", "s", 1),
    )
    same = run(
        Claim("sums", "ms", 300, "bincount", 290, AT_MOST, 1.5),  # three times as slow a machine, the same ratio
        Claim("forms", "a second", 95, "bare", 100, AT_LEAST, 0.5),
        Claim("help", "s", 0.43, bound=AT_MOST, limit=0.5),
        Claim("new", "s", 9),
    )
    worse = run(
        Claim("sums", "ms", 120, "bincount", 100, AT_MOST, 1.5),
        Claim("forms", "a second", 50, "bare", 100, AT_LEAST, 0.5),
        Claim("help", "s", 0.60, bound=AT_MOST, limit=0.5),
    )
    assert suite.slower(before, same) == []
    assert suite.slower(before, worse) == [
        "sums / bincount: 1 → 1.2, worse by 20 %",
        "forms / bare: 1 → 0.5, worse by 100 %",
        "help, s: 0.4 → 0.6, worse by 50 %",
    ]


def test_comparing_needs_two_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(suite, "HISTORY", tmp_path)
    with pytest.raises(SystemExit, match="name two files"):
        suite.compare([])


def test_table_is_put_between_the_marks_of_a_page_that_has_them(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{suite.BEGIN}\nold\n{suite.END}\nafter\n")
    suite.write(page, run(Claim("help", "s", 0.4)))
    text = page.read_text()
    assert text.startswith(f"before\n{suite.BEGIN}\nMeasured on 2026-11-30, version 1.0.0: 2 cores, 8 GiB")
    assert "| help" in text
    assert "old" not in text
    assert text.endswith(f"{suite.END}\nafter\n")
    page.write_text("no marks")
    with pytest.raises(SystemExit, match="no marks"):
        suite.write(page, run())


def test_the_page_on_performance_shows_the_newest_run_of_the_history_and_gives_each_miss_its_reason():
    newest = max(suite.HISTORY.glob("*.json"), key=lambda file: json.loads(file.read_text())["date"])
    kept = json.loads(newest.read_text())
    text = PAGE.read_text()
    assert f"{suite.BEGIN}\n{suite.sentence(kept)}\n\n{suite.table(kept['claims'])}\n{suite.END}" in text
    reasons = text.split(suite.END)[1]
    missed = {claim["name"] for claim in kept["claims"] if claim["met"] is False}
    assert not {name for name in missed if name not in reasons}


def test_every_group_is_described_in_the_list_of_benchmarks():
    text = (ROOT / "benchmarks" / "README.md").read_text()
    assert not {name for name in GROUPS if f"`{name}`" not in text}


@pytest.mark.parametrize(
    ("servers", "offered", "waits"),
    [(1, 0.5, 0.5), (2, 1.0, 1 / 3), (3, 2.0, 4 / 9), (2, 2.0, 1.0)],  # by hand from the formula with factorials
)
def test_share_of_requests_that_wait_is_erlang_s(servers, offered, waits):
    assert peak.erlang_c(servers, offered) == pytest.approx(waits)


def test_fewest_servers_keep_the_wait_and_one_less_does_not():
    # one core of 1 ms at 500 a second: half wait, and longer than 2 ln(50) ms with probability 0.01
    assert peak.longer(1, 500, 0.001, 2 * math.log(50) / 1000) == pytest.approx(0.01)
    found = peak.servers_for(10_000, 0.0035, 0.05, 0.01)
    assert peak.longer(found, 10_000, 0.0035, 0.05) <= 0.01 < peak.longer(found - 1, 10_000, 0.0035, 0.05)
