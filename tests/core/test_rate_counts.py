"""Counting for rate limits: fixed windows that are forgotten when they end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from survey.core.config import ROOT
from survey.web import rate_counts
from survey.web.networks import networks
from survey.web.rate_counts import RateCounts


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(rate_counts.time, "time", lambda: now[0])
    return now


def test_a_window_begins_with_its_first_count_and_ends(clock) -> None:
    counts = RateCounts()
    assert [counts.incr("a", 60) for _ in range(3)] == [1, 2, 3]
    assert counts.incr("b", 60, amount=5) == 5
    assert (counts.get("a"), counts.get_expiry("a"), counts.get("unknown")) == (3, 1060.0, 0)
    clock[0] = 1059.9
    assert counts.incr("a", 60) == 4
    clock[0] = 1060.0
    assert counts.get("a") == 0
    assert counts.incr("a", 60) == 1


def test_a_clock_set_back_locks_nobody_out(clock) -> None:
    counts = RateCounts()
    counts.incr("a", 60, amount=1000)
    clock[0] = -80_000.0
    assert counts.incr("a", 60) == 1


def test_what_has_ended_makes_room(clock) -> None:
    counts = RateCounts()
    for number in range(1000):
        counts.incr(f"key {number}", 30)
    counts.incr("long", 300)
    clock[0] += 61
    counts.incr("new", 30)
    assert counts.reset() == 2
    assert counts.get("long") == 0
    counts.incr("new", 30)
    counts.clear("new")
    assert counts.get("new") == 0


def test_more_keys_than_slots_push_out_what_ends_first(clock, monkeypatch) -> None:
    monkeypatch.setattr(rate_counts, "SLOTS", rate_counts.TRIED)
    counts = RateCounts()
    counts.incr("long", 900)
    for number in range(10 * rate_counts.TRIED):
        assert counts.incr(f"key {number}", 30) == 1
    assert counts.get("long") == 1


WORKER = """
import threading
from survey.web.rate_counts import RateCounts
counts = RateCounts()
threads = [threading.Thread(target=lambda: [counts.incr("a", 900) for _ in range(250)]) for _ in range(2)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
"""


def test_workers_of_a_server_count_together(monkeypatch) -> None:
    """Two processes of two threads lose no count: the memory and its lock are one."""
    handle = rate_counts.create_shared()
    try:
        monkeypatch.setenv(rate_counts.SHARED, str(handle))
        workers = [subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, pass_fds=[handle]) for _ in range(2)]
        assert [worker.wait() for worker in workers] == [0, 0]
        assert RateCounts().get("a") == 1000
    finally:
        os.close(handle)


def test_no_address_is_in_the_memory() -> None:
    handle = rate_counts.create_shared()
    try:
        os.environ[rate_counts.SHARED] = str(handle)
        RateCounts().incr("LIMITER/203.0.113.7/place", 900)
        assert b"203.0.113.7" not in os.pread(handle, rate_counts.SIZE, 0)
        assert str(Path(f"/proc/self/fd/{handle}").readlink()).startswith("/memfd:")  # in no folder
    finally:
        del os.environ[rate_counts.SHARED]
        os.close(handle)


@pytest.mark.parametrize("given", ["", "x", "-1", "9999"])
def test_without_the_servers_memory_a_process_counts_for_itself(monkeypatch, given: str) -> None:
    monkeypatch.setenv(rate_counts.SHARED, given)
    counts = RateCounts()
    assert counts.incr("a", 60) == 1
    assert RateCounts().get("a") == 0


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", ("203.0.113.7",)),
        ("::ffff:203.0.113.7", ("203.0.113.7",)),
        ("2001:db8:1:2:3:4:5:6", ("20010db800010002/64", "20010db80001/48")),
        ("2001:db8:1:2:ffff::1", ("20010db800010002/64", "20010db80001/48")),
        ("2001:db8:1:3::1", ("20010db800010003/64", "20010db80001/48")),
        ("fe80::1%eth0", ("fe80000000000000/64", "fe8000000000/48")),
        ("", ("unknown",)),
        (None, ("unknown",)),
        ("/run/socket", ("unknown",)),
    ],
)
def test_callers_are_counted_by_network(address: str | None, counted: tuple[str, ...]) -> None:
    assert networks(address) == counted
