"""All claims of speed and memory in one run, in some ten minutes: `make bench`.

    python -m benchmarks.suite [GROUP …] [--out FILE] [--write docs/performance.md]
    python -m benchmarks.suite --compare BEFORE AFTER

Prints a table (claim, figure, peer, ratio, limit) and writes it as JSON with facts of the machine. `--write` puts the
table into a page between its marks. `--compare` says what became slower: ratios count where there is a peer measured
in the same run, figures elsewhere; a tenth is noise. Without files it takes the two newest versions in the history.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.claims import AT_LEAST, GROUPS

ROOT = Path(__file__).parents[1]
HISTORY = ROOT / "benchmarks" / "history"
NOISE = 0.1
LIBRARIES = ("flask", "numpy", "pandas", "scipy", "sqlalchemy")
BEGIN, END = "<!-- table of make bench: begin -->", "<!-- table of make bench: end -->"
HEAD = ("claim", "figure", "beside", "ratio", "limit", "met")

Record = dict[str, Any]


def facts() -> Record:
    """What must be known of the machine to read the figures; never its name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(memory, 1),
        "load": round(os.getloadavg()[0], 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
    }


def measure(groups: Iterable[str]) -> list[Record]:
    """Run each group in a process of its own; return its claims. What a group prints goes to the error stream."""
    found: list[Record] = []
    for group in groups:
        print(f"{group} …", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "claims.json"
            command = [sys.executable, "-m", "benchmarks.suite", "--one", group, "--out", str(file)]
            subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr, timeout=600)
            found += json.loads(file.read_text())
    return found


def rounded(value: float | None) -> str:
    """Three digits that mean something."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def lines(claims: Iterable[Record]) -> list[tuple[str, ...]]:
    """The table's rows as text."""
    rows = []
    for claim in claims:
        limit = f"{claim['bound']} {rounded(claim['limit'])}" if claim["limit"] is not None else ""
        beside = f"{claim['peer']}: {rounded(claim['peer_figure'])}" if claim["peer"] else ""
        met = {True: "yes", False: "**no**", None: ""}[claim["met"]]
        figure = f"{rounded(claim['figure'])} {claim['unit']}"
        rows.append((claim["name"], figure, beside, rounded(claim["ratio"]), limit, met))
    return rows


def table(claims: Iterable[Record]) -> str:
    """The claims as a table that people read as text and as Markdown."""
    rows = [HEAD, *lines(claims)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(HEAD))]
    written = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    written.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(written)


def sentence(run: Record) -> str:
    """One sentence about the machine and the day."""
    of = run["machine"]
    libraries = ", ".join(f"{name} {version}" for name, version in of["libraries"].items())
    return (
        f"Measured on {run['date']}, version {run['version']}: {of['cores']} cores, {of['memory_gib']:g} GiB, "
        f"{of['system']}, load {of['load']:g} at the start; Python {of['python']}, {libraries}."
    )


def write(page: Path, run: Record) -> None:
    """Put the table into a page between its two marks; refuse a page without them."""
    text = page.read_text()
    if BEGIN not in text or END not in text:
        raise SystemExit(f"{page} has no marks for the table: {BEGIN} and {END}")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n{sentence(run)}\n\n{table(run['claims'])}\n{END}{after}")


def slower(before: Record, after: Record) -> list[str]:
    """A sentence for each claim of both runs that became worse by more than noise."""
    old = {(claim["name"], claim["peer"]): claim for claim in before["claims"]}
    found = []
    for claim in after["claims"]:
        was = old.get((claim["name"], claim["peer"]))
        if was is None:
            continue
        by_ratio = claim["ratio"] is not None and was["ratio"] is not None
        now, then = (c["ratio"] if by_ratio else c["figure"] for c in (claim, was))
        worse = then / now if claim["bound"] == AT_LEAST else now / then
        if worse > 1 + NOISE:
            what = f"{claim['name']} / {claim['peer']}" if by_ratio else f"{claim['name']}, {claim['unit']}"
            found.append(f"{what}: {rounded(then)} → {rounded(now)}, worse by {100 * (worse - 1):.0f} %")
    return found


def compare(files: list[str]) -> int:
    """Print what became slower between two runs; return how many claims did."""
    chosen = [Path(file) for file in files] or sorted(HISTORY.glob("*.json"), key=lambda file: file.name)[-2:]
    if len(chosen) != 2:
        raise SystemExit(
            "Two runs are compared: name two files, or keep two in benchmarks/history/ (make bench writes one)."
        )
    before, after = (json.loads(file.read_text()) for file in chosen)
    for run in (before, after):
        print(sentence(run))
    found = slower(before, after)
    print("\n".join(found) or "Nothing became slower by more than a tenth.")
    return len(found)


def main() -> int:
    """Measure or compare, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}; all without one")
    parser.add_argument("--out", type=Path, help="the JSON file to write")
    parser.add_argument("--write", type=Path, help="the page whose table is renewed")
    parser.add_argument("--one", choices=list(GROUPS), help=argparse.SUPPRESS)
    parser.add_argument("--compare", nargs="*", metavar="FILE")
    given = parser.parse_args()
    if given.compare is not None:
        return min(compare(given.compare), 1)
    if unknown := set(given.groups) - set(GROUPS):
        parser.error(f"no group {', '.join(sorted(unknown))}: choose of {', '.join(GROUPS)}")
    if given.one:
        given.out.write_text(json.dumps([claim.record() for claim in GROUPS[given.one]()]))
        return 0
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    run: Record = {"version": version, "date": datetime.now(UTC).date().isoformat(), "machine": facts()}
    run["claims"] = measure(given.groups or GROUPS)
    print(sentence(run))
    print(table(run["claims"]))
    if given.out:
        given.out.parent.mkdir(exist_ok=True)
        given.out.write_text(json.dumps(run, indent=1) + "\n")
    if given.write:
        write(given.write, run)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
