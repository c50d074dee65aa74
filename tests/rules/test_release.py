"""`make release` tags what can be told apart later and nothing else; hooks and changelog keep their form."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from survey import __version__

ROOT = Path(__file__).parents[2]
DAY = "2026-12-01"
LOCK = "".join(
    f"{name}=={version} \\\n    --hash=sha256:{number:064x}\n"
    for number, (name, version) in enumerate([("flask", "3.1.2"), ("psycopg", "3.2.9")], 1)
)
"""Two libraries as `make lock` writes them."""


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def git(folder: Path, *arguments: str) -> str:
    told = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return told.stdout.strip()


def release(folder: Path) -> tuple[int, str]:
    environment = {**os.environ, "BIN": str(Path(sys.executable).parent)}
    told = subprocess.run(
        ["sh", ".ci/release"], cwd=folder, capture_output=True, text=True, check=False, env=environment
    )
    return told.returncode, told.stdout + told.stderr


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository of version 9.8.7, ready to be released."""
    (tmp_path / ".ci").mkdir()
    (tmp_path / "survey").mkdir()
    shutil.copy(ROOT / ".ci/release", tmp_path / ".ci/release")
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\nversion = "9.8.7"\n\n[tool.x]\npython_version = "3.11"\n'
    )
    (tmp_path / "survey/__init__.py").write_text('"""X."""\n\n__version__ = "9.8.7"\n')
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## [9.8.7] - {DAY}\n\n- x\n\n## [9.8.6] - 2026-01-01\n")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/requirements-postgres.lock").write_text(LOCK)
    (tmp_path / ".gitignore").write_text("/dist/\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "user.name", "Somebody")
    git(tmp_path, "config", "user.email", "somebody@example.vn")
    commit(tmp_path)
    return tmp_path


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")


def test_a_tree_that_is_ready_is_tagged_once(tree: Path) -> None:
    code, told = release(tree)
    assert code == 0, told
    assert git(tree, "cat-file", "-t", "v9.8.7") == "tag"
    assert git(tree, "rev-parse", "v9.8.7^{commit}") == git(tree, "rev-parse", "HEAD")
    code, told = release(tree)
    assert code == 1
    assert "v9.8.7 is tagged already" in told


def test_a_release_lists_its_components_with_version_and_hash(tree: Path) -> None:
    code, told = release(tree)
    assert code == 0, told
    assert "dist/sipas-9.8.7.cdx.json" in told
    listed = json.loads((tree / "dist/sipas-9.8.7.cdx.json").read_text())
    assert listed["bomFormat"] == "CycloneDX"
    assert listed["metadata"]["component"]["version"] == "9.8.7"
    found = {
        one["purl"]: one["externalReferences"][0]["hashes"] for one in listed["components"] if one["type"] == "library"
    }
    assert found == {
        "pkg:pypi/flask@3.1.2": [{"alg": "SHA-256", "content": f"{1:064x}"}],
        "pkg:pypi/psycopg@3.2.9": [{"alg": "SHA-256", "content": f"{2:064x}"}],
    }
    assert git(tree, "status", "--porcelain") == ""  # nothing of it is committed


def test_without_a_list_of_components_nothing_is_tagged(tree: Path) -> None:
    (tree / "requirements/requirements-postgres.lock").unlink()
    commit(tree)
    code, told = release(tree)
    assert (code, git(tree, "tag")) == (1, "")
    assert "the list of components cannot be written" in told


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("survey/__init__.py", "9.8.7", "9.8.6", "survey/__init__.py says 9.8.6"),
        ("CHANGELOG.md", f"[9.8.7] - {DAY}", "[9.8.7] - unreleased", "CHANGELOG.md needs a heading '## [9.8.7] - "),
        ("CHANGELOG.md", "[9.8.7]", "[9.8.5]", "CHANGELOG.md needs a heading"),
        # the dots of a version are dots
        ("CHANGELOG.md", "[9.8.7]", "[9x8.7]", "CHANGELOG.md needs a heading"),
    ],
)
def test_what_does_not_say_its_version_is_refused(tree: Path, name: str, before: str, after: str, said: str) -> None:
    path = tree / name
    path.write_text(path.read_text().replace(before, after))
    commit(tree)
    code, told = release(tree)
    assert (code, git(tree, "tag")) == (1, "")
    assert said in told


def test_a_tree_with_changes_is_refused(tree: Path) -> None:
    (tree / "new.txt").write_text("x")
    code, told = release(tree)
    assert (code, git(tree, "tag")) == (1, "")
    assert "changes that no commit holds" in told


def test_the_version_is_the_same_everywhere() -> None:
    assert tomllib.loads(text_of("pyproject.toml"))["project"]["version"] == __version__
    versions = re.findall(r"^## \[(.*?)\] - (unreleased|\d{4}-\d{2}-\d{2})$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert versions[0][0] == __version__
    assert len(versions) == text_of("CHANGELOG.md").count("\n## ")
    numbers = [tuple(map(int, version.split("."))) for version, _ in versions]
    assert numbers == sorted(numbers, reverse=True)
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", text_of("CHANGELOG.md"), re.MULTILINE)) <= kinds


def test_hooks_fetch_nothing_and_are_part_of_the_check() -> None:
    repositories = yaml.safe_load(text_of(".pre-commit-config.yaml"))["repos"]
    assert {repository["repo"] for repository in repositories} == {"local"}
    hooks = [hook for repository in repositories for hook in repository["hooks"]]
    assert {hook["language"] for hook in hooks} == {"system"}
    check = text_of("Makefile").split("\ncheck:", 1)[1].split("\n\n", 1)[0]
    for hook in hooks:
        (program,) = re.findall(r"\.venv/bin/(\S+)", hook["entry"])
        assert f"$(BIN)/{program}" in check
