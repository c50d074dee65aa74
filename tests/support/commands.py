"""Starting our commands as an operator does, but quickly: each in a process of its own that has loaded its libraries.

Loading Flask and SQLAlchemy takes a second of the processor. A parent that has done so forks for each command, and the
child goes on as `python -m …` would: its arguments, environment, streams and exit code are its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
PARENT = """
import json, os, runpy, sys
import app, flask.cli

def next_command():
    for line in sys.stdin:
        if not (child := os.fork()):
            return json.loads(line)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    os._exit(0)

asked = next_command()
for path, number in ((os.devnull, 0), (asked["stdout"], 1), (asked["stderr"], 2)):
    os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), number)
os.environ.clear()
os.environ.update(asked["environment"])
sys.argv = asked["words"]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


class Commands:
    """A parent of commands."""

    def __init__(self, parent: subprocess.Popen[str], folder: Path) -> None:
        self.parent, self.folder = parent, folder

    def run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m …` in an environment of these settings alone; return its exit code and what it printed."""
        environment = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", **settings}
        streams = {name: self.folder / name for name in ("stdout", "stderr")}
        for file in streams.values():
            file.write_bytes(b"")
        asked = {"words": words, "environment": environment, **{name: str(file) for name, file in streams.items()}}
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.write(json.dumps(asked) + "\n")
        self.parent.stdin.flush()
        code = int(self.parent.stdout.readline())
        return subprocess.CompletedProcess(words, code, *(file.read_text("utf-8") for file in streams.values()))


@contextmanager
def parent_of_commands() -> Iterator[Commands]:
    """Yield a parent of commands, which ends with the block."""
    environment = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"}
    with TemporaryDirectory(prefix="sipas-commands-") as folder:
        command = [sys.executable, "-c", PARENT]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True) as parent:
            yield Commands(parent, Path(folder))
