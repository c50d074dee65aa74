"""Writing the archive of a round: whole or not at all, for its owner alone."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from sqlalchemy import orm

from scoring.partition import Labelled
from survey import __version__
from survey.core.errors import InputError
from survey.core.private import make_private_folder
from survey.models import Round
from survey.results.archive.columns import EPOCH, TEXTS, ResponseColumns, write_responses
from survey.results.archive.manifest import MANIFEST, ArchivedFile, ArchiveManifest, archive_folder, checksum
from survey.results.queries.archive_rows import Row, agency_rows, counter_rows, response_rows
from survey.structure.queries import rounds
from survey.structure.queries.population import population

RESPONSES = "responses.parquet"
Progress = Callable[[int], object]


@dataclass(frozen=True)
class Seal:
    """How an archive is sealed: the key that signs its manifest, and who alone can read its files."""

    key: str
    #: age public keys (`age1…`); none: not encrypted
    recipients: Sequence[str] = field(default=())


def write_archive(
    session: orm.Session, round_: Round, folder: Path, seal: Seal, now: datetime, progress: Progress | None = None
) -> Path:
    """Write a round below `folder` and return its own folder there; `progress` is called with responses read.

    Memory: some 40 bytes a response. Raises `InputError` where the round is archived there already, a stored answer
    is not of its questionnaire, or a recipient is no key; then nothing was written.
    """
    target = archive_folder(folder, round_.code)
    if target.exists():
        raise InputError("%(folder)s is there already; move it away, or name another folder", folder=target)
    version = rounds.get_version(session, round_.version_id)
    agencies = agency_rows(session)
    parts = _by_province_and_month(_read(session, round_, len(version.slots), progress), agencies)
    make_private_folder(folder)
    with tempfile.TemporaryDirectory(prefix=".archive-", dir=folder) as work:
        writer = ArchiveWriter(Path(work) / "round", seal)
        writer.add_text("questionnaire.json", version.content)
        writer.add_table("agencies", agencies)
        writer.add_table("counters", counter_rows(session))
        writer.add_table("population", population(session, round_.id).to_dict("records"))
        for (province, month), part in sorted(parts.items()):
            writer.add_responses(part, province, month)
        writer.finish(
            facts={
                "code": round_.code,
                "name": round_.name,
                "opens_on": round_.opens_on.isoformat(),
                "closes_on": round_.closes_on.isoformat(),
                "zone": round_.zone,
                "state": round_.state.value,
            },
            rules=round_.rules,
            questionnaire=(version.questionnaire.code, version.content_hash),
            now=now,
        )
        writer.folder.rename(target)
    return target


class ArchiveWriter:
    """A round's folder as it is filled, file by file; `finish` writes the manifest, without which it is no archive."""

    def __init__(self, folder: Path, seal: Seal) -> None:
        self.folder, self.seal = folder, seal
        self.tables: list[ArchivedFile] = []
        self.partitions: list[ArchivedFile] = []
        self.excluded: Counter[str] = Counter()
        make_private_folder(folder)

    def add_text(self, name: str, content: str) -> None:
        """Write a text."""
        path = self.folder / name
        path.write_text(content, "utf-8")
        self.tables.append(self._sealed(path, 1))

    def add_table(self, name: str, rows: Sequence[Mapping[Any, Any]]) -> None:
        """Write a small table, one dictionary a row."""
        import pyarrow as pa
        from pyarrow import parquet

        path = self.folder / f"{name}.parquet"
        parquet.write_table(pa.Table.from_pylist(list(rows)), str(path), compression="zstd")
        self.tables.append(self._sealed(path, len(rows)))

    def add_responses(self, rows: ResponseColumns, province: str, month: str, *, in_order: bool = False) -> None:
        """Write the responses of a province and a local month, sorted unless they are `in_order`."""
        inside = Path(f"province={quote(province, safe='')}") / f"month={month}"
        make_private_folder(self.folder / inside)
        path = self.folder / inside / RESPONSES
        write_responses(rows if in_order else rows.sorted(), path)
        reason = rows.texts["excluded"]
        counts = np.bincount(reason.codes, minlength=len(reason.labels))
        self.excluded.update({label: int(n) for label, n in zip(reason.labels, counts, strict=True) if label and n})
        self.partitions.append(self._sealed(path, len(rows), province, month))

    def finish(
        self, *, facts: dict[str, str], rules: dict[str, object], questionnaire: tuple[str, str], now: datetime
    ) -> ArchiveManifest:
        """Write and sign the manifest."""
        manifest = ArchiveManifest(
            round=facts,
            rules=rules,
            questionnaire=questionnaire[0],
            questionnaire_sha256=questionnaire[1],
            created_at=now.astimezone(UTC).isoformat(timespec="seconds"),
            software=__version__,
            responses=sum(part.rows for part in self.partitions),
            excluded=dict(sorted(self.excluded.items())),
            tables=tuple(self.tables),
            partitions=tuple(self.partitions),
            encrypted=bool(self.seal.recipients),
        )
        signed = manifest.signed(self.seal.key) if self.seal.key else manifest
        path = self.folder / MANIFEST
        path.write_text(signed.text(), "utf-8")
        path.chmod(0o600)
        return signed

    def _sealed(self, path: Path, rows: int, province: str = "", month: str = "") -> ArchivedFile:
        if self.seal.recipients:
            path = encrypt(path, self.seal.recipients)
        path.chmod(0o600)
        inside = path.relative_to(self.folder).as_posix()
        return ArchivedFile(inside, checksum(path), rows, province, month)


