"""The same figures by other programs: `PYTHONPATH=. python benchmarks/moments_peers.py [--svy PYTHON] [responses]`.

Writes one seeded data set, then runs each program in a process of its own: this package, R `survey` (`Rscript`) and
`svy` (in the environment whose interpreter `--svy` names). Each reads prepared columns and times the figures alone;
reading is not timed. Figures: the overall and the five element indices with standard errors, in 300 agencies × 5
services, for the province and every agency; this package and `svy` also do every stratum. Memory is the process's peak.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.moments import CELLS, ELEMENTS, SCHEME, draw

OURS = """
import json, resource, sys, time
import numpy as np, pandas as pd
from benchmarks.moments import CELLS, SCHEME
from scoring.estimate import domains, estimate
from scoring.moments import moments_from_codes
from scoring.scheme import Rules, figures
from scoring.weights import stratified
folder = sys.argv[1]
answers, codes = np.load(folder + "/answers.npy"), np.load(folder + "/codes.npy")
start = time.perf_counter()
m = moments_from_codes(answers, codes, CELLS, SCHEME)
design = stratified(m.keys, m.n, CELLS.assign(N=m.n * 20), Rules())
wanted = [f for f in figures(SCHEME, Rules()) if f.level in ("overall", "element")]
found = {c: estimate(m, design, wanted, domains(m.keys, c)[0]) for c in ((), ("agency",), ("agency", "service"))}
took = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"s": took, "mb": peak, "v": found[()].value[0, 0], "se": found[()].se[0, 0]}))
"""
SVY = """
import json, resource, sys, time
import polars as pl, svy
frame = pl.read_parquet(sys.argv[1] + "/wide.parquet")
start = time.perf_counter()
sample = svy.Sample(frame, svy.Design(stratum="stratum", wgt="w", pop_size="N"))
first = None
for by in (None, "agency", "stratum"):
    for k in json.loads(sys.argv[2]):
        found = sample.estimation.ratio("a_" + k, "b_" + k, by=by)
        first = first if first is not None else found
took = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
one = first.estimates[0]
print(json.dumps({"s": took, "mb": peak, "v": float(one.est), "se": float(one.se)}))
"""
R = """
suppressMessages(library(survey)); a <- commandArgs(TRUE); keys <- strsplit(a[2], ",")[[1]]
d <- read.csv(file.path(a[1], "wide.csv")); start <- proc.time()[["elapsed"]]
s <- svydesign(ids = ~1, strata = ~stratum, weights = ~w, fpc = ~N, data = d)
for (k in keys) { top <- as.formula(paste0("~a_", k)); bottom <- as.formula(paste0("~b_", k))
  r <- svyratio(top, bottom, s); if (k == keys[1]) first <- r
  b <- svyby(top, ~agency, s, svyratio, denominator = bottom) }
took <- proc.time()[["elapsed"]] - start; mb <- sum(gc()[, 6])
cat(sprintf('{"s": %f, "mb": %f, "v": %.15f, "se": %.15f}\\n', took, mb, coef(first), SE(first)))
"""


def prepare(folder: Path, size: int, parquet: bool) -> list[str]:
    """Write the data in the form each program likes; return the keys of the ratios."""
    answers, codes = draw(size, 1)
    np.save(folder / "answers.npy", answers)
    np.save(folder / "codes.npy", codes)
    n = np.bincount(codes, minlength=len(CELLS))
    agency = CELLS["agency"].to_numpy()[codes]
    columns = {"agency": agency, "stratum": agency + "-" + CELLS["service"].to_numpy()[codes], "w": 20.0}
    frame = pd.DataFrame(columns | {"N": 20 * n[codes]})
    keys = ["all", *ELEMENTS]
    for key in keys:
        items = list(SCHEME.levels["overall", "all"] if key == "all" else SCHEME.levels["element", key])
        frame[f"a_{key}"] = (answers[:, items] >= 4).sum(axis=1)
        frame[f"b_{key}"] = (answers[:, items] > 0).sum(axis=1)
    if parquet:
        frame.to_parquet(folder / "wide.parquet")
    frame.to_csv(folder / "wide.csv", index=False)
    return keys


def run(command: list[str]) -> dict[str, float] | None:
    """What a program measured, or None when it cannot run, saying why."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=170)
    if done.returncode:
        print(f"{command[0]}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    """Print seconds, memory and ratios of each program that is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--svy", help="interpreter of an environment with svy")
    parser.add_argument("responses", nargs="?", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        keys = prepare(Path(name), given.responses, bool(given.svy))
        programs = {"this package": [sys.executable, "-c", OURS, name]}
        if given.svy:
            programs["svy"] = [given.svy, "-c", SVY, name, json.dumps(keys)]
        if shutil.which("Rscript"):
            script = Path(name) / "peer.R"
            script.write_text(R)
            programs["R survey"] = ["Rscript", str(script), name, ",".join(keys)]
        ours: dict[str, float] | None = None
        for label, command in programs.items():
            found = run(command)
            if found:
                ours = ours or found
                print(
                    f"{label:14} {found['s']:8.3f} s {found['s'] / ours['s']:7.1f} x {found['mb']:7.0f} MB   "
                    f"{found['v']:.12f} ± {found['se']:.12f}"
                )


if __name__ == "__main__":
    main()
