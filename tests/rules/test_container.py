"""The Dockerfile and the Compose file: read, checked by Compose, and done step by step in a folder.

Building the image needs a daemon and the network. What the Dockerfile says is therefore read and done without either:
its packages alone, its files alone, its command, as a user without rights.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from survey.core.config import Settings
from tests.support.office import OFFICE
from tests.support.places import SECRET
from tests.support.programs import end, free_port, hand_over, own_folder, program, unprivileged, wait_for

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "deploy"
DOCKERFILE = (FOLDER / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
COPIED = [name for line in re.findall(r"^COPY (?!--)(.*) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()]
SETTINGS = {field.name.upper() for field in fields(Settings)}


def test_containers_run_without_rights_and_write_nothing_into_themselves() -> None:
    services = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))["services"]
    assert set(services) == {"app", "backup", "backup-test", "purge", "database", "caddy"}
    for name in set(services) - {"database"}:
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
    assert all(service["security_opt"] == ["no-new-privileges:true"] for service in services.values())
    assert [name for name, service in services.items() if "ports" in service] == ["caddy"]
    assert set(services["app"]["environment"]) <= SETTINGS
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["python:3.12-slim"] * 2
    # by number: what runs containers can only tell from a number that it is not root
    user = re.search(r"useradd --system --uid (\d+) ", DOCKERFILE)
    assert user is not None
    assert DOCKERFILE.index(f"\nUSER {user[1]}\n") < DOCKERFILE.index("\nCMD")
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert {f"!{name}" for name in COPIED} == {line for line in ignored if line.startswith("!")}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="hadolint is packaged for x86-64 alone")
def test_hadolint_has_nothing_to_remark() -> None:
    command = [Path(sys.executable).with_name("hadolint"), FOLDER / "Dockerfile"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (0, "")


def test_compose_takes_its_file() -> None:
    values = {
        "POSTGRES_PASSWORD": "p",
        "SECRET_KEY": SECRET,
        "BACKUP_KEY": SECRET,
        "PUBLIC_BASE_URL": "https://danhgia.example.vn",
        **OFFICE,
    }
    command = [program("docker-compose"), "-f", str(FOLDER / "compose.yaml"), "config"]
    told = subprocess.run(command, env={"PATH": os.environ["PATH"], **values}, capture_output=True, check=False)
    assert told.returncode == 0, told.stderr
    app = yaml.safe_load(told.stdout)["services"]["app"]
    assert (Path(app["build"]["context"]), app["build"]["dockerfile"]) == (ROOT, "docs/deploy/Dockerfile")
    assert app["environment"]["DATABASE_URL"] == "postgresql+psycopg://sipas:p@database/sipas"
    # nothing starts with a default that everybody knows
    assert set(re.findall(r"\$\{(\w+):\?\}", (FOLDER / "compose.yaml").read_text("utf-8"))) == set(values)
    told = subprocess.run(command, env={"PATH": os.environ["PATH"]}, capture_output=True, check=False)
    assert told.returncode != 0


def requirements(file: str) -> Iterator[Requirement]:
    """Yield what a file asks for, and what the files that it names do."""
    for line in (ROOT / file).read_text("utf-8").splitlines():
        wanted = line.split("#")[0].strip()
        if wanted.startswith("-r "):
            yield from requirements(wanted.removeprefix("-r "))
        elif wanted:
            yield Requirement(wanted)


def installed_for(file: str) -> list[Distribution]:
    """Return what pip would install for a file of requirements, of what is installed here for the tests as well."""
    found: dict[str, Distribution] = {}
    asked: set[str] = set()
    waiting = list(requirements(file))
    while waiting:
        wanted = waiting.pop()
        if str(wanted) in asked:
            continue
        asked.add(str(wanted))
        there = found.setdefault(wanted.name.lower(), distribution(wanted.name))
        assert wanted.specifier.contains(there.version, prereleases=True), f"{wanted}, but {there.version} is installed"
        for line in there.requires or ():
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": one}) for one in wanted.extras or {""}):
                waiting.append(needed)
    return list(found.values())


def link(source: str | Path, target: str | Path) -> None:
    """Put a file there without copying it, where the file system allows that."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def is_open(path: Path) -> bool:
    """Say whether the unprivileged user gets as far as this folder."""
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