def encrypt(clear: Path, recipients: Sequence[str]) -> Path:
    """Encrypt a file to age public keys and remove the clear one; return the new path, `….age`."""
    import pyrage

    try:
        keys = [pyrage.x25519.Recipient.from_str(recipient) for recipient in recipients]
    except pyrage.RecipientError as error:
        raise InputError("A recipient is not an age public key (age1…): %(why)s", why=error) from error
    secret = clear.with_name(f"{clear.name}.age")
    with clear.open("rb") as source, secret.open("wb") as target:
        pyrage.encrypt_io(source, target, keys)
    clear.unlink()
    return secret


def _read(session: orm.Session, round_: Round, width: int, progress: Progress | None) -> ResponseColumns:
    """All responses of a round by column, a block of rows of the database at a time."""
    numbers: dict[str, dict[str, int]] = {name: {} for name in TEXTS}
    blocks: list[tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]] = []
    for rows in response_rows(session, round_):
        blocks.append(_columns(rows, width, numbers))
        if progress:
            progress(len(rows))
    if not blocks:
        empty = {name: Labelled(np.empty(0, np.int32), np.empty(0, object)) for name in TEXTS}
        return ResponseColumns(empty, np.empty(0, np.int32), np.empty((0, width), np.uint8))
    texts = {
        name: Labelled.of(np.concatenate([block[0][name] for block in blocks]), list(number))
        for name, number in numbers.items()
    }
    day, answers = (np.concatenate([block[k] for block in blocks]) for k in (1, 2))
    return ResponseColumns(texts, day, answers)


def _columns(
    rows: Sequence[Row], width: int, numbers: dict[str, dict[str, int]]
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Rows of the database as columns; `numbers` gives each text its number and takes new ones in."""
    agency, service, counter, days, channel, excluded, packed = zip(*rows, strict=True)
    codes: dict[str, np.ndarray] = {}
    for name, column in zip(TEXTS, (agency, service, counter, channel, excluded), strict=True):
        number = numbers[name]
        codes[name] = np.array([number.setdefault(text or "", len(number)) for text in column], dtype=np.int32)
    wrong = next((text for text in packed if len(text) != width or not text.isascii()), None)
    if wrong is not None:
        raise InputError(
            "Stored answers %(answers)s are not %(width)s characters, as the round's questionnaire has them",
            answers=repr(wrong),
            width=width,
        )
    matrix = np.frombuffer("".join(packed).encode("ascii"), dtype=np.uint8).reshape(len(packed), width)
    ordinal = {text: date.fromisoformat(text).toordinal() - EPOCH for text in set(days)}
    return codes, np.array([ordinal[text] for text in days], dtype=np.int32), matrix


def _by_province_and_month(
    rows: ResponseColumns, agencies: Sequence[dict[str, str]]
) -> dict[tuple[str, str], ResponseColumns]:
    """Responses by the province of the deciding agency and by local month, `YYYY-MM`."""
    province = {agency["code"]: agency["province"] for agency in agencies}
    names = sorted(set(province.values()))
    of_label = np.array([names.index(province[str(label)]) for label in rows.texts["agency"].labels], dtype=np.int64)
    month = rows.day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    both = of_label[rows.texts["agency"].codes] * (1 << 32) + month if len(rows) else month
    found: dict[tuple[str, str], ResponseColumns] = {}
    for number in np.unique(both):
        at, since = divmod(int(number), 1 << 32)
        found[names[at], str(np.datetime64(since, "M"))] = rows.select(both == number)
    return found
