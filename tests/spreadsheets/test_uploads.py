"""Uploaded files: believed by content, kept for their owner alone and for an hour, under no name of theirs."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.web.uploads import MAX_FILE, Uploads
from tests.support.evaluation import NOW


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path)


def files(folder: Path) -> list[Path]:
    return sorted((folder / "uploads").iterdir())


def test_a_file_is_kept_for_its_owner_and_an_hour(uploads: Uploads, tmp_path: Path) -> None:
    kept = uploads.keep(b"code,name\na,A\n", "../../etc/C\u01a1 quan.csv", actor=Actor(NOW, 7))
    assert kept.name == "C\u01a1 quan.csv"
    assert all(path.name.split(".")[0] == kept.token for path in files(tmp_path))
    assert {stat.S_IMODE(path.stat().st_mode) for path in files(tmp_path)} == {0o600}
    assert stat.S_IMODE((tmp_path / "uploads").stat().st_mode) == 0o700
    with uploads.get(kept.token, actor=Actor(NOW + timedelta(minutes=59), 7)).table(str) as table:
        assert list(table) == [(2, ["a", "A"])]
    for user, when in ((8, NOW), (7, NOW + timedelta(minutes=61))):
        with pytest.raises(InputError, match="no longer here"):
            uploads.get(kept.token, actor=Actor(when, user))
    for token in ("", "../sipas.db", kept.token[:-1], f"{kept.token}.json"):
        with pytest.raises(InputError, match="no longer here"):
            uploads.get(token, actor=Actor(NOW, 7))
    uploads.discard(kept)
    assert files(tmp_path) == []


def test_old_files_are_removed_when_another_comes(uploads: Uploads, tmp_path: Path) -> None:
    old = uploads.keep(b"a,b\n", "old.csv", actor=Actor(NOW, 7))
    later = datetime.now(UTC) + timedelta(hours=2)
    uploads.prune(later)
    assert files(tmp_path) == []
    assert not old.path.exists()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"%PDF-1.7\n\x00\x00", "not a workbook"),
        (b"PK\x03\x04 and nothing more", "damaged"),
        (b"a" * (MAX_FILE + 1), "larger than 10 MB"),
    ],
)
def test_what_cannot_be_a_table_is_refused_and_not_kept(
    uploads: Uploads, tmp_path: Path, data: bytes, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        uploads.keep(data, "bang.csv", actor=Actor(NOW, 7))
    assert not (tmp_path / "uploads").exists()


def test_no_file_at_all(uploads: Uploads) -> None:
    with pytest.raises(InputError, match="Choose a file"):
        uploads.receive(None, actor=Actor(NOW, 7))
