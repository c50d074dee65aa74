"""The manifest of an archive: what is in it, by which figures are read back and damage is named."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from survey.core.errors import InputError

MANIFEST = "manifest.json"
FORMAT = 1
"""Number of the layout; a reader refuses those it does not know."""
PREFIX = "round="


@dataclass(frozen=True)
class ArchivedFile:
    """One file of an archive."""

    #: below the archive's folder, parts joined by `/`
    path: str
    #: SHA-256 of the file as it lies there
    sha256: str
    #: rows; of the questionnaire 1
    rows: int
    #: of responses: the province's code ("": an agency below none) and the local month, `YYYY-MM`; else empty
    province: str = ""
    month: str = ""


@dataclass(frozen=True)
class ArchiveManifest:
    """What an archive holds: the round, its rules and questionnaire, and each file with its checksum."""

    #: what the round's row says: `code`, `name`, `opens_on`, `closes_on`, `zone`, `state`
    round: Mapping[str, str]
    #: scoring rules as the round has them
    rules: Mapping[str, Any]
    #: code, and SHA-256 of its canonical text
    questionnaire: str
    questionnaire_sha256: str
    created_at: str
    software: str
    #: responses in all, and how many of these do not count, by reason
    responses: int
    excluded: Mapping[str, int]
    tables: tuple[ArchivedFile, ...]
    partitions: tuple[ArchivedFile, ...]
    #: whether the files can be read with a private key alone
    encrypted: bool = False
    format: int = FORMAT
    #: HMAC-SHA256 of all of the above with the installation's backup key; empty: made elsewhere (synthetic data)
    signature: str = field(default="")

    def text(self) -> str:
        """The manifest as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"

    def signed(self, key: str) -> ArchiveManifest:
        """The manifest with its signature."""
        return replace(self, signature=self._sign(key))

    def is_signed_by(self, key: str) -> bool:
        """Say whether this key signed just what the manifest says."""
        return hmac.compare_digest(self.signature, self._sign(key))

    def _sign(self, key: str) -> str:
        facts = {name: value for name, value in asdict(self).items() if name != "signature"}
        return hmac.new(key.encode(), json.dumps(facts, sort_keys=True).encode(), "sha256").hexdigest()

    def table(self, name: str) -> ArchivedFile:
        """A table's file by its name without ending; `InputError` where the archive has none."""
        for file in self.tables:
            if Path(file.path).name.split(".")[0] == name:
                return file
        raise InputError("The manifest of the archive names no file %(name)s", name=name)


def read_manifest(folder: Path) -> ArchiveManifest:
    """Read the manifest of a round's folder; `InputError` where there is none, or one of another layout."""
    path = folder / MANIFEST
    try:
        facts = json.loads(path.read_text("utf-8"))
        for name in ("tables", "partitions"):
            facts[name] = tuple(ArchivedFile(**one) for one in facts[name])
        manifest = ArchiveManifest(**facts)
    except FileNotFoundError as error:
        raise InputError("There is no file %(path)s", path=path) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError("%(path)s is not the manifest of an archive", path=path) from error
    if manifest.format != FORMAT:
        raise InputError(
            "%(path)s is an archive of layout %(found)s; this version reads layout %(known)s",
            path=path,
            found=manifest.format,
            known=FORMAT,
        )
    for file in (*manifest.tables, *manifest.partitions):
        if Path(file.path).is_absolute() or ".." in Path(file.path).parts:
            raise InputError("%(path)s is not the manifest of an archive", path=path)
    return manifest


def round_folders(folder: Path, code: str | None = None) -> list[Path]:
    """The folders of rounds in an archive's folder, or the one of a code; `folder` may be a round's own.

    Raises `InputError` where there is none, or several and no code says which.
    """
    if (folder / MANIFEST).exists():
        return [folder]
    found = sorted(path.parent for path in folder.glob(f"{PREFIX}*/{MANIFEST}"))
    if code is not None:
        found = [path for path in found if read_manifest(path).round["code"] == code]
    if not found:
        if code is None:
            raise InputError("There is no archive of a round in %(folder)s", folder=folder)
        raise InputError("There is no archive of round %(code)s in %(folder)s", code=code, folder=folder)
    return found


def archive_folder(folder: Path, code: str) -> Path:
    """Folder of a round below an archive's."""
    return folder / f"{PREFIX}{quote(code, safe='')}"


def one_round_folder(folder: Path, code: str | None = None) -> Path:
    """The folder of the one round that is meant; `InputError` where a code must say which."""
    found = round_folders(folder, code)
    if len(found) > 1:
        codes = ", ".join(read_manifest(path).round["code"] for path in found)
        raise InputError(
            "%(folder)s holds several rounds (%(codes)s); name one with --round", folder=folder, codes=codes
        )
    return found[0]


def checksum(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
