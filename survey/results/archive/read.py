"""Reading an archive back: checked file by file, so that damage is named before any figure is given."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from scoring.scheme import DataError, Rules
from survey.core.errors import InputError
from survey.questionnaires import Definition, from_canonical
from survey.results.archive.columns import COLUMNS, ResponseColumns, joined, read_responses
from survey.results.archive.manifest import ArchivedFile, ArchiveManifest, read_manifest


@dataclass(frozen=True)
class Archive:
    """A round's folder, opened. Small enough to be sent to another machine that sees the same folder."""

    folder: Path
    manifest: ArchiveManifest
    #: the age private key of an encrypted archive
    identity: str = ""

    @classmethod
    def open(cls, folder: Path, identity: str = "") -> Archive:
        """Open a round's folder; `InputError` where it is no archive, or encrypted and no key was named."""
        manifest = read_manifest(folder)
        if manifest.encrypted and not identity:
            raise InputError(
                "The archive in %(folder)s is encrypted; name its private key with --identity", folder=folder
            )
        return cls(folder, manifest, identity)

    @cached_property
    def definition(self) -> Definition:
        """The questionnaire that was answered."""
        content = self.content(self.manifest.table("questionnaire"))
        if hashlib.sha256(content).hexdigest() != self.manifest.questionnaire_sha256:
            raise InputError("The questionnaire of the archive is not the one that its manifest names")
        return from_canonical(content.decode())

    @cached_property
    def rules(self) -> Rules:
        """The scoring rules of the round."""
        try:
            return Rules.from_mapping(dict(self.manifest.rules))
        except DataError as error:
            raise InputError("The scoring rules cannot be used: %(why)s", why=error) from error

    @cached_property
    def population(self) -> pd.DataFrame:
        """Transactions: columns `agency`, `service`, `N`."""
        rows = self.table("population")
        table = pd.DataFrame(rows, columns=["agency", "service", "N"])
        return table.astype({"agency": object, "service": object, "N": "int64"})

    @property
    def provinces(self) -> list[str]:
        """Codes of the provinces that have responses, in order."""
        return sorted({part.province for part in self.manifest.partitions})

    def table(self, name: str) -> list[dict[str, Any]]:
        """Rows of a small table."""
        import pyarrow as pa
        from pyarrow import parquet

        file = self.manifest.table(name)
        try:
            rows = parquet.read_table(io.BytesIO(self.content(file))).to_pylist()
        except pa.ArrowException as error:
            raise InputError("%(file)s is damaged: it is no table", file=file.path) from error
        return [dict(row) for row in rows]

    def content(self, file: ArchivedFile) -> bytes:
        """Bytes of a file, decrypted; `InputError` where it is missing or not what the manifest says."""
        path = self.folder / file.path
        try:
            sealed = path.read_bytes()
        except OSError as error:
            raise InputError("%(path)s cannot be read: %(why)s", path=path, why=error.strerror) from error
        if hashlib.sha256(sealed).hexdigest() != file.sha256:
            raise InputError("%(file)s is damaged: its checksum is not that of its manifest", file=path)
        return _decrypt(sealed, self.identity, path) if self.manifest.encrypted else sealed

    def responses(self, parts: Iterable[ArchivedFile], wanted: Sequence[str] = COLUMNS) -> ResponseColumns:
        """Responses of some partitions, each checked against the manifest."""
        width = len(self.definition.slots)
        read = []
        for part in parts:
            rows = read_responses(io.BytesIO(self.content(part)), str(self.folder / part.path), wanted)
            if len(rows) != part.rows or rows.answers.shape[1] != width:
                raise InputError(
                    "%(file)s is damaged: it holds no responses as an archive has them", file=self.folder / part.path
                )
            read.append(rows)
        return joined(read)

    def partitions(self, province: str | None = None) -> list[ArchivedFile]:
        """Partitions of a province, or all."""
        return [part for part in self.manifest.partitions if province in (None, part.province)]


def _decrypt(sealed: bytes, identity: str, path: Path) -> bytes:
    import pyrage

    try:
        return bytes(pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(identity)]))
    except (pyrage.IdentityError, pyrage.DecryptError) as error:
        raise InputError("%(file)s cannot be decrypted with this key: %(why)s", file=path, why=error) from error


def read_identity(path: Path | None) -> str:
    """Find the private key in a file as age writes it: comments, then one line."""
    if path is None:
        return ""
    lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    return next((line for line in lines if line.startswith("AGE-SECRET-KEY-")), "")
