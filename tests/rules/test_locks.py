"""What is installed is locked: every package of the ranges, by version and hash, on each Python that is supported."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.rules.test_container import installed_for, requirements

ROOT = Path(__file__).parents[2]
FILES = ["requirements", "requirements-postgres", "requirements-scale", "requirements-dev"]
PYTHONS = ["3.11.2", "3.11.9", "3.12.8", "3.13.1"]
LINUX = {"sys_platform": "linux", "platform_machine": "x86_64", "implementation_name": "cpython"}


@dataclass(frozen=True)
class Locked:
    """One entry of a lock file."""

    name: str
    version: str
    marker: Marker | None
    hashes: tuple[str, ...]


def lock_of(file: str) -> Path:
    return ROOT / "requirements" / f"{file}.lock"


def read(path: Path) -> list[Locked]:
    """Return the entries of a lock file; any other line fails."""
    text = re.sub(r"^ *#.*\n", "", path.read_text("utf-8"), flags=re.MULTILINE)
    entries = []
    for line in text.replace("\\\n", " ").splitlines():
        found = re.fullmatch(r"([a-z0-9-]+)==([^ ;]+)(?: ; (.*?))?((?:\s+--hash=sha256:[0-9a-f]{64})*)\s*", line)
        assert found is not None, line
        marker = Marker(found[3]) if found[3] else None
        entries.append(Locked(found[1], found[2], marker, tuple(found[4].split())))
    return entries


def chosen(file: str, python: str) -> dict[str, Locked]:
    """Return what pip takes from a lock on Linux under `python`; two entries for one name fail."""
    environment = {**LINUX, "python_full_version": python, "python_version": python.rpartition(".")[0]}
    found: dict[str, Locked] = {}
    for entry in read(lock_of(file)):
        if entry.marker is None or entry.marker.evaluate(environment):
            assert entry.name not in found, f"{entry.name} twice on Python {python}"
            found[entry.name] = entry
    return found


@pytest.mark.parametrize("file", FILES)
def test_every_entry_has_hashes_and_no_file_names_a_host(file: str) -> None:
    entries = read(lock_of(file))
    assert len(entries) > 40
    assert [entry.name for entry in entries if not entry.hashes] == []
    text = lock_of(file).read_text("utf-8")
    assert re.findall(r"://|--find-links|--(?:extra-)?index-url|--trusted-host| /\w+", text) == []


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("file", FILES)
def test_the_lock_holds_every_package_of_the_ranges_within_its_range(file: str, python: str) -> None:
    locked = chosen(file, python)
    for wanted in requirements(f"{file}.txt"):
        if wanted.marker is None or wanted.marker.evaluate(LINUX):
            assert canonicalize_name(wanted.name) in locked, f"{wanted.name}: run `make lock`"
            assert wanted.specifier.contains(locked[canonicalize_name(wanted.name)].version), wanted


@pytest.mark.parametrize("file", FILES)
def test_the_lock_holds_what_packages_need_in_turn(file: str) -> None:
    """pip refuses a package without a hash, so one that is missing here would stop every installation."""
    names = {entry.name for entry in read(lock_of(file))}
    needed = {canonicalize_name(one.name) for one in installed_for(f"{file}.txt")}
    assert len(needed) > 40
    assert needed - names == set()


def test_production_runs_the_versions_that_were_tested() -> None:
    for python in PYTHONS:
        tested = {name: entry.version for name, entry in chosen("requirements-dev", python).items()}
        for file in ("requirements", "requirements-postgres", "requirements-scale"):
            mine = {name: entry.version for name, entry in chosen(file, python).items()}
            assert mine.items() <= tested.items()


@pytest.mark.parametrize("name", ["Makefile", "docs/deploy/Dockerfile", "README.md", "docs/operations.md"])
def test_nothing_is_installed_without_hashes(name: str) -> None:
    text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
    installed = re.findall(r"(?:pip install|\$\(PIP\))([^\n]* -r (\S+))", text)
    assert installed
    for options, file in installed:
        assert " --require-hashes " in options
        assert (ROOT / file).suffix == ".lock"
        assert (ROOT / file).exists()


def test_a_lock_with_a_fault_is_seen(tmp_path: Path) -> None:
    """The reader of this test takes no line it does not understand, and misses no hash."""
    file = tmp_path / "x.lock"
    file.write_text(f"flask==3.1.1 \\\n    --hash=sha256:{'a' * 64}\n    # via -r requirements.txt\nclick==8.2.0\n")
    assert [(entry.name, len(entry.hashes)) for entry in read(file)] == [("flask", 1), ("click", 0)]
    assert not Requirement("flask>=3.1.2").specifier.contains(read(file)[0].version)
    for line in ("flask>=3\n", "-r other.txt\n", "--index-url x\n", "flask==3 --hash=md5:00\n"):
        file.write_text(line)
        with pytest.raises(AssertionError):
            read(file)