def interpreter(folder: Path) -> Path:
    """Return this Python, put into `folder` where the unprivileged user could not reach it otherwise."""
    base, name = Path(sys.base_prefix), f"python{sys.version_info.major}.{sys.version_info.minor}"
    if is_open(base):
        return base / "bin" / name
    left_out = shutil.ignore_patterns("site-packages", "test", "config-*", "idlelib", "lib2to3")
    shutil.copytree(base / "lib" / name, folder / "lib" / name, ignore=left_out, copy_function=link)
    for library in (base / "lib").glob("libpython*.so*"):
        link(library.resolve(), folder / "lib" / library.name)
    (folder / "bin").mkdir()
    link((base / "bin" / name).resolve(), folder / "bin" / name)
    return folder / "bin" / name


def install(file: str, packages: Path) -> None:
    """Put the packages for a file of requirements, and no others, into a folder."""
    for one in installed_for(file):
        here = Path(one.locate_file(""))
        for top in {part.parts[0] for part in one.files or () if ".." not in part.parts} - {"__pycache__"}:
            if (packages / top).exists():
                continue
            if is_open(here):
                (packages / top).symlink_to(here / top)
            elif (here / top).is_dir():
                shutil.copytree(here / top, packages / top, copy_function=link)
            else:
                link(here / top, packages / top)


@pytest.fixture
def image() -> Iterator[Path]:
    """A folder made as the Dockerfile makes its own: a fresh environment, the files it copies, compiled, read-only."""
    with own_folder("image") as folder:
        python = interpreter(folder / "python")
        home = folder / "opt"
        home.mkdir()
        run = {"env": {"PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": str(folder / "python" / "lib")}, "check": True}
        subprocess.run([python, "-m", "venv", "--without-pip", ".venv"], cwd=home, **run)
        install("requirements-postgres.txt", next((home / ".venv").glob("lib/*/site-packages")))
        for name in COPIED:
            found = ROOT / name
            skipped = shutil.ignore_patterns("__pycache__", "*.mo")  # as .dockerignore does
            shutil.copytree(found, home / name, ignore=skipped) if found.is_dir() else shutil.copy(found, home / name)
        (compiled,) = re.findall(r"^RUN (\.venv/bin/python .*)$", DOCKERFILE, re.MULTILINE)
        assert not list(home.rglob("*.mo"))
        for command in compiled.split(" && "):
            subprocess.run(command.split(), cwd=home, **run)
        assert list(home.rglob("*.mo"))
        copied = [home, *(path for name in COPIED for path in (home / name, *(home / name).rglob("*")))]
        for path in copied:
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield folder
        for path in copied:  # so that it can be removed
            path.chmod(0o755)


@pytest.mark.slow(reason="builds an environment and starts a server in it")
def test_what_the_dockerfile_does_ends_in_a_server_that_is_ready(image: Path) -> None:
    home, instance, port = image / "opt", image / "instance", free_port()
    instance.mkdir(mode=0o700)
    hand_over(instance)
    (given,) = re.findall(r"^ENV (.*)$", DOCKERFILE, re.MULTILINE)
    environment = dict(pair.split("=", 1) for pair in given.split())
    environment |= {"INSTANCE_DIR": str(instance), "HOST": "127.0.0.1", "PORT": str(port)}  # what differs here
    environment |= {"PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": str(image / "python" / "lib")}
    environment |= {
        "SECRET_KEY": SECRET,
        "PUBLIC_BASE_URL": "https://danhgia.example.vn",
        "TRUSTED_PROXIES": "1",
        **OFFICE,
    }
    (health,) = re.findall(r"^HEALTHCHECK .*? CMD (\[.*\])\s*$", DOCKERFILE, re.MULTILINE)
    (entry,) = re.findall(r"^CMD (\[.*\])\s*$", DOCKERFILE, re.MULTILINE)
    asked = [part.replace(":8000", f":{port}") for part in json.loads(health)]
    process = subprocess.Popen(json.loads(entry), cwd=home, env=environment, **unprivileged())
    try:
        wait_for(port, process)
        for _ in range(20):  # each asks for four seconds
            assert process.poll() is None, "the server ended by itself"
            told = subprocess.run(asked, cwd=home, env=environment, capture_output=True, check=False, **unprivileged())
            if told.returncode == 0:
                break
        assert told.returncode == 0, told.stderr.decode()
    finally:
        end(process)
        user = unprivileged().get("user", os.getuid())
        shutil.rmtree(f"/dev/shm/sipas-metrics-{user}-{port}", ignore_errors=True)  # noqa: S108
    assert (instance / "sipas.db").stat().st_uid == user
