"""Programs of the system that tests start: on free ports of loopback, in a folder of their own, never as root."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest


def program(name: str) -> str:
    """Return where a program is; the test is skipped where it is not installed."""
    # daemons are in /usr/sbin, where only root looks for programs
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed: `make debian` installs what tests need")
    return found


#: below those that the kernel lends to outgoing connections, one of which could take the port before its server does
PORTS = range(12_000, 32_000)


def free_port() -> int:
    """Return a port of loopback that nobody uses, for a server that starts later."""
    while True:
        port = PORTS[secrets.randbelow(len(PORTS))]
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port


def unprivileged() -> dict[str, Any]:
    """Return the arguments by which `subprocess` starts a program without root's rights."""
    if os.getuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def own_folder(name: str) -> Iterator[Path]:
    """Yield a folder for an unprivileged program: pytest's own folders are closed to all but their owner."""
    with tempfile.TemporaryDirectory(prefix=f"sipas-{name}-", ignore_cleanup_errors=True) as folder:
        hand_over(Path(folder))
        yield Path(folder)


def hand_over(path: Path) -> None:
    """Let the unprivileged user own a file or folder."""
    user = unprivileged()
    if user:
        os.chown(path, user["user"], user["group"])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the program takes connections."""
    for _ in range(600):
        assert process.poll() is None, f"{process.args!r} ended by itself"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"{process.args!r} did not start")


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a program to end, and end it when it does not."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
